"""Which threads a list shows: by their newest text, newest first, without grouping the table of texts.

A page walks the newest texts in the order of an index, and keeps each one after which nothing newer of its thread comes,
which the index of threads says. It reads at most as many texts as `WINDOWS` has together, so a page may have few threads
and still say where the next one begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session

from hub.model import DoubtfulRefusal, TextMessage
from hub.model.doubtful_refusals import OPEN_DOUBTS
from hub.model.states import MessageStatus, RefusalSource
from hub.queries.contact.thread_names import ThreadKey
from hub.queries.lists.keyset import Cursor, Page, Part, Row, in_order, newest_first, read_rows
from hub.queries.lists.plan import WINDOWS, by_company
from hub.store.rows import indexless
from hub.texts.doubts import NOT_SENT

ANSWERS = ("reply", "service")
"""The purposes of texts that answer a person."""
KEYWORDS = ("stop", "start", "help")
"""The meanings of texts that the hub answers automatically."""
STAFF = "staff_alert"
TEXT: Any = TextMessage
NEWEST = newest_first(TextMessage.at, TextMessage.id)
_DOUBT: Any = DoubtfulRefusal
DOUBTFUL_TEXTS = select(_DOUBT.id).where(OPEN_DOUBTS, _DOUBT.source == RefusalSource.TEXT)
"""Ids of the texts that may be a refusal and that nobody has decided on."""


class ThreadKind(StrEnum):
    """Which threads are wanted."""

    ALL = "all"
    WAITING = "waiting"
    """The last text is incoming, automatic texts aside, so somebody must answer, or the answer was not sent."""
    DOUBTFUL = "doubtful"
    """A text may ask for a stop, and nobody has decided."""
    STOPPED = "stopped"
    """The person has stopped texts."""
    HELD = "held"
    """A text is held until a person decides."""


def threads_page(
    session: Session,
    companies: Sequence[str],
    kind: ThreadKind = ThreadKind.ALL,
    after: str | None = None,
    limit: int = 50,
    stopped: Callable[[Sequence[ThreadKey]], set[ThreadKey]] | None = None,
) -> Page[TextMessage]:
    """One page of the newest texts of the threads of some companies, which the caller must be permitted to see.

    `stopped` returns those who have stopped texts; only the kind STOPPED needs it.
    """
    cursor = NEWEST.cursor(after)
    found: list[Row] = []
    for window in WINDOWS:
        read = read_rows(session, _texts(companies, kind, window), cursor, window)
        listed = _listed(session, [row.item for row in read], kind, stopped)
        found += [row for row in read if row.item in listed]
        cursor = Cursor(read[-1].place) if len(read) == window else None
        if cursor is None or len(found) > limit:
            break
    if len(found) > limit:
        cursor = Cursor(found[limit - 1].place)
    shown = [row.item for row in found[:limit]]
    texts = session.scalars(select(TextMessage).where(TEXT.id.in_(shown))).all()
    return Page(in_order(texts, shown), str(cursor) if cursor is not None else None)


def _texts(companies: Sequence[str], kind: ThreadKind, window: int) -> list[Part]:
    """The texts that a list of a kind looks through."""
    query = select(TEXT.id).where(TEXT.person_number.is_not(None), _of_thread(TEXT))
    if kind is ThreadKind.DOUBTFUL:
        return [Part(query.where(TEXT.id.in_(DOUBTFUL_TEXTS), TEXT.company_id.in_(companies)), NEWEST)]
    return by_company(query, TEXT.company_id, companies, NEWEST, window)


def _listed(
    session: Session,
    ids: Sequence[str],
    kind: ThreadKind,
    stopped: Callable[[Sequence[ThreadKey]], set[ThreadKey]] | None,
) -> set[str]:
    """Those of some texts by which a thread is listed."""
    query = select(TEXT.id, TEXT.company_id, TEXT.person_number).where(TEXT.id.in_(ids), *_lists(kind))
    keys = {row.id: (row.company_id, row.person_number) for row in session.execute(query)}
    if kind is not ThreadKind.STOPPED or stopped is None:
        return set(keys)
    found = stopped(list(keys.values()))
    return {text_id for text_id, key in keys.items() if key in found}


def newest_threads(
    session: Session, companies: Sequence[str], kind: ThreadKind, limit: int, since: datetime | None = None
) -> dict[ThreadKey, Any]:
    """Thread → `id` and `at` of the text by which a thread of a kind is listed, of the newest threads. One statement reads all
    texts, so that it is for a short time, or for few texts as those of DOUBTFUL."""
    query = select(TEXT.id, TEXT.company_id, TEXT.person_number, TEXT.at).where(
        (indexless(TEXT.company_id) if kind is ThreadKind.DOUBTFUL else TEXT.company_id).in_(companies),
        TEXT.person_number.is_not(None),
        _of_thread(TEXT),
        *([TEXT.at >= since] if since is not None else []),
        *([TEXT.id.in_(DOUBTFUL_TEXTS)] if kind is ThreadKind.DOUBTFUL else []),
        *_lists(kind),
    )
    rows = session.execute(query.order_by(TEXT.at.desc(), TEXT.id.desc()).limit(limit))
    return {(text.company_id, text.person_number): text for text in rows}


@cache
def _lists(kind: ThreadKind) -> tuple[Any, ...]:
    """The conditions that a thread is listed by a text. Made once, as that takes as long as the query."""
    later: Any = aliased(TEXT)
    newer = and_(
        later.company_id == TEXT.company_id,
        later.person_number == TEXT.person_number,
        later.at >= TEXT.at,
        or_(later.at > TEXT.at, later.id > TEXT.id),
        _of_thread(later),
        *_counts(later, kind),
    )
    return *_wanted(TEXT, kind), ~exists().where(newer)


def _of_thread(text: Any) -> Any:
    """The condition that a text is part of a conversation: an alert to a user of the hub is not."""
    return or_(text.purpose.is_(None), text.purpose != STAFF)


def _wanted(text: Any, kind: ThreadKind) -> list[Any]:
    """The condition on the text by which a thread is listed."""
    if kind is ThreadKind.WAITING:
        return [text.direction == "in", or_(text.meaning.is_(None), text.meaning.not_in(KEYWORDS))]
    if kind is ThreadKind.HELD:
        return [text.status == MessageStatus.HELD]
    return []


def _counts(later: Any, kind: ThreadKind) -> list[Any]:
    """The condition on later texts of the same thread that take a text's place."""
    if kind is ThreadKind.WAITING:
        answers = and_(later.purpose.in_(ANSWERS), later.status.not_in(NOT_SENT))
        return [or_(later.direction == "in", answers)]
    if kind is ThreadKind.HELD:
        return [later.status == MessageStatus.HELD]
    if kind is ThreadKind.DOUBTFUL:
        return [later.id.in_(DOUBTFUL_TEXTS)]
    return []


