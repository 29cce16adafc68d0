"""What is unknown of the records behind a table, what is wrong, and how old they are: one line for every table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geoapp.domain.record_gaps import RecordGap, RecordGaps, gap_of
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.fields import register_fields
from geoapp.services.plot_card import PLOTS, PlotCard
from geoapp.services.plot_links import REGISTERS as PLOT_REGISTERS
from geoapp.services.plot_location import IN_CONTROL_LINE
from geoapp.services.project_stages import REGISTERS as PROJECT_REGISTERS
from geoapp.services.record_faults import plot_record_faults, record_faults
from geoapp.services.records import Rows, filter_mask, record_columns, record_keys
from geoapp.services.workspace import Workspace

MOST_KEYS = 100
"""Of a gap's records that are named."""
_LOOKED_AT = {
    "plots": (
        "site_area_m2", "far", "building_coefficient_percent", "tax_wan_per_mu", "grade", "low_efficiency_class",
        "in_control_line", "town_code",
    ),
    "projects": (
        "stage", "mode", "town_code", "responsible_body", "area_m2", "far_after", "invest_total_wan", "last_news_on",
    ),
    "transactions": (
        "area_m2", "price_wan", "appraisal_wan", "applied_on", "is_price_paid", "is_certificate_held", "town_code",
        "responsible_body",
    ),
    "micro_parks": (
        "gfa_m2", "leased_area_m2", "leasable_area_m2", "enterprise_count", "small_micro_count", "origin",
        "land_nature", "is_safe", "operator", "opened_on", "town_code",
    ),
    "recognitions": (
        "plot_code", "area_m2", "recognised_on", "event", "document_no", "new_gfa_gross_m2", "new_gfa_net_m2",
    ),
    "land_supplies": ("plot_code", "area_m2", "supplied_on", "is_swap", "agreed_far", "agreed_start_on"),
    "list_entries": ("status", "status_on", "basis", "measure", "deadline_on", "responsible_body", "town_code"),
    "agreements": ("party_b", "plot_code", "town_code", "signed_on", "status", "responsible_body"),
    "agreement_items": ("agreed_value", "actual_value"),
    "micro_park_years": ("score", "grade", "document_no", "revenue_wan"),
}  # fmt: skip
"""Fields, the most important first; of other registers those of their cards."""
_MADE_OF = {
    "tax_wan_per_mu": ("performance", "tax_wan"),
    "grade": ("performance", "grade"),
    "low_efficiency_class": ("performance", "tax_wan"),
}
"""Register and field that a computed one is made of: it is hidden with that."""
_COUNTED = {
    "plots": "宗地", "projects": "个项目", "transactions": "笔交易", "micro_parks": "个小微园", "agreements": "份协议",
    "recognitions": "条认定", "land_supplies": "宗供地", "enterprises": "家企业", "agreement_items": "项指标",
    "micro_park_years": "条绩效",
}  # fmt: skip
_REGISTERS = {"plots": PLOT_REGISTERS, "projects": PROJECT_REGISTERS}
_YEAR = "performance_year"
_FACTS = {"building_coefficient_percent": "building_coefficient"}
"""What a field of plots is called among the facts."""


def record_gaps(
    workspace: Workspace,
    register: str,
    state: AsOf,
    *,
    filter_text: str = "",
    keys: Sequence[str] | None = None,
    rows: Rows | None = None,
    fields: Sequence[str] = (),
    unit: str = "mu",
    as_zones: bool = False,
) -> RecordGaps:
    """Return what is unknown of the records of a table, and what is wrong with them.

    Parameters
    ----------
    workspace : Workspace
        Fields that it hides are not looked at: that they are not told is no gap.
    register : str
    state : AsOf
    filter_text : str
        CQL2-Text of the records in the table; empty for all.
    keys : sequence of str, optional
        Of the records in the table, instead of a filter; codes that there are not are passed over.
    rows : array of int, optional
        The places of the records in the register, instead of their keys.
    fields : sequence of str
        To look at, the most important first; the register's usual ones if left out.
    unit : {"mu", "ha", "m2"}
        For land in messages.
    as_zones : bool
        See `record_faults`.

    Raises
    ------
    NotFoundError, UsageError
        As `filter_mask`.
    """
    if rows is None:
        rows = _rows(workspace, register, state, filter_text, keys)
    known = register_fields(workspace, register)
    looked_at = fields or _LOOKED_AT.get(register, workspace.layer(register).card)
    names = [name for name in looked_at if name in known and not _is_hidden(workspace, name)]
    is_of_firms = register == "plots" and _YEAR in known and not set(_MADE_OF).isdisjoint(names)
    wanted = [*names, *([_YEAR] if is_of_firms else [])]
    gaps, newest, older_count = _lacking(workspace, register, state, rows, names, wanted)
    registers = tuple(_REGISTERS.get(register, (register,)))
    return RecordGaps(
        register=register,
        counted_zh=_COUNTED.get(register, "条记录"),
        total=len(rows),
        gaps=gaps,
        looked_at=tuple(known[name].zh for name in names),
        day=state.day,
        data_on=data_day(workspace, state.revision, registers, state.day),
        figures_year=newest,
        older_count=older_count,
        faults=record_faults(workspace, register, state, rows, unit=unit, as_zones=as_zones),
    )


