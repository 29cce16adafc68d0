"""The target sets of an installation: ours, and those of the site's own `policy/targets/`, which go before ours."""

from collections.abc import Mapping
from pathlib import Path

from geoapp.domain.target_set import TargetSet, parse_target_set
from geoapp.errors import NotFoundError
from geoapp.resources import read_toml, resource_files
from geoapp.services.target_actuals import QUANTITIES
from geoapp.services.workspace import Workspace

FOLDER = "policy/targets"


def target_sets(workspace: Workspace) -> Mapping[str, TargetSet]:
    """Return the target sets by id, in their order; a file changed meanwhile is read again.

    Raises
    ------
    SetupError
        A file is wrong; names file and key.
    """
    files = resource_files(FOLDER, "*.toml", workspace.settings.data_dir)
    stamp = tuple((str(path), path.stat().st_mtime_ns) for path in files.values())
    return workspace.cache.get(("target_sets", stamp), lambda: load_target_sets(files))


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
