"""Appends consent records to the ledger; no other module writes there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlmodel import Session, col, select

from hub.contracts.consent import State
from hub.model import HUB_CHAIN, Company, ConsentDetail, ConsentEntry, ConsentNotice, Person
from hub.model.columns import CONSENT_RETENTION, new_id, storable
from hub.store.journal import record
from hub.store.rows import write_rows
from hub.store.vault import Vault

STATES: tuple[State, ...] = get_args(State)
NO: frozenset[str] = frozenset({"refused", "withdrawn", "objected"})
"""States after which data must not be sent. Before one is written, `hub.privacy.withdrawal` waits for running sends."""


@dataclass(frozen=True, kw_only=True)
class ConsentStatement:
    """What a person, or a machine for them, said: the fields of a consent record that the caller provides."""

    company_id: str | None
    person_id: str | None
    state: State
    use: str
    channel: str
    spoken_at: datetime
    evidence: str | None = None
    """The id of a row, or `sha256:…`; never free text."""
    detail: str | None = None
    """A part of the record that needs free text; it is encrypted under the person's key."""
    visit_id: str | None = None
    categories: Sequence[str] = ()
    recipients: Sequence[str] = ()
    jurisdictions: Sequence[str] = ()
    basis: str = "consent"
    language: str | None = None
    notice_hash: str | None = None
    scope: Literal["person", "browser"] = "person"
    lapses_at: datetime | None = None
    account_id: str | None = None
    """For a user's choice on e-mails of their account. For an owner's consent, both company and account are None."""


def append(session: Session, words: Iterable[ConsentStatement], now: datetime, vault: Vault | None = None) -> list[str]:
    """Add records to the ledger, in the order given, and to the journal of their accounts. Returns their ids.

    `session` must be a writing one; until its end no other process adds records of these companies. A record with
    evidence that the ledger already has for the same moment is not added again. `vault` is needed for records with a
    `detail`.
    """
    by_company: dict[tuple[str, str], list[ConsentStatement]] = {}
    for word in words:
        by_company.setdefault((word.company_id or "", word.account_id or ""), []).append(word)
    ids = []
    for spoken_to in sorted(by_company):  # the same order everywhere, so that no two writers wait for each other
        ids += _append(session, by_company[spoken_to], now, vault)
    return ids


def keep_notice(session: Session, text: str, language: str, now: datetime) -> str:
    """Store a notice's exact words. Returns their hash, by which records refer to them."""
    text = storable(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    write_rows(session, ConsentNotice, [ConsentNotice(hash=digest, language=language, text=text, kept_at=now)])
    return digest


def _append(session: Session, words: Sequence[ConsentStatement], now: datetime, vault: Vault | None) -> list[str]:
    # One writer per company, so that a repeated record is recognized and each record supersedes the one before.
    company = select(Company.account_id).where(Company.id == words[0].company_id).with_for_update(key_share=True)
    account_id = session.exec(company).one() if words[0].company_id else words[0].account_id
    made: list[dict[str, Any]] = []
    for word in words:
        if not _is_known(session, word):
            made.append(_fields(session, word, now, vault))
            write_rows(session, ConsentEntry, made[-1:])
    record(session, account_id or HUB_CHAIN, ConsentEntry, made)
    return [row["id"] for row in made]


def _is_known(session: Session, word: ConsentStatement) -> bool:
    if word.evidence is None:
        return False
    same = (
        ConsentEntry.company_id == word.company_id,
        ConsentEntry.person_id == word.person_id,
        ConsentEntry.visit_id == word.visit_id,
        ConsentEntry.use == word.use,
        ConsentEntry.state == word.state,
        ConsentEntry.channel == word.channel,
        ConsentEntry.evidence == word.evidence,
        ConsentEntry.spoken_at == word.spoken_at,
    )
    return session.exec(select(ConsentEntry.id).where(*same)).first() is not None


def _fields(session: Session, word: ConsentStatement, now: datetime, vault: Vault | None) -> dict[str, Any]:
    record_id = new_id()
    return ConsentEntry.columns(
        id=record_id,
        company_id=word.company_id,
        account_id=word.account_id,
        person_id=word.person_id,
        visit_id=word.visit_id,
        state=word.state,
        use=word.use,
        categories=sorted(word.categories),
        recipients=sorted(word.recipients),
        jurisdictions=sorted(word.jurisdictions),
        basis=word.basis,
        channel=word.channel,
        language=word.language,
        notice_hash=word.notice_hash,
        evidence=storable(word.evidence),
        detail_hash=_seal(session, word, record_id, now, vault) if word.detail else None,
        scope=word.scope,
        spoken_at=word.spoken_at,
        lapses_at=word.lapses_at,
        recorded_at=now,
        supersedes=_before(session, word),
    )


def _seal(session: Session, word: ConsentStatement, record_id: str, now: datetime, vault: Vault | None) -> str:
    if vault is None:
        raise ValueError("a word with a detail needs the vault")
    person = session.get(Person, word.person_id) if word.person_id else None
    number = person.known_number if person else None
    plain = storable(word.detail or "").encode()
    sealed = vault.seal(session, word.company_id, number, record_id, plain, f"consent_detail/{record_id}")
    write_rows(
        session,
        ConsentDetail,
        [ConsentDetail(id=record_id, sealed=sealed, expires_at=word.spoken_at + CONSENT_RETENTION)],
    )
    return hashlib.sha256(sealed).hexdigest()


def _before(session: Session, word: ConsentStatement) -> str | None:
    same = [
        ConsentEntry.company_id == word.company_id,
        ConsentEntry.account_id == word.account_id,
        ConsentEntry.use == word.use,
    ]
    if word.person_id is not None:
        same.append(ConsentEntry.person_id == word.person_id)
    elif word.visit_id is not None:
        same.append(ConsentEntry.visit_id == word.visit_id)
    elif word.company_id is not None:
        return None
    newest = (col(ConsentEntry.recorded_at).desc(), col(ConsentEntry.id).desc())
    return session.exec(select(ConsentEntry.id).where(*same).order_by(*newest).limit(1)).first()
