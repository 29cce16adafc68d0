"""What a plot would become if it were rebuilt or built on, one after the other: floor areas, ratios, land."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from geoapp.errors import UsageError
from geoapp.verification.development import in_lines
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.plots import Plot, counted_floor, plain_plots
from geoapp.verification.revitalised import revitalised_plots
from geoapp.verification.source import Source
from geoapp.verification.supplies import quotient

TOTAL = "合计"
SUMS = (
    "site_area_m2", "gfa_counted_before_m2", "gfa_counted_after_m2", "gfa_actual_before_m2", "gfa_actual_after_m2",
    "gross_m2", "net_m2", "change_m2", "demolished_m2", "land_counted_m2",
)  # fmt: skip
_NOTHING_ADDED = ("gross_m2", "net_m2", "change_m2", "demolished_m2", "land_counted_m2")
_AFTER = ("gfa_counted_{}_m2", "gfa_actual_{}_m2", "far_{}", "coefficient_{}", "support_share_{}")
Values = dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done on a plot; None: not given."""

    mode: str
    far: float | None = None
    coefficient: float | None = None
    support_share: float | None = None
    storey_height_m: float | None = None
    demolish: str = ""
    """all, none, or empty: as the mode does, or the buildings named."""
    buildings: Collection[str] = ()

    @classmethod
    def from_words(cls, asked: Mapping[str, str]) -> "Plan":
        """Return the plan that the parameters of an address describe; raises UsageError where they do not."""
        try:
            number = {name: float(asked[name]) for name in _NUMBERS if asked.get(name)}
        except ValueError as error:
            raise UsageError(f"指纹里的测算参数读不懂：{error}。") from None
        word = asked.get("demolish", "")
        shares = {name: number[name] / 100 for name in ("coefficient", "support") if name in number}
        return cls(
            mode=asked.get("mode", ""), far=number.get("far"), coefficient=shares.get("coefficient"),
            support_share=shares.get("support"), storey_height_m=number.get("storey_height"),
            demolish=word if word in ("all", "none") else "",
            buildings=() if word in ("", "all", "none") else tuple(word.split(",")),
        )  # fmt: skip


_NUMBERS = ("far", "coefficient", "support", "storey_height")


def has_mode(source: Source, list_of_modes: str, mode: str) -> bool:
    """Return whether a mode is in a list of the rule book that is in force: whatif_clearing_modes, say."""
    return source.has_number(list_of_modes) and mode in source.number(list_of_modes)


def storey_factor(source: Source, height_m: float) -> float:
    """Return by which a storey of a height counts."""
    factor = 1.0
    for above_m, step in sorted(source.number("storey_height_factors")):
        factor = step if height_m > above_m else factor
    return float(factor)


def storey_height_m(source: Source, plan: Plan) -> float:
    """Return how high new storeys are."""
    return plan.storey_height_m or float(source.number("whatif_storey_height_m"))


def would_be(source: Source, plot: Plot, plan: Plan) -> Values:
    """Return the figures of a plot before and after; where the plan does not fit it stays as it is."""
    found = outcome(source, plot, plan)
    if not fits(source, plot, plan):
        stays = {name.format("after"): found[name.format("before")] for name in _AFTER}
        found |= stays | dict.fromkeys(_NOTHING_ADDED, 0.0)
    return found


def fits(source: Source, plot: Plot, plan: Plan) -> bool:
    """Return whether a plan fits a plot: what stays is not above the plot ratio wanted, and the mode may be used."""
    kept, _, _ = _split(source, plot, plan)
    wanted = None if plan.far is None else _less(_times(plan.far, plot.site_area_m2), kept)
    return not (wanted is not None and wanted < 0) and not _is_barred(source, plot, plan)


def outcome(source: Source, plot: Plot, plan: Plan) -> Values:
    """Return the figures of a plot before and after, in m2 and shares, whether or not the plan fits it."""
    kept, kept_actual, gone = _split(source, plot, plan)
    found = _before(plot) | {"demolished_m2": gone, "land_counted_m2": _land(source, plot)}
    wanted = 0.0 if plan.far is None else _less(_times(plan.far, plot.site_area_m2), kept)
    new = _least(0.0, wanted)
    gross = quotient(new, storey_factor(source, storey_height_m(source, plan)))
    change = _less(gross, gone)
    after = {
        "gross_m2": gross,
        "net_m2": _least(0.0, change),
        "change_m2": change,
        "gfa_counted_after_m2": _plus(kept, new),
        "gfa_actual_after_m2": _plus(kept_actual, gross),
    }
    after["far_after"] = quotient(after["gfa_counted_after_m2"], plot.site_area_m2)
    return found | after | _shares_after(source, plot, plan, found, after["gfa_actual_after_m2"])


