"""Problems that other offices passed on: most on plots that the bureau has listed, a few on others, some resolved."""

from typing import Any

from generator.dice import Dice
from generator.plots import Plot

_KINDS = ("safety", "fire", "environment", "obsolete", "default", "safety", "illegal")
_BODIES = {
    "safety": "区应急局（示例）",
    "fire": "区消防大队（示例）",
    "environment": "市生态环境局江北分局（示例）",
    "obsolete": "区经信局（示例）",
    "default": "区经信局（示例）",
    "illegal": "镇街综合执法队（示例）",
}
_LISTED, _OTHERS = 15, 3


def problem_records(plots: list[Plot]) -> list[dict[str, Any]]:
    """Return the register of problems."""
    dice = Dice("problems")
    active = ("recognised", "published", "treating", "checking")
    listed = [p for p in plots if p.fields.get("low_efficiency_status") in active]
    others = [p for p in plots if p.owner and not p.fields.get("low_efficiency_status")]
    chosen = dice.shuffled(listed)[:_LISTED] + dice.shuffled(others)[:_OTHERS]
    return [_record(plot, number, dice) for number, plot in enumerate(chosen, start=1)]


def _record(plot: Plot, number: int, dice: Dice) -> dict[str, Any]:
    kind, year = _KINDS[number % len(_KINDS)], dice.whole(2023, 2025)
    by_enterprise = kind in ("obsolete", "default") and plot.owner is not None
    return {
        "problem_code": f"WT-{year}-{number:03d}",
        "plot_code": None if by_enterprise else plot.code,
        "uscc": plot.owner.uscc if by_enterprise else None,
        "kind": kind,
        "found_on": f"{year}-{dice.whole(1, 12):02d}-{dice.whole(1, 28):02d}",
        "resolved_on": f"{year + 1}-{dice.whole(1, 6):02d}-20" if number % 5 == 0 else None,
        "found_by": _BODIES[kind],
        "document_no": f"示例函〔{year}〕{number}号",
    }
