"""Values that a filter of the list can have: trackers, sources, campaigns and tags of some companies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.contracts.titles import campaign_title, origin_title, tracker_title
from hub.model import Tag, Tracker, YearRollup

MAX_SUGGESTED = 100
MAX_ROWS_READ = 5_000


@dataclass(frozen=True)
class Suggestions:
    """The values; those of trackers, sources and campaigns with their titles, sorted by them."""

    trackers: dict[str, str]
    sources: dict[str, str]
    campaigns: dict[str, str]
    tags: list[str]


def suggestions(session: Session, companies: tuple[str, ...]) -> Suggestions:
    """The trackers and tags of some companies, and the sources and campaigns with the most calls in their reports."""
    trackers = select(Tracker.name, Tracker.title).where(
        col(Tracker.company_id).in_(companies), col(Tracker.retired_at).is_(None)
    )
    tags = select(Tag.name).where(col(Tag.company_id).in_(companies)).limit(MAX_ROWS_READ).subquery()
    return Suggestions(
        trackers=_by_title({name: tracker_title(name, title) for name, title in session.exec(trackers)}),
        sources=_by_title({each: origin_title(each) for each in _most_frequent(session, companies, "source")}),
        campaigns=_by_title({each: campaign_title(each) for each in _most_frequent(session, companies, "campaign")}),
        tags=sorted(session.execute(select_columns(tags.c.name).distinct().limit(MAX_SUGGESTED)).scalars()),
    )


def _most_frequent(session: Session, companies: tuple[str, ...], dimension: str) -> list[str]:
    values = {"companies": companies, "dimension": dimension}
    return list(session.execute(_frequent(), values).scalars())


@cache
def _frequent() -> Any:
    """The statement, made once: that takes longer than to execute it."""
    row: Any = YearRollup
    wanted = (
        row.company_id.in_(bindparam("companies", expanding=True)),
        row.model == "last",
        row.dimension == bindparam("dimension"),
        row.value != "",
    )
    query = select_columns(row.value).where(*wanted).group_by(row.value)
    return query.order_by(func.sum(row.calls).desc(), row.value).limit(MAX_SUGGESTED)


def _by_title(titles: dict[str, str]) -> dict[str, str]:
    return dict(sorted(titles.items(), key=lambda each: each[1].casefold()))
