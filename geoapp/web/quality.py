"""The data-quality line under a table, with a way to the records that lack something or are wrong."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from geoapp.domain.record_gaps import RecordGap, RecordGaps
from geoapp.domain.record_table import RecordTable
from geoapp.services.as_of import AsOf
from geoapp.services.record_gaps import record_gaps
from geoapp.services.records import Rows
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import page_unit, use_file_unit
from geoapp.web.map_links import MOST_SELECTED, map_of_plots


def quality_line(
    workspace: Workspace,
    state: AsOf,
    register: str = "plots",
    *,
    filter_text: str = "",
    keys: Sequence[str] | None = None,
    rows: Rows | None = None,
    fields: Sequence[str] = (),
    as_zones: bool = False,
) -> dict[str, Any]:
    """Return the line and its gaps for `components/quality.html`; see `record_gaps` for the parameters."""
    found = record_gaps(
        workspace,
        register,
        state,
        filter_text=filter_text,
        keys=keys,
        rows=rows,
        fields=fields,
        unit=page_unit(),
        as_zones=as_zones,
    )
    is_named = keys is not None or rows is not None
    return shown_gaps(found, lambda gap: _address(found, gap, state, filter_text, is_named=is_named))


def shown_gaps(found: RecordGaps, address: Callable[[RecordGap], str] = lambda _gap: "") -> dict[str, Any]:
    """Return gaps for `components/quality.html`; *address* is where the records of a gap are listed, "" for nowhere."""
    faults = [
        {
            "code": fault.code,
            "words": fault.words,
            "more": max(fault.count - len(fault.findings), 0),
            "findings": [
                {"address": one.address, "title": one.title, "message": one.message} for one in fault.findings
            ],
        }
        for fault in found.faults
    ]
    gaps = [{"name": gap.name, "words": gap.words, "href": address(gap)} for gap in found.gaps]
    return {
        "register": found.register, "words": found.words, "looked_at": list(found.looked_at), "gaps": gaps,
        "faults": faults,
    }  # fmt: skip


def with_quality(
    table: RecordTable, suffix: str, lines: Callable[[], Sequence[dict[str, Any]]]
) -> RecordTable:
    """Return a table to be written with what the page says below it, where the file has a place for that.

    Parameters
    ----------
    table : RecordTable
    suffix : str
        Of the file; a workbook (xlsx) has a sheet of notes, other files are for programs.
    lines : function
        Makes the data-quality lines, from `quality_line`.
    """
    if suffix != "xlsx":
        return table
    use_file_unit()
    return replace(table, quality=tuple(text for line in lines() for text in _texts(line)))


def _texts(line: dict[str, Any]) -> list[str]:
    texts = [str(line["words"])]
    for fault in line["faults"]:
        texts += [f"{fault['words']}：{one['title']}，{one['message']}" for one in fault["findings"]]
        texts += [f"{fault['words']}：还有 {fault['more']} 项没有逐条列出。"] if fault["more"] else []
    return texts


def scope_filter(workspace: Workspace, register: str, **wanted: str) -> str:
    """Return a filter of the records of a register that have some values; fields that it lacks are passed over."""
    known = {field.name for field in workspace.layer(register).fields}
    quoted = {name: text.replace("'", "''") for name, text in wanted.items() if text and name in known}
    return " AND ".join(f"{name} = '{text}'" for name, text in quoted.items())


def _address(found: RecordGaps, gap: RecordGap, state: AsOf, filter_text: str, *, is_named: bool) -> str:
    """Return where the records of a gap are listed; empty where no address can name them."""
    if is_named:
        is_short = found.register == "plots" and gap.count <= min(MOST_SELECTED, len(gap.keys))
        return map_of_plots(gap.keys, state, table="plots") if is_short else ""
    test = f"{gap.name} IS NULL"
    query = {"filter": f"({filter_text}) AND {test}" if filter_text else test}
    query |= {} if state.is_now else {"at": state.day.isoformat()}
    if found.register == "projects":
        return f"/projects?{urlencode(query)}"
    return f"/?{urlencode({'table': 'plots'} | query)}" if found.register == "plots" else ""
