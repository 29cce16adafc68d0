"""In which unit a file's numbers are: what the user, the header and the geometry say, and which is believed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.domain.column_units import FACTORS, UNIT_ZH, UnitEvidence, area_unit_evidence, conversion
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import Field
from geoapp.domain.policy import Policy
from geoapp.domain.schema import record_labels
from geoapp.services.import_columns import Table

FIX_PREFIX = "unit:"
_OFFERED = ("m2", "mu", "ha")
_FEW_ROWS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRules:
    """Numbers of `policy/import_checks.toml`."""

    site_area_fields: tuple[str, ...]
    tolerance_share: float
    certain_share: float
    difference_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDecision:
    """The unit a column was read in."""

    unit: str
    how: str
    """In Chinese: 表头写明, 按图形面积判定, ..."""
    issues: tuple[Issue, ...] = ()
    offers: tuple[str, ...] = ()
    """Ids of fixes that choose another unit."""


def unit_rules(policy: Policy, day: date) -> UnitRules:
    """Return the numbers of the rule book as of *day*."""
    return UnitRules(
        site_area_fields=tuple(policy.value("import_site_area_fields", day)),
        tolerance_share=policy.value("import_unit_tolerance_share", day),
        certain_share=policy.value("import_unit_certain_share", day),
        difference_share=policy.value("import_area_difference_share", day),
    )


def unit_fix(name: str, unit: str) -> str:
    """Return the id of the fix that reads a field in a unit.

    Examples
    --------
    >>> unit_fix("area_reg_m2", "mu")
    'unit:area_reg_m2:mu'
    """
    return f"{FIX_PREFIX}{name}:{unit}"


def unit_fix_label(fix: str, table: Table) -> str:
    """Return a unit fix in words."""
    _, name, unit = fix.split(":")
    return f"“{table.layer.field(name).zh}”按{UNIT_ZH[unit]}读入"


def settle_units(
    table: Table,
    geometry_m2: NDArray[np.float64],
    rules: UnitRules,
    *,
    chosen: Mapping[str, str],
    fixes: frozenset[str],
) -> dict[str, UnitDecision]:
    """Decide the unit of every column that has a choice of units, convert the table's numbers, and say what was done.

    Parameters
    ----------
    table : Table
        Its numbers are converted in place, its issues extended.
    geometry_m2 : array of float
        Ellipsoid area of each record, NaN where there is none.
    rules : UnitRules
        Which fields must agree with the geometry, and how closely.
    chosen : mapping
        Unit by field, as the user says.
    fixes : frozenset of str
        Fixes chosen; `unit:<field>:<unit>` chooses a unit.

    Returns
    -------
    dict of UnitDecision by field

    Raises
    ------
    UsageError
        A chosen unit does not fit its field.
    """
    decisions = {}
    picked = dict(chosen) | {name: unit for _, name, unit in _unit_fixes(fixes)}
    for name, unit in picked.items():
        if name in table.records:
            conversion(table.layer.field(name).unit, unit)
    for found in (f for f in table.layer.fields if f.unit in FACTORS and f.name in table.records):
        decision = _decide(table, found, geometry_m2, rules, picked.get(found.name))
        table.set_unit(found.name, decision.unit)
        table.issues += decision.issues
        decisions[found.name] = decision
    for name in rules.site_area_fields:
        if name in decisions:
            table.issues += _differences(table, name, geometry_m2, rules)
    return decisions


def _unit_fixes(fixes: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    for fix in sorted(fixes):
        parts = fix.split(":")
        if fix.startswith(FIX_PREFIX) and len(parts) == 3:
            yield parts[0], parts[1], parts[2]


def _decide(
    table: Table, found: Field, geometry_m2: NDArray[np.float64], rules: UnitRules, picked: str | None
) -> UnitDecision:
    numbers = table.records[found.name]
    if found.unit == "percent" and not picked:
        return _percent_decision(found, numbers, table.units.get(found.name, ""))
    if found.name not in rules.site_area_fields:
        unit = picked or table.units.get(found.name) or found.unit
        how = "用户指定" if picked else ("表头写明" if table.units.get(found.name) else "台账的单位")
        return UnitDecision(unit=unit, how=how, issues=_converted(found, unit, how))
    bare = numbers.where(table.cell_units[found.name] == "") if found.name in table.cell_units else numbers
    evidence = area_unit_evidence(bare, geometry_m2, rules.tolerance_share)
    if picked:
        return UnitDecision(unit=picked, how="用户指定", issues=_contradicted(found, picked, evidence, rules))
    if declared := table.units.get(found.name):
        return _declared_decision(found, declared, evidence, rules)
    return _evident_decision(found, evidence, rules)


def _percent_decision(found: Field, numbers: pd.Series, declared: str) -> UnitDecision:
    known = numbers.dropna()
    unit = declared or "percent"
    if declared or len(known) < _FEW_ROWS or known.max() > 1 or known.min() < 0 or known.max() == 0:
        return UnitDecision(unit=unit, how="表头写明" if declared else "台账的单位")
    issue = Issue(
        code="unit-doubtful", severity=Severity.WARNING, field=found.label,
        message=f"“{found.zh}”的值都不大于 1，可能是小数而不是百分数，已按百分数读入。",
        advice="如果 0.35 的意思是 35%，请选择按小数读入。", fix=unit_fix(found.name, "share"),
    )  # fmt: skip
    return UnitDecision(unit=unit, how="台账的单位", issues=(issue,), offers=(unit_fix(found.name, "share"),))


def _declared_decision(found: Field, declared: str, evidence: UnitEvidence, rules: UnitRules) -> UnitDecision:
    is_contradicted = evidence.unit not in ("", declared) and declared in _OFFERED
    if not is_contradicted or evidence.share < rules.certain_share:
        return UnitDecision(unit=declared, how="表头写明", issues=_converted(found, declared, "表头写明"))
    offers = (unit_fix(found.name, evidence.unit), unit_fix(found.name, declared))
    issue = Issue(
        code="unit-contradiction", severity=Severity.ERROR, field=found.label, value=UNIT_ZH[declared],
        message=f"“{found.zh}”的表头写的是{UNIT_ZH[declared]}，但与图形面积比较，{evidence.share:.0%} 的记录像是"
                f"{UNIT_ZH[evidence.unit]}（中位比值 {evidence.median_ratio:.4g}）。",
        advice="请选定一个单位。", fix=offers[0],
    )  # fmt: skip
    return UnitDecision(unit=declared, how="表头写明，与图形面积不符", issues=(issue,), offers=offers)


def _evident_decision(found: Field, evidence: UnitEvidence, rules: UnitRules) -> UnitDecision:
    if evidence.row_count == 0:
        return UnitDecision(unit=found.unit, how="台账的单位")
    ratio = f"与图形面积的中位比值是 {evidence.median_ratio:.4g}"
    if evidence.unit and evidence.share >= rules.certain_share:
        if evidence.unit == found.unit:
            return UnitDecision(unit=found.unit, how="按图形面积判定")
        issue = Issue(
            code="unit-detected", severity=Severity.WARNING, field=found.label, value=UNIT_ZH[evidence.unit],
            message=f"“{found.zh}”没有写明单位；{ratio}，{evidence.share:.0%} 的记录符合{UNIT_ZH[evidence.unit]}，"
                    f"已按{UNIT_ZH[evidence.unit]}换算成平方米。",
            advice="如果不对，请选择按平方米读入。", fix=unit_fix(found.name, "m2"),
        )  # fmt: skip
        return UnitDecision(
            unit=evidence.unit, how="按图形面积判定", issues=(issue,), offers=(unit_fix(found.name, "m2"),)
        )
    offers = tuple(unit_fix(found.name, unit) for unit in _OFFERED)
    is_doubtful = evidence.unit not in ("", "m2")
    issue = Issue(
        code="unit-unclear", severity=Severity.ERROR if is_doubtful else Severity.WARNING, field=found.label,
        message=f"“{found.zh}”没有写明单位，{ratio}，判断不了是平方米、亩还是公顷，暂按平方米。",
        advice="请选定单位，或在表头写明，如“用地面积(亩)”。",
        fix=unit_fix(found.name, evidence.unit or "m2"),
    )  # fmt: skip
    return UnitDecision(unit=found.unit, how="暂按台账的单位", issues=(issue,), offers=offers)


def _converted(found: Field, unit: str, how: str) -> tuple[Issue, ...]:
    if conversion(found.unit, unit) == 1.0:
        return ()
    message = f"“{found.zh}”按{UNIT_ZH[unit]}（{how}）换算成{UNIT_ZH.get(found.unit, found.unit)}。"
    return (
        Issue(
            code="unit-converted",
            severity=Severity.NOTE,
            message=message,
            field=found.label,
            value=UNIT_ZH[unit],
        ),
    )


def _contradicted(found: Field, picked: str, evidence: UnitEvidence, rules: UnitRules) -> tuple[Issue, ...]:
    if evidence.unit in ("", picked) or evidence.share < rules.certain_share:
        return _converted(found, picked, "用户指定")
    message = (
        f"“{found.zh}”按您指定的{UNIT_ZH[picked]}读入，但与图形面积比较像是{UNIT_ZH[evidence.unit]}"
        f"（中位比值 {evidence.median_ratio:.4g}）。"
    )
    return (Issue(code="unit-contradiction", severity=Severity.WARNING, message=message, field=found.label,
                  advice="请核对。", value=UNIT_ZH[picked]),)  # fmt: skip


def _differences(
    table: Table, name: str, geometry_m2: NDArray[np.float64], rules: UnitRules
) -> Iterator[Issue]:
    """Yield a warning for each record whose stated area differs from its geometry's by more than the rules allow."""
    stated_m2 = table.records[name].to_numpy(dtype="float64")
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.abs(stated_m2 - geometry_m2) / stated_m2
    rows = table.records.index.tolist()
    found, keys = table.layer.field(name), record_labels(table.records, table.layer)
    for place in np.flatnonzero((shares > rules.difference_share) & (stated_m2 > 0)):
        yield Issue(
            code="area-differs", severity=Severity.WARNING, row=rows[place], key=keys[place],
            field=found.label, value=f"{stated_m2[place]:.2f}",
            message=f"“{found.zh}”{stated_m2[place]:.2f} 平方米与图形椭球面积 {geometry_m2[place]:.2f} 平方米相差"
                    f" {shares[place]:.1%}。",
            advice="请核对面积和界线；两个数都会保留。",
        )  # fmt: skip
