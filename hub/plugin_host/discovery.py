"""Discover plugins: those that came with the hub, those that `hub plugins add` installed apart, and single files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from itertools import chain
from pathlib import Path

from hub.contracts.connector import Connector
from hub.errors import ConfigError
from hub.plugin_host.host.broken import BrokenConnector, broken_class
from hub.plugin_host.host.connector import HostedConnector, described_class, hosted
from hub.plugin_host.host.load import load_class, why_no_connector
from hub.plugin_host.host.messages import Origin
from hub.plugin_host.inspection.explained import import_error
from hub.plugin_host.packages.installed import InstalledPlugin, PluginFolder

GROUP = "ringfence.plugins"
DISTRIBUTION = "ringfence"
"""Its plugins are built in."""


@dataclass(frozen=True)
class Catalog:
    """The installed plugins: the connector class of each, and why others could not be loaded or are passed over."""

    classes: Mapping[str, type[Connector]] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    broken_origins: Mapping[str, Origin] = field(default_factory=dict)
    """Where the broken plugins are that a connector may name: it is disabled then."""
    packages: Mapping[str, InstalledPlugin] = field(default_factory=dict)
    """Of the plugins that `hub plugins add` installed."""
    passed_over: tuple[str, ...] = ()
    """A sentence for each package whose plugin is not used, because one of the same name is."""

    @property
    def tried(self) -> frozenset[str]:
        """The broken plugins that are not refused for the folder in which they are."""
        return frozenset(self.broken) - {name for name, _, _ in foreign_plugins()}

    @property
    def slips(self) -> Mapping[str, tuple[str, ...]]:
        """Plugin that did not come with the hub → what an inspection found in its code; only those with findings."""
        apart = [name for name, origin in self.origins.items() if not origin.built_in]
        descriptions = {name: getattr(self.classes[name], "description", None) for name in apart}
        return {name: each.slips for name, each in descriptions.items() if each is not None and each.slips}

    def disabled(self, plugin: str, reason: str) -> type[Connector] | None:
        """The class that stands for a plugin which cannot be used; None for one that must not be there."""
        origin = self.broken_origins.get(plugin) or self.origins.get(plugin)
        return None if origin is None else broken_class(plugin, origin, reason)

    def isolated(self, plugin: str, isolation: str | None) -> type[Connector]:
        """A plugin's class as `isolation` wants it: `thread` is the class itself, `process` one whose hooks are called in a
        child process. None: built-in plugins run in threads, the others in processes. ConfigError if a plugin that the hub
        must import for it cannot be imported."""
        found, origin = self.classes[plugin], self.origins.get(plugin)
        if issubclass(found, BrokenConnector):
            raise ConfigError(found.broken)
        if origin is None or isolation is None:
            return found
        if isolation == "process":
            return found if issubclass(found, HostedConnector) else hosted(found, origin)
        return imported(found)


class Classes(Mapping[str, type[Connector]]):
    """Plugin → its class. One that came with the hub is imported when its class is first asked for: most hubs use a few."""

    def __init__(self, built_in: Mapping[str, Origin], others: Mapping[str, type[Connector]]) -> None:
        self._built_in, self._others = built_in, others

    def __getitem__(self, name: str) -> type[Connector]:
        if (origin := self._built_in.get(name)) is None:
            return self._others[name]
        loaded, reason = _looked_at(name, origin)
        return loaded or broken_class(name, origin, reason)

    def __contains__(self, name: object) -> bool:
        return name in self._built_in or name in self._others

    def __iter__(self) -> Iterator[str]:
        return chain(self._built_in, self._others)

    def __len__(self) -> int:
        return len(self._built_in) + len(self._others)


def discover(plugin_dirs: Sequence[Path] = ()) -> Catalog:
    """Every installed plugin: those that came with the hub, the files of `plugin_dirs`, and what `hub plugins add` installed in
    one of these folders; a single file may stand for a folder.

    Plugins that are not built in are imported by a child process, which describes them. One that fails there, ends the
    process or does not return is listed as broken with the reason, and the others still work. Other packages in the hub's
    own environment are refused, because there they could read and do what the hub can. A name that is built in stays so.
    """
    built_in = dict(built_in_plugins())
    others: dict[str, type[Connector]] = {}
    classes = Classes(built_in, others)
    broken: dict[str, str] = {}
    origins = dict(built_in)
    broken_origins: dict[str, Origin] = {}
    packages: dict[str, InstalledPlugin] = {}
    passed_over: list[str] = []

    def add(name: str, origin: Origin) -> None:
        loaded, reason = _looked_at(name, origin)
        if loaded is None:
            broken[name], broken_origins[name] = reason, origin
        elif name in classes:
            broken[name] = "two installed plugins have this name; remove one"
        else:
            others[name], origins[name] = loaded, origin

    for folder in plugin_dirs:
        installed = PluginFolder(folder.absolute())
        for name, plugin in installed.read().plugins.items():
            if name in origins:
                passed_over.append(_already_there(name, f"the package {plugin.distribution}"))
                continue
            packages[name] = plugin
            add(name, installed.origin(plugin))
        for file in [folder] if folder.is_file() else sorted(folder.glob("*.py")):
            if file.stem in built_in:
                passed_over.append(_already_there(file.stem, str(file)))
            else:
                add(file.stem, Origin(file=file.absolute()))
    for name, distribution, version in foreign_plugins():
        if name in classes or name in broken:
            passed_over.append(_already_there(name, f"the package {distribution} in the hub's own environment"))
        else:
            broken[name] = in_own_environment(distribution, version)
    return Catalog(classes, broken, origins, broken_origins, packages, tuple(passed_over))


@cache
def _entry_points() -> tuple[tuple[bool, EntryPoint], ...]:
    """Each entry point of a plugin in the hub's own environment, by name, and whether it is built in; packages change only
    with a restart."""
    is_ours = cache(_is_ours)
    found = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return tuple((point.module.startswith("plugins.") and is_ours(point.dist), point) for point in found)


def _is_ours(distribution: Distribution | None) -> bool:
    return distribution is not None and distribution.name == DISTRIBUTION


def built_in_plugins() -> list[tuple[str, Origin]]:
    """Name and origin of each plugin that came with the hub, by name."""
    points = [point for ours, point in _entry_points() if ours]
    return [(each.name, Origin(module=each.module, name=each.attr, built_in=True)) for each in points]


def foreign_plugins() -> list[tuple[str, str, str]]:
    """Plugin, package and version of the other entry points in the hub's own environment."""
    points = [point for ours, point in _entry_points() if not ours]
    return [(each.name, each.dist.name, each.dist.version) for each in points if each.dist is not None]


