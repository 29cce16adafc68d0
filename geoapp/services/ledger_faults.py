"""What the ledgers of revitalised land find wrong, told of the records behind any table."""

from functools import partial

import numpy as np

from geoapp.domain.revitalisation import LedgerFinding
from geoapp.domain.table_quality import QualityFinding, RecordFault
from geoapp.services.as_of import AsOf
from geoapp.services.fault_records import FEW, Faults, Records, Rows, records_about
from geoapp.services.few_recognitions import are_few, few_findings
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_links import facts_version, links_at
from geoapp.services.record_card import record_address
from geoapp.services.revitalisation import ledger_words, revitalisation_ledger
from geoapp.services.revitalisation_findings import KINDS, circular_lineage, ledger_findings
from geoapp.services.workspace import Workspace

RECOGNISED_BY = {"plots": "plot_code", "projects": "project_code"}
"""Registers with recognitions, and the field of both that says whose."""


def faults_of_recognised(
    workspace: Workspace, register: str, state: AsOf, rows: Rows, *, unit: str, most: int
) -> Faults:
    """Yield what is wrong with the recognitions of some plots or projects; of all, also of such as there are not.

    Parameters
    ----------
    workspace : Workspace
    register : str
        One of `RECOGNISED_BY`.
    state : AsOf
    rows : array of int
        Positions of the plots or projects.
    unit : {"mu", "ha", "m2"}
        For land in the messages.
    most : int
        Recognitions of each kind that are named.
    """
    field = RECOGNISED_BY[register]
    codes = workspace.store.read(register, revision=state.revision)[field]
    if len(rows) < len(codes):
        theirs = records_about(workspace, state, "recognitions", field, codes.iloc[rows]).rows
    else:
        named = workspace.store.read("recognitions", revision=state.revision)[field]
        theirs = np.flatnonzero(named.notna() | (register == "plots"))  # each is about a plot
    yield from recognition_faults(workspace, state, theirs, unit=unit, most=most, of="认定：")


def recognition_faults(
    workspace: Workspace, state: AsOf, rows: Rows, *, unit: str, most: int, of: str = ""
) -> Faults:
    """Yield what is wrong with some recognitions; *of* says in words of what, where another register's are told."""
    if not len(rows):
        return
    records = workspace.store.read("recognitions", revision=state.revision)
    keys = {*records["recognition_code"].iloc[rows]}
    by_kind: dict[str, list[LedgerFinding]] = {}
    is_small = len(rows) <= FEW and are_few(workspace, state, rows)
    look = partial(few_findings, rows=rows) if is_small else _ledgers_findings
    for finding in look(workspace, state, unit=unit):
        if finding.title in keys and finding.address.startswith(record_address("recognitions", "")):
            by_kind.setdefault(finding.code, []).append(finding)
    for code in sorted(by_kind, key=list(KINDS).index):
        yield _fault(by_kind[code], most, of)


def lineage_faults(workspace: Workspace, plots: Records, state: AsOf, *, most: int) -> Faults:
    """Yield which plots are said to have been made from one another."""
    is_made = plots.column("predecessors").notna().to_numpy(bool)
    if not is_made.any():
        return
    codes = {*plots.column("plot_code")[is_made]}
    circles = [one for one in circular_lineage(workspace, state.revision) if one.title in codes]
    if circles:
        yield _fault(circles, most)


def _fault(findings: list[LedgerFinding], most: int, of: str = "") -> RecordFault:
    """Return findings of one kind, at least one, as a fault."""
    code, zh = findings[0].code, f"{of}{findings[0].zh}"
    named = tuple(
        QualityFinding(code=code, zh=zh, message=one.message, title=one.title, address=one.address)
        for one in findings[:most]
    )
    return RecordFault(code=code, zh=zh, count=len(findings), findings=named)


def _ledgers_findings(workspace: Workspace, state: AsOf, unit: str) -> tuple[LedgerFinding, ...]:
    """Return the findings of all ledgers, those that belong to none once; kept until one of their plots is touched."""
    plots = links_at(workspace, state.revision).in_ledgers
    key = (
        "ledgers_findings",
        workspace.register_revisions(("projects", "project_plots", "recognitions"), state.revision),
        facts_version(workspace, plots, state.revision, state.day),
        state.day,
        unit,
    )
    return workspace.cache.get(key, lambda: _found_in_ledgers(workspace, state, unit))


def _found_in_ledgers(workspace: Workspace, state: AsOf, unit: str) -> tuple[LedgerFinding, ...]:
    site_area_m2 = plot_facts(workspace, revision=state.revision, day=state.day)["site_area_m2"]
    found: dict[tuple[str, str, str], LedgerFinding] = {}
    for ledger in ledger_words(workspace):
        entries = revitalisation_ledger(workspace, ledger, state).entries
        said = ledger_findings(workspace, entries, state.revision, state.day, site_area_m2, unit=unit)
        found |= {(one.code, one.title, one.message): one for one in said}
    return tuple(found.values())
