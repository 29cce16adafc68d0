"""The four lists of the last two years: low-efficiency plots by their own status, enterprises by chance."""

from typing import Any

from generator.dice import Dice
from generator.plots import TOWN_NAMES, Plot

_YEARS = (2025, 2026)
_OPEN = ("suspected", "checking", "recognised", "published", "treating")
_MEASURES = ("upgrade", "upgrade", "merge", "take_back", "move_in")
_NOTES = {
    "upgrade": "厂房加层并更新设备，达产后亩均税收达标", "merge": "由同园区企业兼并，租约到期后统一改造",
    "take_back": "协商收储，净地后再供应", "move_in": "迁入小微企业园，原地块腾退", "close": "关停淘汰设备，限期拆除",
}  # fmt: skip
_FIRMS = (("L1", 9), ("L2", 14), ("L3", 6))
_FIRM_BASIS = {
    "L1": "亩均税收和单位能耗增加值均低于全区同行业平均", "L2": "无环评手续，未入园",
    "L3": "设备列入产业结构调整指导目录淘汰类",
}  # fmt: skip


def list_records(plots: list[Plot]) -> list[dict[str, Any]]:
    """Return the entries of the lists: plots' statuses are those of the plots themselves in the newest year."""
    dice = Dice("remediation lists")
    records = [_plot_entry(plot, dice) for plot in plots if plot.fields.get("low_efficiency_status") in _OPEN]
    records += [
        {**record, "year": _YEARS[0]}
        for record in records
        if record["status_on"] < f"{_YEARS[0]}-12-31" and record["status"] != "suspected"
    ]
    carried = {record["subject_code"] for record in records if record["year"] == _YEARS[0]}
    for record in records:
        if record["year"] == _YEARS[1] and record["subject_code"] in carried:
            record["carried_from_year"] = _YEARS[0]
    firms = dice.shuffled(
        sorted(
            {p.owner.uscc: p for p in plots if p.owner and p.site_mu < 40}.items(), key=lambda pair: pair[0]
        )
    )
    for list_code, count in _FIRMS:
        records += [_firm_entry(list_code, uscc, plot, dice) for uscc, plot in firms[:count]]
        firms = firms[max(1, count - 2) :]
    return sorted(records, key=lambda record: (record["year"], record["list"], record["subject_code"]))


def _plot_entry(plot: Plot, dice: Dice) -> dict[str, Any]:
    status = plot.fields["low_efficiency_status"]
    measure = dice.pick(_MEASURES)
    is_planned = status in ("recognised", "published", "treating")
    day = plot.fields["low_efficiency_on"]
    return {
        "year": _YEARS[1], "list": "L4", "subject_kind": "plot", "subject_code": plot.code,
        "town_code": plot.town_code, "status": status, "status_on": day, "found_on": day,
        "basis": plot.fields.get("low_efficiency_reason"), "problem_type": "利用粗放",
        "measure": measure if is_planned else None, "measure_note": _NOTES[measure] if is_planned else None,
        "target_tax_wan_per_mu": float(dice.whole(8, 20)) if is_planned else None,
        "target_far": dice.pick((1.5, 2.0, 2.0)) if is_planned and measure == "upgrade" else None,
        "deadline_on": f"{dice.pick((2026, 2027, 2027, 2028))}-{dice.whole(3, 12):02d}-{dice.whole(1, 28):02d}"
        if is_planned else None,
        "responsible_body": f"{TOWN_NAMES[plot.town_code]}（示例）", "decided_by": "区整治办（示例）",
        "document_no": f"示例整〔{day[:4]}〕{dice.whole(1, 60)}号" if status in ("recognised", "published") else None,
    }  # fmt: skip


def _firm_entry(list_code: str, uscc: str, plot: Plot, dice: Dice) -> dict[str, Any]:
    status = dice.pick(("recognised", "published", "treating", "treating", "closed"))
    measure = "close" if list_code == "L3" else dice.pick(("upgrade", "move_in", "close"))
    day = f"2026-{dice.whole(1, 9):02d}-{dice.whole(1, 28):02d}"
    return {
        "year": _YEARS[1], "list": list_code, "subject_kind": "enterprise", "subject_code": uscc,
        "town_code": plot.town_code, "status": status, "status_on": day, "found_on": "2026-01-15",
        "basis": _FIRM_BASIS[list_code], "measure": measure, "measure_note": _NOTES[measure],
        "deadline_on": f"2027-{dice.whole(1, 12):02d}-28", "responsible_body": f"{TOWN_NAMES[plot.town_code]}（示例）",
        "decided_by": "区整治办（示例）",
        "document_no": f"示例整〔2026〕{dice.whole(61, 99)}号" if status != "treating" else None,
    }  # fmt: skip
