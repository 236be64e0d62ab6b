"""The list of contacts, newest first, in pages: each table is read by an index, and the three are merged."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, union_all
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Attribution, Delivery, Lead, SpamMark, Tag
from hub.queries.lists.conditions import (
    DELIVERY_STATES,
    Question,
    attribution_is,
    conditions,
    lead_is,
    question,
    sent_is,
)
from hub.queries.lists.cursors import Count, Cursor, Key, KeyPage, is_beyond
from hub.queries.lists.filters import NONE, ContactFilter
from hub.queries.lists.kinds import Kind, Visible, indexless, visible
from hub.queries.lists.search import search_conditions
from hub.queries.missed_calls import newest_missed_calls

MAX_NARROWED = 5_000
"""Up to so many ids that a selective filter gives, contacts are read by id, else by time."""
MAX_COUNTED = 10_000
MAX_SCANNED = 3_000
"""So many of the newest contacts of a kind are looked at to count those that match a filter."""
MAX_COMPANIES_APART = 8
"""Up to so many companies, each is read by its own index if only the period is asked for."""
PLAIN = {"kind", "tracker"}
"""Conditions for which a company's contacts are in an index in the order of the list."""
BY_OTHER_INDEX = {"tracker", "agent"}
COMPANY: Any = bindparam("company")


