"""The working coordinate system, in the few numbers with which a browser can compute in it."""

from dataclasses import asdict, dataclass
from typing import Any

from pyproj import CRS

from geoapp.analysis.crs import crs_name

_METHOD = "Transverse Mercator"
_GRS80_INVERSE_FLATTENING = 298.257222101


@dataclass(frozen=True, slots=True)
class WorkingCrs:
    """A Gauss-Krüger plane on the GRS80 ellipsoid."""

    epsg: int
    name: str
    central_meridian_deg: float
    false_easting_m: float
    false_northing_m: float
    scale: float

    def to_config(self) -> dict[str, Any]:
        """Return it as the map page takes it."""
        return asdict(self)


def working_crs(epsg: int) -> WorkingCrs | None:
    """Return the parameters of the installation's working coordinate system.

    Parameters
    ----------
    epsg : int
        Code of the plane, as in the settings.

    Returns
    -------
    WorkingCrs or None
        None where it is not Gauss-Krüger on GRS80 from the equator: the page then shows degrees alone.

    Examples
    --------
    >>> plane = working_crs(4549)
    >>> plane.central_meridian_deg, plane.false_easting_m, plane.scale
    (120.0, 500000.0, 1.0)
    >>> working_crs(3857) is None
    True
    """
    crs = CRS.from_epsg(epsg)
    operation, ellipsoid = crs.coordinate_operation, crs.ellipsoid
    if operation is None or ellipsoid is None or operation.method_name != _METHOD:
        return None
    values = {param.code: float(param.value) for param in operation.params}
    has_grs80 = abs(ellipsoid.inverse_flattening - _GRS80_INVERSE_FLATTENING) < 1e-6
    if not has_grs80 or values["8801"] != 0 or ellipsoid.semi_major_metre != 6_378_137:
        return None
    return WorkingCrs(epsg, crs_name(crs), values["8802"], values["8806"], values["8807"], values["8805"])
