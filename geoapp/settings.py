"""Settings of one installation: `<data dir>/settings.toml`, then `GEOAPP_*` variables, then arguments."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from geoapp.errors import SetupError
from geoapp.resources import read_toml

ENVIRONMENT_PREFIX = "GEOAPP_"
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation may choose. Every one is explained in the README."""

    data_dir: Path = field(default_factory=lambda: Path.home() / ".local/share/geoapp")
    """State: database, uploads, secret key, site copies of layers/, policy/, templates/."""
    working_crs: int = 4549
    """EPSG code of the plane CRS in which metres are computed."""
    control_scheme: str = "ningbo_jiangbei_default"
    """Which of layers/schemes/*.toml names the control zones and lines."""
    site_area_order: tuple[str, ...] = ("registered", "ellipsoid")
    """Which area is a plot's 用地面积: the first of registered, ellipsoid, plane that is known."""
    floor_area_order: tuple[str, ...] = ("buildings", "gfa_far_m2", "gfa_actual_m2")
    """Which counted floor area is taken: the first that is known."""
    district_name: str = "江北区"
    basemap: str = "none"
    """none, a folder {z}/{x}/{y}.png, an .mbtiles or .pmtiles file, or a tile URL."""
    basemap_crs: str = "wgs84"
    """wgs84 (also CGCS2000 tiles such as 天地图) or gcj02."""
    basemap_attribution: str = ""
    compare_basemap: str = "none"
    """A second picture, such as an older aerial survey, to lay beside the first under the map's curtain."""
    compare_basemap_crs: str = "wgs84"
    compare_basemap_attribution: str = ""
    max_upload_mb: int = 512
    cache_mb: int = 800
    """Memory for what has been worked out and may be asked for again; whatever else the server needs comes on top."""
    open_as: str = ""
    """A role as which everybody on this machine works without signing in; only answered on loopback. Empty: sign in."""
    session_hours: int = 10
    """After so long everybody has to sign in again."""
    session_idle_minutes: int = 60
    """After so long without a request likewise."""
    sign_in_attempts: int = 5
    """So many wrong passwords in a row lock an account."""
    lock_minutes: int = 15
    sign_in_per_minute: int = 10
    """Attempts to sign in that one address may make in a minute."""
    password_length: int = 10
    """Fewest characters of a password."""
    secure_cookies: bool = False
    """Whether browsers send the session only over HTTPS; for a server behind TLS."""
    max_attachment_mb: int = 20
    """Largest file attached to a project."""
    digest_dir: str = ""
    """Where `geoapp digest` writes; empty is `digests` in the data folder."""
    digest_recipients: tuple[str, ...] = ()
    smtp_host: str = ""
    """Mail server of the digest; empty sends nothing."""
    smtp_port: int = 25
    smtp_security: str = "none"
    """none, starttls or tls."""
    smtp_ca_file: str = ""
    """Certificate (PEM) of the office's own authority; empty trusts those that the machine trusts."""
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_sender: str = ""

    @property
    def upload_dir(self) -> Path:
        """Where uploads wait until they are accepted or dropped."""
        return self.data_dir / "uploads"

    @property
    def database_path(self) -> Path:
        """The GeoPackage that holds every register."""
        return self.data_dir / "geoapp.gpkg"

    @property
    def people_path(self) -> Path:
        """The accounts: a file of its own, since the GeoPackage is opened by, and handed to, others."""
        return self.data_dir / "people.sqlite"


def load_settings(
    environment: Mapping[str, str] | None = None, *, data_dir: Path | None = None, **chosen: Any
) -> Settings:
    """Return the settings of an installation.

    Parameters
    ----------
    environment : mapping, optional
        Instead of `os.environ`.
    data_dir : Path, optional
        Before GEOAPP_DATA_DIR.
    **chosen
        Settings that override file and environment.

    Raises
    ------
    SetupError
        An unknown key or a value that does not fit; names file or variable.
    """
    environment = os.environ if environment is None else environment
    named = {
        key.removeprefix(ENVIRONMENT_PREFIX).lower(): value
        for key, value in environment.items()
        if key.startswith(ENVIRONMENT_PREFIX)
    }
    folder = data_dir or named.pop("data_dir", None)
    settings = Settings(data_dir=Path(folder).expanduser()) if folder else Settings()
    named.pop("data_dir", None)
    file = settings.data_dir / "settings.toml"
    if file.is_file():
        settings = _with(settings, read_toml(file), str(file))
    settings = _with(settings, named, "环境变量 GEOAPP_*")
    return replace(settings, **chosen)


def _with(settings: Settings, values: Mapping[str, Any], where: str) -> Settings:
    known = {f.name: getattr(settings, f.name) for f in fields(settings)}
    changes = {}
    for key, value in values.items():
        if key not in known:
            raise SetupError(f"{where}：不认识的设置“{key}”；可用：{'、'.join(known)}。")
        changes[key] = _converted(value, known[key], f"{where}：{key}")
    return replace(settings, **changes)


def _converted(value: Any, present: Any, where: str) -> Any:
    """Return *value* in the type of the *present* one; variables come as text."""
    try:
        if isinstance(present, bool):
            return _BOOLEANS[str(value).lower()]
        if isinstance(present, int):
            return int(value)
        if isinstance(present, tuple):
            return tuple(v.strip() for v in value.split(",")) if isinstance(value, str) else tuple(value)
        if isinstance(present, Path):
            return Path(value).expanduser()
        return str(value)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise SetupError(f"{where} 的值“{value}”不合适（应为 {type(present).__name__}）。") from error
