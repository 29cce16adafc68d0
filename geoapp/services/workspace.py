"""Everything a service needs, opened once per process: settings, registers, scheme, policy, store."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geoapp.domain.layer import Layer, parse_layer
from geoapp.domain.policy import Policy, PolicyNumber, parse_policy
from geoapp.domain.scheme import ControlScheme, parse_scheme
from geoapp.errors import NotFoundError, SetupError
from geoapp.resources import read_toml, resource_files
from geoapp.services.cache import Cache
from geoapp.settings import Settings
from geoapp.store.store import Store, open_store


@dataclass(frozen=True, slots=True)
class Workspace:
    """One installation, ready for work. Safe to share between threads."""

    settings: Settings
    layers: Mapping[str, Layer]
    """Registers by id, in their order."""
    scheme: ControlScheme
    policy: Policy
    store: Store
    cache: Cache = field(default_factory=Cache, compare=False)
    """What services computed, by the revisions it was computed from."""

    def register_revisions(self, registers: Iterable[str], revision: int) -> tuple[int, ...]:
        """Return the newest revisions up to one that changed each of some registers: equal ones, equal records."""
        return tuple(self.store.register_revision(register, revision=revision) for register in registers)

    def layer(self, register: str) -> Layer:
        """Return a register's definition; raises NotFoundError with those there are."""
        try:
            return self.layers[register]
        except KeyError:
            raise NotFoundError(f"没有台账“{register}”；可用：{'、'.join(self.layers)}。") from None


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
            f"不能建立数据目录 {settings.data_dir}：{error.strerror}。请检查路径和权限。"
        ) from error
    scheme = load_scheme(settings.control_scheme, settings.data_dir)
    layers = load_layers(scheme, settings.data_dir)
    store = open_store(settings.database_path, layers)
    return Workspace(settings, layers, scheme, load_policy(settings.data_dir), store)


def load_layers(scheme: ControlScheme, site_dir: Path | None = None) -> dict[str, Layer]:
    """Return the registers of `layers/*.toml`, the site's before ours, in their order."""
    files = resource_files("layers", "*.toml", site_dir)
    layers = [parse_layer(read_toml(path), path.name, scheme.code_lists) for path in files.values()]
    return {layer.id: layer for layer in sorted(layers, key=lambda layer: (layer.order, layer.id))}


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
    """Return the rule book's numbers; a site's file of the same name replaces ours."""
    numbers: dict[str, PolicyNumber] = {}
    for path in resource_files("policy", "*.toml", site_dir).values():
        numbers.update(parse_policy(read_toml(path), path.name))
    return Policy(numbers)
