"""The warnings and errors of the last 24 hours, in plain words. No line names a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from hub.config.models import Config
from hub.model import ErrorHour
from hub.queries.status.sentences import SENTENCES, UNKNOWN, Sentence

SHOWN_HOURS = 24
MAX_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class ErrorLine:
    """One kind of error: how often it happened, when last, and its words."""

    event: str
    connector: str
    title: str
    """Of the connector."""
    code: str
    count: int
    first_at: datetime
    last_at: datetime
    words: Sentence

    @property
    def happened(self) -> str:
        """What happened, with the connector's name."""
        return self.words.happened.format(connector=self.title or "A connector")


def recent_errors(session: Session, config: Config, names: Iterable[str], now: datetime) -> list[ErrorLine]:
    """The kinds of the last 24 hours, the newest first: those of no connector, and of connectors that serve companies
    with these `names`. Run it in a session of the hub."""
    served = set(names)
    error: Any = ErrorHour
    totals = (
        select(
            error.event, error.connector, error.code,
            func.sum(error.count), func.min(error.first_at), func.max(error.last_at),
        )
        .where(error.hour > now - timedelta(hours=SHOWN_HOURS))
        .group_by(error.event, error.connector, error.code)
        .order_by(func.max(error.last_at).desc())
        .limit(MAX_SHOWN)
    )  # fmt: skip
    lines = []
    for event, connector, code, count, first_at, last_at in session.execute(totals):
        entry = config.connectors.get(connector)
        if connector and (entry is None or not any(entry.serves(each) for each in served)):
            continue
        words = SENTENCES.get(event, UNKNOWN)
        title = config.connector_title(connector) if connector else ""
        lines.append(
            ErrorLine(
                event=event, connector=connector, title=title, code=code, count=int(count), first_at=first_at,
                last_at=last_at, words=words,
            )
        )  # fmt: skip
    return lines


def count_of(session: Session, event: str, now: datetime) -> int:
    """How often one event happened within the last 24 hours. Run it in a session of the hub."""
    error: Any = ErrorHour
    total = select(func.coalesce(func.sum(error.count), 0)).where(
        error.event == event, error.hour > now - timedelta(hours=SHOWN_HOURS)
    )
    return int(session.execute(total).scalar_one())
