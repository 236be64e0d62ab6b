"""Calls that a user may see: the list, and one call with its cause and recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.access.users import may
from hub.model import Attribution, Call, Company, Recording
from hub.platform.fields import from_fields
from hub.queries.callers import SpamVerdict, spam_verdicts
from hub.queries.lists.filters import ContactFilter, ContactKind
from hub.queries.lists.keyset import Page, in_order
from hub.queries.lists.paging import ContactList
from hub.store.encryption.encrypted_fields import names_of
from hub.store.encryption.vault import Vault


@dataclass(frozen=True, kw_only=True)
class CallSummary:
    """One call as lists show it; `duration` is in seconds."""

    id: str
    company_id: str
    tracking_number: str | None
    caller_number: str | None
    caller_name: str | None
    status: str
    started_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    ended_at: datetime | None
    duration: int | None
    failure: str | None
    """Why it failed (`CallFailure`), if the carrier said so."""
    voicemail: bool
    first_time_caller: bool | None
    spam: bool
    spam_score: SpamVerdict | None


@dataclass(frozen=True, kw_only=True)
class CallDetails:
    """One call with its cause, and with its recordings if the user may hear them."""

    call: CallSummary
    attribution: Attribution | None
    recordings: list[Recording] | None


def list_calls(
    session: Session,
    scope: AccessScope,
    vault: Vault,
    *,
    company: str | None = None,
    since: datetime | None = None,
    spam: bool | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[CallSummary]:
    """The calls that a user may see, of one company if it is named, started at or after `since`, the newest first; with
    `spam` only what is spam, or only what is not."""
    companies = scope.select(Company) if company is None else scope.select(Company).where(Company.name == company)
    marked = None if spam is None else "yes" if spam else "no"
    wanted = ContactFilter(kind=ContactKind.CALL, begins=since, spam=marked)
    contacts = ContactList(session, scope, [each.id for each in session.exec(companies)], wanted)
    found = contacts.page(after, limit)
    ids = [key.id for key in found.items]
    rows = in_order(session.exec(select(Call).where(col(Call.id).in_(ids))).all(), ids)
    names, verdicts = names_of(vault, session, rows), spam_verdicts(session, rows)
    return found.of([_summary(row, names, verdicts) for row in rows])


def one_call(session: Session, scope: AccessScope, vault: Vault, call_id: str) -> CallDetails:
    """The call with this id; NotFound if the user may not see it."""
    row = scope.call(session, call_id)
    recordings = None
    if may(scope.user, "recordings"):
        kept = select(Recording).where(Recording.call_id == row.id).order_by(col(Recording.id))
        recordings = list(session.exec(kept))
    return CallDetails(
        call=_summary(row, names_of(vault, session, [row]), spam_verdicts(session, [row])),
        attribution=session.get(Attribution, row.id),
        recordings=recordings,
    )


def _summary(row: Call, names: Mapping[str, str], verdicts: Mapping[str, SpamVerdict]) -> CallSummary:
    assert row.company_id is not None
    return from_fields(CallSummary, row, caller_name=names.get(row.id), spam_score=verdicts.get(row.id))
