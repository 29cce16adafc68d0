"""What is wrong with the records of a revitalisation ledger, each with the record's address."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from geoapp.analysis.revitalised_lineage import circular_pairs, named_by_themselves, parse_lineage
from geoapp.domain.policy import Policy
from geoapp.domain.project import STOPPED
from geoapp.domain.revitalisation import LedgerFinding
from geoapp.services.record_card import record_address
from geoapp.services.register_columns import columns_version
from geoapp.services.revitalisation import loss_reasons
from geoapp.services.workspace import Workspace
from geoapp.units import area_words

PROJECT_DATES = (
    "start_plan_on", "start_actual_on", "complete_plan_on", "complete_actual_on", "commission_plan_on",
    "commission_actual_on",
)  # fmt: skip
KINDS = {
    "no_date": "没有认定日期",
    "future": "认定日期未到",
    "no_area": "没有认定面积",
    "zero_area": "认定面积是零",
    "unknown_plot": "地块编号不存在",
    "unknown_project": "项目编号不存在",
    "unknown_mode": "盘活方式不认识",
    "unknown_event": "认定事件不认识",
    "unknown_ledger": "台账口径不认识",
    "above_plot": "认定面积大于地块",
    "above_part": "认定面积大于项目涉及部分",
    "before_project": "早于项目最早日期",
    "stage": "项目阶段不相符",
    "overlapping": "重复或重叠认定",
    "sign": "撤销与正负号不符",
    "revoked_more": "撤销多于已计",
    "no_document": "没有文号",
    "lineage_circle": "地块互为来源",
}
"""In the order of the list."""
_OVERLAPS = ("same_plot", "predecessor", "parts_overlap", "plots_overlap")
SHOWN_M2 = 0.005
"""Less is no difference: areas are written to the hundredth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inputs:
    entries: pd.DataFrame
    projects: pd.DataFrame
    """By project_code."""
    site_area_m2: pd.Series
    stage_words: Mapping[str, str]
    modes: Mapping[str, str]
    events: Mapping[str, str]
    least_stages: Mapping[str, str]
    unit: str

    def area(self, value_m2: float) -> str:
        """Return land in words, in the unit asked for."""
        return area_words(value_m2, self.unit)


def ledger_findings(
    workspace: Workspace,
    entries: pd.DataFrame,
    revision: int,
    day: date,
    site_area_m2: pd.Series,
    *,
    unit: str = "mu",
    is_whole: bool = True,
    recognitions: pd.DataFrame | None = None,
) -> tuple[LedgerFinding, ...]:
    """Return what is wrong with the entries of a ledger, and with records that belong to none.

    Parameters
    ----------
    workspace : Workspace
    entries : DataFrame
        Of a `RevitalisationLedger`.
    revision : int
    day : date
        Whose numbers hold.
    site_area_m2 : Series by plot_code
    unit : {"mu", "ha", "m2"}
        For land in the messages.
    is_whole : bool
        Records of no ledger, and plots made from each other, are told too: they belong to no entry.
    recognitions : DataFrame, optional
        Some of the register, of which those of no ledger are told where not all are.
    """
    projects = _projects_of(workspace, entries, revision)
    layer, policy = workspace.layer("recognitions"), workspace.policy_at(revision)
    inputs = _Inputs(
        entries=entries,
        projects=projects,
        site_area_m2=site_area_m2,
        stage_words=workspace.layer("projects").field("stage").code_labels,
        modes=layer.field("mode").code_labels,
        events=layer.field("event").code_labels,
        least_stages=_least_stages(policy, day),
        unit=unit,
    )
    found = tuple(_found(inputs, _TESTS))
    if recognitions is None and not is_whole:
        return found
    ledgers = layer.field("ledger").code_labels
    records = (
        workspace.store.read("recognitions", revision=revision) if recognitions is None else recognitions
    )
    of_none = records[~records["ledger"].isin(list(ledgers))]
    return (
        *found,
        *_unknown_ledger(of_none, ledgers),
        *_found(replace(inputs, entries=of_none), _OF_VALUES),
        *(circular_lineage(workspace, revision) if recognitions is None else ()),
    )


def _projects_of(workspace: Workspace, entries: pd.DataFrame, revision: int) -> pd.DataFrame:
    """Return by code the projects that some entries name."""
    projects = workspace.store.read("projects", revision=revision)
    return projects[projects["project_code"].isin(entries["project_code"])].set_index("project_code")


def _found(inputs: _Inputs, tests: Collection[str]) -> Iterator[LedgerFinding]:
    for code in KINDS:
        if code in tests:
            for record, message in _TESTS[code](inputs):
                yield _finding(code, message, record)