def flags_of(session: Session, keys: Sequence[ThreadKey]) -> tuple[set[ThreadKey], set[ThreadKey]]:
    """Which of some threads wait for an answer, and which have a text that may ask for a stop."""
    if not keys:
        return set(), set()
    companies, numbers = {company for company, _ in keys}, {number for _, number in keys}
    pair = select(TEXT.company_id, TEXT.person_number).distinct()
    mine = pair.where(TEXT.company_id.in_(companies), TEXT.person_number.in_(numbers))  # few others, left out below
    waiting = session.execute(mine.where(*_lists(ThreadKind.WAITING)))
    doubtful = session.execute(mine.where(TEXT.id.in_(DOUBTFUL_TEXTS)))
    shown = set(keys)
    return {(row[0], row[1]) for row in waiting} & shown, {(row[0], row[1]) for row in doubtful} & shown


def count_texts(session: Session, keys: Sequence[ThreadKey]) -> dict[ThreadKey, int]:
    """How many texts some threads have."""
    counted = select(TEXT.company_id, TEXT.person_number, func.count()).where(*of_threads(keys))
    rows = session.execute(counted.group_by(TEXT.company_id, TEXT.person_number))
    return {(company_id, number): count for company_id, number, count in rows}


def of_threads(keys: Sequence[ThreadKey]) -> tuple[Any, ...]:
    """The conditions on texts of some threads. For the pairs alone, SQLite would read all texts of the companies."""
    companies, numbers = {company for company, _ in keys}, {number for _, number in keys}
    pair = tuple_(TEXT.company_id, TEXT.person_number)
    return TEXT.company_id.in_(companies), TEXT.person_number.in_(numbers), pair.in_(keys)
