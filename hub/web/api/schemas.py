"""The API's responses: only the fields defined here leave the hub."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

Shape = TypeVar("Shape", bound="Answer")


class Answer(BaseModel):
    """A response, made from a row's attributes."""

    model_config = ConfigDict(from_attributes=True)


class CompanyAnswer(Answer):
    """A company of the account."""

    id: str
    name: str
    title: str
    time_zone: str


class AttributionAnswer(Answer):
    """Why somebody called."""

    source: str
    medium: str
    campaign: str | None
    keyword: str | None
    landing_page: str | None
    rule: str
    confidence: float


class SpamReasonAnswer(Answer):
    """One rule that held, in words, and its points."""

    text: str
    points: int


class SpamScoreAnswer(Answer):
    """The spam score of a call, 0 to 100: why, what was done before it rang, and whether a user overruled it."""

    score: int
    reasons: list[SpamReasonAnswer]
    action: str
    decided_at: datetime
    overruled_at: datetime | None


class CallAnswer(Answer):
    """One call; times are UTC, `duration` is in seconds."""

    id: str
    company_id: str
    tracking_number: str | None
    caller_number: str | None
    caller_name: str | None = None
    """Encrypted in the row; filled in after decryption."""
    status: str
    started_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    answered_device: str | None
    """What picked up, if the carrier said so: `client`, `sip`, `sim` or another word."""
    ended_at: datetime | None
    duration: int | None
    failure: str | None
    """Why it failed, if the carrier said so: `gateway_ended` or `connection_lost`."""
    voicemail: bool
    first_time_caller: bool | None
    spam: bool
    spam_score: SpamScoreAnswer | None = None


class RecordingAnswer(Answer):
    """That a recording exists; a signed link gives the audio."""

    id: str
    kind: str
    state: str
    recorded_at: datetime
    duration: int | None


class CallDetail(CallAnswer):
    """One call with its cause, and with the recordings that the user may hear; None: their role hears none of them."""

    attribution: AttributionAnswer | None = None
    recordings: list[RecordingAnswer] | None = None


class LeadMarkAnswer(Answer):
    """A lead's status and value; both None if the mark was removed or never set."""

    status: str | None = None
    amount: Decimal | None = None
    currency: str | None = None


class LeadRecipientAnswer(Answer):
    """Who hears of a lead. `state`: `goes`, or what stops it (`consent`, `provider`, `limit`, `passed_over`), or the state of
    its delivery; `reason` says why."""

    connector: str
    name: str
    rule: str
    state: str
    reason: str
    amount: str | None
    currency: str | None
    with_click: bool


class MarkedLead(Answer):
    """A lead after a change and before it, for an undo; and who hears of it. `goes_nowhere` says why nobody does."""

    lead: LeadMarkAnswer
    former: LeadMarkAnswer
    goes_to: list[LeadRecipientAnswer]
    goes_nowhere: str | None


class TagsAnswer(Answer):
    """All tags of a call, text or form, by name."""

    tags: list[str]


class NoteAnswer(Answer):
    """A note that was written."""

    id: str
    made_at: datetime


class TextAnswer(Answer):
    """One text, without its content."""

    id: str
    company_id: str
    direction: str
    purpose: str | None
    status: str
    reason: str | None
    tracking_number: str
    person_number: str | None
    at: datetime


class TextContent(Answer):
    """The content of a text; None if its person's key was destroyed, or it is empty."""

    id: str
    body: str | None


class LinkAnswer(Answer):
    """A signed link to a recording, for the key's user."""

    url: str
    expires_at: datetime


class TranscriptPartAnswer(Answer):
    """Words that a machine recognized; times are seconds from the beginning."""

    start: float
    end: float
    channel: str
    text: str


class TranscriptAnswer(Answer):
    """A transcript."""

    recording_id: str
    model: str | None
    parts: list[TranscriptPartAnswer]


class ConsentRecordAnswer(Answer):
    """One record of the consent ledger; people appear only as ids."""

    id: str
    company_id: str
    person_id: str | None
    state: str
    use: str
    basis: str
    channel: str
    stated_at: datetime
    lapses_at: datetime | None


