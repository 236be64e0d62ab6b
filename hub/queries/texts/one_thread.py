"""One thread: its texts with bodies and pictures, and the calls and forms between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.access.users import names_of as names_of_users
from hub.errors import NotFound, existing
from hub.model import AuditEntry, Call, DoubtfulRefusal, FormSubmission, Person, TextMedia, TextMessage
from hub.model.people import has_known_number
from hub.platform.fields import from_fields
from hub.queries.contact.thread_names import names_in_threads
from hub.queries.lists.keyset import Page, Part, page_of
from hub.queries.texts.paging import DOUBTFUL_TEXTS, NEWEST
from hub.runtime import Hub
from hub.texts.bodies import open_bodies, open_file

MAX_TEXTS = 100
MAX_BETWEEN = 50
SENT_BY_HAND = "texts.send"
"""The audit action of a text that a user wrote."""


@dataclass(frozen=True)
class Picture:
    """A picture or another file of a text; `state` is a `MediaState`."""

    id: str
    content_type: str | None
    size: int | None
    state: str
    there: bool


@dataclass(frozen=True, kw_only=True)
class TextShown:
    """One text; `body` is None if it is empty, or the person was erased."""

    id: str
    at: datetime
    outgoing: bool
    body: str | None
    pictures: tuple[Picture, ...]
    status: str
    reason: str | None
    purpose: str | None
    doubtful: bool
    """Whether it may be a refusal, and nobody has decided yet."""
    by: str | None
    """The name of the user who wrote it."""


@dataclass(frozen=True)
class Between:
    """A call or a form between the texts."""

    kind: Literal["call", "form"]
    id: str
    at: datetime
    answered: bool | None
    duration: int | None


@dataclass(frozen=True, kw_only=True)
class OneThread:
    """A thread. `newest` is its newest text; without a number the sender is hidden or erased."""

    newest: TextMessage
    number: str | None
    name: str | None
    person_id: str | None
    texts: tuple[TextShown, ...]
    """The oldest first."""
    between: tuple[Between, ...]
    older: str | None
    """Where the page with older ones begins."""


def one_thread(session: Session, scope: AccessScope, hub: Hub, text_id: str, before: str | None = None) -> OneThread:
    """The thread that contains a text; at most `MAX_TEXTS` of its texts, those beyond `before`, the `older` of another page.

    NotFound if the user does not see it. The caller writes the audit entry.
    """
    named: TextMessage = scope.one(session, TextMessage, text_id)
    page = _texts(session, named, before)
    if not page.items:
        raise NotFound("Not found")
    rows = page.items[::-1]
    newest = _texts(session, named, None, 1).items[0] if before else rows[-1]
    number, company_id = named.person_number, named.company_id
    known: list[Person] = []
    names: Any = {}
    if number and company_id:
        wanted = select(Person).where(Person.company_id == company_id, has_known_number(number))
        known = list(session.exec(wanted))
        names = names_in_threads(session, hub.vault, [(company_id, number)])
    return OneThread(
        newest=newest,
        number=number,
        name=names.get((company_id, number)),
        person_id=known[0].id if known else None,
        texts=tuple(_shown(session, hub, rows)),
        between=tuple(_between(session, scope, named, rows, ends=before is not None)) if number else (),
        older=page.next,
    )


def picture_of_text(session: Session, scope: AccessScope, hub: Hub, media_id: str) -> tuple[str | None, bytes]:
    """The type and the bytes of one picture; NotFound if the user does not see its text, or the picture is gone."""
    media = existing(session.get(TextMedia, media_id))
    scope.one(session, TextMessage, media.text_id)
    data = existing(open_file(hub.vault, session, media))
    return media.content_type, data


def _texts(session: Session, text: TextMessage, before: str | None, limit: int = MAX_TEXTS) -> Page[TextMessage]:
    """The texts of the thread, the newest first. A text from a hidden sender is alone in its thread."""
    if text.person_number is None:
        return Page([text], None)
    same = select(TextMessage).where(
        TextMessage.company_id == text.company_id, TextMessage.person_number == text.person_number
    )
    return page_of(session, [Part(same, NEWEST)], before, limit)


def _shown(session: Session, hub: Hub, rows: Sequence[TextMessage]) -> list[TextShown]:
    ids = [row.id for row in rows]
    bodies = open_bodies(hub.vault, session, rows)
    pictures: dict[str, list[Picture]] = {}
    columns: tuple[Any, ...] = (
        TextMedia.text_id,
        TextMedia.id,
        TextMedia.content_type,
        TextMedia.size,
        TextMedia.state,
        col(TextMedia.data).is_not(None),
    )
    media = select(*columns).where(col(TextMedia.text_id).in_(ids)).order_by(col(TextMedia.position))
    for text_id, *values in session.execute(media):
        pictures.setdefault(text_id, []).append(Picture(*values))
    sent = select(AuditEntry).where(col(AuditEntry.subject).in_(ids), AuditEntry.action == SENT_BY_HAND)
    actors = {entry.subject: entry.actor for entry in session.exec(sent)}
    users = names_of_users(session, set(actors.values()))
    doubtful = set(session.scalars(DOUBTFUL_TEXTS.where(col(DoubtfulRefusal.id).in_(ids))))
    return [
        from_fields(
            TextShown,
            row,
            outgoing=row.direction == "out",
            body=bodies.get(row.id),
            pictures=tuple(pictures.get(row.id, ())),
            doubtful=row.id in doubtful,
            by=users.get(actors.get(row.id, "")),
        )
        for row in rows
    ]


def _between(
    session: Session, scope: AccessScope, text: TextMessage, rows: Sequence[TextMessage], *, ends: bool
) -> list[Between]:
    """The calls of the person, and the forms with their number, since the first text shown, and until the last one if
    later texts are on another page."""
    call: Any = Call
    form: Any = FormSubmission
    person: Any = Person
    of_company = person.company_id == text.company_id
    same_number = session.exec(select(person.id).where(of_company, person.phone_number == text.person_number)).all()
    calls = scope.calls().where(call.person_id.in_(same_number), call.started_at >= rows[0].at)
    forms = scope.select(FormSubmission).where(form.person_id.in_(same_number), form.submitted_at >= rows[0].at)
    if ends:
        calls, forms = calls.where(call.started_at <= rows[-1].at), forms.where(form.submitted_at <= rows[-1].at)
    called = session.exec(calls.order_by(call.started_at.desc()).limit(MAX_BETWEEN)).all()
    sent = session.exec(forms.order_by(form.submitted_at.desc()).limit(MAX_BETWEEN)).all()
    return [
        *(Between("call", each.id, each.started_at, each.answered, each.talked or each.duration) for each in called),
        *(Between("form", each.id, each.submitted_at, None, None) for each in sent),
    ]
