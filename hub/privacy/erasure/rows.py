"""The effect of an erasure on each table: rows are deleted, or emptied if reports still count them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, delete, func, or_, tuple_, update
from sqlmodel import Session, col, select

from hub.model import (
    Attempt,
    Attribution,
    Call,
    CallerRule,
    CallStep,
    Company,
    ConversionRow,
    Delivery,
    DoubtfulRefusal,
    FactRow,
    FormSubmission,
    InboxWebhook,
    Lease,
    Note,
    OutcomeRow,
    OutgoingCall,
    PageView,
    Person,
    PersonMerge,
    Recording,
    RecordingNotice,
    RecordingPeaks,
    SignalRow,
    SpamScore,
    Tag,
    TextMedia,
    TextMessage,
    TrackingNumber,
    TranscriptRow,
    Visit,
)
from hub.model.outgoing_calls import OutgoingCallStatus
from hub.model.people import is_typed
from hub.model.states import (
    FINAL_DELIVERY_STATES,
    DeliveryState,
    InboxState,
    MessageStatus,
    RecordingState,
    SubjectState,
    TranscriptState,
    WorkState,
)
from hub.privacy.erasure.reach import TABLES, PersonData
from hub.store.journal import touch

ERASED = "erased"
"""The state of a call, text or form whose person was erased. Later reports from a carrier do not change it."""
REASON = "The person was erased."
CLEARED, EMPTIED, DELETED = "cleared", "emptied", "deleted"
ACTIONS = (CLEARED, EMPTIED, DELETED)
"""What can happen to rows, weakest first. Several may apply to one table."""
POINTERS = frozenset({"person_id", "lease_id", "leased_until"})
"""Columns that are not personal data but lead to a person."""
EVERYTHING = PersonData(**dict.fromkeys(TABLES.values(), frozenset([""])))
FREE: dict[str, Any] = {"lease_token": None, "lease_until": None}
"""Values that end a lease: a worker that holds the row now cannot write its result, because its token is gone."""


def counts_of(session: Session, reach: PersonData) -> Counter[str]:
    """Number of rows by table that an erasure changes."""
    counts: Counter[str] = Counter()
    for table, where, _ in _plan(reach, None):
        counts[table.__tablename__] += session.execute(
            select(func.count()).select_from(table).where(*where)
        ).scalar_one()
    return +counts


def erase_rows(session: Session, reach: PersonData, now: datetime | None) -> Counter[str]:
    """Delete and empty within `session`. Returns the number of rows by table."""
    counts: Counter[str] = Counter()
    for table, where, values in _plan(reach, now):
        touch(session, table, *where)
        statement: Any = delete(table) if values is None else update(table).values(**values)
        changed: Any = session.execute(statement.where(*where).execution_options(synchronize_session=False))
        counts[table.__tablename__] += changed.rowcount
    return +counts


def actions_of(rows: Mapping[str, int]) -> list[str]:
    """What an erasure did with rows by table, in words: "3 rows of call were emptied", "a pointer in tracking_number
    was cleared".
    """
    done: dict[str, str] = {}
    for table, _, values in _plan(EVERYTHING, None):
        action = DELETED if values is None else CLEARED if values.keys() <= POINTERS else EMPTIED
        done[table.__tablename__] = max(done.get(table.__tablename__, CLEARED), action, key=ACTIONS.index)
    return [_in_words(table, count, done.get(table, EMPTIED)) for table, count in rows.items()]


def erased_columns() -> dict[str, set[str]]:
    """Table → the columns that an erasure empties."""
    found: dict[str, set[str]] = defaultdict(set)
    for table, _, values in _plan(EVERYTHING, datetime.max):
        empty = (name for name, value in (values or {}).items() if value is None or str(value) in ("{}", "[]", REASON))
        found[table.__tablename__].update(empty)
    return found


def _in_words(table: str, count: int, action: str) -> str:
    if action == CLEARED:
        return f"a pointer in {table} was cleared" if count == 1 else f"{count} pointers in {table} were cleared"
    return f"1 row of {table} was {action}" if count == 1 else f"{count} rows of {table} were {action}"


def empty_webhooks(session: Session, ids: Collection[str]) -> None:
    """Empty raw webhooks that contain data of an erased person."""
    if ids:
        erase_rows(session, PersonData(webhooks=frozenset(ids)), None)


def files_of(session: Session, reach: PersonData) -> list[str]:
    """Paths of the audio to delete."""
    paths = select(Recording.path).where(col(Recording.call_id).in_(reach.calls), col(Recording.path).is_not(None))
    return [path for path in session.scalars(paths) if path]


def sealed_by(session: Session, reach: PersonData) -> set[str]:
    """Ids of the keys that really encrypted names, forms, texts and transcripts. They may differ from the person's
    present key: a call may have been linked to its company later, and a caller with a hidden number may have given it
    since.
    """
    heard = select(Recording.id).where(col(Recording.call_id).in_(reach.calls))
    bodies = (
        select(Person.sealed_name).where(col(Person.id).in_(reach.people)),
        select(Call.sealed_name).where(col(Call.id).in_(reach.calls)),
        select(FormSubmission.sealed_name).where(col(FormSubmission.id).in_(reach.forms)),
        select(FormSubmission.sealed_fields).where(col(FormSubmission.id).in_(reach.forms)),
        select(FactRow.sealed).where(col(FactRow.subject_id).in_(reach.subjects)),
        select(TextMessage.body).where(col(TextMessage.id).in_(reach.texts)),
        select(TextMedia.data).where(col(TextMedia.text_id).in_(reach.texts)),
        select(Note.sealed).where(col(Note.subject_id).in_(reach.subjects)),
        select(TranscriptRow.sealed).where(col(TranscriptRow.recording_id).in_(heard)),
        select(CallerRule.sealed_note).where(*rules_about(reach.people)),
    )
    sealed = (each for query in bodies for each in session.scalars(query) if each)
    return {each[:36].decode("ascii", "replace") for each in sealed}


def _plan(reach: PersonData, now: datetime | None) -> Iterator[tuple[Any, tuple[Any, ...], dict[str, Any] | None]]:
    """(table, conditions, new values; None means delete), in an order that foreign keys allow."""
    subjects = reach.subjects
    calls = select(Call.connector, Call.carrier_call_id).where(col(Call.id).in_(reach.calls))
    recordings = select(Recording.id).where(col(Recording.call_id).in_(reach.calls))
    leases = select(Lease.id).where(col(Lease.visit_id).in_(reach.visits))
    deliveries = select(Delivery.id).where(col(Delivery.subject_id).in_(subjects))
    yield from _added_by_users(reach)
    if subjects or reach.visits:  # a later caller of the number that a visitor was shown can have been read as theirs
        yield Attribution, (or_(col(Attribution.subject_id).in_(subjects), col(Attribution.visit_id).in_(reach.visits)),), {
            "visit_id": None, "keyword": None, "landing_page": None, "click_ids": {}, "clicked_at": None,
            "trace": [], "candidates": [],
        }  # fmt: skip
    if subjects:
        yield FactRow, (col(FactRow.subject_id).in_(subjects),), None
        yield ConversionRow, (col(ConversionRow.subject_id).in_(subjects),), {"person_id": None}
        waiting = col(Delivery.state).not_in((*FINAL_DELIVERY_STATES, DeliveryState.ACCEPTED))
        of_theirs = col(Delivery.subject_id).in_(subjects)
        yield Attempt, (col(Attempt.delivery_id).in_(deliveries), col(Attempt.reason).is_not(None)), {"reason": None}
        yield Delivery, (of_theirs, ~waiting, col(Delivery.reason).is_not(None)), {"reason": REASON}
        yield Delivery, (of_theirs, waiting), {
            "state": DeliveryState.HELD, "code": ERASED, "reason": REASON, "finished_at": now, **FREE,
        }  # fmt: skip
    if reach.calls:
        tied = (tuple_(col(CallStep.connector), col(CallStep.carrier_call_id)).in_(calls),)
        notices = (tuple_(col(RecordingNotice.connector), col(RecordingNotice.carrier_call_id)).in_(calls),)
        yield CallStep, tied, {"result": None}
        scored = (tuple_(col(SpamScore.connector), col(SpamScore.carrier_call_id)).in_(calls),)
        yield SpamScore, scored, None
        yield RecordingNotice, notices, {"choice": None, "salt": None}
        yield TranscriptRow, (col(TranscriptRow.recording_id).in_(recordings),), {
            "sealed": None, "state": TranscriptState.GONE, "reason": REASON, **FREE,
        }  # fmt: skip
        yield SignalRow, (col(SignalRow.subject_id).in_(reach.calls),), None
        yield RecordingPeaks, (col(RecordingPeaks.recording_id).in_(recordings),), None
        yield Recording, (col(Recording.call_id).in_(reach.calls),), {
            "state": RecordingState.GONE, "path": None, "url": None, "sha256": None, "reason": REASON, **FREE,
        }  # fmt: skip
        yield Call, (col(Call.id).in_(reach.calls),), {
            "caller_number": None, "sealed_name": None, "recording_url": None, "person_id": None,
            "state": SubjectState.ERASED, **FREE,
        }  # fmt: skip
    if reach.texts:
        yield TextMedia, (col(TextMedia.text_id).in_(reach.texts),), None
        queued = col(TextMessage.status) == MessageStatus.QUEUED
        yield TextMessage, (col(TextMessage.id).in_(reach.texts),), {
            "body": None, "person_number": None, "person_id": None, "state": SubjectState.ERASED, **FREE,
            "status": case((queued, MessageStatus.REFUSED), else_=col(TextMessage.status)),
            "code": case((queued, ERASED), else_=col(TextMessage.code)),
            "reason": case((queued, REASON), else_=None),
        }  # fmt: skip
    if reach.forms:
        yield FormSubmission, (col(FormSubmission.id).in_(reach.forms),), {
            "page": None, "phone_number": None, "email": None, "sealed_name": None, "sealed_fields": None, "consent": {},
            "person_id": None, "state": SubjectState.ERASED, **FREE,
        }  # fmt: skip
    if reach.visits:
        yield PageView, (col(PageView.visit_id).in_(reach.visits),), None
        held = {"lease_id": None, "leased_until": None}
        yield TrackingNumber, (col(TrackingNumber.lease_id).in_(leases),), held
        yield Lease, (col(Lease.visit_id).in_(reach.visits),), None
        yield Visit, (col(Visit.id).in_(reach.visits),), {
            "visitor_id": None, "landing_page": None, "referrer": None, "parameters": {}, "click_ids": {}, "cookies": {},
            "clicked_at": {}, "keyword": None, "trace": [], "consent": {}, "user_agent": None, "person_id": None,
            "number_shown_id": None,
        }  # fmt: skip
    if reach.outcomes:
        yield OutcomeRow, (col(OutcomeRow.id).in_(reach.outcomes),), {"contact": {}, "email": None, "trace": []}
    if reach.webhooks:
        yield InboxWebhook, (col(InboxWebhook.id).in_(reach.webhooks),), {
            "url": None, "headers": None, "body": None, "state": InboxState.DONE, "reason": REASON, **FREE,
        }  # fmt: skip
    if reach.people:
        for table, ids in ((Call, reach.calls), (TextMessage, reach.texts), (FormSubmission, reach.forms),
                           (Visit, reach.visits)):  # fmt: skip
            yield table, (col(table.person_id).in_(reach.people), col(table.id).not_in(ids)), {"person_id": None}
        yield Person, (col(Person.id).in_(reach.people),), None


def rules_about(people: Collection[str]) -> tuple[Any, Any]:
    """The conditions on entries of the block and allow lists that name these people: of their company, or of its account.
    A number that was only typed leads to none."""
    numbers = select(Person.phone_number).where(col(Person.id).in_(people), ~is_typed())
    listed = col(CallerRule.pattern).in_(numbers)
    companies = select(Person.company_id).where(col(Person.id).in_(people))
    accounts = select(Company.account_id).where(col(Company.id).in_(companies))
    of_account = and_(col(CallerRule.company_id).is_(None), col(CallerRule.account_id).in_(accounts))
    return listed, or_(col(CallerRule.company_id).in_(companies), of_account)


def _added_by_users(reach: PersonData) -> Iterator[tuple[Any, tuple[Any, ...], dict[str, Any] | None]]:
    """The same for what users added. Anybody can write a name into a tag, so tags are deleted as notes are; a lead's
    status and value stay, as a conversion does."""
    if reach.subjects:
        yield Note, (col(Note.subject_id).in_(reach.subjects),), None
        yield Tag, (col(Tag.subject_id).in_(reach.subjects),), None
        yield DoubtfulRefusal, (col(DoubtfulRefusal.subject_id).in_(reach.subjects),), None
    if reach.outgoing_calls:
        queued = col(OutgoingCall.status) == OutgoingCallStatus.QUEUED
        yield OutgoingCall, (col(OutgoingCall.id).in_(reach.outgoing_calls),), {
            "user_number": None, "person_number": None, "state": WorkState.DONE, **FREE,
            "status": case((queued, OutgoingCallStatus.REFUSED), else_=col(OutgoingCall.status)),
            "reason": case((queued, REASON), else_=None),
        }  # fmt: skip
    if reach.people:
        yield CallerRule, rules_about(reach.people), None
        merged = or_(col(PersonMerge.person_id).in_(reach.people), col(PersonMerge.other_id).in_(reach.people))
        yield PersonMerge, (merged,), None
