"""Plots: parcels with code, town, registered area, land class and planning conditions."""

from dataclasses import dataclass, field
from typing import Any

import shapely

from generator.dice import Dice
from generator.ground import M2_PER_MU, ellipsoid_m2, to_degrees
from generator.parcels import Parcel
from generator.places import PARKS, TOWNS

DISTRICT = "330205"
AWKWARD_NAME = '示例地块<b>“A&B”</b> O\'Neil "引号"'
"""One name that breaks whatever does not escape."""
_UNREGISTERED_SHARE = 0.07
_DEVIATING_COUNT = 11
"""Plots whose registered area differs from the geometry by more than 2 %."""
_LINE_USE = {
    "330205-GY-0433": {
        "use_change_ground": "plan_adjustment",
        "use_change_document_no": "示例控规〔2025〕3号",
    },
    "330205-GY-0418": {"use_change_ground": "major_infrastructure"},
    "330205-GY-0339": {"makeup_document_no": "示例占补〔2025〕1号"},
}
"""Inside the line: planned for another use with a document and without, and brought in for it."""
TOWN_NAMES = {town.code: town.name for town in TOWNS}
PARK_NAMES = {park.code: park.name for park in PARKS}


@dataclass
class Plot:
    """A plot while the district is being made."""

    code: str
    name: str
    shape: shapely.Geometry
    """In the plane."""
    geometry: shapely.Geometry
    """In degrees."""
    area_m2: float
    """Ellipsoid area."""
    site_m2: float
    """Registered area where known, otherwise the ellipsoid area."""
    estate: str
    park_code: str
    town_code: str
    far: float = 0.0
    """Wanted plot ratio."""
    owner: Any = None
    rebuilt_year: int = 0
    fields: dict[str, Any] = field(default_factory=dict)
    """What goes into the register beyond code, name and places."""

    @property
    def site_mu(self) -> float:
        """Site area in 亩."""
        return self.site_m2 / M2_PER_MU


def make_plots(parcels: list[Parcel], towns: dict[str, shapely.Geometry]) -> list[Plot]:
    """Return the plots, numbered estate by estate from north to south."""
    dice = Dice("plots")
    ranked = sorted(
        enumerate(parcels), key=lambda pair: (pair[1].park_code or "Z", pair[1].estate_name, *_row(pair[1]))
    )
    deviating = set(dice.shuffled(range(len(parcels)))[:_DEVIATING_COUNT])
    in_estate: dict[str, int] = {}
    plots = []
    for number, (_, parcel) in enumerate(ranked, start=1):
        in_estate[parcel.estate_name] = in_estate.get(parcel.estate_name, 0) + 1
        plot = _plot(parcel, number, in_estate[parcel.estate_name], towns)
        _register_area(plot, number - 1 in deviating, dice)
        _describe(plot, number, dice)
        plots.append(plot)
    plots[16].name = AWKWARD_NAME
    return plots


def _row(parcel: Parcel) -> tuple[float, float]:
    centre = parcel.shape.centroid
    return (-round(centre.y / 250), centre.x)


def _plot(parcel: Parcel, number: int, in_estate: int, towns: dict[str, shapely.Geometry]) -> Plot:
    geometry = to_degrees(parcel.shape)
    inside = parcel.shape.representative_point()
    town = next(code for code, area in towns.items() if area.intersects(inside))
    area_m2 = ellipsoid_m2(geometry)
    short = parcel.estate_name.split("(")[0].removeprefix("宁波").removeprefix("浙江")
    return Plot(
        code=f"{DISTRICT}-GY-{number:04d}", name=f"示例地块{short}{in_estate}号", shape=parcel.shape, geometry=geometry,
        area_m2=area_m2, site_m2=area_m2, estate=parcel.estate_name, park_code=parcel.park_code, town_code=town,
    )  # fmt: skip


def _register_area(plot: Plot, is_deviating: bool, dice: Dice) -> None:
    """Give the plot the area on its title: close to the plane area, now and then far off, sometimes none."""
    roll, error = dice.share(), dice.normal(0, 0.0008)
    if is_deviating:
        factor = 1 + dice.pick((-1, 1)) * dice.between(0.025, 0.09)
    elif roll < _UNREGISTERED_SHARE:
        return
    else:
        factor = 1 + error
    plot.site_m2 = round(plot.shape.area * factor, 2)
    plot.fields["area_reg_m2"] = plot.site_m2


_LAND_CLASSES = (
    ("0601", "GBT21010"), ("0601", "GBT21010"), ("0601", "GBT21010"), ("100102", "YDYH"), ("100101", "YDYH"),
    ("M2", "GB50137"),
)  # fmt: skip


def _describe(plot: Plot, number: int, dice: Dice) -> None:
    landuse, standard = dice.pick(_LAND_CLASSES)
    right = "granted" if dice.chance(0.9) else dice.pick(("allocated", "collective", "leased"))
    built = dice.whole(1996, 2021)
    height_limit = {"P07": 45.0, "P08": 45.0, "P09": 24.0}.get(plot.park_code)
    plot.fields |= {
        "real_estate_unit_no": f"{DISTRICT}999001GB{number:05d}W00000000" if dice.chance(0.85) else None,
        "landuse_code": landuse,
        "landuse_standard": standard,
        "right_type": right,
        "term_end_on": f"{built + 49}-{dice.whole(1, 12):02d}-{dice.whole(1, 28):02d}"
        if right == "granted"
        else None,
        "height_limit_m": height_limit,
        "planned_use": "0701" if not plot.park_code and dice.chance(0.25) else "100102",
        "plan_far_min": 1.2 if plot.park_code else None,
        "plan_far_max": (1.5 if plot.park_code == "P09" else dice.pick((2.0, 2.5, 3.0)))
        if plot.park_code
        else None,
        "green_m2": round(plot.site_m2 * dice.between(0.05, 0.18), 1),
        "built_year": built,
    }


def _implement_on(plot: Plot) -> str | None:
    """Return when a planned use other than industry is to be carried out; of some nobody has said yet."""
    dice = Dice(f"plan of {plot.code}")
    is_planned_otherwise = plot.fields["planned_use"] != "100102"
    return (
        f"{dice.pick((2028, 2030, 2033, 2035))}-12-31" if is_planned_otherwise and dice.chance(0.8) else None
    )


def plot_record(plot: Plot) -> dict[str, Any]:
    """Return the plot as a record of its register."""
    return {
        "plot_code": plot.code,
        "name": plot.name,
        "town_code": plot.town_code,
        "park_code": plot.park_code or None,
        **plot.fields,
        **_LINE_USE.get(plot.code, {}),
        "plan_implement_on": _implement_on(plot),
        "geometry": plot.geometry,
    }
