"""What the offices decided about enterprises, and an official evaluation to be set against ours."""

from typing import Any

from generator.dice import Dice
from generator.ground import M2_PER_MU

Records = list[dict[str, Any]]
_YEARS = (2024, 2025)
_MARKED = 2025
_WEIGHTS = {
    "tax_per_mu": 30, "value_added_per_mu": 20, "value_added_per_energy": 20, "value_added_per_emission": 10,
    "value_added_per_staff": 10, "rd_share": 10,
}  # fmt: skip
_SMALL_WEIGHTS = {"tax_per_mu": 50, "tax_per_power": 50}
_MARKS = (
    ("bonus", "innovation", 3.0, None, "国家专精特新“小巨人”"),
    ("bonus", "innovation", 2.0, None, "省级企业研究院"),
    ("bonus", "quality", 2.0, None, "区政府质量奖"),
    ("bonus", "investment", 2.5, None, "年度技改投资超 5000 万元"),
    ("malus", "safety", 3.0, None, "一般安全隐患逾期未改"),
    ("malus", "safety", 2.0, None, "一般环保处罚"),
    ("veto", "major_accident", None, None, "当年发生较大安全事故"),
    ("veto", "environment", None, None, "环保重大违法"),
    ("veto", "dishonest", None, None, "列入严重失信名单"),
    ("veto", "illegal_land", None, None, "违建未拆除"),
    ("exemption", "new_firm", None, "2024-05-16", "新办企业"),
    ("exemption", "new_firm", None, "2022-03-09", "新办企业，已满两年"),
    ("exemption", "relocation", None, None, "政策性搬迁"),
)


def mark_records(results: Records) -> Records:
    """Return marks of the newest year, each on another enterprise; one has an exemption that its veto ends."""
    ordered = sorted({record["uscc"] for record in results if record["year"] == _MARKED})
    chosen = Dice("evaluation marks").shuffled(ordered)
    marks = [
        _mark(number, uscc, mark)
        for number, (uscc, mark) in enumerate(zip(chosen, _MARKS, strict=False), start=1)
    ]
    last = chosen[len(_MARKS)]
    marks.append(_mark(len(marks) + 1, last, ("exemption", "new_land", None, "2024-01-10", "新供地")))
    marks.append(_mark(len(marks) + 1, last, ("veto", "overdue", None, None, "约定期满未投产")))
    return marks


def _mark(number: int, uscc: str, mark: tuple[str, str, float | None, str | None, str]) -> dict[str, Any]:
    kind, code, points, since_on, reason = mark
    return {
        "year": _MARKED, "uscc": uscc, "kind": kind, "code": code, "points": points, "since_on": since_on,
        "reason": reason, "document_no": f"示例亩均〔2026〕{number}号", "decided_on": "2026-03-20", "body": "示例部门",
    }  # fmt: skip


def official_records(results: Records) -> Records:
    """Return the official result of the last two years: score, list and grade as the performance register has them."""
    return [
        {
            "year": record["year"], "uscc": record["uscc"], "source": "official", "list": record["list"],
            "grade": record["grade"], "score": record["score"], "land_area_m2": record["land_area_m2"],
            "document_no": f"示例亩均办〔{record['year'] + 1}〕9号", "decided_on": f"{record['year'] + 1}-06-30",
        }
        for record in results
        if record["year"] in _YEARS
    ]  # fmt: skip


def base_records(results: Records) -> Records:
    """Return the official base values of the newest year: means of the enterprises' ratios."""
    records = []
    for name in ("above_scale", "below_scale_large", "below_scale_small", "tenant"):
        members = [r for r in results if r["year"] == _MARKED and r["list"] == name]
        weights = _WEIGHTS if name == "above_scale" else _SMALL_WEIGHTS
        for item, weight in weights.items():
            ratios = [_ratio(record, item) for record in members]
            known = [ratio for ratio in ratios if ratio is not None]
            records.append(
                {
                    "year": _MARKED, "list": name, "item": item, "source": "official",
                    "base_value": round(sum(known) / len(known), 4), "weight": weight, "cap": 1.5,
                    "enterprise_count": len(known), "is_given": False, "document_no": "示例亩均办〔2026〕9号",
                }
            )  # fmt: skip
    return records


def _ratio(record: dict[str, Any], item: str) -> float | None:
    land_mu = record["land_area_m2"] / M2_PER_MU
    parts = {
        "tax_per_mu": (record["tax_wan"], land_mu),
        "value_added_per_mu": (record["value_added_wan"], land_mu),
        "value_added_per_energy": (record["value_added_wan"], record["energy_tce"]),
        "value_added_per_emission": (record["value_added_wan"], record["emission_t"]),
        "value_added_per_staff": (record["value_added_wan"], record["staff"]),
        "rd_share": (record["rd_wan"], record["revenue_wan"] / 100),
        "tax_per_power": (record["tax_wan"], record["power_kwh"] / 10_000),
    }
    numerator, denominator = parts[item]
    return numerator / denominator if denominator else None
