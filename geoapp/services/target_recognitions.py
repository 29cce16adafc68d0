"""Actuals of the revitalisation ledger: area, new floor area, enterprises put right. All of them from its postings."""

from collections.abc import Callable
from datetime import date

import pandas as pd

from geoapp.analysis.targets import first_counted, members_frame
from geoapp.domain.target_set import Indicator
from geoapp.services.as_of import AsOf
from geoapp.services.revitalisation import RevitalisationLedger, revitalisation_ledger
from geoapp.services.target_members import Measure, Members, wanted_plots
from geoapp.services.workspace import Workspace

_EMPTY = "盘活认定台账里没有“{ledger}”的记录，不能算。请先导入认定台账。"


def indicator_ledger(workspace: Workspace, state: AsOf, indicator: Indicator) -> RevitalisationLedger:
    """Return the ledger that an indicator counts in."""
    return revitalisation_ledger(workspace, indicator.ledger or None, state)


def ledger_members(counted: str, recorded: str, zh: str) -> Measure:
    """Return what measures one column of the ledger's postings, one member per record and plot.

    Parameters
    ----------
    counted : str
        Column of the postings that is added up.
    recorded : str
        Column of the entries: what the record itself says, shown of those that do not count.
    zh : str
        What it is, in Chinese.
    """

    def measure(workspace: Workspace, state: AsOf, _day: date, indicator: Indicator) -> Members:
        ledger = indicator_ledger(workspace, state, indicator)
        if ledger.entries.empty:
            return Members(members_frame({}, 0), _EMPTY.format(ledger=ledger.ledger_zh))
        postings = _wanted(workspace, state, indicator, ledger)
        frame = pd.concat(
            [_counted(ledger, postings, counted), _not_counted(ledger, recorded)], ignore_index=True
        )
        blank = int(ledger.entries[recorded].isna().sum())
        notes = [f"口径为“{ledger.ledger_zh}”台账。"]
        if blank:
            notes.append(f"{blank} 条认定没有填{zh}，按没有计。")
        return Members(frame, notes=tuple(notes))

    return measure


def _wanted(
    workspace: Workspace, state: AsOf, indicator: Indicator, ledger: RevitalisationLedger
) -> pd.DataFrame:
    if not indicator.plots:
        return ledger.postings
    codes = wanted_plots(workspace, state, indicator).index
    return ledger.postings[ledger.postings["plot_code"].isin(codes)]


def _counted(ledger: RevitalisationLedger, postings: pd.DataFrame, counted: str) -> pd.DataFrame:
    postings = postings[postings[counted].fillna(0.0) != 0]
    entries = ledger.entries.set_index("recognition_code").reindex(postings["recognition_code"])
    columns = {
        "register": "recognitions",
        "key": postings["recognition_code"],
        "name": entries["plot_name"],
        "plot_code": postings["plot_code"],
        "project_code": entries["project_code"],
        "document_no": entries["document_no"],
        "town_code": postings["town_code"],
        "park_code": postings["park_code"],
        "on": postings["recognised_on"],
        "amount": postings[counted],
        "note": entries["reason"],
    }
    return members_frame(columns, len(postings))


def _not_counted(ledger: RevitalisationLedger, recorded: str) -> pd.DataFrame:
    """Return the records that count for nothing, with the reason; they are listed, never dropped."""
    entries = ledger.entries[ledger.entries["status"] != ""]
    columns = {
        "register": "recognitions",
        "key": entries["recognition_code"],
        "name": entries["plot_name"],
        "plot_code": entries["plot_code"],
        "project_code": entries["project_code"],
        "document_no": entries["document_no"],
        "town_code": entries["town_code"],
        "park_code": entries["park_code"],
        "on": entries["recognised_on"],
        "amount": entries[recorded],
        "reason": entries["reason"],
    }
    return members_frame(columns, len(entries))


