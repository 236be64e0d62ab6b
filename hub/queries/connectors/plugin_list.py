"""The installed plugins: who wrote each, how it runs, which hosts it may reach, and what it is given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from hub.config.models import Config
from hub.contracts.connector import Connector
from hub.contracts.manifest import Manifest
from hub.platform.fields import from_fields
from hub.plugin_host.discovery import Catalog
from hub.plugin_host.host.connector import HostedConnector, unconfined
from hub.plugin_host.packages.foreign_packages import start_file_warnings
from hub.plugin_host.packages.installed import InstalledPlugin
from hub.plugin_host.packages.plugin_warnings import packages_without_plugin, slips
from hub.plugin_host.packages.rights import Ask

Source = Literal["built in", "package", "file"]
Isolation = Literal["thread", "process"]


@dataclass(frozen=True, kw_only=True)
class PluginUpdate:
    """A newer version that waits until a person accepts what it asks for."""

    version: str
    asks: tuple[Ask, ...]
    certificate: str


@dataclass(frozen=True, kw_only=True)
class PluginRow:
    """One plugin that can be used."""

    name: str
    title: str
    kind: str
    source: Source
    """Whether it came with the hub, was installed by `hub plugins add`, or is a file of `plugin_dirs`."""
    distribution: str
    version: str
    author: str
    isolation: Isolation
    """`thread`: it runs in the hub itself, for at least one of its connectors if it has any."""
    connectors: tuple[str, ...]
    hosts: tuple[str, ...]
    data: tuple[str, ...]
    """The fields about people that it is given."""
    summary: str
    certificate: str = ""
    """What its signed certificate says, in a sentence; empty if it has none."""
    passed: bool | None = None
    """Whether its certificate says that all promises hold; None if it has none."""
    update: PluginUpdate | None = None


@dataclass(frozen=True, kw_only=True)
class PluginList:
    """What the command, the page and `--json` show."""

    plugins: tuple[PluginRow, ...]
    broken: dict[str, str]
    """Plugin → why it cannot be used."""
    warnings: tuple[str, ...] = ()

    @property
    def of_others(self) -> tuple[PluginRow, ...]:
        """Those that did not come with the hub."""
        return tuple(each for each in self.plugins if each.source != "built in")


def plugin_list(catalog: Catalog, config: Config | None) -> PluginList:
    """The plugins of a machine, and how the connectors of a configuration, if there is one, run them."""
    rows = [_row(name, made, catalog, config) for name, made in catalog.classes.items()]
    rows.sort(key=lambda row: (row.kind, row.name))
    why = unconfined(catalog.classes.values())
    packages = (*start_file_warnings(), *packages_without_plugin())
    warnings = (*catalog.passed_over, *slips(catalog), *([why] if why else []), *packages)
    return PluginList(plugins=tuple(rows), broken=dict(catalog.broken), warnings=warnings)


def _row(name: str, made: type[Connector], catalog: Catalog, config: Config | None) -> PluginRow:
    package, origin, manifest = catalog.packages.get(name), catalog.origins[name], made.manifest
    entries = [each for each in config.connectors.values() if each.common.plugin == name] if config else []
    used = [each.connector_class for each in entries] or [made]
    file = origin.file.name if origin.file else ""
    return from_fields(
        PluginRow,
        manifest,
        title=manifest.label,
        source="built in" if origin.built_in else "package" if package else "file",
        distribution=package.distribution if package else "ringfence" if origin.built_in else file,
        author=package.author if package else "",
        isolation="process" if all(issubclass(each, HostedConnector) for each in used) else "thread",
        connectors=tuple(each.name for each in entries),
        data=fields_of(manifest),
        certificate=_certificate(package),
        passed=package.certificate.passed if package and package.certificate else None,
        update=_update(package),
    )


def _certificate(package: InstalledPlugin | None) -> str:
    return package.certificate.sentence if package and package.certificate else ""


def _update(package: InstalledPlugin | None) -> PluginUpdate | None:
    if package is None or package.waiting is None:
        return None
    new = package.waiting
    return PluginUpdate(version=new.version, asks=package.asks, certificate=_certificate(new))


def fields_of(manifest: Manifest) -> tuple[str, ...]:
    """The fields that a plugin is given, each once, in the order of its flows; a hidden one with its transform."""
    return tuple(dict.fromkeys(_fields(manifest)))


def _fields(manifest: Manifest) -> Iterable[str]:
    for flow in manifest.flows:
        for share in flow.shares:
            hidden = share.transform_name
            yield share.field if hidden == "plain" else f"{share.field} ({hidden})"
