"""The queue of doubtful refusals: what each person may refuse, in which words, and until when a user can decide."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from hub.contracts.transcripts import TranscriptPart
from hub.model import Company, DoubtfulRefusal, FormSubmission, Note, Tag, TextMessage, TranscriptRow
from hub.model.doubtful_refusals import OPEN_DOUBTS
from hub.model.people import TYPED
from hub.model.states import RefusalSource
from hub.platform.fields import from_fields
from hub.queries.masking import partly
from hub.recordings.transcripts import place_in
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import decrypt_many, fields_of, notes_of
from hub.store.encryption.vault import Vault
from hub.texts.bodies import open_bodies
from hub.texts.quotes import quote, said_by_caller
from hub.visits.form_fields import messages_in

MAX_DOUBTS = 50
SPOKEN = (RefusalSource.CALL, RefusalSource.VOICEMAIL)


@dataclass(frozen=True)
class DoubtShown:
    """One row of the queue."""

    id: str
    company: str
    """The company's title."""
    who: str
    """The number, masked."""
    is_typed: bool
    """Whether somebody typed the number into a form and nothing shows that it is theirs."""
    source: str
    """In what they said it (`RefusalSource`)."""
    subject_id: str
    words: str | None
    """The sentences that count; None if they are gone, or not for this reader."""
    refused: str
    """What they may refuse: texts, calls or both."""
    at: datetime
    decide_by: datetime
    """From then on it counts as a no (`hub.texts.doubts.lapsed_use`)."""
    answers: TextMessage | None
    """For a text: the newest text to them before."""


def open_doubts_of(
    session: Session, hub: Hub, companies: Collection[str], *, spoken: bool = True, limit: int = MAX_DOUBTS
) -> list[DoubtShown]:
    """The undecided refusals of some companies, oldest first. Without `spoken`, what was said in calls is not quoted."""
    wanted = (OPEN_DOUBTS, col(DoubtfulRefusal.company_id).in_(companies))
    oldest = select(DoubtfulRefusal).where(*wanted).order_by(col(DoubtfulRefusal.at), col(DoubtfulRefusal.id))
    doubts = session.exec(oldest.limit(limit)).all()
    if not doubts:
        return []
    answered = _answered(session, [each.id for each in doubts if each.source == RefusalSource.TEXT])
    titles = dict(session.exec(select(Company.id, Company.title).where(col(Company.id).in_(companies))).all())
    words = quotes_of(session, hub.vault, [each for each in doubts if spoken or each.source not in SPOKEN])
    return [
        from_fields(
            DoubtShown,
            each,
            company=titles.get(each.company_id, ""),
            who=partly(each.person_number),
            is_typed=each.learned == TYPED,
            words=words.get(each.id),
            answers=answered.get(each.id),
        )
        for each in doubts
    ]


def quotes_of(session: Session, vault: Vault, doubts: Sequence[DoubtfulRefusal]) -> dict[str, str]:
    """The sentences that count, by the id of the row; without those whose words are gone. The calling code notes in the
    audit log who reads them."""
    words: dict[str, str] = {}
    for source, read_words in _WORDS.items():
        ids = [each.id for each in doubts if each.source == source]
        words |= read_words(session, vault, ids) if ids else {}
    return {each.id: quote(words[each.id], RefusalSource(each.source)) for each in doubts if each.id in words}


def _answered(session: Session, ids: Collection[str]) -> dict[str, TextMessage]:
    """Text → the newest text to its sender before it."""
    if not ids:
        return {}
    before, sent = aliased(TextMessage), aliased(TextMessage)
    earlier = (
        select(func.max(before.at))
        .where(
            before.company_id == TextMessage.company_id,
            before.person_number == TextMessage.person_number,
            before.direction == "out",
            before.at <= TextMessage.at,
        )
        .correlate(TextMessage)
        .scalar_subquery()
    )
    same = and_(
        col(sent.company_id) == col(TextMessage.company_id),
        col(sent.person_number) == col(TextMessage.person_number),
        col(sent.direction) == "out",
        col(sent.at) == earlier,
    )
    pairs: Any = select(TextMessage.id, sent).join(sent, same).where(col(TextMessage.id).in_(ids))
    return {row[0]: row[1] for row in session.execute(pairs)}


def _bodies(session: Session, vault: Vault, ids: Collection[str]) -> Mapping[str, str]:
    return open_bodies(vault, session, _rows(session, TextMessage, ids))


def _messages(session: Session, vault: Vault, ids: Collection[str]) -> Mapping[str, str]:
    fields = fields_of(vault, session, _rows(session, FormSubmission, ids))
    return {form_id: "\n".join(messages_in(entries)) for form_id, entries in fields.items()}


def _notes(session: Session, vault: Vault, ids: Collection[str]) -> Mapping[str, str]:
    return notes_of(vault, session, _rows(session, Note, ids))


def _tags(session: Session, vault: Vault, ids: Collection[str]) -> Mapping[str, str]:
    return {each.id: each.name for each in _rows(session, Tag, ids)}


def _speech(session: Session, vault: Vault, ids: Collection[str]) -> Mapping[str, str]:
    return dict(_spoken(session, vault, [row for row in _rows(session, TranscriptRow, ids) if row.sealed]))


def _spoken(session: Session, vault: Vault, rows: Sequence[TranscriptRow]) -> Iterator[tuple[str, str]]:
    sealed = [(row.sealed or b"", place_in(row.id)) for row in rows]
    for row, plain in zip(rows, decrypt_many(vault, session, sealed), strict=True):
        if plain is not None:
            yield row.id, said_by_caller(TranscriptPart(**part) for part in json.loads(plain))


def _rows(session: Session, table: Any, ids: Collection[str]) -> Sequence[Any]:
    return session.exec(select(table).where(col(table.id).in_(ids))).all()


_WORDS: Mapping[RefusalSource, Callable[[Session, Vault, Collection[str]], Mapping[str, str]]] = {
    RefusalSource.TEXT: _bodies,
    RefusalSource.FORM: _messages,
    RefusalSource.CALL: _speech,
    RefusalSource.VOICEMAIL: _speech,
    RefusalSource.NOTE: _notes,
    RefusalSource.TAG: _tags,
}
