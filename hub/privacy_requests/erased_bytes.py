"""What erasures leave in the database's files is overwritten: after each one, and again until it has succeeded."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, func, select

from hub.errors import RetryLater
from hub.model import PrivacyRequest, Tombstone
from hub.runtime import Hub
from hub.store.vacuum import scrub

log = structlog.get_logger(__name__)
TABLES = ("identity_proof", "person_key", "privacy_request", "request_task")
"""The tables in which a request holds what it knows of the person until it is closed."""
ERASURES = ("erasure", "child")
RETRY_SECONDS = 5


def clear_now(hub: Hub) -> None:
    """Overwrite what the erasure that has just ended left. If that fails, `ErasedBytes` tries it again."""
    try:
        scrub(hub.store, TABLES)
    except DBAPIError as error:
        log.warning("erased bytes are not overwritten yet", error=type(error).__name__)


class ErasedBytes:
    """A periodic job: if somebody was erased since its last success, in this process or another one, it clears the files."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._cleared: tuple[datetime | None, datetime | None] = None, None

    def clear(self) -> None:
        """RetryLater while a reader of SQLite still needs the log that the person is in."""
        with self._hub.store.reading() as session:
            newest = _newest(session)
        if newest == self._cleared:
            return
        if not scrub(self._hub.store, TABLES):
            raise RetryLater("Somebody reads the database; its log cannot be emptied yet.", RETRY_SECONDS)
        self._cleared = newest


def _newest(session: Session) -> tuple[datetime | None, datetime | None]:
    """When a person was last erased here, and when an erasure was last closed."""
    closed = select(func.max(PrivacyRequest.closed_at)).where(col(PrivacyRequest.kind).in_(ERASURES))
    return session.exec(select(func.max(Tombstone.at))).one(), session.exec(closed).one()
