"""Ways of colouring micro-enterprise parks: by stars and by the band of the newest year."""

from collections.abc import Mapping

import pandas as pd

from geoapp.analysis.micro_parks import TRANSITION
from geoapp.domain.layer import Code, Layer
from geoapp.domain.listed import BANDS
from geoapp.domain.rule import Subject
from geoapp.services.as_of import AsOf
from geoapp.services.map_legend import ColorScheme, coded_scheme
from geoapp.services.micro_park_facts import MICRO_PARKS, YEARS
from geoapp.services.micro_parks import micro_park_rows, newest_year
from geoapp.services.plot_styles import PALE_COLOR
from geoapp.services.rule_facts import facts_version
from geoapp.services.workspace import Workspace

_STAR_CODES = (
    Code(value="5", zh="五星", color="#7a1f00"),
    Code(value="4", zh="四星", color="#c2552d"),
    Code(value="3", zh="三星", color="#f0bd7f", pattern="dots"),
    Code(value="2", zh="二星", color="#f6dd7f"),
    Code(value="1", zh="一星", color="#f6e9c8", pattern="horizontal"),
    Code(value="0", zh="没有评星", color=PALE_COLOR),
)
_BAND_LOOKS = {
    "A": ("#1b7f4d", ""), "B": ("#a9d39a", "dots"), "C": ("#f6dd7f", ""), "D": ("#c2552d", "diagonal"),
    TRANSITION: ("#ffffff", "horizontal"), "unknown": ("#d3d7db", "cross"), "none": (PALE_COLOR, ""),
}  # fmt: skip
MICRO_PARK_STYLES: Mapping[str, tuple[str, tuple[Code, ...]]] = {
    "star": ("星级", _STAR_CODES),
    "band": (
        "最近一年绩效档次",
        tuple(
            Code(value=band, zh=BANDS[band], color=color, pattern=pattern)
            for band, (color, pattern) in _BAND_LOOKS.items()
        ),
    ),
}
"""Words and classes by name."""


def micro_parks_version(workspace: Workspace, state: AsOf) -> tuple[object, ...]:
    """Return what the classes depend on: equal versions are equal classes."""
    own = workspace.register_revisions((YEARS,), state.revision)
    return (*facts_version(workspace, Subject.MICRO_PARK, state), *own, state.day)


def micro_park_classes(
    workspace: Workspace, layer: Layer, name: str, state: AsOf
) -> tuple[ColorScheme, pd.Series]:
    """Return one of MICRO_PARK_STYLES with its counts, and the class of each record in the order of the store."""
    rows = micro_park_rows(workspace, state, newest_year(workspace, state))
    stars = rows["star_level"].fillna(0).astype("int64").astype("str")
    codes = workspace.store.read(MICRO_PARKS, revision=state.revision)["micro_park_code"]
    classes = (stars if name == "star" else rows["band"]).reindex(codes).astype("object")
    zh, known = MICRO_PARK_STYLES[name]
    return coded_scheme(layer, name, zh, known, pd.DataFrame({name: classes})), classes
