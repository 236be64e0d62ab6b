"""The API's responses: only the fields defined here leave the hub."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from hub.queries.marks import NoteShown

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


class SignalAnswer(Answer):
    """What was read in a call, by one of the company's names."""

    name: str
    is_outcome: bool
    """Whether it is how the conversation ended."""
    confidence: float
    amount: Decimal | None
    currency: str | None
    connector: str
    read_at: datetime


class SpamScoreAnswer(Answer):
    """The spam score of a call, 0 to 100: why, what was done before it rang, and whether a user overruled it."""

    score: int
    reasons: list[SpamReasonAnswer]
    action: str
    decided_at: datetime
    overruled_at: datetime | None


class ContactAnswer(Answer):
    """What other tables say of a call, text or form: where it came from, and how users marked it."""

    tracker: str | None = Field(default=None, validation_alias="tracker_name")
    """The name of the tracker."""
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    keyword: str | None = None
    landing_page: str | None = None
    lead: str | None = Field(default=None, validation_alias="lead_status")
    amount: Decimal | None = None
    currency: str | None = None
    tags: list[str] = []


class NoteText(Answer):
    """A note; `text` is None if its person's key was destroyed."""

    id: str
    text: str | None
    made_at: datetime
    by: str

    @classmethod
    def of(cls, note: NoteShown) -> NoteText:
        """A note that was read."""
        return cls(id=note.id, text=note.text, made_at=note.at, by=note.by)


class DeliveryAnswer(Answer):
    """What was sent, or is to be sent, to one destination."""

    id: str
    company_id: str | None
    subject_id: str
    """The id of the call, text or form."""
    connector: str
    hook: str
    kind: str
    state: str
    code: str | None
    reason: str | None
    attempts: int
    made_at: datetime
    due_at: datetime
    finished_at: datetime | None


class SubjectAnswer(ContactAnswer):
    """One call, text or form; `at` is when it came in."""

    id: str
    kind: str
    company_id: str
    at: datetime
    number: str | None
    name: str | None
    email: str | None
    outcome: str | None
    duration: int | None


class AttemptAnswer(Answer):
    """One try of a delivery. `result` is the state that the delivery got by it, or why it got none."""

    number: int
    started_at: datetime
    result: str
    code: str | None
    reason: str | None


class ListedDeliveryAnswer(DeliveryAnswer):
    """The same in a list. `contact`, the call, text or form that it came from, and `tries` are null if `expand` does not ask
    for them, the role of the key's user does not see them, or they are gone."""

    contact: SubjectAnswer | None = None
    tries: list[AttemptAnswer] | None = None


class RecordingAnswer(Answer):
    """That a recording exists; a signed link gives the audio."""

    id: str
    kind: str
    state: str
    recorded_at: datetime
    duration: int | None


class ExpandableAnswer(ContactAnswer):
    """A call, text or form. `attribution`, `notes` and `deliveries` are null if `expand` does not ask for them, or the role of
    the key's user does not see them."""

    attribution: AttributionAnswer | None = None
    notes: list[NoteText] | None = None
    deliveries: list[DeliveryAnswer] | None = None


class CallAnswer(ExpandableAnswer):
    """One call; times are UTC, `duration` is in seconds. `attribution`, `recordings`, `notes` and `deliveries` are null if
    `expand` does not ask for them, or the role of the key's user does not see them."""

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
    outcome: str | None = None
    signals: list[SignalAnswer] = []
    """What was read in its transcript, for those who may read it: the outcome first."""
    recordings: list[RecordingAnswer] | None = None


class FormAnswer(ExpandableAnswer):
    """One form; `at` is when it was sent, `number`, `email` and `name` are the person's. What else was typed is not in it."""

    id: str
    company_id: str
    at: datetime
    number: str | None
    email: str | None
    name: str | None
    first_time: bool | None
    spam: bool


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


class TextAnswer(ExpandableAnswer):
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


class NumberAnswer(Answer):
    """One tracking number with its tracker; `calls` are those of the last 30 days, `last_call_at` the latest of all."""

    id: str
    number: str
    company_id: str
    tracker: str
    tracker_title: str
    type: Literal["source", "session"]
    """`session`: one of a pool, for a visitor of the website at a time."""
    source: str | None
    medium: str | None
    campaign: str | None
    carrier: str
    flow: str | None
    state: str
    calls: int
    last_call_at: datetime | None
    retired_at: datetime | None


class Numbers(Answer):
    """The tracking numbers, by number."""

    numbers: list[NumberAnswer]


class TextContent(Answer):
    """The content of a text; None if its person's key was destroyed, or it is empty."""

    id: str
    body: str | None


class LinkAnswer(Answer):
    """A signed link to a recording, for the key's user."""

    url: str
    expires_at: datetime


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


class Page(Answer):
    """Some rows, newest first; pass `next` as `after` to get the following rows."""

    next: str | None


class Companies(Answer):
    """The account's companies."""

    companies: list[CompanyAnswer]


class Calls(Page):
    """Some calls."""

    calls: list[CallAnswer]


class Forms(Page):
    """Some forms."""

    forms: list[FormAnswer]


class Texts(Page):
    """Some texts."""

    texts: list[TextAnswer]


class PrivacyRequests(Page):
    """Some requests."""

    requests: list[PrivacyRequestAnswer]


def shaped(shape: type[Shape], rows: Any) -> list[Shape]:
    """Convert rows to their response model."""
    return [shape.model_validate(row) for row in rows]
