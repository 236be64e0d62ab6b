"""Discover plugins: installed ones by their entry points, and single files in the customer's folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution, entry_points
from pathlib import Path

from hub.contracts.connector import Connector
from hub.errors import ConfigError
from hub.plugin_host.host.connector import HostedConnector, described_class, hosted
from hub.plugin_host.host.load import load_class, place_in_plugin, why_no_connector
from hub.plugin_host.host.messages import Origin

GROUP = "ringfence.plugins"
DISTRIBUTION = "ringfence"
"""Its plugins are built in."""


@dataclass(frozen=True)
class Catalog:
    """The installed plugins: the connector class of each, and why others could not be loaded."""

    classes: Mapping[str, type[Connector]] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def isolated(self, plugin: str, isolation: str | None) -> type[Connector]:
        """A plugin's class as `isolation` wants it: `thread` is the class itself, `process` one whose hooks are called in a
        child process. None: built-in plugins run in threads, the others in processes. ConfigError if a plugin that the hub
        must import for it cannot be imported."""
        found, origin = self.classes[plugin], self.origins.get(plugin)
        if origin is None or isolation is None:
            return found
        if isolation == "process":
            return found if issubclass(found, HostedConnector) else hosted(found, origin)
        return imported(found)


def discover(plugin_dirs: Sequence[Path] = ()) -> Catalog:
    """Every installed plugin: the entry points of the group `ringfence.plugins`, and the files of `plugin_dirs`; a
    single file may stand for a folder.

    Plugins that are not built in are imported by a child process, which describes them. One that fails there, ends the
    process or does not return is listed as broken with the reason, and the others still work.
    """
    classes: dict[str, type[Connector]] = {}
    broken: dict[str, str] = {}
    origins: dict[str, Origin] = {}

    def add(name: str, origin: Origin) -> None:
        loaded, reason = _looked_at(name, origin)
        if loaded is None:
            broken[name] = reason
        elif name in classes:
            broken[name] = "two installed plugins have this name; remove one"
        else:
            classes[name], origins[name] = loaded, origin

    for name, origin in _installed():
        add(name, origin)
    for folder in plugin_dirs:
        for file in [folder] if folder.is_file() else sorted(folder.glob("*.py")):
            add(file.stem, Origin(file=file.absolute()))
    return Catalog(classes, broken, origins)


@cache
def _installed() -> tuple[tuple[str, Origin], ...]:
    """Name and origin of each plugin in an installed package, by name; packages change only with a restart."""
    is_ours = cache(_is_ours)
    return tuple(
        (
            point.name,
            Origin(
                module=point.module,
                name=point.attr,
                built_in=point.module.startswith("plugins.") and is_ours(point.dist),
            ),
        )
        for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)
    )


def _is_ours(distribution: Distribution | None) -> bool:
    return distribution is not None and distribution.name == DISTRIBUTION


def imported(connector_class: type[Connector]) -> type[Connector]:
    """The plugin's own class, imported into this process. ConfigError if that fails."""
    if not issubclass(connector_class, HostedConnector):
        return connector_class
    try:
        loaded: type[Connector] = load_class(connector_class.origin)
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything while it is imported, SystemExit too
        raise ConfigError(_cannot_be_imported(error)) from None
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
        return None, _cannot_be_imported(error)


def _cannot_be_imported(error: BaseException) -> str:
    return f"it cannot be imported ({type(error).__name__}{place_in_plugin(error)}: {error})"
