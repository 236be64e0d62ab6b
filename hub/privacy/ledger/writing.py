"""Appends consent records to the ledger; no other module writes there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, get_args

from sqlalchemy import bindparam, or_, true
from sqlalchemy import select as select_columns
from sqlmodel import Session

from hub.contracts.consent import State
from hub.model import HUB_CHAIN, Company, ConsentDetail, ConsentEntry, ConsentNotice, Person
from hub.model.columns import CONSENT_RETENTION, new_id, storable
from hub.store.encryption.vault import Vault
from hub.store.journal import record
from hub.store.rows import indexless, read, write_rows

STATES: tuple[State, ...] = get_args(State)
REFUSING_STATES: frozenset[str] = frozenset({"refused", "withdrawn", "objected"})
"""States after which data must not be sent. Before one is written, `hub.privacy.withdrawal` waits for running sends."""

STATEMENTS_AT_ONCE = 500
_ACCOUNT = (
    select_columns(Company.__table__.c.account_id)
    .where(Company.__table__.c.id == bindparam("company"))
    .with_for_update(key_share=True)
)
SAID = ("person_id", "visit_id", "use", "state", "channel", "evidence", "stated_at")
"""Two records that are equal in these, of the same company, repeat each other."""
HELD = frozenset((*SAID, "id", "recorded_at"))


@dataclass(frozen=True, kw_only=True)
class ConsentStatement:
    """What a person, or a machine for them, said: the fields of a consent record that the caller provides."""

    company_id: str | None
    person_id: str | None
    state: State
    use: str
    channel: str
    stated_at: datetime
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
    scope: Literal["person", "browser", "call"] = "person"
    lapses_at: datetime | None = None
    account_id: str | None = None
    """For a user's choice on emails of their account. For an owner's consent, both company and account are None."""


def append(
    session: Session, statements: Iterable[ConsentStatement], now: datetime, vault: Vault | None = None
) -> list[str]:
    """Add records to the ledger, in the order given, and to the journal of their accounts. Returns their ids.

    `session` must be a writing one; until its end no other process adds records of these companies. A record with
    evidence that the ledger already has for the same moment is not added again. `vault` is needed for records with a
    `detail`.
    """
    by_company: dict[tuple[str, str], list[ConsentStatement]] = {}
    for statement in statements:
        by_company.setdefault((statement.company_id or "", statement.account_id or ""), []).append(statement)
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


def _append(session: Session, statements: Sequence[ConsentStatement], now: datetime, vault: Vault | None) -> list[str]:
    # One writer per company, so that a repeated record is recognized and each record supersedes the one before.
    account_id, company_id = statements[0].account_id, statements[0].company_id
    if company_id:
        ((account_id,),) = read(session, _ACCOUNT, company=company_id)
    ids = []
    for start in range(0, len(statements), STATEMENTS_AT_ONCE):
        some = statements[start : start + STATEMENTS_AT_ONCE]
        held, made = _Held(session, some), list[dict[str, Any]]()
        for statement in some:
            if not held.knows(statement):
                made.append(_fields(session, statement, now, vault, held.before(statement)))
                held.add(made[-1])
        write_rows(session, ConsentEntry, made)
        record(session, account_id or HUB_CHAIN, ConsentEntry, made)
        ids += [row["id"] for row in made]
    return ids


class _Held:
    """The records of the ledger that statements of one company, or of one account, may repeat or supersede."""

    def __init__(self, session: Session, statements: Sequence[ConsentStatement]) -> None:
        self._of_statements: set[tuple[object, ...]] = set()
        self._newest: dict[tuple[Any, ...], tuple[datetime, str]] = {}
        first = statements[0]
        about = {
            "people": list({each.person_id for each in statements if each.person_id is not None}),
            "visits": list({each.visit_id for each in statements if each.person_id is None} - {None}),
            "nobody": [True for each in statements if each.person_id is None and each.visit_id is None],
        }
        said = () if about["nobody"] and first.company_id is None else tuple(name for name in about if about[name])
        held = _held(first.company_id is not None, first.account_id is not None, said)
        values = {
            "company": first.company_id,
            "account": first.account_id,
            "uses": list({each.use for each in statements}),
        }
        for row in read(session, held, **values, **{name: about[name] for name in said}):
            self.add(row._asdict())

    def knows(self, statement: ConsentStatement) -> bool:
        """Whether it is a repetition."""
        return statement.evidence is not None and _said(vars(statement)) in self._of_statements

    def before(self, statement: ConsentStatement) -> str | None:
        """The newest record on the same use of the same person, or else browser, or else account."""
        if statement.person_id is None and statement.visit_id is None and statement.company_id is not None:
            return None
        newest = self._newest.get(_whose(statement.use, statement.person_id, statement.visit_id))
        return newest[1] if newest else None

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a record."""
        self._of_statements.add(_said(row))
        use, written = row["use"], (row["recorded_at"], row["id"])
        for whose in {_whose(use, row["person_id"], None), _whose(use, None, row["visit_id"]), _whose(use, None, None)}:
            self._newest[whose] = max(written, self._newest.get(whose, written))


