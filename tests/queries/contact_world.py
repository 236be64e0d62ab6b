"""A small world of calls, texts and forms, and the list's answer computed the slow way, in Python."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import Session, select
from testbed import TestHub

from hub.access.scope import AccessScope
from hub.access.users import add_user
from hub.model import (
    Account,
    Attribution,
    Call,
    Company,
    ConsentDecision,
    Delivery,
    FormSubmission,
    Lead,
    Recording,
    SpamMark,
    Tag,
    TextMessage,
    Tracker,
)
from hub.model.columns import new_id

START = datetime(2026, 11, 2, 14, tzinfo=UTC)
SOURCES, CAMPAIGNS, KEYWORDS = ("google", "bing"), (None, "spring", "50%_off"), (None, "burst pipe")
AGENTS = ("+13125550190", "+13125550191")
NUMBERS = ("+13125550142", "+13125550143", None)
PAGES = (None, "https://lakeside.example.com/", "https://lakeside.example.com/drains?utm_source=x")


@dataclass(frozen=True, kw_only=True)
class Contact:
    """What is true of one contact."""

    kind: str
    company: int
    minute: int
    number: str | None
    answered: bool
    voicemail: bool
    status: str
    seconds: int | None
    first_time: bool | None
    agent: str
    tracker: int
    source: str
    campaign: str | None
    keyword: str | None
    landing_page: str | None
    lead: str | None
    amount: int | None
    tags: frozenset[str]
    sent: tuple[str, ...]
    recording: str | None
    verdict: str | None
    spam: bool

    @property
    def at(self) -> datetime:
        return START + timedelta(minutes=self.minute)


contacts = st.builds(
    Contact,
    kind=st.sampled_from(["call", "call", "text", "form"]),
    company=st.integers(0, 1),
    # Few different times, so that some contacts come at the same moment.
    minute=st.integers(0, 12).map(lambda each: each * 300),
    number=st.sampled_from(NUMBERS),
    answered=st.booleans(),
    voicemail=st.booleans(),
    status=st.sampled_from(["completed", "completed", "failed", "in_progress"]),
    seconds=st.sampled_from([None, 9, 15, 90]),
    first_time=st.sampled_from([None, True, False]),
    agent=st.sampled_from(AGENTS),
    tracker=st.integers(0, 1),
    source=st.sampled_from(SOURCES),
    campaign=st.sampled_from(CAMPAIGNS),
    keyword=st.sampled_from(KEYWORDS),
    landing_page=st.sampled_from(PAGES),
    lead=st.sampled_from([None, None, "new", "qualified"]),
    amount=st.sampled_from([None, 40, 240]),
    tags=st.frozensets(st.sampled_from(["regular", "estimate"])),
    sent=st.lists(st.sampled_from(["delivered", "held", "rejected", "dead", "ready"]), max_size=2).map(tuple),
    recording=st.sampled_from([None, "stored", "refused", "ready"]),
    verdict=st.sampled_from([None, "allow", "deny"]),
    spam=st.booleans(),
)
worlds = st.lists(contacts, max_size=14)


class World:
    """The contacts, written to a test hub's database."""

    def __init__(self, stage: TestHub, told: list[Contact]) -> None:
        self.stage = stage
        with stage.hub.store.writing() as session:
            account = session.exec(select(Account)).one()
            self.owner = add_user(session, account, f"owner-{new_id()[-6:]}", "owner", stage.clock())
            self.companies = sorted(session.exec(select(Company)).all(), key=lambda each: each.name)
            trackers = session.exec(select(Tracker)).all()
            self.trackers = {
                (index, number): next(each for each in trackers if (each.company_id, each.name) == (company.id, name))
                for index, company in enumerate(self.companies)
                for number, name in enumerate(("website", "shared"))
            }
            self.told = {self._write(session, each): each for each in told}

    @property
    def scope(self) -> AccessScope:
        return AccessScope(self.owner)

    @property
    def company_ids(self) -> list[str]:
        return [each.id for each in self.companies]

    def clear(self) -> None:
        """Delete the contacts again."""
        with self.stage.hub.store.writing() as session:
            for table in (
                Recording,
                Delivery,
                Tag,
                SpamMark,
                Lead,
                Attribution,
                ConsentDecision,
                Call,
                TextMessage,
                FormSubmission,
            ):
                session.execute(delete(table))

    def _write(self, session: Session, told: Contact) -> str:
        company = self.companies[told.company]
        tracker = self.trackers[told.company, told.tracker]
        shared: dict[str, Any] = {"company_id": company.id, "state": "done", "due_at": told.at}
        row: Call | TextMessage | FormSubmission
        if told.kind == "call":
            row = Call(
                connector="carrier", carrier_call_id=new_id(), started_at=told.at, caller_number=told.number,
                tracker_id=tracker.id, status=told.status, duration=told.seconds, voicemail=told.voicemail,
                answered_at=told.at if told.answered else None, answered_by=told.agent if told.answered else None,
                first_time_caller=told.first_time, spam=told.spam, **shared,
            )  # fmt: skip
        elif told.kind == "text":
            row = TextMessage(
                connector="carrier", carrier_message_id=new_id(), at=told.at, person_number=told.number,
                tracker_id=tracker.id, tracking_number="+13125550120", **shared,
            )  # fmt: skip
        else:
            row = FormSubmission(
                submission_key=new_id(), submitted_at=told.at, phone_number=told.number,
                first_time_contact=told.first_time, **shared,
            )  # fmt: skip
        session.add(row)
        session.flush()
        self._write_around(session, told, row.id, company.id)
        return row.id

    def _write_around(self, session: Session, told: Contact, row_id: str, company: str) -> None:
        mine: dict[str, Any] = {"subject_id": row_id, "company_id": company}
        session.add(
            Attribution(
                source=told.source, medium="cpc", campaign=told.campaign, keyword=told.keyword, rule="utm",
                landing_page=told.landing_page, confidence=0.9, made_at=told.at, **mine,
            )
        )  # fmt: skip
        if told.lead:
            session.add(
                Lead(
                    status=told.lead, amount=lead_amount(told), currency="USD", marked_at=told.at, marked_by="u", **mine
                )
            )
        if told.spam:
            session.add(SpamMark(marked_at=told.at, marked_by="u", **mine))
        for tag in told.tags:
            session.add(Tag(name=tag, made_at=told.at, made_by="u", expires_at=told.at, **mine))
        for state in told.sent:
            extra = {"company_id": company} if "company_id" in Delivery.model_fields else {}
            session.add(
                Delivery(
                    connector="network", hook="upload_conversions", dedup_key=new_id(), item_key=new_id(),
                    subject_id=row_id, state=state, due_at=told.at, made_at=told.at, **extra,
                )
            )  # fmt: skip
        if told.verdict:
            session.add(
                ConsentDecision(
                    subject_id=row_id, connector="network", moment="send", use="measurement", verdict=told.verdict,
                    rule_id="test", reason="", decided_at=told.at, expires_at=told.at,
                )
            )  # fmt: skip
        if told.kind == "call" and told.recording:
            session.add(
                Recording(
                    connector="carrier", carrier_recording_id=new_id(), call_id=row_id, recorded_at=told.at,
                    expires_at=told.at, state=told.recording, due_at=told.at,
                )
            )  # fmt: skip


def lead_amount(told: Contact) -> Decimal | None:
    """The value of a contact's lead."""
    return Decimal(told.amount) if told.amount is not None else None


def outcome(told: Contact) -> str:
    """What became of a call."""
    if told.status == "in_progress":
        return "live"
    if told.answered:
        return "answered"
    if told.voicemail:
        return "voicemail"
    return "abandoned" if told.seconds is not None and told.seconds < 15 else "missed"
