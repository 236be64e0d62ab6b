"""Contacts as lists show them: each table is asked once for all rows of a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.access.users import may
from hub.contracts.consent import STRICTNESS
from hub.marks.spam import spam_among
from hub.model import (
    Attribution,
    Call,
    ConsentDecision,
    Delivery,
    FormSubmission,
    Lead,
    Person,
    Recording,
    Tag,
    TextMessage,
    Tracker,
    User,
)
from hub.model.conversions import shown_states
from hub.model.states import SubjectState
from hub.queries.lists.conditions import DELIVERY_STATES, RECORDING_STATES, outcome_of
from hub.queries.lists.filters import ContactKind
from hub.queries.lists.kinds import KINDS, Key
from hub.store.encryption.encrypted_fields import names_of
from hub.store.encryption.vault import Vault

SENT_STATE: dict[str, str] = {state: name for name, states in DELIVERY_STATES.items() for state in states}
RECORDING_STATE: dict[str, str] = {state: name for name, states in RECORDING_STATES.items() for state in states}
Subject = Call | TextMessage | FormSubmission


@dataclass(frozen=True, kw_only=True)
class ContactRow:
    """One call, incoming text or form; what the user may not see is None or empty."""

    id: str
    kind: str
    at: datetime
    company_id: str
    person_id: str | None
    erased: bool
    name: str | None
    number: str | None
    email: str | None
    tracker: str | None
    first_time: bool | None
    outcome: str | None
    """An `Outcome`, for calls."""
    broke_off: bool = False
    """Whether a call failed after it had been connected."""
    duration: int | None
    agent: str | None
    source: str | None
    medium: str | None
    campaign: str | None
    keyword: str | None
    landing_page: str | None
    lead: str | None
    amount: Decimal | None
    currency: str | None
    tags: tuple[str, ...]
    spam: bool = False
    sent: Mapping[str, int] = field(default_factory=dict)
    """How many deliveries are in each `SentState`."""
    recording: str | None
    """`yes`, or why it cannot be played; None if there is none."""
    consent: str | None
    """The strictest verdict of all decisions."""


def contact_rows(session: Session, user: User, vault: Vault, keys: Sequence[Key]) -> list[ContactRow]:
    """The contacts at `keys`, which the user must be permitted to see, in the same order."""
    ids = [key.id for key in keys]
    subjects = _subjects(session, keys)
    details = _Details(session, user, ids)
    names = names_of(vault, session, [each for each in subjects.values() if not isinstance(each, TextMessage)])
    names = _people_names(vault, session, subjects, names)
    trackers = _trackers(session, subjects.values())
    return [_row(subjects[key.id], key, names, trackers, details) for key in keys if key.id in subjects]


class _Details:
    """What other tables say about the contacts of a page."""

    def __init__(self, session: Session, user: User, ids: Sequence[str]) -> None:
        attributions = select(Attribution).where(col(Attribution.subject_id).in_(ids))
        self.causes = {each.subject_id: each for each in session.exec(attributions)} if ids else {}
        leads = select(Lead).where(col(Lead.subject_id).in_(ids))
        self.leads = {each.subject_id: each for each in session.exec(leads)} if ids else {}
        self.spam = spam_among(session, ids)
        self.tags = _lists(session, Tag.subject_id, Tag.name, ids)
        self.sent: Mapping[str, list[str]] = {}
        self.recordings: Mapping[str, list[str]] = {}
        if may(user, "deliveries"):
            self.sent = _lists(session, Delivery.subject_id, shown_states(), ids)
        if may(user, "recordings"):
            self.recordings = _lists(session, Recording.call_id, Recording.state, ids)
        self.verdicts = _lists(session, ConsentDecision.subject_id, ConsentDecision.verdict, ids)

    def recording(self, call_id: str) -> str | None:
        """The best of a call's recordings."""
        found = {RECORDING_STATE.get(state, "") for state in self.recordings.get(call_id, ())}
        return next((state for state in RECORDING_STATES if state in found), None)

    def consent(self, subject_id: str) -> str | None:
        """The strictest verdict."""
        return max(self.verdicts.get(subject_id, ()), key=lambda each: STRICTNESS.get(each, 0), default=None)


def _row(
    subject: Subject, key: Key, names: Mapping[str, str], trackers: Mapping[str, str], details: _Details
) -> ContactRow:
    assert subject.company_id is not None
    call = subject if isinstance(subject, Call) else None
    form = subject if isinstance(subject, FormSubmission) else None
    cause, lead = details.causes.get(subject.id), details.leads.get(subject.id)
    first = call.first_time_caller if call else form.first_time_contact if form else None
    return ContactRow(
        id=subject.id,
        kind=key.kind,
        at=key.at,
        company_id=subject.company_id,
        person_id=subject.person_id,
        erased=subject.state == SubjectState.ERASED,
        name=names.get(subject.id),
        number=getattr(subject, KINDS[ContactKind(key.kind)].number.key),
        email=form.email if form else None,
        tracker=trackers.get(getattr(subject, "tracker_id", None) or ""),
        first_time=first,
        outcome=outcome_of(call) if call else None,
        broke_off=call.broke_off if call else False,
        duration=call.duration if call else None,
        agent=call.answered_by if call and call.answered_at else None,
        source=cause.source if cause else None,
        medium=cause.medium if cause else None,
        campaign=cause.campaign if cause else None,
        keyword=cause.keyword if cause else None,
        landing_page=cause.landing_page if cause else None,
        lead=lead.status if lead else None,
        amount=lead.amount if lead else None,
        currency=lead.currency if lead else None,
        tags=tuple(sorted(details.tags.get(subject.id, ()))),
        spam=subject.id in details.spam,
        sent=Counter(SENT_STATE[state] for state in details.sent.get(subject.id, ()) if state in SENT_STATE),
        recording=details.recording(subject.id) if call else None,
        consent=details.consent(subject.id),
    )


def _subjects(session: Session, keys: Sequence[Key]) -> dict[str, Subject]:
    found: dict[str, Subject] = {}
    for name, kind in KINDS.items():
        ids = [key.id for key in keys if key.kind == name]
        if ids:
            found |= {row.id: row for row in session.exec(select(kind.table).where(kind.table.id.in_(ids)))}
    return found


def _people_names(
    vault: Vault, session: Session, subjects: Mapping[str, Subject], names: Mapping[str, str]
) -> dict[str, str]:
    """`names`, and for contacts without one the name that their person had corrected."""
    unnamed = {each.id: each.person_id for each in subjects.values() if each.id not in names and each.person_id}
    if not unnamed:
        return dict(names)
    query = select(Person).where(col(Person.id).in_(set(unnamed.values())), col(Person.sealed_name).is_not(None))
    known = names_of(vault, session, session.exec(query).all())
    return {**{subject: known[person] for subject, person in unnamed.items() if person in known}, **names}


def _trackers(session: Session, subjects: Iterable[Subject]) -> dict[str, str]:
    ids = {tracker for each in subjects if (tracker := getattr(each, "tracker_id", None))}
    if not ids:
        return {}
    return dict(session.exec(select(Tracker.id, Tracker.name).where(col(Tracker.id).in_(ids))).all())


def _lists(session: Session, subject: Any, value: Any, ids: Sequence[str]) -> Mapping[str, list[str]]:
    """The values of a table's rows, by contact."""
    found: dict[str, list[str]] = defaultdict(list)
    if ids:
        for subject_id, each in session.execute(select_columns(subject, value).where(subject.in_(ids))):
            found[subject_id].append(each)
    return found
