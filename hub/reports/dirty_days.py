"""Dirty days: code that changes a call, text, form, visit or conversion marks the company's days to add up again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, bindparam, delete, func, insert, literal, select, union_all
from sqlmodel import Session, col

from hub.model import ArchiveFile, Company, DayRollup, DirtyDay, HourRollup, MonthRollup, Person, Visit, YearRollup
from hub.model.columns import UTCTime
from hub.reports.calendar import FIRST_DAY, LAST_DAY, bounds, day_of, days_between, month_of, year_of
from hub.reports.touches import CLOCK_SLACK, contact_tables
from hub.store.dialects import lock_rows
from hub.store.rows import read, write_rows

MAX_LATER_CONTACTS = 1_000
"""Limit per table and batch of changes. If people have more, only their first contact of each day is read."""

_company = Company.__table__.c
_ZONES = select(_company.id, _company.time_zone).where(_company.id.in_(bindparam("companies", expanding=True)))


@dataclass(frozen=True)
class Change:
    """A contact that changed, at `at`.

    `person_id` is given if touches of that person may have changed too: this contact, the visit that it came from (begun
    at `visited_at`), and the earlier visits of `visitor_id`, which may now be known to belong to the person.
    """

    company_id: str
    at: datetime
    person_id: str | None = None
    visited_at: datetime | None = None
    visitor_id: str | None = None


def mark_dirty(session: Session, changes: Sequence[Change], now: datetime) -> None:
    """Mark every day whose credits the changes may alter; call it after the changes, in the same transaction.

    A touch that becomes known late alters its person's contacts after its own time, so their days are marked too.
    """
    if not changes:
        return
    session.flush()
    begins = _begins(session, changes)
    lock_people(session, begins)
    moments = {(change.company_id, change.at) for change in changes}
    moments |= _later_contacts(session, begins)
    zones = _zones(session, {company_id for company_id, _ in moments})
    days = {(company_id, day_of(at, zones[company_id])) for company_id, at in moments if company_id in zones}
    _write(session, sorted(days), now)


def mark_company(session: Session, company: Company, now: datetime) -> None:
    """Delete the roll-ups of a company and mark all its days, because a new time zone changes when its days begin. Those up to
    its newest archived month stay, because their calls are not there to be added up again."""
    session.flush()
    newest = session.execute(
        select(func.max(col(ArchiveFile.month))).where(col(ArchiveFile.company_id) == company.id)
    ).scalar()
    living = month_of(newest + timedelta(days=31)) if newest else FIRST_DAY
    for table, begin in (
        (DayRollup, living),
        (HourRollup, living),
        (MonthRollup, living),
        (YearRollup, year_of(living)),
        (DirtyDay, FIRST_DAY),
    ):
        session.execute(delete(table).where(col(table.company_id) == company.id, col(table.day) >= begin))
    months: Any = MonthRollup.__table__
    year = year_of(living)
    keys: list[Any] = [column for column in months.primary_key if column.name != "day"]
    measures: list[Any] = [column for column in months.columns if not column.primary_key]
    kept = months.c.company_id == company.id, months.c.day >= year, months.c.day < living
    sums: list[Any] = [*keys, literal(year, Date()), *map(func.sum, measures)]
    begun = select(*sums).where(*kept).group_by(*keys)
    names = [*(column.name for column in keys), "day", *(column.name for column in measures)]
    session.execute(insert(YearRollup).from_select(names, begun))
    spans = [
        select(func.min(at), func.max(at)).where(table.company_id == company.id) for _, table, at in contact_tables()
    ]
    known = [moment for row in session.execute(union_all(*spans)) for moment in row if moment is not None]
    if known:
        zone = ZoneInfo(company.time_zone)
        first, last = max(living, day_of(min(known), zone)), min(LAST_DAY, day_of(max(known), zone))
        _write(session, [(company.id, day) for day in days_between(first, last)], now)


def is_archived(session: Session, company_id: str, day: date) -> bool:
    """Whether calls of this day's month are no longer in the database, so that its sums cannot be made again."""
    files = select(col(ArchiveFile.id)).where(
        col(ArchiveFile.company_id) == company_id, col(ArchiveFile.month) == month_of(day)
    )
    return session.execute(files.limit(1)).first() is not None


