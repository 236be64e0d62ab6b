"""One pager for all lists: each row once and in order, whatever page size, order and part; and one form of cursor."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import bindparam, func
from sqlmodel import Session, SQLModel, col, create_engine, select
from sqlmodel.pool import StaticPool

from hub.errors import CannotDo
from hub.model import Account, AuditEntry, User
from hub.queries.lists.keyset import Cursor, Order, Page, Part, newest_first, page_of

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
ENGINE = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
SQLModel.metadata.create_all(ENGINE, tables=[AuditEntry.__table__, Account.__table__, User.__table__])  # type: ignore[attr-defined]
NEWEST = newest_first(AuditEntry.at, AuditEntry.id)
ACTORS = ("lake", "north", "hill", "oak", "fair")
entries = st.lists(st.tuples(st.sampled_from(ACTORS), st.integers(0, 3)), max_size=12)


def entry(number: int, actor: str, minute: int) -> AuditEntry:
    """An entry whose time others may have, too."""
    at = NOON + timedelta(minutes=minute)
    return AuditEntry(id=f"{number * 7 % 13:036}", chain="c", at=at, actor=actor, action="a", subject="s")


def parts(by_actor: bool, order: Order) -> list[Part]:
    """All entries: as one statement, or as one that is executed for each actor."""
    if not by_actor:
        return [Part(select(AuditEntry), order)]
    first, *others = ACTORS
    one = select(AuditEntry).where(AuditEntry.actor == bindparam("one_actor"))
    return [
        Part(select(AuditEntry).where(AuditEntry.actor == first), order),
        Part(one, order, [{"one_actor": each} for each in others]),
    ]


@given(entries, st.integers(1, 5), st.booleans(), st.booleans())
@example([("lake", 1)] * 3, 1, True, True)
@example([("lake", 0)] * 9 + [("north", 1), ("hill", 2)], 5, True, True)  # nearly all rows of a page are of one part
def test_pages_hold_each_row_once_and_in_order_and_lead_back(
    told: list[tuple[str, int]], size: int, by_actor: bool, descending: bool
) -> None:
    order = NEWEST if descending else NEWEST.reversed()
    with Session(ENGINE) as session:
        rows = [entry(number, *each) for number, each in enumerate(told)]
        session.add_all(rows)
        session.flush()
        pages: list[Page[Any]] = [page_of(session, parts(by_actor, order), None, size)]
        while pages[-1].next:
            pages.append(page_of(session, parts(by_actor, order), pages[-1].next, size))
        shown = [row.id for page in pages for row in page.items]
        assert shown == [row.id for row in sorted(rows, key=lambda row: (row.at, row.id), reverse=descending)]
        for before, after in pairwise(pages):
            assert page_of(session, parts(by_actor, order), after.previous, size).items == before.items
        assert pages[0].previous is None
        offset = page_of(session, parts(by_actor, order), None, size, offset=2)
        assert [row.id for row in offset.items] == shown[2 : 2 + size]


values = st.tuples(
    st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
)


@given(values, st.booleans())
def test_a_cursor_is_read_as_it_was_written(place: tuple[datetime, str], backward: bool) -> None:
    assert NEWEST.cursor(str(Cursor(place, backward))) == Cursor(place, backward)


def test_a_missing_value_has_its_place_among_the_others() -> None:
    order = Order((func.coalesce(User.email, ""), col(User.id)), descending=False)
    with Session(ENGINE) as session:
        account = Account(name="agency", title="Agency")
        session.add(account)
        for number, email in enumerate((None, "b@example.com", None, "a@example.com")):
            session.add(
                User(id=str(number), account_id=account.id, name=str(number), email=email, role="owner", made_at=NOON)
            )
        session.flush()
        shown, page = [], page_of(session, [Part(select(User), order)], None, 1)
        while page.next:
            shown += [row.id for row in page.items]
            page = page_of(session, [Part(select(User), order)], page.next, 1)
        assert [*shown, page.items[0].id] == ["0", "2", "3", "1"]


LONG_AGO = Cursor((datetime(1, 1, 1, tzinfo=UTC), "x"))


@pytest.mark.parametrize(
    "text", ["nothing", "x", "=", "é", "W10", "bnVsbA", "W1tbWw", str(LONG_AGO), str(Cursor(("x", "y"))), str(Cursor((NOON,))),
             str(Cursor((NOON, "\0"))), str(Cursor((NOON, 7))), str(Cursor((NOON, True))), "A" * 900, "1732917600000000.1"]
)  # fmt: skip
def test_a_cursor_of_anything_else_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(CannotDo, match="begin with the first page"):
        NEWEST.cursor(text)


@given(st.text(max_size=60))
def test_no_text_is_an_error_of_another_kind(text: str) -> None:
    with suppress(CannotDo):
        NEWEST.cursor(text)


class CountedRows(Session):
    """A session that counts the rows that its statements find."""

    found = 0

    def execute(self, *given: Any, **more: Any) -> Any:
        rows = super().execute(*given, **more).all()
        self.found += len(rows)
        return rows


def test_a_page_of_many_parts_does_not_read_a_whole_page_of_each() -> None:
    one = select(AuditEntry.id).where(AuditEntry.actor == bindparam("one_actor"))
    names = [f"company-{number}" for number in range(12)]
    with CountedRows(ENGINE) as session:
        session.add_all(
            AuditEntry(id=f"{number:04} {name}", chain="c", at=NOON, actor=name, action="a", subject="s")
            for name in names
            for number in range(60)
        )
        session.flush()
        page = page_of(session, [Part(one, NEWEST, [{"one_actor": each} for each in names])], None, 50)
    assert len(page.items) == 50 and page.items[0] == "0059 company-9"
    assert session.found < 4 * 50, "of most companies only a few rows are read"
