"""Which threads a list shows: by their newest text, newest first, without grouping the table of texts.

A page walks the newest texts in the order of an index, and keeps each one after which nothing newer of its thread comes,
which the index of threads says. It reads at most as many texts as `WINDOWS` has together, so a page may have few threads
and still say where the next one begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, tuple_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session

from hub.model import DoubtfulRefusal, TextMessage
from hub.model.doubtful_refusals import OPEN_DOUBTS
from hub.model.states import MessageStatus, RefusalSource
from hub.texts.doubts import NOT_SENT

WINDOWS = (150, 350, 1_000, 1_500)
"""Texts that one page of threads reads: at first few, which is enough for most pages, and then more."""
MAX_COMPANIES_APART = 12
"""Up to this many companies, each is read through its own index; more are read by time alone."""
ANSWERS = ("reply", "service")
"""The purposes of texts that answer a person."""
KEYWORDS = ("stop", "start", "help")
"""The meanings of texts that the hub answers automatically."""
STAFF = "staff_alert"
TEXT: Any = TextMessage
_DOUBT: Any = DoubtfulRefusal
DOUBTFUL_TEXTS = select(_DOUBT.id).where(OPEN_DOUBTS, _DOUBT.source == RefusalSource.TEXT)
"""Ids of the texts that may be a refusal and that nobody has decided on."""
ThreadKey = tuple[str, str]
"""A company's id and a person's number."""


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


@dataclass(frozen=True)
class ThreadsPage:
    """The newest text of each thread, newest first, and the text after which the next page begins."""

    texts: list[TextMessage]
    next: str | None


def threads_page(
    session: Session,
    companies: Sequence[str],
    kind: ThreadKind = ThreadKind.ALL,
    after: str | None = None,
    limit: int = 50,
    stopped: Callable[[Sequence[ThreadKey]], set[ThreadKey]] | None = None,
) -> ThreadsPage:
    """One page of the threads of some companies, which the caller must be permitted to see. `after` is the id of a text.

    `stopped` returns those who have stopped texts; only the kind STOPPED needs it.
    """
    start = session.get(TextMessage, after) if after else None
    if after and (start is None or start.company_id not in companies):
        return ThreadsPage([], None)
    rows: list[Any] = []
    end: Any = None
    for window in WINDOWS:
        found, end = _window(session, companies, kind, start, window, stopped)
        rows += found
        if end is None or len(rows) > limit:
            break
        start = end
    following = rows[limit - 1].id if len(rows) > limit else end.id if end is not None else None
    shown = [row.id for row in rows[:limit]]
    texts = {text.id: text for text in session.scalars(select(TextMessage).where(TEXT.id.in_(shown)))}
    return ThreadsPage([texts[each] for each in shown if each in texts], following)


def _window(
    session: Session,
    companies: Sequence[str],
    kind: ThreadKind,
    start: Any,
    window: int,
    stopped: Callable[[Sequence[ThreadKey]], set[ThreadKey]] | None,
) -> tuple[list[Any], Any]:
    """The wanted texts among the `window` newest before `start`, and the last text read; None if no older ones are left."""
    scanned = _scanned(companies, kind, start, window)
    later: Any = aliased(TEXT)
    newer = and_(
        later.company_id == scanned.c.company_id,
        later.person_number == scanned.c.person_number,
        later.at >= scanned.c.at,
        or_(later.at > scanned.c.at, later.id > scanned.c.id),
        _of_thread(later),
        *_counts(later, kind),
    )
    listed = and_(*_wanted(scanned.c, kind), ~exists().where(newer))
    columns = (scanned.c.id, scanned.c.company_id, scanned.c.person_number, scanned.c.at, listed.label("listed"))
    read: list[Any] = list(session.execute(select(*columns).order_by(scanned.c.at.desc(), scanned.c.id.desc())))
    rows = [row for row in read if row.listed]
    if kind is ThreadKind.STOPPED and stopped is not None:
        found = stopped([(row.company_id, row.person_number) for row in rows])
        rows = [row for row in rows if (row.company_id, row.person_number) in found]
    return rows, read[-1] if len(read) == window else None


def _scanned(companies: Sequence[str], kind: ThreadKind, start: Any, window: int) -> Any:
    """The `window` newest texts before `start`, as a subquery of few columns."""
    columns = (
        TEXT.id,
        TEXT.company_id,
        TEXT.person_number,
        TEXT.at,
        TEXT.direction,
        TEXT.meaning,
        TEXT.status,
    )
    conditions: list[Any] = [TEXT.person_number.is_not(None), _of_thread(TEXT)]
    if start is not None:
        conditions += [TEXT.at <= start.at, or_(TEXT.at < start.at, TEXT.id < start.id)]
    if kind is ThreadKind.DOUBTFUL:
        conditions.append(TEXT.id.in_(DOUBTFUL_TEXTS))
    newest = (TEXT.at.desc(), TEXT.id.desc())
    if kind is ThreadKind.DOUBTFUL or len(companies) > MAX_COMPANIES_APART:
        query: Any = select(*columns).where(TEXT.company_id.in_(companies), *conditions).order_by(*newest)
        return query.limit(window).subquery()
    apart = [
        select(select(*columns).where(TEXT.company_id == each, *conditions).order_by(*newest).limit(window).subquery())
        for each in companies
    ] or [select(*columns).where(TEXT.company_id.is_(None), *conditions).limit(0)]
    together = union_all(*apart).subquery()
    return select(together).order_by(together.c.at.desc(), together.c.id.desc()).limit(window).subquery()


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
    pair = select(TEXT.company_id, TEXT.person_number).where(*_of_threads(keys)).distinct()
    later: Any = aliased(TEXT)
    newer = and_(
        later.company_id == TEXT.company_id,
        later.person_number == TEXT.person_number,
        later.at >= TEXT.at,
        or_(later.at > TEXT.at, later.id > TEXT.id),
        *_counts(later, ThreadKind.WAITING),
    )
    waiting = session.execute(pair.where(*_wanted(TEXT, ThreadKind.WAITING), ~exists().where(newer)))
    doubtful = session.execute(pair.where(TEXT.id.in_(DOUBTFUL_TEXTS)))
    return {(row[0], row[1]) for row in waiting}, {(row[0], row[1]) for row in doubtful}


def count_texts(session: Session, keys: Sequence[ThreadKey]) -> dict[ThreadKey, int]:
    """How many texts some threads have."""
    counted = select(TEXT.company_id, TEXT.person_number, func.count()).where(*_of_threads(keys))
    rows = session.execute(counted.group_by(TEXT.company_id, TEXT.person_number))
    return {(company_id, number): count for company_id, number, count in rows}


def _of_threads(keys: Sequence[ThreadKey]) -> tuple[Any, ...]:
    """The conditions on texts of some threads. For the pairs alone, SQLite would read all texts of the companies."""
    companies, numbers = {company for company, _ in keys}, {number for _, number in keys}
    pair = tuple_(TEXT.company_id, TEXT.person_number)
    return TEXT.company_id.in_(companies), TEXT.person_number.in_(numbers), pair.in_(keys)
