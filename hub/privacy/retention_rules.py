"""All retention rules in one place: which rows hold personal data, for how long, and what happens to them after that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select

from hub.config.retention import RetentionSection, default_life
from hub.model import (
    Alert,
    AlertDelivery,
    AlertEvent,
    AlertPhone,
    Attribution,
    AuditEntry,
    Call,
    CallerRule,
    CallStep,
    ConfigDraft,
    ConfigVersion,
    ConsentDecision,
    ConsentDetail,
    Delivery,
    Disclosure,
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
    PolicyAcceptance,
    PoolOverflow,
    PrivacyRequest,
    PushSubscription,
    QueueEntry,
    Recording,
    RecordingNotice,
    ReportSubscription,
    SignalRow,
    SpamScore,
    Tag,
    TextMedia,
    TextMessage,
    TextStatus,
    Tracker,
    TranscriptRow,
    User,
    Visit,
    WebhookEvent,
)
from hub.model.columns import Row
from hub.model.states import DeliveryState, Doubt, RecordingState, TranscriptState

Ending = Literal["deleted", "emptied", "own"]
"""`deleted`: the row is deleted. `emptied`: the row stays, for counts or to recognize repetitions, but its personal
columns are cleared. `own`: a separate module ends it, because more than a row must be deleted.
"""
PSEUDONYM = "user.unique_id.pseudonymous"
"""The category of rows that identify people by ids alone."""


@dataclass(frozen=True)
class RetentionRule:
    """The retention rule of one table's personal data, or of some of its columns.

    `until` is the indexed column that a sweep reads. With `counts_from_start` it is the time at which the period
    begins; else it is an end that was calculated with the default period, and a change in config.yaml shifts the end of
    every row alike, existing rows included. `start` is set if a row may end before the period of its kind; then both
    columns are checked.
    """

    name: str
    table: type[Row]
    kind: str
    ending: Ending = "deleted"
    until: str = "expires_at"
    counts_from_start: bool = False
    start: str | None = None
    never_after: str | None = None
    """An indexed column whose time is never after `until`, if `until` has no index of its own."""
    columns: tuple[str, ...] = ()
    """The personal columns to end; all of the table if none is named."""
    with_them: tuple[str, ...] = ()
    """Columns that are not personal content but lead to it; they are emptied too."""
    where: tuple[ColumnElement[bool], ...] = field(default=())

    def categories(self) -> dict[str, str]:
        """Personal column → its data category."""
        return {name: category for name, category in personal_columns(self.table).items() if self._ends(name)}

    def _ends(self, name: str) -> bool:
        return name in self.columns if self.columns else name not in _ending_apart(self)

    def over(self, retention: RetentionSection, now: datetime) -> ColumnElement[bool]:
        """The condition that a row's retention period is over at `now`."""
        until: Any = getattr(self.table, self.until)
        life = retention.life(self.kind)
        moved = timedelta() if self.counts_from_start else default_life(self.kind)
        conditions = [until <= now - life + moved, *self.where]
        if self.never_after is not None:
            earlier: Any = getattr(self.table, self.never_after)
            conditions.append(earlier <= now - life + moved)
        if self.start is not None:
            start: Any = _start(self)
            conditions = [until <= max(now, now - life + moved), or_(until <= now, start <= now - life), *self.where]
        return and_(*conditions)

    def began(self, until: datetime) -> datetime:
        """When the period of a row with this `until` began; the earliest possible time if rows have ends of their own."""
        return until if self.counts_from_start else until - default_life(self.kind)

    def left(self) -> ColumnElement[bool]:
        """The condition that a row which should be empty still contains personal data."""
        table: Any = self.table
        held = [
            getattr(table, name).is_not(None) if table.__table__.c[name].nullable else getattr(table, name) != {}
            for name in self.categories()
        ]
        return or_(*held)


def personal_columns(table: type[Row]) -> dict[str, str]:
    """Every personal column of a table → its data category."""
    columns: Any = table.__table__.c
    return {column.name: column.info["category"] for column in columns if "category" in column.info}


def _ending_apart(life: RetentionRule) -> set[str]:
    """The columns of the table that another rule ends."""
    return {
        name for other in RETENTION_RULES if other.table is life.table and other is not life for name in other.columns
    }


def _start(life: RetentionRule) -> Any:
    if life.table is TranscriptRow:
        # A transcript's period starts with its recording.
        return select(Recording.recorded_at).where(Recording.id == TranscriptRow.recording_id).scalar_subquery()
    return getattr(life.table, life.start or "")


def _on(table: Any, subject: Any) -> ColumnElement[bool]:
    """The condition that a note or a tag is on a subject of this table: it ends with it."""
    # Looked up for each row: `IN (SELECT …)` would read every id of the subjects first.
    on: ColumnElement[bool] = select(subject.id).where(subject.id == table.subject_id).correlate(table).exists()
    return on


