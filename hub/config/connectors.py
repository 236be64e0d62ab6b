"""`connectors:` of config.yaml: the common keys, the plugin behind each, and the plugin's own settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatch
from typing import Protocol
from urllib.parse import urlsplit

from hub.config.document import Path
from hub.config.error_messages import describe, nearest, secret_paths
from hub.config.models import ConnectorCommon, ConnectorEntry
from hub.config.parts import CONNECTOR_NAME, Parts
from hub.config.reading import Reading
from hub.contracts.addresses import in_clear, is_in_own_network, on_this_machine, web_addresses
from hub.contracts.connector import Connector, PluginSettings
from hub.errors import ConfigError

COMMON = tuple(ConnectorCommon.model_fields)


class Installed(Protocol):
    """What `discover` reports about the installed plugins."""

    @property
    def classes(self) -> Mapping[str, type[Connector]]:
        """Plugin name → its connector class."""

    @property
    def broken(self) -> Mapping[str, str]:
        """Plugin name → why it cannot be used, in one sentence."""

    def isolated(self, plugin: str, isolation: str | None) -> type[Connector]:
        """The class of an installed plugin for one value of `isolation:`."""

    def disabled(self, plugin: str, reason: str) -> type[Connector] | None:
        """The class that stands for a plugin which cannot be used; None for one that must not be there."""


MayBreak = Callable[[str], bool]
"""Whether a connector of this name may have a plugin that cannot be used: it is disabled then, and everything else runs."""


def nobody_may(name: str) -> bool:
    """A configuration that somebody proposes names plugins that work."""
    return False


def read_connectors(
    reading: Reading,
    value: object,
    installed: Installed,
    parts: Parts,
    private_hosts: Sequence[str] = (),
    may_break: MayBreak = nobody_may,
) -> None:
    """Add every valid connector of `value` to `parts`; report the problems of the others. Without a carrier that works no call
    can be answered, and then those that are broken are problems too."""
    if value is None:
        reading.tell(("connectors",), "is missing; write `connectors:` with at least a carrier in it")
        return
    if not isinstance(value, dict):
        reading.tell(("connectors",), f"found {describe(value)}; expected a name and its settings for each connector")
        return
    for name, item in value.items():
        parts.connector_names.append(name)
        entry = _connector(reading, name, item, installed, parts, may_break)
        if entry is not None and not entry.in_sandbox:
            _refuse_this_machine(reading, entry, private_hosts)
            _refuse_outsiders(reading, entry)
        if entry is not None:
            parts.connectors[name] = entry
    carriers = [entry for entry in parts.connectors.values() if entry.kind == "carrier"]
    for entry in carriers if all(each.broken for each in carriers) else ():
        reading.tell(("connectors", entry.name, "plugin"), _cannot_be_used(entry.common.plugin, entry.broken))


def _cannot_be_used(plugin: str, reason: object) -> str:
    return f"the plugin {plugin!r} cannot be used: {reason}"


def _connector(
    reading: Reading, name: str, value: object, installed: Installed, parts: Parts, may_break: MayBreak
) -> ConnectorEntry | None:
    path: Path = ("connectors", name)
    if not CONNECTOR_NAME.fullmatch(name):
        reading.tell(path, "is not a valid connector name; use lowercase letters, digits, - and _")
    if not isinstance(value, dict):
        reading.tell(path, f"found {describe(value)}; expected at least `plugin:` in it")
        return None
    common = reading.section(ConnectorCommon, {key: value[key] for key in COMMON if key in value}, path)
    parts.add(path, common)
    isolation = common.isolation if common else None
    connector_class = _plugin(reading, value.get("plugin"), path, installed, isolation, may_break(name))
    if connector_class is None:
        return None
    parts.connector_classes[name] = connector_class
    if getattr(connector_class, "broken", "") and common is not None:
        # Nobody knows which of its settings are secrets, so none is kept.
        reading.forgiven |= {place for place in reading.references.missing if place[: len(path)] == path}
        none = connector_class.Settings()
        return ConnectorEntry(name=name, common=common, connector_class=connector_class, written={}, checked=none)
    in_sandbox = _in_sandbox(reading, connector_class, path, wanted=value.get("sandbox") is True)
    own = {key: item for key, item in value.items() if key not in COMMON}
    checked = None
    if in_sandbox:
        own = _for_sandbox(reading, connector_class, own, path)
        reading.section(connector_class.Settings, own, path, partial=True, more_keys=COMMON)
    else:
        reading.refuse_clear_secrets(connector_class.Settings, path)
        checked = reading.section(connector_class.Settings, own, path, more_keys=COMMON)
        _refuse_addresses_in_clear(reading, connector_class, checked or own, path)
    if common is not None and common.keep is not None and not connector_class.enriches():
        reading.tell((*path, "keep"), "this plugin returns no facts about callers that could be kept; remove the line")
    if common is None or (checked is None and not in_sandbox):
        return None
    return ConnectorEntry(
        name=name,
        common=common,
        connector_class=connector_class,
        in_sandbox=in_sandbox,
        written=own,
        checked=checked,
    )


def _refuse_addresses_in_clear(
    reading: Reading, connector_class: type[Connector], settings: PluginSettings | Mapping[str, object], path: Path
) -> None:
    """Data about callers is fetched over TLS only. A data service on this machine is a sandbox, which `sandbox:
    true` starts."""
    if not connector_class.enriches():
        return
    for name, address in web_addresses(settings):
        if in_clear(address) or (connector_class.manifest.kind == "enrichment" and address.startswith("http://")):
            reading.tell((*path, name), "data about callers is fetched over TLS only; write an https:// address")


def _refuse_this_machine(reading: Reading, entry: ConnectorEntry, private_hosts: Sequence[str]) -> None:
    """What listens on this machine is not a provider, unless the operator says so."""
    for name, host in on_this_machine(entry.connector_class.Settings, entry.checked):
        if not any(fnmatch(host, pattern) for pattern in private_hosts):
            words = f"{host} is this machine; add it to hub.private_hosts, or write `sandbox: true` for the stand-in"
            reading.tell(("connectors", entry.name, name), words)


def _refuse_outsiders(reading: Reading, entry: ConnectorEntry) -> None:
    """What a plugin that says that nobody receives anything is pointed at."""
    if entry.connector_class.manifest.recipient.role != "none":
        return
    for name, address in web_addresses(entry.checked):
        if not is_in_own_network(urlsplit(address).hostname):
            words = (
                "is outside your own network; write a private IP address, or a name that ends with .internal, .local, .lan or "
                ".home.arpa: this plugin asks for no consent, because nobody else gets what it is given"
            )
            reading.tell(("connectors", entry.name, name), words)


def _plugin(
    reading: Reading, plugin: object, path: Path, installed: Installed, isolation: str | None, may_break: bool
) -> type[Connector] | None:
    if not isinstance(plugin, str):
        return None  # reported by ConnectorCommon
    reason = installed.broken.get(plugin, "")
    if plugin in installed.classes:
        try:
            return installed.isolated(plugin, isolation)
        except ConfigError as error:
            reason = str(error)
    if not reason:
        known = nearest(plugin, sorted({*installed.classes, *installed.broken}), "installed are")
        reading.tell((*path, "plugin"), f"no plugin {plugin!r} is installed; {known}")
        return None
    found = installed.disabled(plugin, reason) if may_break else None
    if found is None:
        reading.tell((*path, "plugin"), _cannot_be_used(plugin, reason))
    return found


def _in_sandbox(reading: Reading, connector_class: type[Connector], path: Path, wanted: bool) -> bool:
    if not wanted and not reading.sandbox:
        return False
    try:
        stand_in = connector_class.sandbox_class()
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything while it is imported, SystemExit too
        reading.tell(path, f"the plugin's sandbox cannot be imported ({type(error).__name__}); reinstall the plugin")
        return True
    if stand_in is None and wanted:
        reading.tell((*path, "sandbox"), "this plugin has no sandbox; remove the line")
    return wanted or stand_in is not None


def _for_sandbox(
    reading: Reading, connector_class: type[Connector], own: dict[str, object], path: Path
) -> dict[str, object]:
    """The settings as written, without secrets, URLs and unresolved references: the sandbox has its own values, and
    no data may reach the real provider."""
    gone = {inner[0] for inner in secret_paths(connector_class.Settings, own)}
    gone |= {key for key, item in own.items() if isinstance(item, str) and "://" in item}
    for place in reading.references.missing:
        if place[: len(path)] == path and place[len(path)] in own:
            gone.add(place[len(path)])
            reading.forgiven.add(place)
    return {key: item for key, item in own.items() if key not in gone}
