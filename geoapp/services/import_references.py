"""Codes that point to other registers: names become codes, unknown ones are reported."""

from collections.abc import Callable, Iterator

import pandas as pd

from geoapp.analysis.revitalised_lineage import parse_lineage
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import Field
from geoapp.domain.matching import normalised
from geoapp.services.import_columns import Table
from geoapp.services.plot_successors import FOLLOWING
from geoapp.services.workspace import Workspace

TOWNS, TOWN_CODE = "towns", "town_code"
_TOWN_CODE_TAIL = "000"
"""Twelve-digit codes of towns are the nine-digit ones with three zeros."""
_LONG_CODE = rf"\d{{9}}{_TOWN_CODE_TAIL}"


def settle_references(table: Table, workspace: Workspace) -> None:
    """Replace names by codes in fields that refer to other registers, and report what is not to be found there.

    The table's records are changed in place, its issues extended. A reference to the register itself is left alone.
    """
    for found in table.layer.fields:
        register, _, key = found.references.partition(".")
        if not register or found.name not in table.records or register not in workspace.layers:
            continue
        known = workspace.store.read(register)
        label = workspace.layers[register].zh
        if known.empty:
            if table.records[found.name].notna().any():
                table.issues.append(_unchecked(found, label))
            continue
        label_field = workspace.layers[register].label_field or key
        _resolve(table, found, known[key].dropna().tolist(), _names(known, key, label_field))
        codes = set(known[key].dropna())
        if register == "plots" and table.layer.id in FOLLOWING:
            heirs = _heirs(known)
            table.issues += _withdrawn(table, found, heirs[~heirs["predecessor"].isin(codes)])
            codes |= set(heirs["predecessor"])
        table.issues += _unknown(table, found, codes, label)


def shorten_town_codes(table: Table, workspace: Workspace) -> None:
    """Write the codes of the towns themselves with nine digits, as every other register names them.

    Those that the register holds with twelve stay: shortened, they would be other towns beside them.
    """
    if table.layer.id != TOWNS or TOWN_CODE not in table.records:
        return
    codes = table.records[TOWN_CODE]
    is_long = codes.str.fullmatch(_LONG_CODE).fillna(value=False).to_numpy(bool)
    is_long = is_long & ~codes.isin(workspace.store.read(TOWNS)[TOWN_CODE]).to_numpy(bool)
    if not is_long.any():
        return
    short = codes.mask(is_long, codes.str.removesuffix(_TOWN_CODE_TAIL))
    first = int(is_long.argmax())
    message = f"十二位的镇街代码去掉了末尾 000（{int(is_long.sum())} 条）：{codes.iloc[first]}→{short.iloc[first]}。"
    table.records[TOWN_CODE] = short
    label = table.layer.field(TOWN_CODE).label
    table.issues.append(
        Issue(code="town-code-shortened", severity=Severity.NOTE, message=message, field=label)
    )


def _names(known: pd.DataFrame, key: str, label_field: str) -> dict[str, str]:
    """Return codes by normalised name, names that stand for several records left out."""
    named = pd.DataFrame({"code": known[key], "name": known[label_field]}).dropna()
    named["name"] = named["name"].map(normalised)
    unique = named.drop_duplicates("name", keep=False)
    return dict(zip(unique["name"], unique["code"], strict=True))


def _resolve(table: Table, found: Field, codes: list[str], names: dict[str, str]) -> None:
    values = table.records[found.name]
    known = set(codes)
    resolve = _resolver(known, names)
    replaced = {value: resolve(value) for value in values.dropna().unique() if value not in known}
    replaced = {value: code for value, code in replaced.items() if code != value}
    if not replaced:
        return
    table.records[found.name] = values.replace(replaced)
    shown = "、".join(f"{value}→{code}" for value, code in list(replaced.items())[:5])
    message = f"“{found.zh}”写的是名称或长代码，已换成代码：{shown}{' 等' if len(replaced) > 5 else ''}。"
    table.issues.append(
        Issue(code="reference-resolved", severity=Severity.NOTE, message=message, field=found.label)
    )


def _resolver(known: set[str], names: dict[str, str]) -> Callable[[str], str]:
    def resolve(value: str) -> str:
        short = value.removesuffix(_TOWN_CODE_TAIL)
        return short if short in known else names.get(normalised(value), value)

    return resolve


def _unchecked(found: Field, label: str) -> Issue:
    message = f"“{label}”台账还是空的，“{found.zh}”没有核对。"
    return Issue(code="reference-unchecked", severity=Severity.NOTE, message=message, field=found.label)


def _heirs(plots: pd.DataFrame) -> pd.DataFrame:
    return parse_lineage(plots.set_index("plot_code")["predecessors"])


def _withdrawn(table: Table, found: Field, heirs: pd.DataFrame) -> Iterator[Issue]:
    """Say which plots of today stand for those a file still names."""
    values = table.records[found.name].dropna()
    for code, made in heirs[heirs["predecessor"].isin(values)].groupby("predecessor")["successor"]:
        message = f"“{code}”已不在台账里，是“{'、'.join(made)}”的来源地块，计入现有地块。"
        row = int(values.index[values == code][0])
        yield Issue(
            code="reference-withdrawn", severity=Severity.NOTE, row=row, field=found.label, value=str(code),
            message=message,
        )  # fmt: skip


def _unknown(table: Table, found: Field, known: set[str], label: str) -> Iterator[Issue]:
    values = table.records[found.name].dropna()
    lost = values[~values.isin(known)]
    for value, cells in lost.groupby(lost):
        more = f"（共 {len(cells)} 条）" if len(cells) > 1 else ""
        yield Issue(
            code="reference-unknown", severity=Severity.WARNING, row=int(cells.index[0]), field=found.label,
            value=str(value), message=f"“{label}”台账里没有“{value}”{more}。",
            advice=f"请核对“{found.zh}”，或先导入“{label}”。",
        )  # fmt: skip
