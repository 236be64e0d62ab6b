"""Install, update and remove a plugin, with the audit entry inside."""

from __future__ import annotations

from collections.abc import Collection

from hub.contracts.connector import Connector
from hub.errors import CannotDo
from hub.platform.clock import Clock
from hub.plugin_host.packages.install import fetched, install
from hub.plugin_host.packages.installed import InstalledPlugin, PluginFolder
from hub.store import audit
from hub.store.engine import Store


def add_plugin(
    store: Store, place: PluginFolder, source: str, actor: str, clock: Clock, *, sha256: str = ""
) -> tuple[InstalledPlugin, type[Connector]]:
    """Install a plugin from a wheel on this machine or from the index. CannotDo says why it is refused."""
    with fetched(source, sha256) as found, place.changing() as registry:
        if (before := registry.plugins.get(found.name)) is not None:
            raise CannotDo(
                f"The plugin {before.name} is installed already, in version {before.version}; run: hub plugins update "
                f"{before.name} {source}"
            )
        made, connector_class = install(place, found, clock())
        registry.plugins[made.name] = made
        with store.writing() as session:
            audit.note(session, clock(), actor, "plugins.add", made.name, _described(made))
    return made, connector_class


def remove_plugin(
    store: Store, place: PluginFolder, name: str, used_by: Collection[str], actor: str, clock: Clock
) -> None:
    """Remove a plugin and its folder. CannotDo if a connector of config.yaml uses it."""
    with place.changing() as registry:
        if name not in registry.plugins:
            raise CannotDo(f"No plugin {name} was installed with `hub plugins add`; see hub plugins list.")
        if used_by:
            raise CannotDo(f"The plugin {name} is used by {', '.join(used_by)}; remove that from config.yaml first.")
        removed = registry.plugins.pop(name)
        with store.writing() as session:
            audit.note(session, clock(), actor, "plugins.remove", name, _described(removed))


def _described(plugin: InstalledPlugin) -> str:
    return f"{plugin.distribution} {plugin.version} sha256:{plugin.sha256}"