def _before(plot: Plot) -> Values:
    return {
        "site_area_m2": plot.site_area_m2,
        "gfa_counted_before_m2": plot.gfa_m2,
        "gfa_actual_before_m2": plot.actual_gfa_m2,
        "far_before": plot.far,
        "coefficient_before": plot.coefficient,
        "support_share_before": quotient(plot.row["support_gfa_m2"], plot.actual_gfa_m2),
    }


def _land(source: Source, plot: Plot) -> Value:
    """Return the land that would count as revitalised and does not yet."""
    recognised = revitalised_plots(source, source.number("default_ledger"))[plot.code].recognised
    return _least(0.0, _less(plot.site_area_m2, recognised or 0.0))


def _split(source: Source, plot: Plot, plan: Plan) -> tuple[Value, Value, Value]:
    """Return what stays, counted and as built, and what goes."""
    if plan.buildings:
        going = [
            row for row in source.rows("buildings")
            if row["plot_code"] == plot.code and row["building_code"] in plan.buildings
        ]  # fmt: skip
        counted = _sum([counted_floor(source, row) for row in going])
        actual = _sum([row["gfa_m2"] for row in going])
        stays = _least(0.0, _less(plot.gfa_m2, counted)), _least(0.0, _less(plot.actual_gfa_m2, actual))
        return *stays, actual
    goes = plan.demolish == "all" or (
        not plan.demolish and has_mode(source, "whatif_demolishing_modes", plan.mode)
    )
    return (0.0, 0.0, plot.actual_gfa_m2) if goes else (plot.gfa_m2, plot.actual_gfa_m2, 0.0)


def _shares_after(source: Source, plot: Plot, plan: Plan, before: Values, actual_after: Value) -> Values:
    if has_mode(source, "whatif_clearing_modes", plan.mode):
        return {"coefficient_after": _times(0.0, plot.site_area_m2), "support_share_after": 0.0}
    coefficient = before["coefficient_before"]
    if plan.coefficient is not None:
        coefficient = None if plot.site_area_m2 is None else plan.coefficient
    kept = plot.row["support_gfa_m2"] if before["demolished_m2"] == 0 else None
    share = quotient(kept, actual_after) if plan.support_share is None else plan.support_share
    return {"coefficient_after": coefficient, "support_share_after": share}


def _is_barred(source: Source, plot: Plot, plan: Plan) -> bool:
    """Return whether the mode is for land outside the lines only, and the plot inside."""
    if not has_mode(source, "whatif_outside_only_modes", plan.mode):
        return False
    return in_lines(source, [line.value for line in source.scheme.lines]).get(plot.code) is True


def what_if_figures(source: Source, codes: Sequence[str], plan: Plan) -> dict[str, dict[str, Figure]]:
    """Return the figures of each plot, and of all together under TOTAL."""
    return with_slack(source, lambda state: _all_figures(state, codes, plan))


def _all_figures(source: Source, codes: Sequence[str], plan: Plan) -> dict[str, Values]:
    plots = {plot.code: plot for plot in plain_plots(source)}
    unknown = [code for code in codes if code not in plots]
    if unknown:
        raise UsageError(f"指纹里的地块“{unknown[0][:40]}”当时不在台账里，不能核对。")
    rows = {code: would_be(source, plots[code], plan) for code in codes}
    return {**rows, TOTAL: _together(list(rows.values()))}


def _together(rows: Sequence[Values]) -> Values:
    """Return the sums of what is known; ratios of the plots that have both sums, shares where all are known."""
    totals: Values = {}
    for name in SUMS:
        known = [value for row in rows if (value := row[name]) is not None]
        totals[name] = math.fsum(known) if known else None
    both = [
        row for row in rows
        if None not in (row["site_area_m2"], row["gfa_counted_before_m2"], row["gfa_counted_after_m2"])
    ]  # fmt: skip
    site = _sum([row["site_area_m2"] for row in both])
    for when in ("before", "after"):
        totals[f"far_{when}"] = quotient(_sum([row[f"gfa_counted_{when}_m2"] for row in both]), site)
        for name, weight in (("coefficient", "site_area_m2"), ("support_share", f"gfa_actual_{when}_m2")):
            parts = [_times(row[f"{name}_{when}"], row[weight]) for row in rows]
            totals[f"{name}_{when}"] = quotient(_sum(parts), _sum([row[weight] for row in rows]))
    return totals


def _sum(values: Sequence[Value]) -> Value:
    known = [value for value in values if value is not None]
    return math.fsum(known) if len(known) == len(values) else None


def _times(one: Value, other: Value) -> Value:
    return None if one is None or other is None else one * other


def _plus(one: Value, other: Value) -> Value:
    return None if one is None or other is None else one + other


def _less(one: Value, other: Value) -> Value:
    return None if one is None or other is None else one - other


def _least(least: float, value: Value) -> Value:
    return None if value is None else max(least, value)
