"""What an upgrade of the software would do to a hub: its migrations tried on a copy, and what else should be right before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from hub.backup.trials.copy_database import Progress, copy, counts, size_of
from hub.backup.trials.scratch import refuse_full_disk, scratch
from hub.config.models import Config
from hub.config.readers.folders import plugin_places
from hub.errors import CannotDo, ConfigError, RingfenceError
from hub.model.columns import UTCTime
from hub.plugin_host.discovery import discover
from hub.startup.database import Configured, read_outline
from hub.startup.reading import read_config
from hub.store import audit
from hub.store.dialects import database_file
from hub.store.encryption.vault import Vault
from hub.store.engine import Store
from hub.store.schema import current, oldest_kept, pending, refusal, revisions, upgrade

State = Literal["fine", "warning", "wrong"]
OLD_BACKUP = timedelta(days=1)
GROWTH = 3
"""How many times a SQLite database's size its copy may take while tables are rebuilt."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, in a sentence."""

    what: str
    state: State
    text: str


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The migrations as they ran on a copy: seconds for the copy and for the migrations, and tables whose rows changed in
    number, before and after."""

    bytes: int
    copy_seconds: float
    migration_seconds: float
    changed: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """What an upgrade would do. `found` is None for an empty database."""

    found: str | None
    target: str
    migrations: Sequence[tuple[str, str]]
    trial: Trial | None
    findings: Sequence[Finding]

    @property
    def is_safe(self) -> bool:
        """Whether nothing is wrong."""
        return all(each.state != "wrong" for each in self.findings)


@dataclass(frozen=True, kw_only=True)
class Try:
    """How the migrations are tried: not above `max_bytes`; in `folder`, and in `database` if the role may not make one."""

    wanted: bool
    max_bytes: int
    folder: Path | None
    database: str | None
    seconds: Callable[[], float]
    progress: Progress = lambda *_: None


def check_upgrade(path: Path, vault_of: Callable[[Configured], Vault], now: datetime, how: Try) -> Upgrade:
    """Look at the configuration, the plugins, the database and the backups. Nothing of the hub is changed. ConfigError if
    `hub:` of config.yaml cannot be read, or if the database does not answer."""
    findings = [*_config_findings(path)]
    outline = read_outline(path)
    target = revisions()[-1]
    if is_missing(outline.hub.database):
        findings.append(_schema_finding(None, target, 0))
        return Upgrade(found=None, target=target, migrations=(), trial=None, findings=findings)
    store = Store(outline.hub.database)
    trial: Trial | None = None
    try:
        found = current(store)
        migrations = pending(found) if found in revisions() and found is not None else []
        findings.append(_schema_finding(found, target, len(migrations)))
        if migrations and found is not None:
            findings.append(_rolling_finding(found))
        if migrations and found is not None and how.wanted:
            trial, finding = _tried(store, outline, found, lambda: vault_of(outline), path, how)
            findings.append(finding)
        if found is not None:
            findings += _backup_findings(store, now)
    finally:
        store.close()
    return Upgrade(found=found, target=target, migrations=migrations, trial=trial, findings=findings)


def upgrade_now(store: Store, vault: Callable[[], Vault], now: datetime, actor: str) -> tuple[str | None, str]:
    """Migrate the schema, alone among all processes; the revisions before and after."""
    found, target = current(store), revisions()[-1]
    if upgrade(store, vault) and found is not None:
        with store.writing() as session:
            audit.note(session, now, actor, "schema.upgrade", target, f"from {found}")
    return found, target


def is_missing(database: str) -> bool:
    """Whether the database is a file that is not there; to open it would make it."""
    file = database_file(database)
    return file is not None and not file.exists()


def _config_findings(path: Path) -> list[Finding]:
    """Whether this version takes config.yaml, and which plugins it cannot load."""
    config: Config | None = None
    try:
        config = read_config(path)
        found = [Finding("config.yaml", "fine", "This version takes it as it is.")]
    except ConfigError as error:
        found = [Finding("config.yaml", "wrong", str(each)) for each in error.problems]
        found = found or [Finding("config.yaml", "wrong", str(error))]
    broken = discover(plugin_places(config) if config else ()).broken
    used = {entry.common.plugin for entry in config.connectors.values()} if config else set()
    found += [
        Finding(f"plugin {name}", "wrong" if name in used else "warning", f"It cannot be loaded: {reason}")
        for name, reason in sorted(broken.items())
    ]
    if config and not broken:
        found.append(Finding("plugins", "fine", "All load."))
    return found


def _schema_finding(found: str | None, target: str, lacking: int) -> Finding:
    if found is None:
        return Finding("schema", "fine", f"The database is empty; the first start makes schema {target}.")
    if found == target:
        return Finding("schema", "fine", f"The database is of schema {target} already; nothing is migrated.")
    if reason := refusal(found):
        return Finding("schema", "wrong", f"The database {reason}.")
    return Finding("schema", "fine", f"{found} → {target}: {lacking} migrations run.")


def _rolling_finding(found: str) -> Finding:
    if found >= oldest_kept():
        return Finding(
            "processes", "fine", "Those of the version that runs go on meanwhile; restart them one by one after it."
        )
    return Finding(
        "processes", "warning",
        "Those of the version that runs cannot work on the new schema: stop the workers before, and restart the rest at once.",
    )  # fmt: skip


def _tried(
    store: Store, outline: Configured, found: str, vault: Callable[[], Vault], path: Path, how: Try
) -> tuple[Trial | None, Finding]:
    size = size_of(store)
    if size > how.max_bytes:
        return None, Finding(
            "trial",
            "warning",
            f"Not tried: the database has {size / 1e9:,.1f} GB; raise --max-gb to try it all the same.",
        )
    parent = how.folder or _parent(store, path)
    try:
        if database_file(store.url) is not None:
            refuse_full_disk(parent, GROWTH * size, 0)
        with scratch(store, parent, how.database) as made:
            trial = _run(store, made.database, found, vault, size, how)
    except CannotDo:
        raise
    except (RingfenceError, SQLAlchemyError) as error:
        why = str(error) if isinstance(error, RingfenceError) else str(getattr(error, "orig", error)).splitlines()[0]
        return None, Finding("trial", "wrong", f"The migrations fail on a copy: {why}")
    return trial, Finding(
        "trial", "fine",
        f"They ran on a copy of {size / 1e6:,.0f} MB in {trial.migration_seconds:,.1f} s "
        f"(the copy took {trial.copy_seconds:,.1f} s).",
    )  # fmt: skip


def _run(store: Store, database: str, found: str, vault: Callable[[], Vault], size: int, how: Try) -> Trial:
    begun = how.seconds()
    copy(store, database, found, how.progress)
    copied = how.seconds()
    tried = Store(database)
    try:
        before = counts(tried)
        started = how.seconds()
        upgrade(tried, vault)
        ended = how.seconds()
        after = counts(tried)
    finally:
        tried.close()
    names = sorted(before.keys() | after.keys())
    pairs = {name: (before.get(name, 0), after.get(name, 0)) for name in names}
    return Trial(
        bytes=size,
        copy_seconds=copied - begun,
        migration_seconds=ended - started,
        changed={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
    )


def _parent(store: Store, path: Path) -> Path:
    return (database_file(store.url) or path.absolute()).parent


def _backup_findings(store: Store, now: datetime) -> list[Finding]:
    """How old the newest backups are, whatever the schema is."""
    found = []
    with store.reading() as session:
        for kind, words in (("data", "data"), ("keys", "people's keys")):
            at = _newest(session, f"backup.{kind}")
            if at is None:
                found.append(
                    Finding("backup", "warning", f"There is no backup of {words}; make one before (hub backup).")
                )
            elif now - at > OLD_BACKUP:
                days = (now - at) // timedelta(days=1)
                found.append(
                    Finding("backup", "warning", f"The newest backup of {words} is {days} days old; make one before.")
                )
            else:
                found.append(Finding("backup", "fine", f"The newest backup of {words} is of {at:%Y-%m-%d %H:%M} UTC."))
    return found


def _newest(session: Session, action: str) -> datetime | None:
    query = text("SELECT at FROM audit_entry WHERE action = :action ORDER BY at DESC LIMIT 1").columns(at=UTCTime())
    found: datetime | None = session.execute(query, {"action": action}).scalar()
    return found