def _least_stages(policy: Policy, day: date) -> Mapping[str, str]:
    stages: Mapping[str, str] = policy.value("recognition_least_stages", day)
    return stages


def _finding(code: str, message: str, record: str) -> LedgerFinding:
    address = record_address("recognitions", record)
    return LedgerFinding(code=code, zh=KINDS[code], message=message, title=record, address=address)


Found = Iterator[tuple[str, str]]


def _rows(entries: pd.DataFrame, message: Callable[[pd.Series], str]) -> Found:
    for _, entry in entries.iterrows():
        yield entry["recognition_code"], message(entry)


def _status(code: str, words: str) -> Callable[[_Inputs], Found]:
    def found(inputs: _Inputs) -> Found:
        entries = inputs.entries
        return _rows(entries[entries["status"] == code], lambda _: words)

    return found


def _unknown_plot(inputs: _Inputs) -> Found:
    rows = inputs.entries[inputs.entries["status"] == "unknown_plot"]
    return _rows(
        rows,
        lambda row: (
            "没有填地块编号，不知道认定的是哪宗地。请补填。"
            if pd.isna(row["plot_code"])
            else f"台账里没有地块“{row['plot_code']}”，也不是哪宗地的来源地块。请核对编号。"
        ),
    )


def _unknown_project(inputs: _Inputs) -> Found:
    code = inputs.entries["project_code"]
    rows = inputs.entries[code.notna() & ~code.isin(inputs.projects.index)]
    return _rows(rows, lambda row: f"台账里没有项目“{row['project_code']}”。请核对编号，或先登记项目。")


def _unknown_mode(inputs: _Inputs) -> Found:
    return _not_among(inputs, "mode", inputs.modes, "盘活方式", "不在 M01 至 M11 之内。")


def _unknown_event(inputs: _Inputs) -> Found:
    return _not_among(inputs, "event", inputs.events, "认定事件", "不在代码表内。请改正。")


def _not_among(inputs: _Inputs, name: str, codes: Mapping[str, str], zh: str, why: str) -> Found:
    rows = inputs.entries[~inputs.entries[name].isin(list(codes))]
    return _rows(rows, lambda row: f"没有填{zh}。" if pd.isna(row[name]) else f"{zh}“{row[name]}”{why}")


def _zero_area(inputs: _Inputs) -> Found:
    rows = inputs.entries[inputs.entries["area_m2"] == 0]
    return _rows(rows, lambda _: "认定面积是零，没有面积计入。请核对；不知道时请留空。")


def _above_plot(inputs: _Inputs) -> Found:
    limit = inputs.entries["plot_code"].map(inputs.site_area_m2)
    entries = inputs.entries.assign(limit_m2=limit)
    # A plot that gave land away may have been larger when it was recognised; what of it is lost is listed then too.
    rows = entries[(entries["area_m2"] > limit + SHOWN_M2) | (entries["above_plot"] >= SHOWN_M2)]
    return _rows(
        rows,
        lambda row: (
            f"认定 {inputs.area(row['area_m2'])}"
            + ("" if pd.isna(row["limit_m2"]) else f"，而地块只有 {inputs.area(row['limit_m2'])}")
            + "。请核对面积。"
        ),
    )


def _above_part(inputs: _Inputs) -> Found:
    rows = inputs.entries[inputs.entries["above_part"] >= SHOWN_M2]
    return _rows(
        rows, lambda row: f"比项目涉及该地块的部分多 {inputs.area(row['above_part'])}。请核对面积或图形。"
    )


def first_days(projects: pd.DataFrame) -> pd.Series:
    """Return the earliest date of each project, planned or actual; NaT where it has none. On the same index."""
    return projects[list(PROJECT_DATES)].min(axis=1).astype("datetime64[us]")


def _before_project(inputs: _Inputs) -> Found:
    began = first_days(inputs.projects).reindex(
        inputs.entries["project_code"]
    )  # not map: it refuses to map by dates if there are none
    entries = inputs.entries.assign(began=began.to_numpy())

    def message(row: pd.Series) -> str:
        project = f"项目“{row['project_code']}”最早的日期 {row['began']:%Y-%m-%d}"
        return f"认定日期 {row['recognised_on']:%Y-%m-%d} 早于{project}。"

    return _rows(entries[entries["recognised_on"] < entries["began"]], message)


def _stage(inputs: _Inputs) -> Found:
    stage = inputs.entries["project_code"].map(inputs.projects["stage"])
    least = inputs.entries["event"].map(inputs.least_stages)
    entries = inputs.entries.assign(stage=stage, least=least)
    is_short = (stage == STOPPED) | (stage < least)
    words = inputs.stage_words
    return _rows(
        entries[least.notna() & stage.notna() & is_short],
        lambda row: (
            f"项目“{row['project_code']}”的阶段是“{words.get(row['stage'], row['stage'])}”，"
            f"这类认定至少要到“{words.get(row['least'], row['least'])}”。"
        ),
    )


