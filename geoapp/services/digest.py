"""The digest of the last days: composed from the registers, written to a folder."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from geoapp.domain.digest import Digest, DigestTable
from geoapp.domain.frame import plain_records
from geoapp.errors import SetupError, system_reason
from geoapp.reports.digest import digest_docx, digest_xlsx
from geoapp.reports.whole_file import write_whole
from geoapp.services.alarms import KINDS, AlarmSheet, alarm_sheet
from geoapp.services.as_of import AsOf
from geoapp.services.fingerprints import figures_origin
from geoapp.services.project_sheet import phase_words, project_sheet
from geoapp.services.project_stages import NOTES, STAGES_REGISTER, stage_words
from geoapp.services.publishing import publish_digest
from geoapp.services.workspace import Workspace
from geoapp.settings import Settings

UNKNOWN = "—"


def alarm_records(sheet: AlarmSheet) -> list[dict[str, Any]]:
    """Return alarms as plain records: days as text, None where unknown."""
    alarms = sheet.alarms.assign(on=sheet.alarms["on"].dt.strftime("%Y-%m-%d"))
    return plain_records(alarms)


def digest_of(workspace: Workspace, state: AsOf) -> Digest:
    """Return the digest of a day.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    """
    days = int(workspace.policy_at(state.revision).value("digest_days", state.day))
    since = state.day - timedelta(days=days - 1)  # the day itself is one of them
    alarms, projects = alarm_sheet(workspace, state), project_sheet(workspace, state)
    moved, notes = _moved(workspace, state, since), _news(workspace, state, since)
    phases = "，".join(f"{words} {projects.phase_counts[code]}" for code, words in phase_words().items())
    counts = "，".join(f"{words} {alarms.counts[kind]}" for kind, words in KINDS.items())
    lights = projects.light_counts
    return Digest(
        district=workspace.settings.district_name,
        since=since,
        day=state.day,
        sentences=(
            f"项目共 {projects.total} 个：{phases}。",
            f"进度灯：绿 {lights['green']}，黄 {lights['yellow']}，"
            f"红 {lights['red']}，灰 {lights['grey']}；停滞 {projects.stalled_count} 个。",
            f"{since.isoformat()} 以来完成阶段 {len(moved.rows)} 个，新增进展和事项 {len(notes.rows)} 条。",
            f"预警共 {sum(alarms.counts.values())} 条：{counts}。",
        ),
        tables=(
            _by(alarms.by_town, "镇街", alarms.town_names),
            _by(alarms.by_body, "责任单位", {}),
            moved,
            notes,
            *(_of_kind(alarms, kind) for kind in KINDS if alarms.counts[kind]),
        ),
        notes=(
            f"数据修订号 {state.revision}；规则与阈值按 {state.day.isoformat()}。",
            *filter(None, [state.note, alarms.hidden, "示意数据，不是真实记录。" if alarms.is_demo else ""]),
        ),
        origin=figures_origin(workspace, "/alarms", {}, state.revision, state.day),
    )


def write_digest(settings: Settings, digest: Digest) -> list[Path]:
    """Write the digest's two files into the folder of the settings; return them.

    Raises
    ------
    SetupError
        The folder cannot be made.
    UsageError
        A file cannot be written there.
    """
    folder = Path(settings.digest_dir).expanduser() if settings.digest_dir else settings.data_dir / "digests"
    stem = f"项目预警周报_{digest.district}_{digest.day.isoformat()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"周报不能写入 {folder}：{system_reason(error)}。请检查设置 digest_dir、空间和权限。"
        ) from error
    contents = {".xlsx": digest_xlsx(digest), ".docx": digest_docx(digest)}
    publish_digest(settings, digest, f"{stem}.xlsx")
    for ending, content in contents.items():
        write_whole(folder / f"{stem}{ending}", partial(Path.write_bytes, data=content))
    return [folder / f"{stem}{ending}" for ending in contents]


def _moved(workspace: Workspace, state: AsOf, since: date) -> DigestTable:
    stages = workspace.store.read(STAGES_REGISTER, revision=state.revision)
    recent = _named(workspace, state, stages[_between(stages["actual_on"], since, state.day)])
    words = stage_words(workspace).stages
    rows = [
        (
            _day(row["actual_on"]),
            str(row["name"]),
            words.get(row["stage"], row["stage"]),
            _text(row["document_no"]),
        )
        for row in recent.sort_values(["actual_on", "project_code"]).to_dict("records")
    ]
    return DigestTable("完成的阶段", ("日期", "项目", "阶段", "文件/证号"), tuple(rows))


def _news(workspace: Workspace, state: AsOf, since: date) -> DigestTable:
    notes = workspace.store.read(NOTES, revision=state.revision)
    recent = _named(workspace, state, notes[_between(notes["noted_on"], since, state.day)])
    kinds = workspace.layer(NOTES).field("kind").code_labels
    rows = [
        (_day(row["noted_on"]), str(row["name"]), kinds.get(row["kind"], row["kind"]), str(row["text"]))
        for row in recent.sort_values(["noted_on", "project_code"]).to_dict("records")
    ]
    return DigestTable("新增进展和事项", ("日期", "项目", "类型", "内容"), tuple(rows))


def _named(workspace: Workspace, state: AsOf, rows: pd.DataFrame) -> pd.DataFrame:
    projects = workspace.store.read("projects", revision=state.revision).set_index("project_code")
    names = rows["project_code"].map(projects["name"]).fillna(rows["project_code"])
    return rows.assign(name=names)


def _between(days: pd.Series, since: date, until: date) -> pd.Series:
    return (days >= pd.Timestamp(since)) & (days <= pd.Timestamp(until))


def _by(table: pd.DataFrame, title: str, names: dict[str, str]) -> DigestTable:
    rows: list[tuple[str | int, ...]] = [
        (
            names.get(str(code), str(code)) or "未注明",
            *(int(line[kind]) for kind in KINDS),
            int(line["total"]),
        )
        for code, line in table.to_dict("index").items()
    ]
    return DigestTable(f"预警按{title}", (title, *KINDS.values(), "合计"), tuple(rows), is_of_sums=True)


def _of_kind(alarms: AlarmSheet, kind: str) -> DigestTable:
    rows: list[tuple[str | int, ...]] = [
        (
            alarm["key"], alarm["name"], alarms.town_names.get(alarm["town_code"], alarm["town_code"]) or UNKNOWN,
            alarm["body"] or UNKNOWN, alarm["on"] or UNKNOWN, alarm["message"],
        )
        for alarm in alarm_records(alarms)
        if alarm["kind"] == kind
    ]  # fmt: skip
    return DigestTable(KINDS[kind], ("编号", "名称", "镇街", "责任单位", "自何日", "情况"), tuple(rows))


def _day(value: Any) -> str:
    return UNKNOWN if pd.isna(value) else f"{value:%Y-%m-%d}"


def _text(value: Any) -> str:
    return UNKNOWN if pd.isna(value) else str(value)