@cache
def _held(company: bool, account: bool, about: tuple[str, ...]) -> Any:
    """The query for the records of one company, or account, about some people, browsers or nobody; about any if it is empty."""
    entry: Any = ConsentEntry.__table__.c
    of = {
        "people": entry.person_id.in_(bindparam("people", expanding=True)),
        "visits": entry.visit_id.in_(bindparam("visits", expanding=True)),
        "nobody": entry.person_id.is_(None) & entry.visit_id.is_(None),
    }
    # Who is asked about has few records, a company very many.
    of_company = entry.company_id if "nobody" in about or not about else indexless(entry.company_id)
    return select_columns(*(column for column in entry if column.name in HELD)).where(
        of_company == bindparam("company") if company else entry.company_id.is_(None),
        entry.account_id == bindparam("account") if account else entry.account_id.is_(None),
        entry.use.in_(bindparam("uses", expanding=True)),
        or_(*(of[name] for name in about)) if about else true(),
    )


def _said(values: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(values[name] for name in SAID)


def _whose(use: str, person_id: str | None, visit_id: str | None) -> tuple[object, ...]:
    return (use, person_id, None if person_id is not None else visit_id)


def _fields(
    session: Session, statement: ConsentStatement, now: datetime, vault: Vault | None, before: str | None
) -> dict[str, object]:
    record_id = new_id()
    return ConsentEntry.columns(
        id=record_id,
        company_id=statement.company_id,
        account_id=statement.account_id,
        person_id=statement.person_id,
        visit_id=statement.visit_id,
        state=statement.state,
        use=statement.use,
        categories=sorted(statement.categories),
        recipients=sorted(statement.recipients),
        jurisdictions=sorted(statement.jurisdictions),
        basis=statement.basis,
        channel=statement.channel,
        language=statement.language,
        notice_hash=statement.notice_hash,
        evidence=storable(statement.evidence),
        detail_hash=_seal(session, statement, record_id, now, vault) if statement.detail else None,
        scope=statement.scope,
        stated_at=statement.stated_at,
        lapses_at=statement.lapses_at,
        recorded_at=now,
        supersedes=before,
    )


def _seal(session: Session, statement: ConsentStatement, record_id: str, now: datetime, vault: Vault | None) -> str:
    if vault is None:
        raise ValueError("a word with a detail needs the vault")
    person = session.get(Person, statement.person_id) if statement.person_id else None
    number = person.known_number if person else None
    plain = storable(statement.detail or "").encode()
    sealed = vault.seal(session, statement.company_id, number, record_id, plain, f"consent_detail/{record_id}")
    write_rows(
        session,
        ConsentDetail,
        [ConsentDetail(id=record_id, sealed=sealed, expires_at=statement.stated_at + CONSENT_RETENTION)],
    )
    return hashlib.sha256(sealed).hexdigest()
