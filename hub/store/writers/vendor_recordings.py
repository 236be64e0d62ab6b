"""Which connectors are recorded (`hub record`): the rows, and the switch that all processes share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import bindparam, delete, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from hub.model.syncs import VendorRecording
from hub.plugin_host.vendor_exchanges.recorder import ExchangeRecording
from hub.store.dialects import upsert
from hub.store.engine import Store
from hub.store.rows import count_changed

RENEWED = ["folder", "key", "started_at", "until", "exchanges_left"]


class StoredRecordings:
    """The recordings in the database. What is on is read by `refresh`, and for the first time when it is first needed, so that
    no ringing call waits for the database."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._on: dict[str, ExchangeRecording] | None = None

    def refresh(self) -> None:
        """Read which are on; none are while the database is away."""
        try:
            with self._store.reading() as session:
                rows = open_recordings(session, self._clock())
        except SQLAlchemyError:
            rows = []
        self._on = {
            each.connector: ExchangeRecording(each.connector, Path(each.folder), each.until, each.key) for each in rows
        }

    def recording_of(self, connector: str) -> ExchangeRecording | None:
        """The recording of a connector, if it is on now."""
        if self._on is None:
            self.refresh()
        found = (self._on or {}).get(connector)
        return found if found is not None and self._clock() < found.until else None

    def take(self, connector: str, count: int) -> bool:
        """Count exchanges, in one statement for all processes; whether they may be kept. The first that are too many end it."""
        left = col(VendorRecording.exchanges_left)
        mine = update(VendorRecording).where(
            col(VendorRecording.connector) == connector, col(VendorRecording.until) > self._clock()
        )
        with self._store.writing() as session:
            taken = bool(count_changed(session, mine.where(left >= count).values(exchanges_left=left - count)))
            if not taken:
                session.execute(mine.values(exchanges_left=0))
        if not taken:
            self.refresh()
        return taken


def open_recordings(session: Session, now: datetime) -> list[VendorRecording]:
    """The recordings that are on, by their connectors."""
    return list(session.exec(_ON, params={"now": now}))


_ON = (
    select(VendorRecording)
    .where(col(VendorRecording.until) > bindparam("now"), col(VendorRecording.exchanges_left) > 0)
    .order_by(col(VendorRecording.connector))
)


def put_recording(session: Session, row: VendorRecording) -> None:
    """Begin a recording, in place of an earlier one of the same connector."""
    upsert(session, VendorRecording.__table__, [row.model_dump()], ["connector"], replace=RENEWED)


def delete_recordings(session: Session, connectors: list[str]) -> list[str]:
    """End recordings; those that there were."""
    these = col(VendorRecording.connector).in_(connectors)
    ended = list(session.exec(select(VendorRecording.connector).where(these).with_for_update()).all())
    session.execute(delete(VendorRecording).where(these))
    return ended


def over_recordings(session: Session, now: datetime) -> list[str]:
    """The connectors whose recording has ended, although its row is still there."""
    over = (col(VendorRecording.until) <= now) | (col(VendorRecording.exchanges_left) <= 0)
    return list(session.exec(select(VendorRecording.connector).where(over)).all())
