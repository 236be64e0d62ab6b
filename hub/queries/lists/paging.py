"""The list of contacts, newest first, in pages: each table is read by an index, and the three are merged."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, partial
from typing import Any

from sqlalchemy import false, func, literal, union_all
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Attribution, Delivery, Lead, SignalRow, SpamMark, Tag
from hub.queries.lists.conditions import (
    DELIVERY_STATES,
    Question,
    attribution_is,
    conditions,
    lead_is,
    question,
    sent_is,
    tags_of,
)
from hub.queries.lists.filters import IS_LEAD, NONE, UNSCORED, ContactFilter
from hub.queries.lists.keyset import Cursor, Order, Page, Part, Row, page_from, read_rows
from hub.queries.lists.kinds import CALLS, Key, Kind, Visible, key_of, visible
from hub.queries.lists.plan import (
    COMPANY,
    MAX_COUNTED,
    MAX_NARROWED,
    MAX_SCANNED,
    TRACKER,
    few_ids,
    is_apart,
    period_beyond,
)
from hub.queries.lists.search import search_conditions
from hub.queries.missed_calls import newest_missed_calls
from hub.store.rows import indexless

PLAIN = {"kind", "tracker", "tracker_ids", "spam"}
"""Conditions for which a company's or a tracker's contacts are in an index in the order of the list."""
BY_OTHER_INDEX = {"agent", "agents", "person_id"}


@dataclass(frozen=True)
class Count:
    """How many contacts there are; if not `exact`, there are more."""

    number: int
    exact: bool = True


class ContactList:
    """The contacts that a user sees of some companies (None: of all) and that a filter selects."""

    def __init__(
        self,
        session: Session,
        scope: AccessScope,
        company_ids: Collection[str] | None,
        wanted: ContactFilter,
        *,
        max_narrowed: int = MAX_NARROWED,
        max_scanned: int = MAX_SCANNED,
    ) -> None:
        self._session, self._max_scanned = session, max_scanned
        self.seen: Visible = visible(session, scope, company_ids)
        self._asked: Question = question(session, self.seen.companies, wanted)
        self._conditions = cache(partial(conditions, self._asked))  # a page asks for them several times
        if wanted.missed is None:
            self._narrowed = few_ids(session, self._selective(), max_narrowed)
        else:
            now = wanted.now
            self._narrowed = newest_missed_calls(session, scope, now, MAX_COUNTED) if now else frozenset()

    def page(self, after: str | None, limit: int) -> Page[Key]:
        """One page. `after` is the `next` or `previous` of another one; CannotDo if it is not."""
        cursor = self.seen.kinds[0].order.cursor(after)
        page = page_from(lambda start, count: self._rows(start, count), cursor, limit)
        return page.of([row.item for row in page.items])

    def keys(self, cursor: Cursor | None, limit: int) -> list[Key]:
        """At most `limit` keys from a cursor on, in its direction."""
        return [row.item for row in self._rows(cursor, limit)]

    def _rows(self, cursor: Cursor | None, limit: int) -> list[Row]:
        if self._narrowed is None:
            found = read_rows(self._session, self.parts(None, cursor, limit), cursor, limit)
            return [Row(row.place, key_of(row)) for row in found]
        backward = cursor is not None and cursor.backward
        few = [Row(key[:2], key) for key in self._few]
        if cursor is not None:
            few = [row for row in few if (row.place > cursor.place if backward else row.place < cursor.place)]
        return (few[::-1] if backward else few)[:limit]

    def times(self, begins: datetime, ends: datetime, limit: int) -> dict[str, list[datetime]]:
        """The times of the contacts of some days, by kind; at most `limit` of each, the newest."""
        if self._narrowed is not None:
            few = [key for key in self._few if begins <= key.at < ends]
            return {kind.name: [key.at for key in few if key.kind == kind.name][:limit] for kind in self.seen.kinds}
        return {
            kind.name: [
                at
                for part in self._parts(kind, kind.order, None, 0, kind.at >= begins, kind.at < ends, ordered=False)
                for at in self._values(
                    part.query.with_only_columns(kind.at).order_by(kind.at.desc()).limit(limit), part
                )
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
            cursor = Cursor(found[-1][:2])

    def parts(self, order: Order | None = None, cursor: Cursor | None = None, rows: int = 0) -> list[Part]:
        """The statements that find the contacts, and select the kind of each. An order is for a filter of one kind; without
        it, all are read by their times."""
        return [part for kind in self.seen.kinds for part in self._parts(kind, order or kind.order, cursor, rows)]

    @property
    def has_all_but_spam(self) -> bool:
        """Whether these are all calls of the companies and the period, but for spam."""
        named = self._asked.wanted.active()
        return self.seen.own_numbers is None and named == {"kind": CALLS.name, "spam": "no"}

    def query(self, kind: Kind) -> Any:
        """The contacts of one kind as one query, for totals."""
        request = self._conditions(kind) if self._narrowed != frozenset() else None
        seen = self.seen.conditions(kind, by_company=not self._has_other_index)
        return select(kind.table).where(*self._ids(kind), *seen, *([false()] if request is None else request))

    # One kind.

    @cached_property
    def _few(self) -> list[Key]:
        """All keys, newest first, if a selective filter gave few ids."""
        found = read_rows(self._session, self.parts(), None, MAX_COUNTED)
        return [key_of(row) for row in found]

    def _parts(
        self, kind: Kind, order: Order, cursor: Cursor | None, rows: int, *where: Any, ordered: bool = True
    ) -> list[Part]:
        """One statement for all contacts of a kind, or one that is executed for each company or tracker. Together they are
        read by time, so that a filter that few contacts match is not asked of all contacts of a small company. If not
        `ordered`, nothing is sorted, and one statement reads the index of all companies."""
        if self._narrowed == frozenset():
            return []
        wanted, companies, trackers = self._asked.wanted, self.seen.companies, self._asked.trackers
        is_plain = self._narrowed is None and self.seen.own_numbers is None and wanted.active().keys() <= PLAIN
        by_company, company, tracker = self._is_one_company, None, None
        values: list[dict[str, str]] = [{}]
        if is_plain and trackers is not None and is_apart(trackers, rows):
            tracker, values = TRACKER, [{TRACKER.key: each} for each in trackers]
        elif is_plain and trackers is None and is_apart(companies, rows):
            by_company = True
            if ordered:
                company, values = COMPANY, [{COMPANY.key: each} for each in companies]
        period = period_beyond((wanted.begins, wanted.ends), cursor, order)
        request = self._conditions(kind, period, tracker)
        if request is None:
            return []
        seen = self.seen.conditions(kind, company=company, by_company=by_company)
        query = select_columns(literal(str(kind.name))).select_from(kind.table)
        return [Part(query.where(*self._ids(kind), *seen, *request, *where), order, values)]

    def _ids(self, kind: Kind) -> list[Any]:
        return [] if self._narrowed is None else [col(kind.table.id).in_(sorted(self._narrowed))]

    @property
    def _has_other_index(self) -> bool:
        """Whether an index that does not begin with the company is better."""
        other = self._narrowed is not None or self.seen.own_numbers is not None or self._asked.trackers is not None
        return other or bool(self._asked.wanted.active().keys() & BY_OTHER_INDEX)

    @property
    def _is_one_company(self) -> bool:
        return len(self.seen.companies) == 1 and not self._has_other_index

    def _values(self, query: Any, part: Part) -> Iterator[Any]:
        for values in part.values:
            yield from self._session.execute(query, values).scalars()

    def _count(self, kind: Kind) -> Count:
        is_plain = self._asked.wanted.active().keys() <= {"kind"} and self.seen.own_numbers is None
        floor = None if is_plain else self._floor(kind)
        where = [] if floor is None else [kind.at > floor]
        found = 0
        for part in self._parts(kind, kind.order, None, 0, *where, ordered=False):
            some = part.query.with_only_columns(kind.at).limit(MAX_COUNTED + 1).subquery()
            for number in self._values(select_columns(func.count()).select_from(some), part):
                found += number
                if found > MAX_COUNTED:
                    return Count(found, exact=floor is None)
        return Count(found, exact=floor is None)

    def _floor(self, kind: Kind) -> datetime | None:
        """The time of the contact after the newest `max_scanned` of the period; None if there are not so many."""
        wanted = self._asked.wanted
        period = [
            *([kind.at >= wanted.begins] if wanted.begins else []),
            *([kind.at < wanted.ends] if wanted.ends else []),
        ]
        seen = self.seen.conditions(kind, by_company=self._is_one_company)
        query = select_columns(kind.at).where(*seen, *period).order_by(kind.at.desc())
        return self._session.execute(query.offset(self._max_scanned).limit(1)).scalar()

    def _selective(self) -> Iterator[Any]:
        """Queries by an index for the only ids that a filter can select."""
        wanted, companies = self._asked.wanted, self.seen.companies
        for name in tags_of(wanted):
            yield select(Tag.subject_id).where(col(Tag.company_id).in_(companies), Tag.name == name)
        if wanted.signal is not None:
            in_companies = col(SignalRow.company_id).in_(companies)
            yield select(SignalRow.subject_id).where(in_companies, SignalRow.name == wanted.signal)
        if wanted.spam == "yes":
            yield select(SpamMark.subject_id).where(col(SpamMark.company_id).in_(companies))
        if wanted.lead not in (None, IS_LEAD, NONE, UNSCORED) or wanted.value_from is not None:
            yield select(Lead.subject_id).where(col(Lead.company_id).in_(companies), *lead_is(wanted))
        if wanted.sent is not None and wanted.sent in DELIVERY_STATES and wanted.sent != "delivered":
            yield select(Delivery.subject_id).where(sent_is(wanted.sent), indexless(Delivery.company_id).in_(companies))
        mine = col(Attribution.company_id).in_(companies)
        if wanted.sources or (wanted.source or wanted.campaign or wanted.keyword) is not None:
            yield select(Attribution.subject_id).where(mine, *attribution_is(wanted))
        for search in self._asked.searches:
            if search.values and not search.trackers:
                by_index = (col(each).in_(search.values) for each in (Attribution.campaign, Attribution.keyword))
                yield union_all(*(select_columns(col(Attribution.subject_id)).where(mine, named) for named in by_index))
            if search.any_number:
                by_number = (each == search.any_number for kind in self.seen.kinds for each in kind.numbers)
                yield union_all(*(select_columns(CALLS.table.id).where(each) for each in by_number))
            if search.number or search.people or search.id:
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
    newer = contacts.keys(Cursor((at, contact_id), backward=True), 1)
    older = contacts.keys(Cursor((at, contact_id)), 1)
    return newer[0].id if newer else None, older[0].id if older else None
