"""An evaluation as a table to take along: the enterprises of a list with items and points, or a comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from geoapp.domain.evaluation import FIRM_FIGURES, ITEMS, LISTS
from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.fingerprint import take_fingerprint
from geoapp.domain.frame import plain_values
from geoapp.domain.record_table import RecordTable
from geoapp.domain.rounding import rounded
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.evaluation import ALL_GRADES, YearEvaluation
from geoapp.services.evaluation_inputs import REGISTERS
from geoapp.services.evaluation_record import (
    enterprise_records,
    evaluation_origin,
    figure_row,
    listed_members,
    plots_record,
)
from geoapp.services.evaluation_words import number_words
from geoapp.services.workspace import Workspace
from geoapp.units import AREA_UNIT_LABELS, FILE_DECIMALS, from_m2

_AREAS = {"land_m2": "用地面积", "owned_m2": "自有", "leased_in_m2": "租入", "leased_out_m2": "租出"}
_ENDS = {
    "missing": "缺什么", "veto_zh": "否决", "tie_zh": "并列", "followed": "档次随业主",
    "land_source_zh": "用地面积来源",
}  # fmt: skip
_SCORE_DECIMALS = 4


def evaluation_table(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    *,
    code: str | None,
    unit: str,
    notes: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
) -> RecordTable:
    """Return the enterprises of a list (all where none is named) with values, points, score, rank and grade.

    Parameters
    ----------
    workspace : Workspace
    found : YearEvaluation
    state : AsOf
    code : str, optional
    unit : {"mu", "ha", "m2"}
        Of land; ratios per 亩 stay per 亩.
    notes : sequence of str
        What else a reader must know: findings, other weights.
    weights : mapping, optional
        Points by item, where *found* is not by the rule book's.
    """
    records = enterprise_records(workspace, found, listed_members(found, code))
    names = [name for name in ITEMS if any(name in scores.value for scores in _scores(found, code))]
    rows = pd.DataFrame(
        [_row(record, names) for record in records], columns=[info.name for info in _fields(names, unit)]
    )
    rows = rows.assign(**{name: from_m2(rows[name].astype("float64"), unit) for name in _AREAS})
    numbers = [info.name for info in _fields(names, unit) if info.dtype == "number"]
    rows = rows.astype(dict.fromkeys(numbers, "float64") | {"rank": "Int64"})
    table = _table(
        workspace, found, state, "evaluation", f"亩均评价（{found.year} 年）", tuple(_fields(names, unit)), rows,
        filter_zh=LISTS[code] if code else "全部名单", is_filtered=code is not None,
        notes=(*_bases(found, code), *notes),
    )  # fmt: skip
    decimals = {info.name: info.decimals for info in table.fields if info.decimals is not None}
    columns = {
        name: plain_values(rounded(rows[name], decimals.get(name))) for name in ("uscc", *FIRM_FIGURES)
    }
    firms = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    origin = evaluation_origin(workspace, found, state, code, weights)
    return replace(table, fingerprint=take_fingerprint(origin, unit, map(figure_row, firms)).text)


def _scores(found: YearEvaluation, code: str | None) -> list[Any]:
    return [scores for name, scores in found.evaluation.scores.items() if code in (None, name)]


def _row(record: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    items = {item["item"]: item for item in record["items"]}
    parts = {f"value_{name}": items.get(name, {}).get("value") for name in names}
    parts |= {f"points_{name}": items.get(name, {}).get("points") for name in names}
    return {**record, **parts}


def _fields(names: Sequence[str], unit: str) -> list[FieldInfo]:
    land_zh = AREA_UNIT_LABELS[unit]
    values = [_number(f"value_{name}", ITEMS[name].zh, ITEMS[name].unit_zh, 4) for name in names]
    points = [_number(f"points_{name}", f"{ITEMS[name].zh}得分", "", _SCORE_DECIMALS) for name in names]
    return [
        _text("uscc", "统一社会信用代码"),
        _text("name", "企业名称"),
        _text("list_zh", "评价名单"),
        _text("state_zh", "情况"),
        FieldInfo(name="rank", zh="名次", label="名次", dtype="integer"),
        _text("grade", "评价档次"),
        _number("score", "综合得分", "", _SCORE_DECIMALS),
        *(_number(name, zh, land_zh, FILE_DECIMALS[unit]) for name, zh in _AREAS.items()),
        *values,
        *points,
        _number("bonus", "加分", "", 2),
        _number("malus", "扣分", "", 2),
        *(_text(name, zh) for name, zh in _ENDS.items()),
    ]


def _bases(found: YearEvaluation, code: str | None) -> list[str]:
    lines = []
    for name, scores in found.evaluation.scores.items():
        if code in (None, name):
            weights = found.inputs.rules.score[name].weights
            parts = (
                f"{ITEMS[str(item)].zh} 分值 {weights[str(item)]:g}，"
                f"基准值 {number_words(base['value'], 4)} {ITEMS[str(item)].unit_zh}"
                f"（{'文件规定' if base['is_given'] else str(base['count']) + ' 家合计÷合计'}）"
                for item, base in scores.bases.to_dict("index").items()
            )
            lines.append(f"{LISTS[name]}：{'；'.join(parts)}")
    return lines


COMPARED = {
    "uscc": "统一社会信用代码", "name": "企业名称", "list_here": "本系统名单", "list_there": "对方名单",
    "grade_here": "本系统档次", "grade_there": "对方档次",
}  # fmt: skip


def comparison_table(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    lines: pd.DataFrame,
    origin_zh: str,
    code: str | None,
) -> RecordTable:
    """Return every enterprise of a comparison with both results and why they differ."""
    fields = (
        *(
            FieldInfo(
                name=name, zh=zh, label=zh, dtype="string", codes=LISTS if name.startswith("list") else {}
            )
            for name, zh in COMPARED.items()
        ),
        _number("score_here", "本系统得分", "", _SCORE_DECIMALS),
        _number("score_there", "对方得分", "", _SCORE_DECIMALS),
        _number("difference", "得分之差", "", _SCORE_DECIMALS),
        _text("why_zh", "差异原因"),
    )
    rows = lines.assign(uscc=lines.index.to_series()).set_index(lines.index.rename("key"))
    same = int(lines["is_same"].sum())
    return _table(
        workspace, found, state, "evaluation_comparison", f"亩均评价比较（{found.year} 年）", fields,
        pd.DataFrame(rows[[info.name for info in fields]]),
        filter_zh=LISTS[code] if code else "全部名单", is_filtered=code is not None,
        notes=(f"对方：{origin_zh}", f"{len(lines)} 家中 {same} 家档次相同，{len(lines) - same} 家不同。"),
    )  # fmt: skip


def plots_table(workspace: Workspace, found: YearEvaluation, state: AsOf, unit: str) -> RecordTable:
    """Return what the evaluation makes of each plot."""
    records = plots_record(found)
    land_zh = AREA_UNIT_LABELS[unit]
    fields = (
        _text("plot_code", "地块编号"),
        _text("name", "地块名称"),
        _number("site_area_m2", "地块面积", land_zh, FILE_DECIMALS[unit]),
        FieldInfo(name="enterprise_count", zh="企业数", label="企业数", dtype="integer"),
        FieldInfo(name="unknown_count", zh="缺数据的企业数", label="缺数据的企业数", dtype="integer"),
        _number("tax_wan_per_mu", "亩均税收", "万元/亩", 4),
        _number("value_added_wan_per_mu", "亩均增加值", "万元/亩", 4),
        _text("grade", "评价档次"),
        _text("uscc", "档次所属企业"),
    )
    rows = pd.DataFrame(records, columns=[info.name for info in fields])
    rows = rows.assign(site_area_m2=from_m2(rows["site_area_m2"].astype("float64"), unit))
    rows = rows.set_index(rows["plot_code"].rename("key"))
    return _table(
        workspace, found, state, "evaluation_plots", f"亩均评价地块（{found.year} 年）", fields, rows,
        filter_zh="全部地块", is_filtered=False,
        notes=("亩均为各企业按占用土地分摊的合计除以地块面积，不是各企业亩均的平均；有一家缺数据即为未知。",),
    )  # fmt: skip


def _table(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    register: str,
    register_zh: str,
    fields: tuple[FieldInfo, ...],
    rows: pd.DataFrame,
    *,
    filter_zh: str,
    is_filtered: bool,
    notes: tuple[str, ...],
) -> RecordTable:
    return RecordTable(
        register=register,
        register_zh=register_zh,
        geometry_type="none",
        fields=fields,
        rows=rows,
        revision=state.revision,
        day=found.inputs.rules_on,
        is_now=state.is_now,
        data_on=data_day(workspace, state.revision, REGISTERS, state.day),
        filter_zh=filter_zh,
        is_filtered=is_filtered,
        sources=tuple(
            f"{workspace.layer(name).zh}：{workspace.layer(name).source}"
            for name in ("performance", "enterprises", "occupancies", "evaluation_marks")
        ),
        notes=(*notes, *filter(None, [state.note])),
        is_demo=found.inputs.is_demo,
    )


def _text(name: str, zh: str) -> FieldInfo:
    codes = {grade: grade for grade in ALL_GRADES} if name == "grade" else {}
    return FieldInfo(name=name, zh=zh, label=zh, dtype="string", codes=codes)


def _number(name: str, zh: str, unit_zh: str, decimals: int) -> FieldInfo:
    label = f"{zh}({unit_zh})" if unit_zh else zh
    return FieldInfo(name=name, zh=zh, label=label, dtype="number", unit=unit_zh, decimals=decimals)
