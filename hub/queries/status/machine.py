"""The database, the disk, the versions, the newest backup and the clock."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select, text
from sqlmodel import Session

from hub.model import HUB_CHAIN, AuditEntry, HealthReport
from hub.platform.clock import utc_now
from hub.plugin_host.host.connector import unconfined
from hub.plugin_host.packages.foreign_packages import foreign_code
from hub.runtime import Hub
from hub.store.dialects import database_file, server_time, server_version
from hub.store.schema import fits, revisions
from hub.store.writers.health import DATABASE_BYTES, MONTH, RECORDING_BYTES, RECORDINGS_MONTH, WRITE_SECONDS
from hub.store.writers.vendor_recordings import open_recordings

BACKUPS = {"backup.data": "data", "backup.keys": "keys", "backup.drill": "drill"}
"""Audit entry → what was done: a backup, or a drill that passed."""
MAX_MONTHS = 1_200


@dataclass(frozen=True, kw_only=True)
class Disk:
    """One local folder that the hub writes to, and the space of its disk in bytes."""

    folder: str
    free: int
    total: int

    @property
    def used_share(self) -> float:
        """Between 0 and 1."""
        return 1 - self.free / self.total if self.total else 1.0


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the hub runs on. Sizes are in bytes; None if nothing has measured them yet."""

    hub_version: str
    python_version: str
    database: str
    revision: str | None
    needed: str
    fits: bool
    """Whether this version may work on the database's schema: its own, or a newer one that keeps it."""
    write_seconds: float | None
    database_bytes: float | None
    recording_bytes: float | None
    disks: tuple[Disk, ...]
    """Those of the database and of the recordings, if they are in local folders; one if both are on the same."""
    lasts: timedelta | None
    """How long recordings as frequent as in the last 30 days take to fill their disk; None if too little is known."""
    backup_at: datetime | None
    unconfined: str | None
    """Why plugins of others are not confined by this machine's kernel; None if they are, or if there are none."""
    foreign: tuple[str, ...]
    """What did not come with the hub and may run in its own process, a sentence each."""
    recorded: tuple[str, ...]
    """The connectors whose requests are being kept (`hub record`)."""
    now: datetime
    clock_ahead: timedelta | None
    """By how much this machine's clock is ahead of the database server's; None on SQLite."""

    @property
    def disk(self) -> Disk | None:
        """The fullest one."""
        return max(self.disks, key=lambda each: each.used_share, default=None)


def machine(session: Session, hub: Hub, now: datetime) -> Machine:
    """As it is now. Run it in a session of the hub."""
    report: Any = HealthReport
    reports = select(report.name, report.value).where(report.kind == "figure")
    figures = dict(session.execute(reports).all())
    found = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    disks = _disks(hub)
    return Machine(
        hub_version=hub_version(),
        python_version=platform.python_version(),
        database=server_version(session),
        revision=found,
        needed=revisions()[-1],
        fits=fits(hub.store),
        write_seconds=figures.get(WRITE_SECONDS),
        database_bytes=figures.get(DATABASE_BYTES),
        recording_bytes=figures.get(RECORDING_BYTES),
        disks=tuple(disks.values()),
        lasts=_lasts(hub, disks, figures.get(RECORDINGS_MONTH)),
        backup_at=newest_backups(session).get("data"),
        unconfined=unconfined(map(type, hub.plugins.connectors.values())),
        foreign=tuple(foreign_code(hub.config)),
        recorded=tuple(each.connector for each in open_recordings(session, now)),
        now=now,
        clock_ahead=_clock_ahead(session, hub),
    )


def newest_backups(session: Session) -> dict[str, datetime]:
    """`data`, `keys` and `drill` → when the newest backup was written, and when a drill last passed."""
    entry: Any = AuditEntry
    newest = select(entry.action, func.max(entry.at)).where(entry.chain == HUB_CHAIN, entry.action.in_(BACKUPS))
    return {BACKUPS[action]: at for action, at in session.execute(newest.group_by(entry.action))}


def hub_version() -> str:
    """The version of the installed package."""
    try:
        return version("ringfence")
    except PackageNotFoundError:
        return "unknown"


def _disks(hub: Hub) -> dict[int, Disk]:
    """The number of each local disk that the hub writes to → its space."""
    found: dict[int, Disk] = {}
    for folder in filter(None, (_recordings_folder(hub), _database_folder(hub))):
        with suppress(OSError):  # a folder that the first recording will make
            usage = shutil.disk_usage(folder)
            found.setdefault(Path(folder).stat().st_dev, Disk(folder=folder, free=usage.free, total=usage.total))
    return found


def _recordings_folder(hub: Hub) -> str | None:
    storage = hub.config.recordings.storage
    return None if urlsplit(storage).scheme else storage


def _database_folder(hub: Hub) -> str | None:
    file = database_file(hub.store.url)
    return str(file.parent) if file else None


def _lasts(hub: Hub, disks: Mapping[int, Disk], month: float | None) -> timedelta | None:
    folder = _recordings_folder(hub)
    disk = next((each for each in disks.values() if each.folder == folder), None)
    return MONTH * min(disk.free / month, MAX_MONTHS) if disk and month else None


def _clock_ahead(session: Session, hub: Hub) -> timedelta | None:
    server = server_time(session)
    return utc_now() - server if server else None