def _overlapping(inputs: _Inputs) -> Found:
    lost = inputs.entries[(inputs.entries[list(_OVERLAPS)] >= SHOWN_M2).any(axis=1)]
    # The entries' own reasons may be in another unit.
    return _rows(lost.assign(reason=loss_reasons(lost, inputs.unit)), lambda row: f"{row['reason']}。")


def _sign(inputs: _Inputs) -> Found:
    """Yield what has the wrong sign; a net floor area may be negative, where more was demolished than built."""
    is_revocation = inputs.entries["event"] == "revocation"
    for name, zh in (("area_m2", "面积"), ("new_gfa_gross_m2", "新增建筑面积")):
        area = inputs.entries[name]
        for code in inputs.entries["recognition_code"][is_revocation & (area > 0)]:
            yield code, f"认定事件是撤销，{zh}却是正数。撤销请填负数。"
        for code in inputs.entries["recognition_code"][~is_revocation & (area < 0)]:
            yield code, f"{zh}是负数，认定事件却不是撤销。请核对。"


def _revoked_more(inputs: _Inputs) -> Found:
    is_more = (inputs.entries["revoked_uncounted"] <= -SHOWN_M2) & (inputs.entries["counted_m2"] == 0)
    return _rows(
        inputs.entries[is_more], lambda _: "撤销的面积此前没有计入，没有可冲减的。请核对原认定记录。"
    )


def _no_document(inputs: _Inputs) -> Found:
    rows = inputs.entries[inputs.entries["document_no"].fillna("").str.strip() == ""]
    return _rows(rows, lambda _: "没有认定文号，无从查对。")


_TESTS: Mapping[str, Callable[[_Inputs], Found]] = {
    "no_date": _status("no_date", "没有认定日期，不知计入哪一期，未计。"),
    "future": _status("future", "认定日期在统计日之后，未计。"),
    "no_area": _status("no_area", "没有认定面积，未计；未知不是零。"),
    "zero_area": _zero_area,
    "unknown_plot": _unknown_plot,
    "unknown_project": _unknown_project,
    "unknown_mode": _unknown_mode,
    "unknown_event": _unknown_event,
    "above_plot": _above_plot,
    "above_part": _above_part,
    "before_project": _before_project,
    "stage": _stage,
    "overlapping": _overlapping,
    "sign": _sign,
    "revoked_more": _revoked_more,
    "no_document": _no_document,
}


_OF_VALUES = ("zero_area", "unknown_mode", "unknown_event")
"""What can be said of a record that is in no ledger."""


def _unknown_ledger(records: pd.DataFrame, words: Mapping[str, str]) -> Iterator[LedgerFinding]:
    """Return the records that no ledger holds: they are named on every ledger's page."""
    for _, record in records.iterrows():
        what = "没有填台账口径" if pd.isna(record["ledger"]) else f"台账口径“{record['ledger']}”不认识"
        message = f"{what}，这条记录不进任何台账；可用：{'、'.join(words)}。"
        yield _finding("unknown_ledger", message, record["recognition_code"])


def circular_lineage(workspace: Workspace, revision: int) -> tuple[LedgerFinding, ...]:
    """Return the plots that were made from what was made from them, or from themselves; *title* is the plot's code.

    Kept until one of the plots says that it was made from others.
    """
    key = "circular_lineage", columns_version(workspace, "plots", ("plot_code", "predecessors"), revision)
    return workspace.cache.get(key, lambda: tuple(_circular_lineage(workspace, revision)))


def _circular_lineage(workspace: Workspace, revision: int) -> Iterator[LedgerFinding]:
    plots = workspace.store.read("plots", revision=revision)
    is_made = plots["predecessors"].notna()
    named = pd.Series(plots["predecessors"][is_made].array, index=pd.Index(plots["plot_code"][is_made]))
    pairs = parse_lineage(named)
    for _, pair in (pairs[circular_pairs(pairs)] if len(pairs) else pairs).iterrows():
        message = f"写由“{pair['predecessor']}”而来，而后者又由它而来；来源不成立，未采用。"
        yield _circle(pair["successor"], message)
    for code in named_by_themselves(named):
        yield _circle(code, "“来源地块”里填了它自己；来源不成立，这一项未采用。请改正。")


def _circle(plot_code: str, message: str) -> LedgerFinding:
    code, address = "lineage_circle", record_address("plots", plot_code)
    return LedgerFinding(code=code, zh=KINDS[code], message=message, title=plot_code, address=address)
