"""Values that a filter of the list can have: trackers, sources, campaigns and tags of some companies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.model import MonthRollup, Tag, Tracker

MAX_SUGGESTED = 100
MAX_ROWS_READ = 5_000


@dataclass(frozen=True)
class Suggestions:
    """The values, each list sorted."""

    trackers: list[str]
    sources: list[str]
    campaigns: list[str]
    tags: list[str]


def suggestions(session: Session, companies: tuple[str, ...]) -> Suggestions:
    """The trackers and tags of some companies, and the sources and campaigns with the most calls in their reports."""
    trackers = select(Tracker.name).where(col(Tracker.company_id).in_(companies), col(Tracker.retired_at).is_(None))
    tags = select(Tag.name).where(col(Tag.company_id).in_(companies)).limit(MAX_ROWS_READ).subquery()
    return Suggestions(
        trackers=sorted(set(session.exec(trackers))),
        sources=_most_frequent(session, companies, "source"),
        campaigns=_most_frequent(session, companies, "campaign"),
        tags=sorted(session.execute(select_columns(tags.c.name).distinct().limit(MAX_SUGGESTED)).scalars()),
    )


def _most_frequent(session: Session, companies: tuple[str, ...], dimension: str) -> list[str]:
    value: Any = col(MonthRollup.value)
    query = (
        select_columns(value)
        .where(
            col(MonthRollup.company_id).in_(companies),
            col(MonthRollup.model) == "last",
            col(MonthRollup.dimension) == dimension,
            value != "",
        )
        .group_by(value)
        .order_by(func.sum(MonthRollup.calls).desc(), value)
        .limit(MAX_SUGGESTED)
    )
    return sorted(session.execute(query).scalars())
