"""Install, update and remove a plugin, with the audit entry inside."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from hub.contracts.connector import Connector
from hub.errors import CannotDo
from hub.platform.clock import Clock
from hub.plugin_host.packages.install import Fetched, fetched, install
from hub.plugin_host.packages.installed import InstalledPlugin, PluginFolder, Registry
from hub.plugin_host.packages.rights import asks_between
from hub.store import audit
from hub.store.connectors import hold_for_update, release_from_update
from hub.store.engine import Store


@dataclass(frozen=True)
class PluginChanges:
    """Changes the plugins of one hub: the folder that holds them, its database, and the person who does it."""

    store: Store
    place: PluginFolder
    actor: str
    clock: Clock

    def add(
        self, source: str, *, sha256: str = "", certificate: Path | None = None
    ) -> tuple[InstalledPlugin, type[Connector]]:
        """Install a plugin from a wheel on this machine or from the index. CannotDo says why it is refused."""
        with fetched(source, sha256, certificate) as found, self.place.changing() as registry:
            if (before := registry.plugins.get(found.name)) is not None:
                raise CannotDo(
                    f"The plugin {before.name} is installed already, in version {before.version}; run: hub plugins update "
                    f"{before.name} {source}"
                )
            made, connector_class = install(self.place, found, self.clock())
            registry.plugins[made.name] = made
            self._note("plugins.add", made, found.certificate.sentence if found.certificate else "no certificate")
        return made, connector_class

    def update(
        self,
        name: str,
        source: str,
        used_by: Collection[str],
        *,
        sha256: str = "",
        certificate: Path | None = None,
        accept: bool = False,
    ) -> InstalledPlugin:
        """Install another version of a plugin: `source` is a wheel or a package, or empty for the newest version. If it asks
        for more than the installed one and that is not accepted, it waits (`waiting` of what is returned), and the
        connectors that use the plugin are held, so that nothing is sent before a person decides."""
        old = _installed(self.place.read(), name)
        with fetched(source or old.distribution, sha256, certificate) as found, self.place.changing() as registry:
            old = _installed(registry, name)
            _refuse_another(old, found)
            made, _ = install(self.place, found, self.clock())
            asks = asks_between(old.rights, made.rights)
            if asks and not accept:
                held = old.model_copy(update={"waiting": made, "asks": asks})
                registry.plugins[name] = held
                self._hold(held, used_by)
                return held
            return self._use(registry, old, made, used_by)

    def accept(self, name: str, used_by: Collection[str]) -> InstalledPlugin:
        """Use the version that waits; the connectors go on. CannotDo if none waits."""
        with self.place.changing() as registry:
            old = _installed(registry, name)
            return self._use(registry, old, _waiting(old), used_by)

    def decline(self, name: str, used_by: Collection[str]) -> InstalledPlugin:
        """Stay with the installed version and remove the one that waits; the connectors go on."""
        with self.place.changing() as registry:
            old = _installed(registry, name)
            refused = _waiting(old)
            registry.plugins[name] = kept = old.model_copy(update={"waiting": None, "asks": ()})
            self._note("plugins.decline", refused, f"stays with {old.version}", release=used_by)
        return kept

    def remove(self, name: str, used_by: Collection[str]) -> None:
        """Remove a plugin and its folder. CannotDo if a connector of config.yaml uses it."""
        with self.place.changing() as registry:
            plugin = _installed(registry, name)
            if used_by:
                raise CannotDo(
                    f"The plugin {name} is used by {', '.join(used_by)}; remove that from config.yaml first."
                )
            del registry.plugins[name]
            self._note("plugins.remove", plugin)

    def _use(
        self, registry: Registry, old: InstalledPlugin, new: InstalledPlugin, used_by: Collection[str]
    ) -> InstalledPlugin:
        requested = "; ".join(each.sentence for each in asks_between(old.rights, new.rights))
        registry.plugins[old.name] = made = new.model_copy(update={"previous": old.folder})
        self._note(
            "plugins.update",
            made,
            f"from {old.version}; accepted: {requested or 'it asks for no more'}",
            release=used_by,
        )
        return made

    def _hold(self, plugin: InstalledPlugin, used_by: Collection[str]) -> None:
        new, now = _waiting(plugin), self.clock()
        requested = "; ".join(each.sentence for each in plugin.asks)
        reason = (
            f"{new.version} of {plugin.name} wants {requested}. Accept it with `hub plugins update {plugin.name} --accept`, or "
            f"stay with {plugin.version}: `hub plugins update {plugin.name} --decline`."
        )
        with self.store.writing() as session:
            for connector in used_by:
                hold_for_update(session, connector, reason, now)
            audit.note(session, now, self.actor, "plugins.hold", plugin.name, f"{_described(new)} wants {requested}")

    def _note(self, action: str, plugin: InstalledPlugin, more: str = "", release: Collection[str] = ()) -> None:
        with self.store.writing() as session:
            for connector in release:
                release_from_update(session, connector)
            detail = f"{_described(plugin)}{f', {more}' if more else ''}"
            audit.note(session, self.clock(), self.actor, action, plugin.name, detail)


def _installed(registry: Registry, name: str) -> InstalledPlugin:
    if name not in registry.plugins:
        raise CannotDo(f"No plugin {name} was installed with `hub plugins add`; see hub plugins list.")
    return registry.plugins[name]


def _waiting(plugin: InstalledPlugin) -> InstalledPlugin:
    if plugin.waiting is None:
        raise CannotDo(f"No update of {plugin.name} waits; version {plugin.version} is used.")
    return plugin.waiting


def _refuse_another(old: InstalledPlugin, found: Fetched) -> None:
    if found.name != old.name or found.wheel.distribution != old.distribution:
        raise CannotDo(
            f"{found.wheel.distribution} is the package of {found.name}; {old.name} was installed from {old.distribution}. "
            f"To change its package, remove {old.name} first."
        )
    if found.wheel.sha256 == old.sha256:
        raise CannotDo(f"{old.name} {old.version} is installed already, from the same wheel.")


def _described(plugin: InstalledPlugin) -> str:
    return f"{plugin.distribution} {plugin.version} sha256:{plugin.sha256}"
