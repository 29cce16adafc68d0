"""How lists (`geoapp.domain.listed`) are held against the second path, and which of them `geoapp verify --now` asks."""

from collections.abc import Callable, Mapping
from typing import Any

from geoapp.domain import listed
from geoapp.domain.evaluation import OFFICIAL
from geoapp.domain.listed import TOTAL, ListKind, is_sum
from geoapp.domain.remediation import PLOT_LIST
from geoapp.services.agreement_tables import agreement_record
from geoapp.services.agreements import agreement_sheet
from geoapp.services.as_of import AsOf
from geoapp.services.candidate_table import candidate_data
from geoapp.services.candidates import candidate_list
from geoapp.services.evaluation import evaluate_year
from geoapp.services.evaluation_comparison import stored_result
from geoapp.services.evaluation_inputs import default_year, has_evaluation
from geoapp.services.evaluation_others import official_data, plots_data
from geoapp.services.land_term_tables import sheet_record as term_record
from geoapp.services.land_terms import term_sheet
from geoapp.services.micro_park_tables import sheet_record as micro_park_record
from geoapp.services.micro_parks import micro_park_sheet
from geoapp.services.project_sheet import project_sheet
from geoapp.services.project_tables import sheet_record as project_record
from geoapp.services.remediation_lists import REGISTER, list_sheet
from geoapp.services.remediation_tables import list_data
from geoapp.services.survey_table import survey_data
from geoapp.services.transaction_tables import sheet_record as transaction_record
from geoapp.services.transactions import transaction_sheet
from geoapp.services.workspace import Workspace
from geoapp.verification.agreements import agreement_figures
from geoapp.verification.candidate_list import candidate_list_figures
from geoapp.verification.checking import Checked, check_by_name
from geoapp.verification.evaluation_others import comparison_figures, evaluation_plot_figures
from geoapp.verification.figure import Figure
from geoapp.verification.land_terms import land_term_figures
from geoapp.verification.micro_parks import micro_park_figures
from geoapp.verification.projects import project_figures
from geoapp.verification.published import Published
from geoapp.verification.published_lists import RECORDS
from geoapp.verification.remediation import remediation_figures, survey_figures
from geoapp.verification.source import Source
from geoapp.verification.transactions import transaction_figures

Figures = Mapping[str, Mapping[str, Figure]]
_EXPECTED: Mapping[str, Callable[[Source, list[str], Mapping[str, str]], Figures]] = {
    listed.EVALUATION_PLOTS.id: lambda source, _, asked: evaluation_plot_figures(source, asked.get("year", "")),
    listed.EVALUATION_OFFICIAL.id: lambda source, _, asked: comparison_figures(
        source, asked.get("year", ""), asked.get("list", "")
    ),
    listed.LAND_TERMS.id: lambda source, _, asked: land_term_figures(source, asked),
    listed.MICRO_PARKS.id: lambda source, _, asked: micro_park_figures(source, asked),
    listed.PROJECTS.id: lambda source, _, asked: project_figures(source, asked),
    listed.REMEDIATION.id: lambda source, path, _: remediation_figures(source, path[0], path[1]),
    listed.TRANSACTIONS.id: lambda source, _, asked: transaction_figures(source, asked),
    listed.AGREEMENTS.id: lambda source, _, asked: agreement_figures(source, asked),
    listed.SURVEY.id: lambda source, path, _: survey_figures(source, path[0], path[1]),
}  # fmt: skip
"""By kind: the second path, of the source, the parts of the address's path but the first, and its parameters."""


def check_list(
    kind: ListKind, checked: Checked, source: Source, published: Published, path: list[str]
) -> None:
    """Compare a list with the second path; a file has its records, data has the sums too."""
    fingerprint = published.fingerprint
    asked = dict(fingerprint.origin.query)
    if kind is listed.CANDIDATES:
        expected: Figures = candidate_list_figures(source, asked, _listed(published))
    else:
        expected = _EXPECTED[kind.id](source, path, asked)
    if published.part == RECORDS:
        expected = {
            _as_in_files(kind, source, row): found for row, found in expected.items() if not is_sum(row)
        }
    land = {figure.name for figure in kind.figures if figure.is_land}
    check_by_name(checked, published.figures, expected, fingerprint.unit, land)


def _as_in_files(kind: ListKind, source: Source, row: str) -> str:
    """Return what names a record in files: codes of what it is named by beside its own are in words."""
    if not kind.key_parts:
        return row
    parts = row.rsplit("|", len(kind.key_parts))
    for place, (_, field) in enumerate(kind.key_parts, start=1):
        register, _, name = field.partition(".")
        if register:
            codes = source.layers[register].field(name).code_labels
            parts[place] = codes.get(parts[place], parts[place])
    return "|".join(parts)


def _listed(published: Published) -> int | None:
    """Return how many records a list as data says it holds: the first ones; None of a file, which holds all."""
    said = (figure.value for figure in published.figures if (figure.row, figure.column) == (TOTAL, "listed"))
    count = next(said, None)
    return None if count is None else int(count)


def lists_now(workspace: Workspace, state: AsOf) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what makes each list of a state as data, by what it is called; those without a record are left out."""
    found: dict[str, Callable[[], dict[str, Any]]] = {
        "土地年期": lambda: term_record(workspace, term_sheet(workspace, state)),
        "小微企业园": lambda: micro_park_record(workspace, micro_park_sheet(workspace, state)),
        "二次开发项目": lambda: project_record(workspace, project_sheet(workspace, state)),
        "二级市场交易": lambda: transaction_record(workspace, transaction_sheet(workspace, state)),
        "履约监管协议": lambda: agreement_record(workspace, agreement_sheet(workspace, state)),
    }
    if workspace.policy_at(state.revision).number("candidate_top_count").is_in_force(state.day):
        found["二次开发候选地块"] = lambda: candidate_data(workspace, candidate_list(workspace, state))
    for code, words in workspace.layer(REGISTER).field("list").code_labels.items():
        found[f"{words}清单"] = lambda code=code: list_data(  # type: ignore[misc]
            workspace, list_sheet(workspace, state, list_code=code)
        )
    found["低效用地调查表"] = lambda: survey_data(
        workspace, list_sheet(workspace, state, list_code=PLOT_LIST)
    )
    if has_evaluation(workspace, state):
        year = default_year(workspace, state)
        found["亩均评价地块"] = lambda: plots_data(workspace, evaluate_year(workspace, year, state), state)
        if stored_result(workspace, year, OFFICIAL, state) is not None:
            found["与官方评价结果对比"] = lambda: official_data(
                workspace, evaluate_year(workspace, year, state), state, None
            )
    return found
