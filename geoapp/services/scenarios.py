"""Scenarios: what-ifs that were kept, one JSON document each in `<data dir>/scenarios`, apart from the registers.

A scenario is an idea, not a record: it makes no revision, no export of a register shows it, and a copy of the database
is the same with it or without. A document holds the question, the state it was asked of and the answer as it was then.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geoapp.domain.whatif import Scenario, WhatIf
from geoapp.errors import ConflictError, NotFoundError, SetupError, UsageError, system_reason
from geoapp.reports.whatif import whatif_record
from geoapp.settings import Settings

FOLDER = "scenarios"
MOST_COMPARED = 6
_LIMITS = {"name": ("名称", 60), "author": ("编制人", 40), "note": ("说明", 1000)}
_ID = re.compile(r"[0-9a-f]{16}")


def keep_scenario(settings: Settings, result: WhatIf, *, name: str, author: str, note: str = "") -> Scenario:
    """Keep an answer under a name; the document is there whole or not at all.

    Raises
    ------
    UsageError
        No name, no author, or one that is too long.
    ConflictError
        There is a scenario of that name.
    SetupError
        The folder cannot be written.
    """
    given = {"name": name.strip(), "author": author.strip(), "note": note.strip()}
    for key, (zh, longest) in _LIMITS.items():
        if not given[key] and key != "note":
            raise UsageError(f"没有填写方案的{zh}。")
        if len(given[key]) > longest:
            raise UsageError(f"方案的{zh}太长（{len(given[key])} 字），最多 {longest} 字。")
    kept, _ = scenarios(settings)
    if any(other.name == given["name"] for other in kept):
        raise ConflictError(f"已经有名为“{given['name']}”的方案。请换一个名称，或先删除原来的。")
    scenario = Scenario(
        id=secrets.token_hex(8),
        made_at=datetime.now(tz=UTC).isoformat(timespec="microseconds"),  # two in a second have an order too
        query=dict(result.query),
        day=result.day.isoformat(),
        revision=result.revision,
        record=whatif_record(result),
        **given,
    )
    _write(settings.data_dir / FOLDER, scenario)
    return scenario


def _write(folder: Path, scenario: Scenario) -> None:
    text = json.dumps(asdict(scenario), ensure_ascii=False, indent=1, allow_nan=False)
    draft = folder / f".{scenario.id}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(folder / f"{scenario.id}.json")
    except OSError as error:
        raise SetupError(
            f"不能写入方案目录 {folder}：{system_reason(error)}。请检查权限和磁盘空间。"
        ) from error


def scenarios(settings: Settings) -> tuple[list[Scenario], list[str]]:
    """Return the scenarios, newest first, and in Chinese which documents cannot be read."""
    found, problems = [], []
    for path in sorted((settings.data_dir / FOLDER).glob("*.json")):
        try:
            found.append(_read(path))
        except (OSError, ValueError, TypeError, KeyError):
            problems.append(f"方案文件 {FOLDER}/{path.name} 读不懂，没有列出。请从备份恢复或删除。")
    return sorted(found, key=lambda scenario: (scenario.made_at, scenario.id), reverse=True), problems


def _read(path: Path) -> Scenario:
    content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    scenario = Scenario(**content)
    if scenario.id != path.stem or not isinstance(scenario.record["totals"], dict):
        raise ValueError(path.name)
    return scenario


def find_scenarios(settings: Settings, ids: Sequence[str]) -> list[Scenario]:
    """Return some scenarios in the order asked.

    Raises
    ------
    UsageError
        More than can stand side by side.
    NotFoundError
        One of them is not there.
    """
    if len(ids) > MOST_COMPARED:
        raise UsageError(f"一次最多对比 {MOST_COMPARED} 个方案，这里有 {len(ids)} 个。")
    known = {scenario.id: scenario for scenario in scenarios(settings)[0]}
    missing = [scenario_id for scenario_id in ids if scenario_id not in known]
    if missing:
        raise NotFoundError(f"没有方案“{missing[0][:40]}”，可能已被删除。")
    return [known[scenario_id] for scenario_id in dict.fromkeys(ids)]


def drop_scenario(settings: Settings, scenario_id: str) -> str:
    """Delete a scenario and return its name; raises NotFoundError where there is none."""
    if not _ID.fullmatch(scenario_id):
        raise NotFoundError(f"没有方案“{scenario_id[:40]}”。")
    scenario = find_scenarios(settings, [scenario_id])[0]
    (settings.data_dir / FOLDER / f"{scenario_id}.json").unlink(missing_ok=True)
    return scenario.name
