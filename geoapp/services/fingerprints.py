"""Where published figures come from: the installation, the revision and the rule book, for their fingerprints."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date

import geopandas as gpd
import shapely

from geoapp.domain.fingerprint import DIGEST_LENGTH, Origin, short_digest
from geoapp.domain.policy import Policy
from geoapp.domain.target_set import TargetSet
from geoapp.services.workspace import Workspace
from geoapp.settings import Settings
from geoapp.store.store import Store

_SHORT = 12
NO_REVISION = "-"
SEEN = "seen"
"""Parameter of addresses in fingerprints: for whose sight the figures were made, where something was hidden."""


def figures_origin(
    workspace: Workspace, path: str, query: Mapping[str, str], revision: int, day: date, *, plan: object = ""
) -> Origin:
    """Return where figures come from.

    Parameters
    ----------
    workspace : Workspace
    path : str
        Of the page that shows them.
    query : mapping of str
        Parameters of its address, without unit and at; empty ones are left out.
    revision : int
    day : date
        Whose rules hold.
    plan : object
        What else the figures depend on, such as `plan_numbers`.
    """
    basis = workspace.cache.get(
        ("fingerprint_basis", workspace.register_revisions((), revision), day, plan),
        lambda: basis_digest(workspace.settings, workspace.policy_at(revision), day, plan),
    )
    return Origin(
        path=path,
        query=tuple(
            (name, value) for name, value in (*query.items(), (SEEN, sight_word(workspace))) if value
        ),
        installation=installation_id(workspace.store),
        revision=revision,
        made_at=workspace.cache.get(
            ("revision_mark", revision), lambda: revision_mark(workspace.store, revision)
        ),
        day=day,
        basis=basis,
        link=revision_link(workspace, revision),
    )


def sight_word(workspace: Workspace) -> str:
    """Return what names a sight in addresses: public, internal-330205103; empty where nothing is hidden."""
    sight = workspace.sight
    return "" if sight.is_full else "-".join(filter(None, sight))


def kept_zones(zones: gpd.GeoSeries) -> str:
    """Return the zones of an uploaded file as they are kept with what was published by them: keys and shapes (WKB)."""
    shapes = shapely.to_wkb(zones.to_numpy(), hex=True)
    return json.dumps(list(zip(map(str, zones.index), shapes.tolist(), strict=True)), ensure_ascii=False)


def installation_id(store: Store) -> str:
    """Return what tells a database from others: a digest of its first revision, which a copy keeps."""
    return short_digest(f"geoapp {revision_mark(store, 1)}", _SHORT)


def revision_mark(store: Store, number: int) -> str:
    """Return when a revision was made, in UTC to the millisecond; NO_REVISION where there is none of that number."""
    moment = store.made_at(number)
    return NO_REVISION if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds")


def revision_link(workspace: Workspace, revision: int) -> str:
    """Return the start of a revision's link in the chain of all revisions; empty where there is none."""
    key = "revision_link", revision
    return workspace.cache.get(key, lambda: workspace.store.link(revision)[:DIGEST_LENGTH])


def basis_digest(settings: Settings, policy: Policy, day: date, plan: object = "") -> str:
    """Return a digest of what figures depend on beside the registers: settings and numbers in force on a day."""
    numbers = {name: number.on(day) for name, number in policy.numbers.items() if number.is_in_force(day)}
    lines: Iterable[object] = (
        settings.working_crs, settings.control_scheme, settings.site_area_order, settings.floor_area_order, numbers,
        repr(plan),
    )  # fmt: skip
    return short_digest(json.dumps(list(lines), default=str, sort_keys=True), _SHORT)


def plan_numbers(target_set: TargetSet) -> tuple[object, ...]:
    """Return what of a set of targets its figures depend on: not its words."""
    indicators = tuple(
        (
            item.id, item.unit, item.kind, item.actual, item.base, item.targets, item.direction, item.base_rule,
            item.plots, item.ledger, item.is_shared,
        )
        for item in target_set.indicators
    )  # fmt: skip
    return target_set.id, target_set.base_on, indicators, target_set.scope_targets
