"""The tables of a company's export: which rows, and what is decrypted in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary, or_
from sqlmodel import Session, col, select

from hub.model import (
    Attempt,
    Attribution,
    Call,
    CallerRule,
    CallEventRow,
    CallStep,
    ConsentDecision,
    ConsentDetail,
    ConsentEntry,
    ConversionRow,
    CostRow,
    DayRollup,
    Delivery,
    Disclosure,
    FactRow,
    FormSubmission,
    Lead,
    LeadChange,
    Note,
    OptOut,
    OutcomeRow,
    OutgoingCall,
    PageView,
    Person,
    PrivacyRequest,
    QueueEntry,
    Recording,
    RecordingNotice,
    SignalRow,
    SourceRule,
    SpamMark,
    SpamScore,
    Tag,
    TextMedia,
    TextMessage,
    Tracker,
    TrackingNumber,
    Visit,
)
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import fields_of, names_of, notes_of, rule_notes_of, values_of
from hub.texts.bodies import open_bodies

WORK = frozenset(
    {"lease_until", "lease_token", "attempts", "deaths", "last_hook", "due_at", "path", "company_id", "expires_at",
     "clicks_end_at", "submission_key", "dedup_key", "known_as", "file_path", "fingerprint", "lease_id", "leased_until"}
)  # fmt: skip
"""Columns of the hub's own work, which say nothing of the business, and keyed hashes."""

Opened = Mapping[str, Mapping[str, Any]]
Opener = Callable[[Hub, Session, Sequence[Any]], Opened]
"""Row id → what is decrypted in it, by column."""


@dataclass(frozen=True)
class ExportTable:
    """One CSV of an export."""

    name: str
    table: Any
    where: Any
    extra: tuple[str, ...] = ()
    """Columns that are decrypted."""
    opener: Opener = lambda hub, session, rows: {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in the order of the file."""
        columns = self.table.__table__.columns
        plain = (each.name for each in columns if each.name not in WORK and not isinstance(each.type, LargeBinary))
        return (*plain, *self.extra)


def export_tables(company_id: str) -> Iterator[ExportTable]:
    """Every table of the export of one company, in the order of the manifest."""
    ids = {
        table: select(table.id).where(table.company_id == company_id) for table in (Call, TextMessage, FormSubmission)
    }
    trackers = select(Tracker.id).where(Tracker.company_id == company_id)
    visits = select(Visit.id).where(Visit.company_id == company_id)
    deliveries = select(Delivery.id).where(Delivery.company_id == company_id)
    records = select(ConsentEntry.id).where(ConsentEntry.company_id == company_id)
    people = select(Person.id).where(Person.company_id == company_id)

    def of(table: Any) -> Any:
        return table.company_id == company_id

    def about(column: object) -> Any:
        return or_(*(col(column).in_(each) for each in ids.values()))

    yield ExportTable("people", Person, of(Person), ("name",), _names("name"))
    yield ExportTable("calls", Call, of(Call), ("caller_name",), _names("caller_name"))
    yield ExportTable("call_events", CallEventRow, col(CallEventRow.call_id).in_(ids[Call]))
    yield ExportTable("call_steps", CallStep, of(CallStep))
    yield ExportTable("queue_entries", QueueEntry, of(QueueEntry))
    yield ExportTable("recordings", Recording, col(Recording.call_id).in_(ids[Call]))
    yield ExportTable("recording_notices", RecordingNotice, of(RecordingNotice))
    yield ExportTable("texts", TextMessage, of(TextMessage), ("text",), _bodies)
    yield ExportTable("text_files", TextMedia, col(TextMedia.text_id).in_(ids[TextMessage]))
    yield ExportTable("forms", FormSubmission, of(FormSubmission), ("name", "fields"), _forms)
    yield ExportTable("visits", Visit, of(Visit))
    yield ExportTable("page_views", PageView, col(PageView.visit_id).in_(visits))
    yield ExportTable("sources_of_contacts", Attribution, of(Attribution))
    yield ExportTable("facts", FactRow, about(FactRow.subject_id), ("known_value",), _column("known_value", values_of))
    yield ExportTable("deals", OutcomeRow, about(OutcomeRow.subject_id))
    yield ExportTable("conversions", ConversionRow, of(ConversionRow))
    yield ExportTable("deliveries", Delivery, of(Delivery))
    yield ExportTable("delivery_attempts", Attempt, col(Attempt.delivery_id).in_(deliveries))
    yield ExportTable("consent_ledger", ConsentEntry, of(ConsentEntry))
    yield ExportTable("consent_details", ConsentDetail, col(ConsentDetail.id).in_(records), ("detail",), _details)
    yield ExportTable("consent_decisions", ConsentDecision, about(ConsentDecision.subject_id))
    yield ExportTable("opt_outs", OptOut, of(OptOut))
    yield ExportTable(
        "disclosures", Disclosure, or_(col(Disclosure.person_id).in_(people), about(Disclosure.subject_id))
    )
    yield ExportTable("privacy_requests", PrivacyRequest, of(PrivacyRequest))
    yield ExportTable("tags", Tag, of(Tag))
    yield ExportTable("notes", Note, of(Note), ("text",), _column("text", notes_of))
    yield ExportTable("leads", Lead, of(Lead))
    yield ExportTable("lead_changes", LeadChange, of(LeadChange))
    yield ExportTable("signals", SignalRow, of(SignalRow))
    yield ExportTable("outgoing_calls", OutgoingCall, of(OutgoingCall))
    yield ExportTable("spam_scores", SpamScore, of(SpamScore))
    yield ExportTable("spam_marks", SpamMark, of(SpamMark))
    yield ExportTable("listed_callers", CallerRule, of(CallerRule), ("note",), _column("note", rule_notes_of))
    yield ExportTable("trackers", Tracker, of(Tracker))
    yield ExportTable("tracking_numbers", TrackingNumber, col(TrackingNumber.tracker_id).in_(trackers))
    yield ExportTable("source_rules", SourceRule, of(SourceRule))
    yield ExportTable("costs", CostRow, of(CostRow))
    yield ExportTable("figures_by_day", DayRollup, of(DayRollup))


def _column(name: str, read: Callable[..., Mapping[str, str]]) -> Opener:
    """Decrypts one column with a function of hub.store.encryption.encrypted_fields."""
    return lambda hub, session, rows: {
        row_id: {name: value} for row_id, value in read(hub.vault, session, rows).items()
    }


def _names(column: str) -> Opener:
    return _column(column, names_of)


def _bodies(hub: Hub, session: Session, rows: Sequence[TextMessage]) -> Opened:
    return {row_id: {"text": body} for row_id, body in open_bodies(hub.vault, session, rows).items()}


def _forms(hub: Hub, session: Session, rows: Sequence[FormSubmission]) -> Opened:
    names, fields = names_of(hub.vault, session, rows), fields_of(hub.vault, session, rows)
    return {row.id: {"name": names.get(row.id), "fields": fields.get(row.id)} for row in rows}


def _details(hub: Hub, session: Session, rows: Sequence[ConsentDetail]) -> Opened:
    found = {}
    for row in rows:
        plain = hub.vault.open(session, row.sealed, f"consent_detail/{row.id}") if row.sealed else None
        found[row.id] = {"detail": plain.decode("utf-8", "replace") if plain else None}
    return found
