"""Which conversations by text a program asks for, and what is known of a page of them.

A conversation is all texts between a company and a number. A list reads it by its newest text, along the index of times;
it is known by its oldest text, so that its id stays when another text comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, false, func, or_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.access.users import may
from hub.model import Attribution, Company, Lead, Note, Tag, TextMessage, ThreadArchive, Tracker, User
from hub.queries.contact.thread_names import ThreadKey, names_in_threads
from hub.queries.lists.keyset import Cursor, Order, Part, Parts
from hub.queries.lists.plan import by_company, period_beyond, visible_companies
from hub.queries.texts.paging import STAFF, of_threads
from hub.queries.texts.threads import key_of
from hub.store.encryption.encrypted_fields import notes_of
from hub.store.encryption.vault import Vault
from hub.texts.bodies import open_bodies
from hub.texts.doubts import NOT_SENT

TEXT: Any = TextMessage
MAX_RECENT = 20
"""So many texts of a conversation are shown, the newest."""


@dataclass(frozen=True, kw_only=True)
class ThreadFilter:
    """What is asked of conversations; None: everything."""

    begins: datetime | None = None
    ends: datetime | None = None
    company_id: str | None = None
    search: str | None = None
    """A part of the person's number or of the tracking number."""


@dataclass(frozen=True, kw_only=True)
class ThreadFacts:
    """One conversation; the texts are the newest first, their words empty for a user who may not read them."""

    first: TextMessage
    newest: TextMessage
    company: Company
    name: str | None = None
    texts: Sequence[tuple[TextMessage, str | None]] = ()
    tracker: Tracker | None = None
    lead: Lead | None = None
    tags: Sequence[str] = ()
    notes: Sequence[str] = ()
    cause: Attribution | None = None
    archived: bool = False


def visible_texts(scope: AccessScope) -> Any:
    """The texts of conversations that the user may see."""
    query = scope.select(TextMessage).where(TEXT.person_number.is_not(None), _is_said(TEXT))
    return query if scope.reach == "account" else query.where(false())


def list_newest_texts(session: Session, scope: AccessScope, wanted: ThreadFilter) -> Parts:
    """The newest text of each conversation that the user may see and the filter selects; times are those of that text."""
    later: Any = aliased(TextMessage)
    newer = and_(
        later.company_id == TEXT.company_id,
        later.person_number == TEXT.person_number,
        later.at >= TEXT.at,
        or_(later.at > TEXT.at, later.id > TEXT.id),
        _is_said(later),
    )
    where = [TEXT.person_number.is_not(None), _is_said(TEXT), ~exists().where(newer).correlate(TextMessage)]
    if scope.reach != "account":
        where.append(false())
    digits = "".join(char for char in wanted.search or "" if char.isdigit())
    if wanted.search:
        columns = (TEXT.person_number, TEXT.tracking_number)
        where.append(or_(*(each.contains(digits, autoescape=True) for each in columns)) if digits else false())
    companies = visible_companies(session, scope, wanted.company_id and [wanted.company_id])

    def parts(order: Order, cursor: Cursor | None, rows: int) -> list[Part]:
        begins, ends = period_beyond((wanted.begins, wanted.ends), cursor, order)
        period = [*([TEXT.at >= begins] if begins else []), *([TEXT.at < ends] if ends else [])]
        return by_company(select(TEXT.id).where(*where, *period), TEXT.company_id, companies, order, rows)

    return parts


def _is_said(text: Any) -> Any:
    """The condition that a text is part of a conversation: alerts to the hub's own users, and texts that were never sent,
    are not."""
    return and_(or_(text.purpose.is_(None), text.purpose != STAFF), text.status.not_in(NOT_SENT))


def newest_of(session: Session, scope: AccessScope, text_id: str) -> str | None:
    """The newest text of the conversation that has a text; None if the user does not see it."""
    text = session.exec(visible_texts(scope).where(TEXT.id == text_id)).first()
    if text is None:
        return None
    same = visible_texts(scope).where(TEXT.company_id == text.company_id, TEXT.person_number == text.person_number)
    newest = same.with_only_columns(TEXT.id).order_by(TEXT.at.desc(), TEXT.id.desc()).limit(1)
    found: str | None = session.execute(newest).scalar()
    return found


