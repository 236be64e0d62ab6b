"""Open what a process needs and close it in order: the configuration, the database, a hub with its sandboxes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hub.config.models import Config
from hub.contracts.sandbox import AdsSandbox, NumberSandbox
from hub.errors import ConfigError
from hub.numbers.accounts import write_accounts
from hub.numbers.directory import Directory, LiveDirectory
from hub.platform.clock import Clock, utc_now
from hub.platform.private_files import tighten
from hub.plugin_host.sandboxes import RunningSandboxes, start_sandboxes
from hub.runtime import Hub
from hub.sources.plugin_rules import known_sources
from hub.startup.assembly import assemble, private_paths
from hub.store.connectors import disabled_connectors, resume_within
from hub.store.dialects import beside
from hub.store.engine import explained
from hub.store.schema import current, refusal, revisions, upgrade
from hub.store.tombstones import refuse_unfinished

COLLECT_AFTER = 10_000
"""New objects before Python's collector looks for cycles. A batch makes a hundred thousand, hardly one of them in a cycle:
with Python's own 700, looking took two fifths of the batch's time."""


@dataclass(frozen=True)
class Opened:
    """A hub that is ready to work, with its directory and the running sandboxes of its connectors."""

    hub: Hub
    directory: LiveDirectory
    sandboxes: RunningSandboxes


@contextmanager
def open_hub(
    config: Config,
    clock: Clock | None = None,
    sandboxes: RunningSandboxes | None = None,
    *,
    alone: bool = False,
    copied: Directory | None = None,
) -> Iterator[Opened]:
    """A whole hub: sandboxes started, schema migrated, accounts written. `sandboxes` that already run are used unchanged.

    What its sandboxes hold, other processes of this hub hold too; the sandboxes of a hub that is `alone` keep it in memory.
    With a `copied` directory the database is away, and nothing is asked of it.
    """
    tighten(private_paths(config))
    gc.set_threshold(max(COLLECT_AFTER, gc.get_threshold()[0]))  # a short command has a higher one
    clock = clock or utc_now
    entries = {name: entry for name, entry in config.connectors.items() if entry.in_sandbox}
    own = sandboxes is None
    classes = {name: entry.connector_class for name, entry in entries.items()}
    running = sandboxes or start_sandboxes(classes, clock, folder=None if alone else sandbox_folder(config))
    try:
        _furnish(config, running)
        pointed = {name: entry.with_sandbox(running.settings(name)) for name, entry in entries.items()}
        hub = assemble(replace(config, connectors={**config.connectors, **pointed}), clock)
        try:
            with explained():
                if copied is None:
                    make_ready(hub)
                    with hub.store.writing() as session:
                        write_accounts(session, config, clock())
                    yield Opened(hub, LiveDirectory(hub.store, known_sources(hub)), running)
                else:
                    hub.store.outage.begin("at the start")
                    hub.store.outage.is_first_sight_due = True
                    yield Opened(hub, LiveDirectory(hub.store, copied=copied), running)
        finally:
            hub.close()
    finally:
        if own:
            running.stop()


@contextmanager
def open_beside(config: Config) -> Iterator[Hub]:
    """A hub that only reads, beside one that may run: its sandboxes keep what they hold in memory, nothing is migrated, and
    no account is written. ConfigError if the database is of another version's schema."""
    entries = {name: entry for name, entry in config.connectors.items() if entry.in_sandbox}
    with start_sandboxes({name: entry.connector_class for name, entry in entries.items()}, utc_now) as running:
        pointed = {name: entry.with_sandbox(running.settings(name)) for name, entry in entries.items()}
        hub = assemble(replace(config, connectors={**config.connectors, **pointed}))
        try:
            with explained():
                found = current(hub.store)
            if found is not None and (reason := refusal(found)):
                raise ConfigError(f"The database {reason}.")
            if found != revisions()[-1]:
                raise ConfigError(
                    f"The database is of schema {found or 'none'}, this version of {revisions()[-1]}; start the hub of this "
                    "version first, or run `hub upgrade`."
                )
            yield hub
        finally:
            hub.close()


def make_ready(hub: Hub) -> None:
    """Migrate the schema, and check that this hub may work on the database."""
    upgrade(hub.store, lambda: hub.vault)
    with hub.store.reading() as session:
        refuse_unfinished(session)
    _check_keys(hub)


def sandbox_folder(config: Config) -> Path | None:
    """Where the sandboxes of a configuration keep what they hold: beside an SQLite database, else beside config.yaml. None for
    a database in memory."""
    place = beside(config.hub.database, config.file)
    return Path(f"{place}-sandbox") if place else None


def follow(before: Opened, config: Config) -> Opened:
    """The hub of a changed configuration, which takes over the database and the sandboxes of the hub before it. The
    accounts in the database are those of `config` already. ConfigError if a connector cannot be made."""
    clock, sandboxes = before.hub.clock, before.sandboxes
    entries = {name: entry for name, entry in config.connectors.items() if entry.in_sandbox}
    sandboxes.join({name: entry.connector_class for name, entry in entries.items()}, clock)
    _furnish(config, sandboxes)
    pointed = {name: entry.with_sandbox(sandboxes.settings(name)) for name, entry in entries.items()}
    _enable_changed(before.hub, config)
    hub = assemble(replace(config, connectors={**config.connectors, **pointed}), clock, before.hub)
    return Opened(hub, LiveDirectory(hub.store, known_sources(hub)), sandboxes)


def _enable_changed(before: Hub, config: Config) -> None:
    """Give connectors that were disabled because their plugin ended too often, and whose entry or plugin has changed, another
    chance."""
    changed = {
        name for name, entry in config.connectors.items() if not entry.equals(before.config.connectors.get(name))
    }
    if before.store.outage.since is None and changed:
        with before.store.writing() as session:
            for name in changed & disabled_connectors(session).keys():
                resume_within(session, name)


def _check_keys(hub: Hub) -> None:
    """Raise ConfigError before the hub receives data that it could not store, or would encrypt with a second key."""
    if hub.keyring.newest:
        with hub.store.reading() as session:
            hub.vault.check(session)


def _furnish(config: Config, sandboxes: RunningSandboxes) -> None:
    """Make the customer's own numbers and conversion actions exist in the sandboxes."""
    for name in sandboxes:
        sandbox = sandboxes.of(name)
        if sandbox is None:
            continue
        with sandbox.shared():
            if isinstance(sandbox, NumberSandbox):
                trackers = [each for company in config.companies for each in company.trackers if each.carrier == name]
                for number in (number for each in trackers for number in each.numbers):
                    sandbox.know_number(number)
            if isinstance(sandbox, AdsSandbox):
                for destination in (rule.send_to[name] for rule in config.conversions if name in rule.send_to):
                    sandbox.know_destination(destination)
