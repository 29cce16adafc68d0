"""What a year's evaluation makes of plots, and how it stands against the official result: as data and as files."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoapp.domain.evaluation import OFFICIAL
from geoapp.domain.fingerprint import Origin
from geoapp.domain.listed import EVALUATION_OFFICIAL, EVALUATION_PLOTS
from geoapp.domain.record_table import RecordTable
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.evaluation import YearEvaluation
from geoapp.services.evaluation_comparison import (
    StoredResult,
    base_comparison,
    compare,
    stored_result,
    with_details,
)
from geoapp.services.evaluation_record import changed_records, comparison_record, head, plots_record
from geoapp.services.evaluation_table import comparison_table, plots_table
from geoapp.services.listed import list_origin, table_with_fingerprint, with_fingerprint
from geoapp.services.workspace import Workspace

Record = dict[str, Any]
_FIGURES = [figure.name for figure in EVALUATION_OFFICIAL.figures]


def plots_data(workspace: Workspace, found: YearEvaluation, state: AsOf) -> Record:
    """Return what the evaluation makes of each plot as plain values, with a fingerprint; land in m2."""
    record = {**head(workspace, found, state), "plots": plots_record(found)}
    return with_fingerprint(EVALUATION_PLOTS, record, _plots_origin(workspace, found, state))


def plots_file(workspace: Workspace, found: YearEvaluation, state: AsOf, unit: str) -> RecordTable:
    """Return the same as a table to be written, land in a unit."""
    table = plots_table(workspace, found, state, unit)
    return table_with_fingerprint(EVALUATION_PLOTS, table, _plots_origin(workspace, found, state), unit)


def official_data(workspace: Workspace, found: YearEvaluation, state: AsOf, code: str | None) -> Record:
    """Return ours against the official result as plain values, with a fingerprint.

    Parameters
    ----------
    workspace : Workspace
    found : YearEvaluation
    state : AsOf
    code : str, optional
        A list: enterprises that either result has in it; all where left out.

    Returns
    -------
    dict
        grades, matrix, enterprise_count, same_count; enterprises: the figures of all; changed: those whose grades
        differ, with why; whys: how many there are of each reason; bases: see `base_comparison`

    Raises
    ------
    NotFoundError
        There is no official result of the year.
    """
    official = _official(workspace, found, state)
    compared = compare(found, official.rows, code)
    changed = with_details(workspace, found, compared.changed, official.rows, state)
    record = {
        **head(workspace, found, state),
        "list": code,
        "origin": official.origin_zh,
        **comparison_record(compared),
        "enterprises": changed_records(compared.lines[_FIGURES]),
        "changed": changed_records(changed),
        "whys": changed["why_zh"].astype("str").str.split("：").str[0].value_counts().to_dict(),
        "bases": base_comparison(workspace, found, OFFICIAL, state),
    }
    return with_fingerprint(EVALUATION_OFFICIAL, record, _official_origin(workspace, found, state, code))


def official_file(workspace: Workspace, found: YearEvaluation, state: AsOf, code: str | None) -> RecordTable:
    """Return every enterprise of the comparison as a table to be written; raises NotFoundError likewise."""
    official = _official(workspace, found, state)
    compared: pd.DataFrame = compare(found, official.rows, code).lines
    lines = with_details(workspace, found, compared, official.rows, state)
    table = comparison_table(workspace, found, state, lines, official.origin_zh, code)
    origin = _official_origin(workspace, found, state, code)
    return table_with_fingerprint(EVALUATION_OFFICIAL, table, origin, "m2")


def _official(workspace: Workspace, found: YearEvaluation, state: AsOf) -> StoredResult:
    stored = stored_result(workspace, found.year, OFFICIAL, state)
    if stored is None:
        raise NotFoundError(
            f"还没有 {found.year} 年的官方评价结果。请在“导入”页选“亩均评价结果”台账导入，来源填“官方”。"
        )
    return stored


def _plots_origin(workspace: Workspace, found: YearEvaluation, state: AsOf) -> Origin:
    return _origin(workspace, "/evaluation/plots", {"year": str(found.year)}, state)


def _official_origin(workspace: Workspace, found: YearEvaluation, state: AsOf, code: str | None) -> Origin:
    return _origin(workspace, "/evaluation/official", {"year": str(found.year), "list": code or ""}, state)


def _origin(workspace: Workspace, path: str, query: Mapping[str, str], state: AsOf) -> Origin:
    return list_origin(workspace, path, query, state.revision, state.day)