def _lacking(
    workspace: Workspace, register: str, state: AsOf, rows: Rows, names: Sequence[str], wanted: Sequence[str]
) -> tuple[tuple[RecordGap, ...], int | None, int]:
    """Return the gaps, the newest year of figures and how many records have older ones.

    The columns are let go before anything else is looked at: of half a million plots they take 0.1 GB.
    """
    known = register_fields(workspace, register)
    records = record_columns(workspace, register, wanted, state, rows)
    gaps = []
    for name in names:
        lacking = np.flatnonzero(records[name].isna().to_numpy(bool))
        if len(lacking):
            keys = tuple(records.index[lacking[:MOST_KEYS]].astype(str))
            gaps.append(
                RecordGap(name=name, zh=known[name].zh, count=len(lacking), total=len(rows), keys=keys)
            )
    years = records[_YEAR].dropna().to_numpy(np.int64) if _YEAR in records else np.empty(0, np.int64)
    newest = int(years.max()) if len(years) else None
    return tuple(gaps), newest, int((years != newest).sum()) if len(years) else 0


def plot_gaps(workspace: Workspace, state: AsOf, card: PlotCard, *, unit: str = "mu") -> RecordGaps:
    """Return the same of one plot whose card is at hand, without looking at any other plot.

    Parameters
    ----------
    workspace : Workspace
        That the card was made in.
    state : AsOf
    card : PlotCard
    unit : {"mu", "ha", "m2"}
        For land in messages.
    """
    known = register_fields(workspace, PLOTS)
    names = [name for name in _LOOKED_AT[PLOTS] if name in known and not _is_hidden(workspace, name)]
    is_placed = card.has_control_lines and card.bounds is not None
    low_efficiency = None if card.low_efficiency == "unknown" else card.low_efficiency
    facts = {**card.facts, IN_CONTROL_LINE: is_placed or None, "low_efficiency_class": low_efficiency}
    lacks = [name for name in names if facts[_FACTS.get(name, name)] is None]
    year = card.facts[_YEAR] if not set(_MADE_OF).isdisjoint(names) else None
    return RecordGaps(
        register=PLOTS,
        counted_zh=_COUNTED[PLOTS],
        total=1,
        gaps=tuple(gap_of(name, known[name].zh, [card.plot_code], 1, most_keys=MOST_KEYS) for name in lacks),
        looked_at=tuple(known[name].zh for name in names),
        day=state.day,
        data_on=data_day(workspace, state.revision, PLOT_REGISTERS, state.day),
        figures_year=None if year is None else int(year),
        faults=plot_record_faults(workspace, state, card.plot_code, card.facts["site_area_m2"], unit=unit),
    )


def _is_hidden(workspace: Workspace, name: str) -> bool:
    register, field = _MADE_OF.get(name, ("", ""))
    return bool(register) and field in workspace.sight.hidden(workspace.layer(register))


def _rows(
    workspace: Workspace, register: str, state: AsOf, filter_text: str, keys: Sequence[str] | None
) -> np.ndarray:
    if keys is None:
        return np.flatnonzero(filter_mask(workspace, register, filter_text, state))
    records = workspace.store.read(register, revision=state.revision)
    places = record_keys(records, workspace.layer(register)).get_indexer(pd.Index(list(keys), dtype="str"))
    return places[places >= 0]