def _write(session: Session, days: Iterable[tuple[str, date]], now: datetime) -> None:
    marks = [
        DirtyDay(company_id=company_id, day=day, marked_at=now)
        for company_id, day in days
        if FIRST_DAY <= day <= LAST_DAY
    ]
    write_rows(session, DirtyDay, marks)


def _begins(session: Session, changes: Iterable[Change]) -> Mapping[str, datetime]:
    """Person → the time of the first touch that may be new or changed."""
    changed = [change for change in changes if change.person_id]
    earliest = _first_visits(session, {change.visitor_id for change in changed if change.visitor_id})
    begins: dict[str, datetime] = {}
    for change in changed:
        known = earliest.get((change.company_id, change.visitor_id or ""), change.at)
        person_id = change.person_id or ""
        begins[person_id] = min(change.at, known, change.visited_at or change.at, begins.get(person_id, change.at))
    return begins


def lock_people(session: Session, people: Collection[str]) -> None:
    """Lock the people's rows: of two transactions that change one person, the second sees and marks the first one's changes."""
    if people:
        person: Any = Person
        locked = select(person.id).where(person.id.in_(people)).order_by(person.id)
        lock_rows(session, locked, key_share=True)


def _first_visits(session: Session, visitors: Collection[str]) -> Mapping[tuple[str, str], datetime]:
    if not visitors:
        return {}
    visit: Any = Visit
    query = select(visit.company_id, visit.visitor_id, func.min(visit.started_at))
    query = query.where(visit.visitor_id.in_(visitors)).group_by(visit.company_id, visit.visitor_id)
    return {(company_id, visitor_id): at for company_id, visitor_id, at in session.execute(query)}


def _later_contacts(session: Session, begins: Mapping[str, datetime]) -> set[tuple[str, datetime]]:
    """(company, moment) of the people's contacts at or after the change."""
    if not begins:
        return set()
    since = min(begins.values()) - CLOCK_SLACK - timedelta(seconds=1)
    found: set[tuple[str, datetime]] = set()
    of_tables: dict[int, list[Any]] = {}
    for row in read(session, _LATER, people=list(begins), since=since):
        of_tables.setdefault(row.place, []).append(row)
    for place, rows in of_tables.items():
        if len(rows) > MAX_LATER_CONTACTS:
            _, table, at = tuple(contact_tables())[place]
            rows = [row for each, begun in begins.items() for row in _one_a_day(session, table, at, each, begun)]
        found |= {
            (company_id, when)
            for company_id, person_id, when, *_ in rows
            if company_id and when >= begins[person_id] - CLOCK_SLACK
        }
    return found


def _later() -> Any:
    """The people's contacts since a moment, of each table its `place` and at most one more than the limit."""
    parts = []
    for place, (_, table, at) in enumerate(contact_tables()):
        columns = table.__table__.c
        found = select(
            columns.company_id, columns.person_id, columns[at.key].label("at"), literal(place).label("place")
        )
        theirs = columns.person_id.in_(bindparam("people", expanding=True))
        found = found.where(theirs, columns[at.key] >= bindparam("since", type_=UTCTime()))
        parts.append(select(found.limit(MAX_LATER_CONTACTS + 1).subquery()))
    return union_all(*parts)


_LATER = _later()


def _one_a_day(session: Session, table: Any, at: Any, person_id: str, begun: datetime) -> Iterator[Any]:
    """A person's first row in a table of contacts on each day from `begun` on."""
    query = select(table.company_id, table.person_id, at)
    query = query.where(table.person_id == person_id, table.company_id.is_not(None)).order_by(at).limit(1)
    since = begun - CLOCK_SLACK
    while row := session.execute(query.where(at >= since)).first():
        yield row
        zone = _zones(session, {row[0]})[row[0]]
        day = day_of(row[2], zone)
        if day >= LAST_DAY:
            return
        _, since = bounds(day, zone)


def _zones(session: Session, companies: Collection[str]) -> Mapping[str, ZoneInfo]:
    found = read(session, _ZONES, companies=list(companies))
    return {company_id: ZoneInfo(name) for company_id, name in found}
