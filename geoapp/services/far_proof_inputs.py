"""What a proof sheet is made from: a plot's record, facts and buildings as they were, and numbers in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd

from geoapp.analysis.intensity import counted_floor_area
from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.frame import plain_values
from geoapp.domain.policy import CERTAINTY_WORDS, Policy
from geoapp.errors import GoneError, NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import plot_facts
from geoapp.services.workspace import Workspace
from geoapp.units import MINUS, limit_text, number_text

UNKNOWN = "—"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofInputs:
    """One plot as it was."""

    workspace: Workspace
    as_of: AsOf
    plot_code: str
    row: int
    """Position in the register."""
    plots: gpd.GeoSeries
    """Outlines of all plots, in the register's order."""
    record: Mapping[str, Any]
    """The register's own values, None where missing."""
    facts: Mapping[str, Any]
    """The plot's row of `plot_facts`, None where unknown."""
    buildings: gpd.GeoDataFrame
    """Those of the plot, in the register's order."""
    counted: pd.DataFrame
    """What `counted_floor_area` makes of them."""

    @property
    def geometry(self) -> gpd.GeoSeries:
        """Return the outline of this plot alone."""
        return self.plots.iloc[[self.row]]

    @property
    def policy(self) -> Policy:
        """Return the rule book."""
        return self.workspace.policy_at(self.as_of.revision)

    def value(self, number_id: str) -> Any:
        """Return a number of the rule book on the sheet's day."""
        return self.policy.value(number_id, self.as_of.day)


def proof_inputs(workspace: Workspace, plot_code: str, as_of: AsOf) -> ProofInputs:
    """Return what the proof sheet of a plot is made from.

    Raises
    ------
    NotFoundError
        There never was such a plot, or not yet; or a number of the rule book does not hold yet on the day.
    GoneError
        It had been withdrawn.
    """
    facts = plot_facts(workspace, revision=as_of.revision, day=as_of.day)
    if plot_code not in facts.index:
        _refuse(workspace, plot_code, as_of)
    row = facts.index.get_loc(plot_code)
    records = workspace.store.read("plots", revision=as_of.revision)
    buildings = workspace.store.read("buildings", revision=as_of.revision)
    here: gpd.GeoDataFrame = buildings[(buildings["plot_code"] == plot_code).to_numpy(bool)]
    policy, day = workspace.policy_at(as_of.revision), as_of.day
    counted = counted_floor_area(
        here, policy.value("storey_height_factors", day), policy.value("basement_factor", day)
    )
    return ProofInputs(
        workspace=workspace,
        as_of=as_of,
        plot_code=plot_code,
        row=row,
        plots=facts.geometry,
        record=plain_rows(records.iloc[[row]])[0],
        facts=plain_rows(facts.iloc[[row]].drop(columns=["low_efficiency_hits", "project_codes"]))[0],
        buildings=here,
        counted=counted,
    )


def _refuse(workspace: Workspace, plot_code: str, as_of: AsOf) -> None:
    versions = workspace.store.history("plots", (plot_code,))
    when = f"{as_of.day.isoformat()}（第 {as_of.revision} 次修订）"
    if all(version.from_revision > as_of.revision for version in versions):
        raise NotFoundError(f"到 {when}还没有地块“{plot_code}”。请换一个晚些的日期。")
    raise GoneError(f"地块“{plot_code}”到 {when}已从台账移除。")


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain values, without geometry; None where missing, so NaN never gets out."""
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    columns = {str(name): plain_values(plain[name]) for name in plain.columns}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def known(value: Any) -> float | None:
    """Return a number as a plain float, None where it is missing or NaN."""
    return None if value is None or pd.isna(value) else float(value)


def m2_text(value: float | None) -> str:
    """Return square metres as they stand in a formula: 24,000.00."""
    return UNKNOWN if value is None else number_text(value, "z,.2f").replace("-", MINUS)


def term_text(value: float | None) -> str:
    """Return the same after another number: a negative one in brackets, (−5.00)."""
    text = m2_text(value)
    return f"({text})" if text.startswith(MINUS) else text


def far_text(far: float | None) -> str:
    """Return a plot ratio as it stands in a formula: 1.25."""
    return UNKNOWN if far is None else number_text(far, "z.2f").replace("-", MINUS)


def share_text(share: float | None, decimals: int = 1) -> str:
    """Return a share (0 to 1) as a percentage."""
    return UNKNOWN if share is None else number_text(share, f"z.{decimals}%").replace("-", MINUS)


def proof_number(
    policy: Policy, number_id: str, day: date, value_text: Callable[[Any, str], str] | None = None
) -> ProofNumber:
    """Return a number of the rule book with clause, source, certainty and the day from which its value holds.

    *value_text* writes (value, unit) in Chinese, where the usual way of writing numbers does not serve.
    """
    write = value_text or _value_text
    number = policy.number(number_id)
    held = number.held(day)
    return ProofNumber(
        id=number_id,
        zh=number.zh,
        value_zh=write(held.value, number.unit) if held else "当日没有规定",
        source=number.source,
        clause=number.clause,
        certainty_zh=CERTAINTY_WORDS[number.certainty],
        valid_from=held.valid_from if held else None,
    )


def _value_text(value: Any, unit: str) -> str:
    if isinstance(value, Mapping) and unit != "code":
        return "；".join(f"{key} {_value_text(item, unit)}" for key, item in value.items())
    if isinstance(value, list) and unit == "year":
        return "、".join(f"{item:g}" for item in value)
    match unit:
        case "m,factor":
            return "；".join(f"层高大于 {above:g} 米的乘 {factor:g}" for above, factor in sorted(value))
        case "share":
            return limit_text(value)
        case "mu":
            return f"{value:g} 亩"
        case "code":
            return "、".join(map(str, value))
        case _:
            return f"{value:g}"