def facts_of_threads(
    session: Session,
    vault: Vault,
    newest: Sequence[TextMessage],
    *,
    with_marks: bool = False,
    user: User | None = None,
) -> list[ThreadFacts]:
    """What is known of the conversations with these newest texts, which the caller must be permitted to see, in their
    order; each table is asked once."""
    keys = [key_of(each) for each in newest]
    if not keys:
        return []
    companies = {
        each.id: each for each in session.exec(select(Company).where(col(Company.id).in_({key[0] for key in keys})))
    }
    first, recent = _firsts(session, keys), _recent(session, keys)
    trackers = _trackers(session, [*first.values(), *newest])
    names = names_in_threads(session, vault, keys)
    reads = user is None or may(user, "bodies") is not None
    bodies = open_bodies(vault, session, [text for texts in recent.values() for text in texts]) if reads else {}
    archived = _archived(session, keys)
    marks = _Marks(session, vault, keys if with_marks else [])
    return [
        ThreadFacts(
            first=first[key],
            newest=each,
            company=companies[key[0]],
            name=names.get(key),
            texts=tuple((text, bodies.get(text.id)) for text in recent.get(key, ())),
            tracker=trackers.get(each.tracker_id or ""),
            lead=marks.leads.get(key),
            tags=tuple(sorted(marks.tags.get(key, ()), key=str.casefold)),
            notes=tuple(marks.notes.get(key, ())),
            cause=marks.causes.get(key),
            archived=key in archived and archived[key] >= each.at,
        )
        for each, key in zip(newest, keys, strict=True)
    ]


class _Marks:
    """What users added to the texts of conversations: the latest lead, all tags and notes; and the latest cause."""

    def __init__(self, session: Session, vault: Vault, keys: Sequence[ThreadKey]) -> None:
        self.leads: dict[ThreadKey, Lead] = {}
        self.tags: dict[ThreadKey, set[str]] = defaultdict(set)
        self.notes: dict[ThreadKey, list[str]] = defaultdict(list)
        self.causes: dict[ThreadKey, Attribution] = {}
        if not keys:
            return
        for lead, *key in _joined(session, Lead, keys, col(Lead.marked_at)):
            self.leads[key[0], key[1]] = lead
        for tag, *key in _joined(session, Tag, keys, col(Tag.id)):
            self.tags[key[0], key[1]].add(tag.name)
        for cause, *key in _joined(session, Attribution, keys, col(Attribution.made_at)):
            self.causes[key[0], key[1]] = cause
        rows = _joined(session, Note, keys, col(Note.id))
        texts = notes_of(vault, session, [row[0] for row in rows])
        for note, *key in rows:
            if note.id in texts:
                self.notes[key[0], key[1]].append(texts[note.id])


def _joined(session: Session, table: Any, keys: Sequence[ThreadKey], order: Any) -> list[Any]:
    query = select_columns(table, TEXT.company_id, TEXT.person_number).join(TextMessage, TEXT.id == table.subject_id)
    return list(session.execute(query.where(*of_threads(keys)).order_by(order)))


def _archived(session: Session, keys: Sequence[ThreadKey]) -> dict[ThreadKey, datetime]:
    """The time of the text at which each conversation was put aside last."""
    query = select_columns(TEXT.company_id, TEXT.person_number, func.max(TEXT.at, type_=TEXT.at.type))
    query = query.join(ThreadArchive, col(ThreadArchive.text_id) == TEXT.id).where(*of_threads(keys))
    rows = session.execute(query.group_by(TEXT.company_id, TEXT.person_number))
    return {(company, number): at for company, number, at in rows}


def _firsts(session: Session, keys: Sequence[ThreadKey]) -> dict[ThreadKey, TextMessage]:
    said = (*of_threads(keys), _is_said(TEXT))
    oldest = select_columns(func.min(TEXT.id)).where(*said).group_by(TEXT.company_id, TEXT.person_number)
    rows = session.exec(select(TextMessage).where(TEXT.id.in_(oldest)))
    return {key_of(each): each for each in rows}


def _recent(session: Session, keys: Sequence[ThreadKey]) -> dict[ThreadKey, list[TextMessage]]:
    """The newest texts of each conversation."""
    rank = func.row_number().over(
        partition_by=(TEXT.company_id, TEXT.person_number), order_by=(TEXT.at.desc(), TEXT.id.desc())
    )
    ranked = select_columns(TEXT.id, rank.label("rank")).where(*of_threads(keys), _is_said(TEXT)).subquery()
    query = select(TextMessage).join(ranked, ranked.c.id == TEXT.id).where(ranked.c.rank <= MAX_RECENT)
    found: dict[ThreadKey, list[TextMessage]] = defaultdict(list)
    for text in session.exec(query.order_by(TEXT.at.desc(), TEXT.id.desc())):
        found[key_of(text)].append(text)
    return found


def _trackers(session: Session, texts: Sequence[TextMessage]) -> Mapping[str, Tracker]:
    ids = {each.tracker_id for each in texts if each.tracker_id}
    return {each.id: each for each in session.exec(select(Tracker).where(col(Tracker.id).in_(ids)))} if ids else {}
