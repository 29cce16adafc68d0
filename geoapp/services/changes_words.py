"""What changed, in words: classes by the names of their day, other fields with their old and new value."""

from collections.abc import Mapping

import pandas as pd

from geoapp.domain.change import Difference
from geoapp.domain.changes import CLASS_KINDS
from geoapp.domain.frame import plain_values
from geoapp.domain.layer import Layer
from geoapp.services.as_of import AsOf
from geoapp.services.fields import register_fields
from geoapp.services.map_legend import far_class_words
from geoapp.services.record_card import field_text
from geoapp.services.workspace import Workspace

_NONE_WORDS = {
    "stage": "没有项目", "treatment": "未列入", "far_class": "未知", "grade": "未评价",
    "low_efficiency": "资料不全", "line": "未知",
}  # fmt: skip
"""By kind: what stands for no class."""
_SHAPE_ZH = "图形"
_OF_OTHER_KINDS = ("area_reg_m2", "low_efficiency_status")
"""Fields whose change is listed as one of the area or of the treatment."""


def class_words(workspace: Workspace, state: AsOf) -> dict[str, dict[str, str]]:
    """Return by kind of change the Chinese words of the classes as of a state, "" being none."""
    fields = register_fields(workspace, "plots")
    words = {kind.id: dict(fields[kind.field].codes) for kind in CLASS_KINDS.values()}
    words["far_class"] |= far_class_words(
        workspace.policy_at(state.revision).value("far_class_breaks", state.day)
    )
    return {kind: names | {"": _NONE_WORDS[kind]} for kind, names in words.items()}


def other_changes(layer: Layer, old: pd.DataFrame, found: Difference) -> pd.DataFrame:
    """Return the fields of the register that changed, besides those that have a kind of their own.

    Parameters
    ----------
    layer : Layer
    old : DataFrame
        The earlier records.
    found : Difference
        Of the later ones against them.

    Returns
    -------
    DataFrame, one row per record and field: plot_code, field, before, after (such as "权利人 甲厂")
        Restricted fields are left out; of a shape it only says that it changed.
    """
    parts = [_field_changes(layer, old, found, name) for name in found.differing if _is_told(layer, name)]
    empty = pd.DataFrame({name: [] for name in ("plot_code", "field", "before", "after")}, dtype="object")
    return pd.concat([empty, *(part for part in parts if len(part))], ignore_index=True)


def _is_told(layer: Layer, name: str) -> bool:
    if name == "geometry":
        return True
    return name in layer.field_names and name not in _OF_OTHER_KINDS and not layer.field(name).is_restricted


def _field_changes(layer: Layer, old: pd.DataFrame, found: Difference, name: str) -> pd.DataFrame:
    mask = found.differing[name]
    codes = found.records["plot_code"].to_numpy(dtype=object)[mask]
    if name == "geometry":
        return pd.DataFrame(
            {"plot_code": codes, "field": name, "before": _SHAPE_ZH, "after": f"{_SHAPE_ZH}（已改）"}
        )
    field = layer.field(name)
    sides: Mapping[str, pd.Series] = {
        "before": old[name].iloc[found.positions[mask]], "after": found.records[name][mask]
    }  # fmt: skip
    texts = {
        side: [f"{field.zh} {field_text(field, value)}" for value in plain_values(values)]
        for side, values in sides.items()
    }
    return pd.DataFrame({"plot_code": codes, "field": name, **texts})
