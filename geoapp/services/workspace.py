"""Everything a service needs, opened once per process: settings, registers, scheme, policy, store."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from geoapp.domain.frame import plain_values, row_records
from geoapp.domain.layer import Code, Layer, parse_layer
from geoapp.domain.policy import Policy, join_policies, parse_policy
from geoapp.domain.policy_revision import revised_policy
from geoapp.domain.policy_table import parse_table
from geoapp.domain.scheme import ControlScheme, parse_scheme
from geoapp.domain.sight import FULL_SIGHT, Sight
from geoapp.errors import NotFoundError, SetupError, system_reason
from geoapp.resources import TomlFile, read_text, read_toml, read_toml_file, resource_files
from geoapp.services.cache import Cache
from geoapp.settings import Settings
from geoapp.store.store import Store, open_store

POLICY_REGISTER = "policy_values"
"""The register of the numbers that the office changed."""
_POLICY_FIELDS = ("number_id", "valid_from_on", "value", "document_no", "reason", "entered_by")
_TomlFiles = tuple[TomlFile, ...]


@dataclass(frozen=True, slots=True)
class Workspace:
    """One installation, ready for work. Safe to share between threads."""

    settings: Settings
    layers: Mapping[str, Layer]
    """Registers by id, in their order."""
    scheme: ControlScheme
    shipped_policy: Policy
    """The rule book's numbers without what the office entered, see `policy`."""
    store: Store
    cache: Cache = field(default_factory=Cache, compare=False)
    """What services computed, by the revisions it was computed from."""
    sight: Sight = FULL_SIGHT
    """What whoever asks may see of it; store, layers and cache hold no more, see `services.seen`."""
    behind: "Workspace | None" = field(default=None, compare=False, repr=False)
    """The same with nothing hidden, where something is. Only `services.group_figures` may read it: see there."""

    def with_store(self, store: Store) -> "Workspace":
        """Return the same installation read through another store."""
        return replace(self, store=store)

    @property
    def policy(self) -> Policy:
        """The rule book's numbers, the office's own included, as of the newest revision of the store."""
        return self.policy_at(self.store.revision())

    def policy_at(self, revision: int) -> Policy:
        """Return the rule book's numbers as they were known at a revision."""
        return self._revised(revision)[0]

    def policy_findings(self, revision: int) -> tuple[str, ...]:
        """Return in Chinese which of the office's own numbers could not be used."""
        return self._revised(revision)[1]

    def _revised(self, revision: int) -> tuple[Policy, tuple[str, ...]]:
        if POLICY_REGISTER not in self.layers:
            return self.shipped_policy, ()
        number = self.store.register_revision(POLICY_REGISTER, revision=revision)

        def revise() -> tuple[Policy, tuple[str, ...]]:
            entered = self.store.read(POLICY_REGISTER, revision=revision)
            columns = {name: plain_values(entered[name]) for name in _POLICY_FIELDS}
            return revised_policy(self.shipped_policy, row_records(columns))

        return self.cache.get(("policy", number), revise)

    def register_revisions(self, registers: Iterable[str], revision: int) -> tuple[int, ...]:
        """Return the newest revisions up to one that changed each of some registers, or the rule book's numbers.

        Equal ones mean equal records under equal rules.
        """
        asked = (*registers, POLICY_REGISTER) if POLICY_REGISTER in self.layers else registers
        return tuple(self.store.register_revision(register, revision=revision) for register in asked)

    def layer(self, register: str) -> Layer:
        """Return a register's definition; raises NotFoundError with those there are."""
        try:
            return self.layers[register]
        except KeyError:
            known = "、".join(f"{layer.id}（{layer.zh}）" for layer in self.layers.values())
            raise NotFoundError(f"没有台账“{register}”；可用：{known}。") from None


def open_workspace(settings: Settings) -> Workspace:
    """Open an installation, making its data folder and database where they do not exist yet.

    Raises
    ------
    SetupError
        A register, scheme or policy file is wrong, or the data folder cannot be written.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"不能建立数据目录 {settings.data_dir}：{system_reason(error)}。请检查路径和权限。"
        ) from error
    scheme = load_scheme(settings.control_scheme, settings.data_dir)
    layers = load_layers(scheme, settings.data_dir)
    store = open_store(settings.database_path, layers)
    cache = Cache(capacity_bytes=settings.cache_mb * 1024 * 1024)
    return Workspace(settings, layers, scheme, load_policy(settings.data_dir), store, cache)


def load_layers(scheme: ControlScheme, site_dir: Path | None = None) -> dict[str, Layer]:
    """Return the registers of `layers/*.toml`, the site's before ours, in their order.

    The files are read each time and equal ones parsed once, as those of the policy: there are some sixty, and parsing
    them is most of the time that opening an installation takes.
    """
    files = resource_files("layers", "*.toml", site_dir)
    return dict(_layers(_read(files), tuple(scheme.code_lists.items())))


@lru_cache(maxsize=8)
def _layers(files: _TomlFiles, code_lists: tuple[tuple[str, tuple[Code, ...]], ...]) -> dict[str, Layer]:
    layers = [parse_layer(file.content(), file.name, dict(code_lists)) for file in files]
    return {layer.id: layer for layer in sorted(layers, key=lambda layer: (layer.order, layer.id))}


def _read(files: Mapping[str, Path]) -> _TomlFiles:
    return tuple(read_toml_file(path) for path in files.values())


def load_schemes(site_dir: Path | None = None) -> dict[str, ControlScheme]:
    """Return every scheme of control zones and lines by id."""
    files = resource_files("layers/schemes", "*.toml", site_dir)
    return {name: parse_scheme(read_toml(path), path.name) for name, path in files.items()}


def load_scheme(scheme_id: str, site_dir: Path | None = None) -> ControlScheme:
    """Return the chosen scheme; raises SetupError naming those there are."""
    schemes = load_schemes(site_dir)
    if scheme_id not in schemes:
        raise SetupError(f"设置 control_scheme：没有方案“{scheme_id}”；可用：{'、'.join(schemes)}。")
    return schemes[scheme_id]


def load_policy(site_dir: Path | None = None) -> Policy:
    """Return the rule book's numbers as they ship; a site's file of the same name, TOML or CSV, replaces ours."""
    tables = resource_files("policy", "*.csv", site_dir).values()
    files = resource_files("policy", "*.toml", site_dir)
    return _policy(tuple((path.name, read_text(path)) for path in tables), _read(files))


@lru_cache(maxsize=8)
def _policy(tables: tuple[tuple[str, str], ...], files: _TomlFiles) -> Policy:
    parsed = {name: parse_table(text, name) for name, text in tables}
    return join_policies(
        {file.name: parse_policy(file.content(), file.name, file.text, parsed) for file in files}
    )
