"""Assembles a hub: settings, database, keys, and the connectors with their services."""

from __future__ import annotations

import stat
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from hub.config.models import Config, ConnectorEntry
from hub.config.readers.folders import data_folder
from hub.contracts.addresses import on_this_machine
from hub.contracts.connector import Connector, PluginSettings
from hub.contracts.oauth import TokenStore
from hub.contracts.services import Memory, Services
from hub.platform.clock import Clock, utc_now
from hub.platform.disk import Disk
from hub.platform.liveness import Liveness
from hub.plugin_host.host.connector import HostedConnector
from hub.plugin_host.host.shapes import secrets_in
from hub.plugin_host.http_client import lazy_client
from hub.plugin_host.network.reachable_hosts import ReachableHosts, declared_hosts
from hub.plugin_host.plugin_texts.plugin_log import PluginLog
from hub.plugin_host.plugin_texts.scrubber import LearningTokens, Scrubber
from hub.plugin_host.registry import Plugins
from hub.plugin_host.violations import ManifestViolations
from hub.runtime import Hub, webhook_url
from hub.store.blob_store import BlobStore
from hub.store.connectors import SANDBOX_KEYRING, StoredNotes, StoredSwitch, StoredTokens
from hub.store.dialects import database_file
from hub.store.encryption.keyfile import keyring_of
from hub.store.encryption.keyring import Keyring
from hub.store.encryption.vault import Vault
from hub.store.engine import Store
from hub.store.heartbeat import Heartbeat
from hub.store.journal.ends_file import FILE_ENDING, ends_file_of
from hub.store.owner_consent import consented
from hub.store.spool import Spool, spool_file
from hub.store.tombstones import journal_of
from hub.store.writers.vendor_recordings import StoredRecordings


def assemble(config: Config, clock: Clock = utc_now, before: Hub | None = None) -> Hub:
    """Make a hub from a checked config; every connector is made, none is called. ConfigError if one is invalid. It takes over
    the database, the spool and the disk of the hub `before` it."""
    keyring = keyring_of(config.hub)
    store = before.store if before else Store(config.hub.database, lambda: keyring, ends_file_of(config.hub), clock)
    refusals = ManifestViolations(clock)
    connectors = [
        make_connector(entry, config, store, keyring, clock, refusals) for entry in config.connectors.values()
    ]
    liveness = Liveness()
    blob_store = BlobStore(config.recordings.storage, config.recordings.options)
    return Hub(
        config,
        store,
        Plugins(connectors, partial(consented, store), StoredRecordings(store, clock)),
        keyring,
        Vault(keyring, clock),
        blob_store,
        clock,
        Heartbeat(store, clock, liveness=liveness),
        refusals,
        liveness,
        before.spool if before else Spool(spool_file(config.hub, config.file), keyring),
        before.disk if before else Disk(data_folder(config.hub, config.file), config.hub.disk_reserve),
    )


def private_paths(config: Config) -> list[Path]:
    """The files and folders of this machine that only the hub uses: the database of SQLite, the spool, the journal of erased
    people, the file of the journal's ends, the recordings, what sandboxes hold, and the folder of the database, unless other
    programs may use that folder."""
    paths: list[Path] = []
    if (file := database_file(config.hub.database)) is not None:
        paths += [Path(f"{file}{ending}") for ending in ("", "-wal", "-shm", "-sandbox")]
        paths += [file.with_name(f".{file.name}.locks")]
        paths += [] if _is_shared(file.parent, config) else [file.parent]
    if (spool := spool_file(config.hub, config.file)) is not None:
        paths += [spool, spool.with_name(f"{spool.name.removesuffix('.spool')}.copy")]
    if (journal := journal_of(config.hub)) is not None:
        paths += [journal, journal.with_suffix(FILE_ENDING)]
    return paths if urlsplit(config.recordings.storage).scheme else [*paths, Path(config.recordings.storage)]


def _is_shared(folder: Path, config: Config) -> bool:
    """Whether other programs may use the folder: the home or working folder, that of config.yaml, or one for temporary
    files."""
    of_others = {Path.cwd(), Path.home(), *([config.file.resolve().parent] if config.file else [])}
    return folder.resolve() in of_others or (folder.exists() and bool(folder.stat().st_mode & stat.S_ISVTX))


def make_connector(
    entry: ConnectorEntry, config: Config, store: Store, keyring: Keyring, clock: Clock, refusals: ManifestViolations
) -> Connector:
    """A connector with its services; nothing is called."""
    connector = connector_with(
        entry.name,
        entry.connector_class,
        entry.settings,
        config,
        clock=clock,
        refusals=refusals,
        tokens=StoredTokens(store, SANDBOX_KEYRING if entry.in_sandbox else keyring, clock, entry.name),
        memory=StoredNotes(store, entry.name),
        stand_in=entry.in_sandbox,
    )
    if isinstance(connector, HostedConnector):
        connector.supervised(
            StoredSwitch(store, entry.name, clock),
            entry.common.memory_mb,
            own_clock=clock is utc_now,
        )
    return connector


def connector_with(
    name: str,
    connector_class: type[Connector],
    settings: PluginSettings,
    config: Config,
    *,
    clock: Clock,
    refusals: ManifestViolations,
    tokens: TokenStore,
    memory: Memory,
    stand_in: bool = False,
) -> Connector:
    """A connector with these settings, whether it is in config.yaml or not; nothing is called. It reaches this
    machine only if a `stand_in` replaces its provider, if `hub.private_hosts` names it, or at its own default if it is built
    in."""
    manifest = connector_class.manifest
    scrubber = Scrubber(secrets_in(settings))
    foreign = issubclass(connector_class, HostedConnector) and not connector_class.origin.built_in
    hosts = ReachableHosts(
        name,
        declared_hosts(manifest, settings),
        private=config.hub.private_hosts,
        loopback=stand_in or not (foreign or any(on_this_machine(type(settings), settings))),
        refused=lambda host: refusals.note(name, "host", scrubber.text(host)),
    )
    services = Services(
        clock=clock,
        http=lazy_client(name, hosts, tls_only=connector_class.enriches()),
        tokens=LearningTokens(tokens, scrubber),
        memory=memory,
        log=PluginLog(name, scrubber),
        webhook_url=webhook_url(config, name),
    )
    connector = connector_class(name, settings, services)
    if isinstance(connector, HostedConnector):
        connector.supervised(hosts=hosts)
    return connector