class AuditEntryAnswer(Answer):
    """One entry of the account's audit log."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


class PrivacyRequestAnswer(Answer):
    """One privacy request, without the identity of the person."""

    id: str
    company_id: str
    kind: str
    state: str
    channel: str
    received_at: datetime
    deadline: datetime
    closed_at: datetime | None


class PrivacyRequestDetail(PrivacyRequestAnswer):
    """One privacy request with the person who asks, until it is answered, and what was done."""

    phone_number: str | None
    email: str | None
    places: list[str]
    rule: str
    outcome: Mapping[str, Any]


class ReportLine(Answer):
    """The results of one value; numbers may be fractions if several touches share a call. A ratio of nothing is null."""

    value: str | None
    numbers: Mapping[str, float]
    ratios: Mapping[str, float | None]
    amounts: Mapping[str, str]
    won: Mapping[str, str]


class ReportAnswer(Answer):
    """A company's report; days are those of its time zone. `total` is the sum of the lines."""

    company: str
    dimension: str
    model: str
    first: str
    last: str
    lines: list[ReportLine]
    total: ReportLine


class CostReturn(Answer):
    """What one currency's costs brought; amounts are texts, so that no digit is lost. The ratios rest on the calls, leads,
    customers and won amounts `…_with_cost`: those of the sources or campaigns whose cost in the currency is known."""

    cost: str
    per_call: str | None
    per_lead: str | None
    per_customer: str | None
    on_spend: str | None
    calls_with_cost: str
    leads_with_cost: str
    customers_with_cost: str
    won_with_cost: str | None


class CostReportLine(Answer):
    """What one source or campaign cost and brought; costs by currency."""

    value: str | None
    spend_of: str | None
    names: list[str]
    calls: float
    leads: float
    customers: float
    won: Mapping[str, str]
    clicks: int
    impressions: int
    costs: Mapping[str, CostReturn]


class CostReportAnswer(Answer):
    """A company's report of costs. `unassigned` belongs to the whole account and is in no line."""

    company: str
    by: str
    model: str
    first: str
    last: str
    lines: list[CostReportLine]
    total: CostReportLine
    unassigned: Mapping[str, str]


class CompanyFiguresAnswer(Answer):
    """What one company got, what it cost, and what was sent; `calls_by_week` are those of the last eight whole weeks."""

    company: str | None
    """Its name; None for the total."""
    title: str
    calls: float
    answered: float
    leads: float
    customers: float
    calls_before: float
    won: Mapping[str, str]
    costs: Mapping[str, CostReturn]
    delivered: int
    held: int
    rejected: int
    calls_by_week: list[int]


class CompaniesReportAnswer(Answer):
    """The companies side by side; `total` is the sum of the lines, `unassigned` belongs to the whole account and is in none."""

    first: str
    last: str
    lines: list[CompanyFiguresAnswer]
    total: CompanyFiguresAnswer
    unassigned: Mapping[str, str]


class TableReportAnswer(Answer):
    """A report as a table: `columns` are the titles of the figures in each line."""

    report: str
    first: str
    last: str
    columns: Mapping[str, str]
    lines: list[Mapping[str, Any]]


class Page(Answer):
    """Some rows, newest first; pass `next` as `after` to get the following rows."""

    next: str | None


class Companies(Answer):
    """The account's companies."""

    companies: list[CompanyAnswer]


class Calls(Page):
    """Some calls."""

    calls: list[CallAnswer]


class Texts(Page):
    """Some texts."""

    texts: list[TextAnswer]


class ConsentRecords(Page):
    """Some records of the consent ledger."""

    records: list[ConsentRecordAnswer]


class PrivacyRequests(Page):
    """Some requests."""

    requests: list[PrivacyRequestAnswer]


class AuditEntries(Page):
    """Some entries of the audit log."""

    entries: list[AuditEntryAnswer]


def shaped(shape: type[Shape], rows: Any) -> list[Shape]:
    """Convert rows to their response model."""
    return [shape.model_validate(row) for row in rows]