def treated_enterprises(workspace: Workspace, state: AsOf, _day: date, indicator: Indicator) -> Members:
    """Return the enterprises on recognised plots, each once, from the day its first plot was recognised.

    Whose plot it was on that day the occupancies say; without any the plot's right holder, then the project's owner.
    What is revoked takes the enterprise out again on the day of the revocation.
    """
    ledger = indicator_ledger(workspace, state, indicator)
    if ledger.entries.empty:
        return Members(members_frame({}, 0), _EMPTY.format(ledger=ledger.ledger_zh))
    postings = _wanted(workspace, state, indicator, ledger)
    postings = postings[postings["counted_m2"].fillna(0.0) != 0].reset_index(drop=True)
    entries = ledger.entries.set_index("recognition_code").reindex(postings["recognition_code"])
    for name in ("project_code", "document_no"):
        postings[name] = entries[name].to_numpy()
    found = recognised_enterprises(workspace, state, postings)
    nobody = found[found["uscc"].isna()]
    turns = first_counted(
        found.dropna(subset="uscc").rename(columns={"recognised_on": "on", "counted_m2": "amount"}), "uscc"
    )
    names = _enterprise_names(workspace, state)
    frame = pd.concat(
        [_enterprise_rows(turns, names), _nobody_rows(nobody)],
        ignore_index=True,
    )
    notes = (f"按“{ledger.ledger_zh}”台账已认定地块上的企业计，一家只计一次；不含没有认定记录的整治。",)
    return Members(frame, notes=notes)


def recognised_enterprises(workspace: Workspace, state: AsOf, postings: pd.DataFrame) -> pd.DataFrame:
    """Return the postings once per enterprise on the plot, with its uscc; missing where nobody is known.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    postings : DataFrame with a plain index
        plot_code, recognised_on, counted_m2 (m2, negative where revoked), project_code.
    """
    roles = workspace.policy_at(state.revision).value("target_treated_roles", state.day)
    read = workspace.store.read
    occupancies = read("occupancies", revision=state.revision)
    occupancies = occupancies[occupancies["role"].isin(roles)][["plot_code", "uscc", "from_on", "to_on"]]
    # A revocation concerns those who were there when the plot was recognised.
    own = postings["recognised_on"].where(postings["counted_m2"] > 0)
    seen_on = own.groupby(postings["plot_code"]).ffill().fillna(postings["recognised_on"])
    rows = postings.assign(seen_on=seen_on, posting=postings.index)
    merged = rows.merge(occupancies, on="plot_code", how="left")
    is_there = ~(merged["from_on"] > merged["seen_on"]) & ~(merged["to_on"] < merged["seen_on"])
    present = merged[is_there & merged["uscc"].notna()]
    rest = rows[~rows["posting"].isin(present["posting"])]
    holders = read("plots", revision=state.revision).set_index("plot_code")["uscc"]
    owners = read("projects", revision=state.revision).set_index("project_code")["uscc"]
    uscc = rest["plot_code"].map(holders).fillna(rest["project_code"].map(owners))
    return pd.concat([present, rest.assign(uscc=uscc)], ignore_index=True)


def _enterprise_names(workspace: Workspace, state: AsOf) -> pd.Series:
    return workspace.store.read("enterprises", revision=state.revision).set_index("uscc")["name"]


def _enterprise_rows(turns: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    revoked: Callable[[float], str] = lambda amount: "认定撤销，不再计" if amount < 0 else ""  # noqa: E731
    columns = {
        "register": "enterprises",
        "key": turns["uscc"],
        "name": turns["uscc"].map(names),
        "plot_code": turns["plot_code"],
        "project_code": turns["project_code"],
        "document_no": turns["document_no"],
        "town_code": turns["town_code"],
        "park_code": turns["park_code"],
        "on": turns["on"],
        "amount": turns["amount"],
        "note": turns["amount"].map(revoked),
    }
    return members_frame(columns, len(turns))


def _nobody_rows(nobody: pd.DataFrame) -> pd.DataFrame:
    columns = {
        "register": "recognitions",
        "key": nobody["recognition_code"],
        "plot_code": nobody["plot_code"],
        "project_code": nobody["project_code"],
        "document_no": nobody["document_no"],
        "town_code": nobody["town_code"],
        "park_code": nobody["park_code"],
        "on": nobody["recognised_on"],
        "reason": "地块上没有企业，权利人和项目业主的信用代码也没有，算不到哪一家",
    }
    return members_frame(columns, len(nobody))