def in_own_environment(distribution: str, version: str) -> str:
    """Why a plugin is refused that pip installed beside the hub, with the commands to use instead."""
    return (
        f"the package {distribution} is in the hub's own environment, where it could read and do what the hub can; remove it "
        f"there (pip uninstall {distribution}), then run: hub plugins add {distribution}=={version}, or name its wheel"
    )


def _already_there(name: str, other: str) -> str:
    return f"There is a plugin {name} already, so that of {other} is not used."


def imported(connector_class: type[Connector]) -> type[Connector]:
    """The plugin's own class, imported into this process. ConfigError if that fails."""
    if not issubclass(connector_class, HostedConnector):
        return connector_class
    try:
        loaded: type[Connector] = load_class(connector_class.origin)
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything while it is imported, SystemExit too
        raise ConfigError(import_error(error)) from None
    return loaded


def _looked_at(name: str, origin: Origin) -> tuple[type[Connector] | None, str]:
    """The class of a plugin, or None and why it cannot be used."""
    try:
        if not origin.built_in:
            return described_class(name, origin), ""
        loaded = load_class(origin)
        reason = why_no_connector(name, loaded) or ""
        return (None, reason) if reason else (loaded, "")
    except ConfigError as error:
        return None, str(error)
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything while it is imported, SystemExit too
        return None, import_error(error)
