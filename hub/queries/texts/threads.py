"""The inbox: threads as lists show them, with name, last line and what waits for a person."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.model import Suppression, TextMedia, TextMessage
from hub.model.purposes import SERVICE
from hub.queries.contact.thread_names import ThreadKey, names_in_threads
from hub.queries.lists.keyset import Page, in_order
from hub.queries.lists.plan import visible_companies
from hub.queries.texts.paging import ThreadKind, flags_of, newest_threads, threads_page
from hub.runtime import Hub
from hub.texts.bodies import open_bodies

MAX_LAST_LINE = 160
NUMBERS_PER_QUERY = 400
MAX_WAITING = 200
"""Threads that are looked through for those that wait longest."""


@dataclass(frozen=True, kw_only=True)
class ThreadShown:
    """One thread of a list; `id` is that of the text by which it is listed."""

    id: str
    company_id: str
    number: str
    name: str | None
    at: datetime
    outgoing: bool
    line: str | None
    """The beginning of that text; None if it is empty or gone."""
    pictures: int
    waits: bool
    doubtful: bool
    stopped: bool
    status: str
    """A `MessageStatus`."""


def list_threads(
    session: Session,
    scope: AccessScope,
    hub: Hub,
    companies: Sequence[str],
    kind: ThreadKind = ThreadKind.ALL,
    after: str | None = None,
    limit: int = 50,
) -> Page[ThreadShown]:
    """The threads of some companies that the user may see. The lines are what people wrote, so the action is `bodies`."""
    visible = visible_companies(session, scope, companies)
    found = threads_page(session, visible, kind, after, limit, lambda keys: stopped_people(hub, keys))
    keys = [key_of(text) for text in found.items]
    return found.of(_shown(session, hub, found.items, *flags_of(session, keys), stopped_people(hub, keys)))


def oldest_threads(
    session: Session, scope: AccessScope, hub: Hub, companies: Sequence[str], since: datetime, limit: int
) -> tuple[list[ThreadShown], int]:
    """The threads in which somebody has waited since `since` or later for an answer or for a decision on a stop, the oldest
    first, without people who have stopped texts; and how many there are, among the newest `MAX_WAITING`."""
    visible = visible_companies(session, scope, companies)
    waiting = newest_threads(session, visible, ThreadKind.WAITING, MAX_WAITING, since)
    doubtful = newest_threads(session, visible, ThreadKind.DOUBTFUL, MAX_WAITING)
    texts = {key: text for key, text in doubtful.items() if text.at >= since} | waiting
    stopped = stopped_people(hub, texts)
    oldest = sorted((text for key, text in texts.items() if key not in stopped), key=lambda text: (text.at, text.id))
    ids = [text.id for text in oldest[:limit]]
    rows = session.scalars(select(TextMessage).where(col(TextMessage.id).in_(ids))).all()
    return _shown(session, hub, in_order(rows, ids), waiting, doubtful, stopped), len(oldest)


def _shown(
    session: Session,
    hub: Hub,
    texts: Sequence[TextMessage],
    waiting: Container[ThreadKey],
    doubtful: Container[ThreadKey],
    stopped: Container[ThreadKey],
) -> list[ThreadShown]:
    keys = [key_of(text) for text in texts]
    bodies = open_bodies(hub.vault, session, texts)
    names = names_in_threads(session, hub.vault, keys)
    pictures = _pictures(session, [text.id for text in texts])
    return [
        ThreadShown(
            id=text.id,
            company_id=key[0],
            number=key[1],
            name=names.get(key),
            at=text.at,
            outgoing=text.direction == "out",
            line=bodies[text.id][:MAX_LAST_LINE] if text.id in bodies else None,
            pictures=pictures.get(text.id, 0),
            waits=key in waiting,
            doubtful=key in doubtful,
            stopped=key in stopped,
            status=text.status,
        )
        for text, key in zip(texts, keys, strict=True)
    ]


def key_of(text: TextMessage) -> ThreadKey:
    """The thread of a text, which must have a company and a number."""
    assert text.company_id is not None and text.person_number is not None
    return text.company_id, text.person_number


def stopped_people(hub: Hub, keys: Iterable[ThreadKey], use: str = SERVICE) -> set[ThreadKey]:
    """The threads whose people have stopped texts, or another `use` of the suppression list. The list names nobody, so it is
    asked by keyed hashes."""
    with hub.store.reading() as session:
        hashes = {
            hub.vault.fingerprint(session, company_id, number): (company_id, number) for company_id, number in keys
        }
        listed: set[ThreadKey] = set()
        for part in _parts(list(hashes)):
            wanted = select(col(Suppression.fingerprint)).where(
                col(Suppression.fingerprint).in_(part), col(Suppression.use) == use
            )
            listed |= {hashes[each] for each in session.scalars(wanted)}
    return listed


def _pictures(session: Session, ids: Sequence[str]) -> dict[str, int]:
    counted = select(col(TextMedia.text_id), func.count()).where(col(TextMedia.text_id).in_(ids))
    return {row[0]: int(row[1]) for row in session.execute(counted.group_by(col(TextMedia.text_id)))}


def _parts(hashes: Sequence[str]) -> Iterable[Sequence[str]]:
    return (hashes[begin : begin + NUMBERS_PER_QUERY] for begin in range(0, len(hashes), NUMBERS_PER_QUERY))
