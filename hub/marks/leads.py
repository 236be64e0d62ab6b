"""Mark calls, texts and forms as leads: status and value. Conversion rules take a mark up in the flow (`hub.flow.leads`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.contracts.leads import LeadStatus
from hub.contracts.values import Money
from hub.errors import CannotDo
from hub.flow.case import Subject, time_of
from hub.marks.subjects import company_of, markable, note_action
from hub.model import Lead, LeadChange
from hub.model.states import WorkState
from hub.reports.dirty_days import Change, mark_dirty
from hub.store.rows import write_rows
from hub.store.writers.webhook_events import note_changes

Value = Money | None | Literal["keep"]
"""A lead's value; `keep` leaves the present one."""
MAX_AMOUNT = Decimal(10**10)
DEFAULT_CURRENCY = "USD"


@dataclass(frozen=True)
class LeadMark:
    """A lead's status and value, as before a change: what an undo needs."""

    status: LeadStatus
    value: Money | None = None


def mark_lead(
    session: Session, scope: AccessScope, subject_id: str, status: str | None, now: datetime, value: Value = "keep"
) -> LeadMark | None:
    """Set the lead status of one call, text or form, and its value; None as `status` removes the mark. Returns the
    former mark: `mark_lead(…, former.status, now, former.value)` undoes it, and None as status if there was none.

    NotFound if the user does not see it, CannotDo if the status or the value is impossible.
    """
    return mark_leads(session, scope, [subject_id], status, now, value)[subject_id]


def mark_leads(
    session: Session,
    scope: AccessScope,
    subject_ids: Collection[str],
    status: str | None,
    now: datetime,
    value: Value = "keep",
) -> Mapping[str, LeadMark | None]:
    """The same for up to 500 at once; returns the former marks by id. What is marked so already stays unchanged."""
    wanted = None if status is None else lead_status(status)
    if isinstance(value, Money):
        _check(value)
    subjects = markable(session, scope, subject_ids)
    leads = _locked(session, subjects, now, scope.user.id)
    former = {subject.id: _mark_of(leads[subject.id]) for subject in subjects}
    after = {subject.id: _after(former[subject.id], wanted, value) for subject in subjects}
    changed = [subject for subject in subjects if former[subject.id] != after[subject.id]]
    for subject in subjects:
        _set(session, leads[subject.id], after[subject.id], former[subject.id], now, scope.user.id)
    write_rows(session, LeadChange, [_change(each, after[each.id], now, scope.user.id) for each in changed])
    mark_dirty(session, [Change(company_of(each), time_of(each)) for each in changed], now)
    note_changes(session, changed, ("lead_status", "value") if value != "keep" else ("lead_status",), now)
    note_action(session, scope, "lead.mark", changed, now, wanted.value if wanted else "removed")
    return former


def count_again(session: Session, scope: AccessScope, subject_id: str, at: datetime) -> bool:
    """Let the conversion rules look at a lead again at `at`, such as one that was marked before a rule counted it; False if it
    is not marked. NotFound if the user does not see it."""
    (subject,) = markable(session, scope, [subject_id])
    query = select(LeadChange).where(LeadChange.subject_id == subject.id).order_by(col(LeadChange.id).desc()).limit(1)
    change = session.exec(query.with_for_update()).first()
    if change is None or session.get(Lead, subject.id) is None:
        return False
    change.state, change.due_at = WorkState.READY, at
    session.add(change)
    note_action(session, scope, "lead.count", [subject], at)
    return True


def lead_status(text: str) -> LeadStatus:
    """A status by its name; CannotDo lists the statuses."""
    try:
        return LeadStatus(text.strip().lower().replace(" ", "_").replace("-", "_"))
    except ValueError:
        raise CannotDo(f"A lead's status is one of {', '.join(LeadStatus)}.", param="status") from None


def parse_value(text: str, currency: str | None = None) -> Money:
    """`240`, `240.50 EUR`; the currency is USD if neither says another. CannotDo if it is not an amount."""
    amount, _, named = text.strip().partition(" ")
    try:
        value = Money(Decimal(amount), (named.strip() or currency or DEFAULT_CURRENCY).upper())
    except InvalidOperation:
        raise CannotDo("A value is written like 240, 240.50 or 240 EUR.") from None
    _check(value)
    return value


def _check(value: Money) -> None:
    if not value.amount.is_finite() or not 0 <= value.amount < MAX_AMOUNT:
        raise CannotDo("A lead's value is an amount of 0 or more, like 240.", param="amount")
    if value.amount != round(value.amount, 4):
        raise CannotDo("A lead's value has at most four decimal places.", param="amount")
    if len(value.currency) != 3 or not (value.currency.isascii() and value.currency.isupper()):
        raise CannotDo("A currency is written as its three letters, like USD.", param="currency")


def _locked(session: Session, subjects: Sequence[Subject], now: datetime, user_id: str) -> dict[str, Lead]:
    """The leads of the subjects, locked until the transaction ends. A missing one is made, with an empty status, so that
    of two users who mark the same call the second sees the first one's mark as the former."""
    empty = [
        Lead(subject_id=each.id, company_id=company_of(each), status="", marked_at=now, marked_by=user_id)
        for each in subjects
    ]
    write_rows(session, Lead, empty)
    query = select(Lead).where(col(Lead.subject_id).in_([each.id for each in subjects])).order_by(Lead.subject_id)
    query = query.with_for_update().execution_options(populate_existing=True)
    return {lead.subject_id: lead for lead in session.exec(query)}


def _mark_of(lead: Lead) -> LeadMark | None:
    if not lead.status:
        return None
    has_value = lead.amount is not None and lead.currency is not None
    return LeadMark(LeadStatus(lead.status), Money(lead.amount, lead.currency) if has_value else None)  # type: ignore[arg-type]


def _after(former: LeadMark | None, status: LeadStatus | None, value: Value) -> LeadMark | None:
    if status is None:
        return None
    kept = former.value if former is not None and value == "keep" else value
    return LeadMark(status, kept if isinstance(kept, Money) else None)


def _set(
    session: Session, lead: Lead, after: LeadMark | None, former: LeadMark | None, now: datetime, user_id: str
) -> None:
    if after is None:
        session.delete(lead)
        return
    if after == former:
        return
    lead.status, lead.marked_at, lead.marked_by = after.status.value, now, user_id
    lead.amount = after.value.amount if after.value else None
    lead.currency = after.value.currency if after.value else None
    session.add(lead)


def _change(subject: Subject, mark: LeadMark | None, now: datetime, user_id: str) -> LeadChange:
    return LeadChange(
        subject_id=subject.id,
        company_id=company_of(subject),
        status=mark.status.value if mark else "",
        amount=mark.value.amount if mark and mark.value else None,
        currency=mark.value.currency if mark and mark.value else None,
        marked_at=now,
        marked_by=user_id,
        due_at=now,
    )
