"""A plot's card: its key numbers with units and basis, who is on it, what is planned, and why it is low-efficiency."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoapp.domain.evaluation import GRADE_SOURCES
from geoapp.domain.rule import Purpose, RuleHit, Subject, Verdict
from geoapp.services.agreements import AgreementLine, agreement_lines
from geoapp.services.as_of import AsOf
from geoapp.services.held_records import held_version, rows_of
from geoapp.services.plot_evidence import COLUMNS as EVIDENCE
from geoapp.services.plot_facts import class_of, facts_holding, today
from geoapp.services.plot_lines import (
    AreaLine,
    BuildingLine,
    EnterpriseLine,
    ProjectLine,
    RecognitionLine,
    TransactionLine,
    ZoneLine,
    area_lines,
    building_lines,
    enterprise_lines,
    project_lines,
    recognition_lines,
    transaction_lines,
    words,
    zone_lines,
)
from geoapp.services.record_card import Box, FieldLine, Provenance, box_of, field_lines, provenance
from geoapp.services.rule_book import subject_reasons
from geoapp.services.workspace import Workspace

PLOTS = "plots"
GFA_LABELS = {
    "buildings": "按建筑物逐栋计算",
    "gfa_far_m2": "台账计容建筑面积",
    "gfa_actual_m2": "台账建筑面积",
    "": "没有建筑面积资料",
}
_NOT_ON_CARDS = ("geometry", "low_efficiency_hits", "project_codes", "tax_wan", *EVIDENCE)
"""Tax in 万元 is restricted in the register it comes from; the plot's tax per mu is what rules and pages show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotCard:
    """What the side panel and the page of a plot show."""

    plot_code: str
    title: str
    day: date
    """Whose thresholds were used."""
    facts: Mapping[str, Any]
    """The plot's row of `plot_facts`, None where unknown, without geometry, lists and what is restricted."""
    low_efficiency: str
    """yes, review, no or unknown, see `low_efficiency_class`."""
    status: str
    """The bureau's own word on low efficiency, empty where it has none."""
    grade: str
    grade_source_zh: str
    """Where the grade comes from; empty without one."""
    stage: str
    gfa_basis: str
    areas: tuple[AreaLine, ...]
    is_area_difference_large: bool
    buildings: tuple[BuildingLine, ...]
    enterprises: tuple[EnterpriseLine, ...]
    projects: tuple[ProjectLine, ...]
    recognitions: tuple[RecognitionLine, ...]
    transactions: tuple[TransactionLine, ...]
    agreements: tuple[AgreementLine, ...]
    reasons: tuple[RuleHit, ...]
    """Every answer of the rules of low efficiency, hits first."""
    checks: tuple[RuleHit, ...]
    """Every answer of the other rules about plots, hits first."""
    zones: tuple[ZoneLine, ...]
    is_in_control_line: bool
    has_control_lines: bool
    """Without any in the register, where the plot lies is not known."""
    outside_label: str
    lines: tuple[FieldLine, ...]
    bounds: Box | None
    provenance: Provenance
    data_revision: int
    """Of the whole database."""

    @property
    def hits(self) -> tuple[RuleHit, ...]:
        """The rules that say the plot is low-efficiency land."""
        return tuple(reason for reason in self.reasons if reason.verdict is Verdict.YES)


def plot_card(workspace: Workspace, plot_code: str, *, day: date | None = None) -> PlotCard:
    """Return the card of a plot as it is now.

    Parameters
    ----------
    workspace : Workspace
    plot_code : str
    day : date, optional
        Whose thresholds hold; today if left out.

    Raises
    ------
    NotFoundError
        There never was such a plot.
    GoneError
        It was withdrawn.
    """
    day = today() if day is None else day
    version = held_version(workspace, PLOTS, (plot_code,))
    facts = facts_holding(workspace, plot_code, day=day)
    held, row = rows_of(workspace, "plot_facts", facts), int(facts.index.get_loc(plot_code))
    values = held.values(row, [str(name) for name in facts.columns if name not in _NOT_ON_CARDS])
    shape = held.value(row, "geometry")
    layer = workspace.layer(PLOTS)
    zones = zone_lines(workspace, shape)
    state = AsOf(workspace.store.revision(), day, is_now=day == today())
    answers = subject_reasons(workspace, state, Subject.PLOT, plot_code)
    limit = workspace.policy.value("area_difference_share", day)
    return PlotCard(
        plot_code=plot_code,
        title=values["name"] or plot_code,
        day=day,
        facts=values,
        low_efficiency=class_of(values["low_efficiency"], values["low_efficiency_by_rule"]),
        status=words(workspace, PLOTS, "low_efficiency_status", values["low_efficiency_status"]),
        grade=words(workspace, "performance", "grade", values["grade"]),
        grade_source_zh=GRADE_SOURCES.get(values["grade_source"], ""),
        stage=words(workspace, "projects", "stage", values["project_stage"]),
        gfa_basis=GFA_LABELS[values["gfa_basis"]],
        areas=area_lines(values),
        is_area_difference_large=(values["area_difference_share"] or 0.0) > limit,
        buildings=building_lines(workspace, plot_code, day),
        enterprises=enterprise_lines(workspace, plot_code, values["uscc"], day),
        projects=project_lines(workspace, plot_code, values["site_area_m2"]),
        recognitions=recognition_lines(workspace, plot_code),
        transactions=transaction_lines(workspace, plot_code),
        agreements=agreement_lines(workspace, plot_code, state),
        reasons=tuple(answer for answer in answers if answer.purpose is Purpose.LOW_EFFICIENCY),
        checks=tuple(answer for answer in answers if answer.purpose is not Purpose.LOW_EFFICIENCY),
        zones=zones,
        is_in_control_line=any(zone.register == "control_lines" for zone in zones),
        has_control_lines=not workspace.store.read("control_lines").empty,
        outside_label=workspace.scheme.outside.zh,
        lines=field_lines(workspace, layer, version.fields),
        bounds=None if shape is None else box_of(shape),
        provenance=provenance(workspace, layer, version),
        data_revision=workspace.store.revision(),
    )