CLICKS = ("click_ids",)
SENT = ~select(AlertDelivery.id).where(col(AlertDelivery.alert_id) == Alert.id).exists()
"""An alert of which nothing is on its way."""
RETENTION_RULES: Sequence[RetentionRule] = (
    RetentionRule("webhooks", InboxWebhook, "webhook_raw", "emptied"),
    RetentionRule("recordings", Recording, "recording_audio", "own", start="recorded_at",
         where=(col(Recording.state) != RecordingState.GONE,)),
    RetentionRule("transcripts", TranscriptRow, "transcript", "own", start="recording.recorded_at",
         where=(col(TranscriptRow.state) != TranscriptState.GONE,)),
    RetentionRule("signals", SignalRow, "transcript"),
    RetentionRule("pictures", TextMedia, "text_body"),
    RetentionRule("texts' statuses", TextStatus, "text_body"),
    RetentionRule("decided refusals", DoubtfulRefusal, "text_body", where=(col(DoubtfulRefusal.state) != Doubt.OPEN,)),
    *(
        RetentionRule(f"{what} on {name}", table, kind, where=(_on(table, subject),))
        for what, table in (("notes", Note), ("tags", Tag))
        for name, subject, kind in (
            ("calls", Call, "call_metadata"),
            ("texts", TextMessage, "text_body"),
            ("forms", FormSubmission, "form_content"),
        )
    ),
    RetentionRule("outgoing calls", OutgoingCall, "call_metadata", "emptied"),
    RetentionRule("reasons of merges", PersonMerge, "call_metadata", "emptied"),
    RetentionRule("texts", TextMessage, "text_body", "emptied", with_them=("person_id",)),
    RetentionRule("forms", FormSubmission, "form_content", "emptied", with_them=("person_id", "visit_id")),
    RetentionRule("facts", FactRow, "caller_facts", start="learned_at"),
    RetentionRule("call steps", CallStep, "call_metadata"),
    RetentionRule("places in queues", QueueEntry, "call_metadata"),
    RetentionRule("spam scores", SpamScore, "call_metadata"),
    RetentionRule("blocked and allowed callers", CallerRule, "call_metadata"),
    RetentionRule("calls", Call, "call_metadata", "emptied", with_them=("person_id",)),
    RetentionRule("click ids of calls", Attribution, "click_ids", "emptied", until="clicks_end_at", columns=CLICKS,
         with_them=("clicked_at",)),
    RetentionRule("causes of calls", Attribution, "call_metadata", "emptied", with_them=("visit_id", "candidates")),
    RetentionRule("contacts of deals", OutcomeRow, "call_metadata", "emptied"),
    RetentionRule("people", Person, "call_metadata", "emptied"),
    RetentionRule("page views", PageView, "visitor_session"),
    RetentionRule("leases", Lease, "visitor_session", counts_from_start=True, never_after="granted_at"),
    # The index begins with the tracker.
    RetentionRule("overflows", PoolOverflow, "visitor_session", until="at", counts_from_start=True,
         where=(col(PoolOverflow.tracker_id).in_(select(Tracker.id)),)),
    RetentionRule("click ids of visits", Visit, "click_ids", "emptied", until="clicks_end_at", columns=(*CLICKS, "cookies"),
         with_them=("clicked_at",)),
    RetentionRule("visits", Visit, "visitor_session", "emptied", with_them=("person_id",)),
    RetentionRule("given-up deliveries", Delivery, "dead_letter", "own", until="finished_at", counts_from_start=True,
         where=(col(Delivery.state) == DeliveryState.DEAD, col(Delivery.reason).is_not(None))),
    RetentionRule("requests of people", PrivacyRequest, "privacy_request", "emptied"),
    RetentionRule("audit log", AuditEntry, "audit_log", until="at", counts_from_start=True),
    RetentionRule("recording notices", RecordingNotice, "consent_record"),
    RetentionRule("consent decisions", ConsentDecision, "consent_record"),
    RetentionRule("consent details", ConsentDetail, "consent_record"),
    RetentionRule("disclosures", Disclosure, "consent_record"),
    RetentionRule("policy acceptances", PolicyAcceptance, "consent_record"),
    RetentionRule("alerts on their way", AlertDelivery, "alert"),
    RetentionRule("alerts", Alert, "alert", where=(SENT,)),
    RetentionRule("events for alerts", AlertEvent, "alert"),
    RetentionRule("unconfirmed numbers for alerts", AlertPhone, "alert", "emptied"),
    RetentionRule("stopped addresses of reports", ReportSubscription, "alert", "emptied"),
    RetentionRule("browsers for alerts", PushSubscription, "alert"),
    RetentionRule("events for webhooks", WebhookEvent, "webhook_event"),
    RetentionRule("disabled users", User, "call_metadata", "emptied"),
    RetentionRule("versions of config.yaml", ConfigVersion, "call_metadata", "emptied"),
    RetentionRule("drafts of config.yaml", ConfigDraft, "call_metadata"),
)  # fmt: skip
"""The order matters: rows that depend on another row end before it."""
