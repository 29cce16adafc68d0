"""The invented demo district, put into an empty database."""

from collections.abc import Callable

import pandas as pd

from geoapp.domain.change import RegisterChange
from geoapp.domain.layer import Layer
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.errors import SetupError
from geoapp.formats.canonical import canonical_name, read_canonical
from geoapp.resources import resource_dir
from geoapp.services.target_sets import DIVISIONS
from geoapp.services.workspace import Workspace
from geoapp.store.attachments import ATTACHED, keep_attachment

DEMO_USER = "demo"
DEMO_REASON = "示例数据"


def load_demo(workspace: Workspace, progress: Callable[[float], None] | None = None) -> Revision | None:
    """Store the demo district as one revision, unless the database holds records already.

    Every record is marked `is_demo`. A register of the site's own, without demo data, stays empty.

    Parameters
    ----------
    workspace : Workspace
        The installation.
    progress : callable, optional
        Called with shares from 0 to 1.

    Returns
    -------
    Revision or None
        None where there were records already; nothing is changed then.

    Raises
    ------
    FormatError
        A file of the demo district is damaged; names it.
    SetupError
        The demo district is not installed, or the database cannot be written.
    """
    if _has_records(workspace):
        return None
    frames = {layer.id: read_demo(layer) for layer in workspace.layers.values() if has_demo(layer)}
    changes = {register: RegisterChange(upserts=frame) for register, frame in frames.items()}
    for path in sorted((resource_dir("data/geo") / ATTACHED).iterdir()):
        keep_attachment(workspace.settings.data_dir, path.read_bytes())
    _divide_targets(workspace)
    return workspace.store.write(
        changes, kind=RevisionKind.IMPORT, user=DEMO_USER, reason=DEMO_REASON, progress=progress
    )


def _divide_targets(workspace: Workspace) -> None:
    """Put what the demo asks of its towns and parks where an office puts its own; what is there is left alone."""
    for path in sorted((resource_dir("data/geo") / DIVISIONS).glob("*.toml")):
        own = workspace.settings.data_dir / DIVISIONS / path.name
        if not own.exists():
            own.parent.mkdir(parents=True, exist_ok=True)
            own.write_bytes(path.read_bytes())


def has_demo(layer: Layer) -> bool:
    """Return whether the demo district has records of this register."""
    return (resource_dir("data/geo") / canonical_name(layer)).is_file()


def read_demo(layer: Layer) -> pd.DataFrame:
    """Return a register's demo records, conformed and marked `is_demo`."""
    frame = read_canonical(resource_dir("data/geo") / canonical_name(layer), layer)
    frame["is_demo"] = pd.Series(True, index=frame.index, dtype="boolean")
    return frame


def refuse_real_records(workspace: Workspace) -> None:
    """Refuse an installation that is not the demo's own: a demo is open to whoever sits at the machine.

    Its own is one that began with the demo district, and into which no file of other records was read since; what was
    written into forms while trying things out does no harm.

    Raises
    ------
    SetupError
        Says in which registers, and what to do.
    """
    first = workspace.store.revisions()[-1]
    real = {
        layer.zh: count
        for register, layer in workspace.layers.items()
        if (count := _read_in(workspace, register))
    }
    if real or (first.user, first.reason) != (DEMO_USER, DEMO_REASON):
        words = "、".join(f"{zh} {count} 条" for zh, count in real.items()) or "不是从示例数据开始的"
        raise SetupError(
            f"数据目录 {workspace.settings.data_dir} 里有不是示意数据的记录（{words}），演示不能免登录打开它们。"
            "请加 --sign-in，或用 geoapp user add 加用户后以 geoapp serve 启动，或换一个 --data-dir。"
        )


def _read_in(workspace: Workspace, register: str) -> int:
    """Return how many records of a register came from a file and are not invented."""
    records = workspace.store.read(register)
    is_invented = records["is_demo"].fillna(value=False).astype(bool)
    return int((~is_invented & records["source_file"].notna()).sum())


def shows_demo_data(workspace: Workspace) -> bool:
    """Return whether any current record is invented, so that pages must say so."""
    store = workspace.store
    return workspace.cache.get(
        ("shows_demo_data", store.revision()),
        lambda: any(bool(store.read(register)["is_demo"].any()) for register in workspace.layers),
    )


def _has_records(workspace: Workspace) -> bool:
    store = workspace.store
    return store.revision() > 0 and any(len(store.read(register)) for register in workspace.layers)
