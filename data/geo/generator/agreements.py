"""Performance agreements of enterprises on projects' plots, and standard-land agreements, with their yearly items."""

from typing import Any

from generator.dice import Dice
from generator.plots import TOWN_NAMES, Plot
from generator.projects import Project

_COUNT = 24
_TERM_ENDS = (
    "2026-05-31",
    "2026-12-31",
    "2027-03-31",
    "2027-08-31",
    "2027-10-15",
    "2029-06-30",
    "2031-02-28",
)
"""Of the first plots with an agreement, whose land was granted for a flexible term (弹性年期)."""
_LIABILITY = ("按差额支付违约金", "限期整改，逾期执行差别电价", "收回未开发部分用地")


def agreement_records(projects: list[Project]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the agreements and their items; two of the newest items have not been entered."""
    finished = [project for project in projects if project.is_finished and project.mode not in {"M04", "M10"}]
    heads, items = [], []
    for number, project in enumerate(finished[:_COUNT], start=1):
        dice = Dice(f"agreement {project.code}")
        head = _head(number, project, dice)
        heads.append(head)
        items += _items(head, dice, is_entered=number % 12 != 0)
    return heads, items


def shorten_terms(agreements: list[dict[str, Any]], plots: list[Plot]) -> None:
    """Let the rights to a few plots with an agreement end soon, so that there is something to review."""
    by_code = {plot.code: plot for plot in plots}
    codes = dict.fromkeys(head["plot_code"] for head in agreements if head["status"] == "active")
    granted = [by_code[code] for code in codes if by_code[code].fields["right_type"] == "granted"]
    for plot, end in zip(granted, _TERM_ENDS, strict=False):
        plot.fields["term_end_on"] = end


def _head(number: int, project: Project, dice: Dice) -> dict[str, Any]:
    plot = project.plots[0]
    town = TOWN_NAMES[plot.town_code]
    signed = project.dates["start_plan_on"] or project.completed_on
    first = min(2025, max(2023, project.completed_on.year + 1))
    return {
        "agreement_code": f"示例履约-{number:03d}", "kind": "standard_land" if number % 6 == 0 else "performance",
        "party_a": f"{town}（示例）", "party_b": plot.owner.name, "uscc": plot.owner.uscc, "plot_code": plot.code,
        "town_code": plot.town_code, "signed_on": signed.isoformat(), "assessed_from_on": f"{first}-01-01",
        "assessed_to_on": f"{first + 4}-12-31", "liability": dice.pick(_LIABILITY),
        "status": "fulfilled" if number % 8 == 0 else "active", "responsible_body": f"{town}（示例）",
    }  # fmt: skip


def _items(head: dict[str, Any], dice: Dice, *, is_entered: bool) -> list[dict[str, Any]]:
    first = int(head["assessed_from_on"][:4])
    agreed = {"tax_per_mu": float(dice.whole(10, 25)), "far": dice.pick((1.2, 1.5, 2.0))}
    if head["kind"] == "standard_land":
        agreed["energy"] = 0.52
    items = []
    for year in range(first, 2026):
        for indicator, value in agreed.items():
            reached = round(value * dice.between(0.85, 1.3), 2)
            actual = reached if is_entered or year < 2025 else None
            items.append(
                {
                    "agreement_code": head["agreement_code"], "indicator": indicator, "year": year,
                    "agreed_value": value, "actual_value": actual,
                }
            )  # fmt: skip
    return items