class ContactList:
    """The contacts that a user sees of some companies and that a filter selects."""

    def __init__(
        self,
        session: Session,
        scope: AccessScope,
        company_ids: Collection[str],
        wanted: ContactFilter,
        *,
        max_narrowed: int = MAX_NARROWED,
        max_scanned: int = MAX_SCANNED,
    ) -> None:
        self._session = session
        self._max_narrowed, self._max_scanned = max_narrowed, max_scanned
        self.seen: Visible = visible(session, scope, company_ids)
        self._asked: Question = question(session, self.seen.companies, wanted)
        self._narrowed = self._missed(scope) if wanted.missed is not None else self._ids()

    def page(self, cursor: Cursor | None, limit: int) -> KeyPage:
        """One page. A page towards newer contacts that is not full is the first page."""
        if cursor is not None and cursor.newer:
            found = self.keys(cursor, limit + 1)
            if len(found) > limit:
                shown = found[:limit][::-1]
                return KeyPage(shown, f"newer-{shown[0].cursor()}", shown[-1].cursor())
            cursor = None
        found = self.keys(cursor, limit + 1)
        shown = found[:limit]
        newer = f"newer-{shown[0].cursor()}" if cursor is not None and shown else None
        return KeyPage(shown, newer, shown[-1].cursor() if len(found) > limit else None)

    def keys(self, cursor: Cursor | None, limit: int) -> list[Key]:
        """At most `limit` keys from a cursor on, in its direction."""
        newer = cursor is not None and cursor.newer
        if self._narrowed is None:
            found = [key for kind in self.seen.kinds for key in self._keys_of(kind, cursor, limit)]
        else:
            found = [key for key in self._few if cursor is None or is_beyond(key, cursor)]
        return sorted(found, reverse=not newer)[:limit]

    def times(self, begins: datetime, ends: datetime, limit: int) -> dict[str, list[datetime]]:
        """The times of the contacts of some days, by kind; at most `limit` of each, the newest."""
        if self._narrowed is not None:
            few = [key for key in self._few if begins <= key.at < ends]
            return {kind.name: [key.at for key in few if key.kind == kind.name][:limit] for kind in self.seen.kinds}
        newest = {kind.name: select_columns(kind.at).order_by(kind.at.desc()).limit(limit) for kind in self.seen.kinds}
        return {
            kind.name: [
                at
                for query, company in self._queries(kind, newest[kind.name], kind.at >= begins, kind.at < ends)
                for at in self._session.execute(query, company).scalars()
            ]
            for kind in self.seen.kinds
        }

    def count(self) -> Count:
        """How many there are, up to 10,000; for filters without an index at least how many there are."""
        if self._narrowed is not None:
            return Count(len(self._few))
        number, exact = 0, True
        for kind in self.seen.kinds:
            found = self._count(kind)
            number, exact = number + found.number, exact and found.exact
            if number > MAX_COUNTED:
                return Count(MAX_COUNTED, exact=False)
        return Count(number, exact)

    def iterate(self, limit: int) -> Iterator[list[Key]]:
        """All keys, newest first, in pages of at most `limit`."""
        cursor = None
        while found := self.keys(cursor, limit):
            yield found
            cursor = Cursor(found[-1].at, found[-1].id)

    # One kind.

    @cached_property
    def _few(self) -> list[Key]:
        """All keys, newest first, if a selective filter gave few ids."""
        return sorted((key for kind in self.seen.kinds for key in self._keys_of(kind, None, MAX_COUNTED)), reverse=True)

    def _keys_of(self, kind: Kind, cursor: Cursor | None, limit: int) -> Iterator[Key]:
        columns = (kind.at, col(kind.table.id))
        where = [] if cursor is None else [_beyond(kind, cursor)]
        newer = cursor is not None and cursor.newer
        order = columns if newer else [column.desc() for column in columns]
        for query, company in self._queries(kind, select_columns(*columns).order_by(*order).limit(limit), *where):
            for at, row_id in self._session.execute(query, company):
                yield Key(at, row_id, kind.name)

    def _queries(self, kind: Kind, columns: Any, *where: Any) -> Iterator[tuple[Any, dict[str, str]]]:
        """The queries that together find all contacts of a kind: one a company if there are few, mostly as one statement
        with the company as its value: to make a statement takes longer than to ask it."""
        if self._narrowed == frozenset():
            return
        ids = [] if self._narrowed is None else [col(kind.table.id).in_(sorted(self._narrowed))]
        groups = self._groups()
        is_same = len(groups) > 1 and self._asked.trackers is None
        for companies in [(COMPANY,)] if is_same else groups:
            asked = conditions(self._asked, kind, companies)
            if asked is not None:
                seen = self.seen.conditions(kind, companies, by_company=self._is_by_company(companies))
                query = columns.where(*ids, *seen, *asked, *where)
                yield from [(query, {"company": each}) for (each,) in groups] if is_same else [(query, {})]

    def _groups(self) -> list[tuple[str, ...]]:
        """The companies in groups that are read by one query each. Together they are read by time, so that a filter that
        few contacts match is not asked of all contacts of a small company."""
        active = self._asked.wanted.active().keys()
        if self._narrowed is not None or not active <= PLAIN or len(self.seen.companies) > MAX_COMPANIES_APART:
            return [self.seen.companies]
        return [(each,) for each in self.seen.companies]

    def _is_by_company(self, companies: tuple[str, ...]) -> bool:
        """Whether the index that begins with the company is the best one."""
        other = self._narrowed is not None or self.seen.own_numbers is not None
        return len(companies) == 1 and not other and not self._asked.wanted.active().keys() & BY_OTHER_INDEX

    def _count(self, kind: Kind) -> Count:
        is_plain = self._asked.wanted.active().keys() <= {"kind"} and self.seen.own_numbers is None
        floor = None if is_plain else self._floor(kind)
        where = [] if floor is None else [kind.at > floor]
        found, last, counted = 0, None, select_columns(func.count())
        for query, company in self._queries(kind, select_columns(kind.at).limit(MAX_COUNTED + 1), *where):
            if query is not last:  # each statement is made once
                last, counted = query, select_columns(func.count()).select_from(query.subquery())
            found += self._session.execute(counted, company).scalar_one()
            if found > MAX_COUNTED:
                break
        return Count(found, exact=floor is None)

    def _floor(self, kind: Kind) -> datetime | None:
        """The time of the contact after the newest `max_scanned` of the period; None if there are not so many."""
        wanted = self._asked.wanted
        period = [
            *([kind.at >= wanted.begins] if wanted.begins else []),
            *([kind.at < wanted.ends] if wanted.ends else []),
        ]
        companies = self.seen.companies
        seen = self.seen.conditions(kind, companies, by_company=self._is_by_company(companies))
        query = select_columns(kind.at).where(*seen, *period).order_by(kind.at.desc())
        return self._session.execute(query.offset(self._max_scanned).limit(1)).scalar()

    # Selective filters.

    def _missed(self, scope: AccessScope) -> frozenset[str]:
        now = self._asked.wanted.now
        return newest_missed_calls(self._session, scope, now, MAX_COUNTED) if now is not None else frozenset()

    def _ids(self) -> frozenset[str] | None:
        """The only ids that can match, if one of the filters selects few; None if none does."""
        for query in self._selective():
            # Too many are counted past in the database: to fetch them costs more than all else of the page.
            if self._session.execute(query.offset(self._max_narrowed).limit(1)).first() is None:
                return frozenset(self._session.execute(query).scalars())
        return None

    def _selective(self) -> Iterator[Any]:
        """Queries by an index for the ids that a filter selects."""
        wanted, companies = self._asked.wanted, self.seen.companies
        if wanted.tag is not None:
            yield select(Tag.subject_id).where(col(Tag.company_id).in_(companies), Tag.name == wanted.tag)
        if wanted.spam == "yes":
            yield select(SpamMark.subject_id).where(col(SpamMark.company_id).in_(companies))
        if wanted.lead not in (None, NONE) or wanted.value_from is not None:
            yield select(Lead.subject_id).where(col(Lead.company_id).in_(companies), *lead_is(wanted))
        if wanted.sent is not None and wanted.sent in DELIVERY_STATES and wanted.sent != "delivered":
            yield select(Delivery.subject_id).where(sent_is(wanted.sent), indexless(Delivery.company_id).in_(companies))
        mine = col(Attribution.company_id).in_(companies)
        if (wanted.source or wanted.campaign or wanted.keyword) is not None:
            yield select(Attribution.subject_id).where(mine, *attribution_is(wanted))
        search = self._asked.search
        if search is not None and search.values and not search.trackers:
            by_index = (col(each).in_(search.values) for each in (Attribution.campaign, Attribution.keyword))
            yield union_all(*(select_columns(col(Attribution.subject_id)).where(mine, named) for named in by_index))
        if search is not None and (search.number or search.people or search.id):
            yield union_all(
                *(
                    select_columns(col(kind.table.id)).where(
                        search_conditions(search, kind), col(kind.table.company_id).in_(companies)
                    )
                    for kind in self.seen.kinds
                )
            )


def neighbors(
    session: Session,
    scope: AccessScope,
    company_ids: Collection[str],
    wanted: ContactFilter,
    at: datetime,
    contact_id: str,
) -> tuple[str | None, str | None]:
    """The ids of the next newer and the next older contact of a list; None at its ends."""
    contacts = ContactList(session, scope, company_ids, wanted)
    newer = contacts.keys(Cursor(at, contact_id, newer=True), 1)
    older = contacts.keys(Cursor(at, contact_id), 1)
    return newer[0].id if newer else None, older[0].id if older else None


def _beyond(kind: Kind, cursor: Cursor) -> Any:
    """The rows after a cursor. The first condition alone lets the database begin in its index at the right place."""
    row_id = col(kind.table.id)
    if cursor.newer:
        return and_(kind.at >= cursor.at, or_(kind.at > cursor.at, row_id > cursor.id))
    return and_(kind.at <= cursor.at, or_(kind.at < cursor.at, row_id < cursor.id))
