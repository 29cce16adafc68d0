"""The target sets of an installation: ours, and those of the site's own `policy/targets/`, which go before ours."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from geoapp.domain.target_set import TargetSet, parse_target_set, with_division
from geoapp.errors import NotFoundError, SetupError
from geoapp.resources import read_toml, resource_files
from geoapp.services.target_actuals import QUANTITIES
from geoapp.services.workspace import Workspace

FOLDER = "policy/targets"
DIVISIONS = "policy/target_divisions"
"""In the data folder: what the office asks of its towns and parks, one file per paper, each naming its plan."""


def target_sets(workspace: Workspace) -> Mapping[str, TargetSet]:
    """Return the target sets by id, in their order; a file changed meanwhile is read again.

    Raises
    ------
    SetupError
        A file is wrong; names file and key.
    """
    data_dir = workspace.settings.data_dir
    files = resource_files(FOLDER, "*.toml", data_dir)
    divisions = sorted((data_dir / DIVISIONS).glob("*.toml"))
    stamp = tuple((str(path), path.stat().st_mtime_ns) for path in (*files.values(), *divisions))
    return workspace.cache.get(("target_sets", stamp), lambda: _divided(load_target_sets(files), divisions))


def _divided(sets: dict[str, TargetSet], divisions: Sequence[Path]) -> dict[str, TargetSet]:
    for path in divisions:
        content = read_toml(path)
        wanted = content.get("set", "")
        if wanted not in sets:
            raise SetupError(f"{path.name}：键“set”的值“{wanted}”不是目标方案；可用：{'、'.join(sets)}。")
        sets[wanted] = with_division(sets[wanted], content, path.name)
    return sets


def load_target_sets(files: Mapping[str, Path]) -> dict[str, TargetSet]:
    """Return the sets that files define, by id; raises SetupError naming file and key."""
    sets = [parse_target_set(read_toml(path), path.name, QUANTITIES) for path in files.values()]
    return {found.id: found for found in sorted(sets, key=lambda found: (found.order, found.id))}


def find_target_set(workspace: Workspace, set_id: str | None) -> TargetSet:
    """Return one set, the first where none is named; raises NotFoundError with those there are."""
    sets = target_sets(workspace)
    wanted = next(iter(sets), "") if set_id is None else set_id
    if wanted not in sets:
        known = "、".join(f"{found.id}（{found.zh}）" for found in sets.values())
        raise NotFoundError(f"没有目标方案“{wanted[:60]}”；可用：{known}。")
    return sets[wanted]
