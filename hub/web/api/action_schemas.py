"""What the API answers to deeds, and what users added."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from hub.web.api.schemas import Answer, DeliveryAnswer, LeadMarkAnswer, ListedDeliveryAnswer, NoteText, Page


class SpamAnswer(Answer):
    """Whether it is spam."""

    spam: bool


class MarksAnswer(Answer):
    """What users added to a call, text or form."""

    lead: LeadMarkAnswer
    tags: list[str]
    notes: list[NoteText]
    spam: bool


class TagDefinitionAnswer(Answer):
    """A tag that the account or one of its companies offers; `company_id` is None for all companies."""

    id: str
    name: str
    color: str
    enabled: bool
    company_id: str | None


class QueuedText(Answer):
    """A text that was queued; it is sent after `not_before` if consent allows it then."""

    id: str
    status: str
    not_before: datetime | None


class CallBackAnswer(Answer):
    """A call back. `status` is queued, placed, answered, completed, failed or refused; `reason` says why it failed."""

    id: str
    status: str
    reason: str | None
    made_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    duration: int | None


class CalledBackAnswer(Answer):
    """A call back that a user placed on their own phone, and whether the caller waits again because it was taken back."""

    id: str
    waits: bool


class ContactRefusalsAnswer(Answer):
    """Since when the person has refused texts, marketing texts and calls; null if they have not."""

    texts: datetime | None
    marketing: datetime | None
    calls: datetime | None


class RecordingEndAnswer(Answer):
    """What became of a recording that its caller does not want. `ended`: the carrier records no more; `unconfirmed`: it did
    not say so; `after_call`: it cannot end a recording; `deleted`: the call was over. In each case the audio is deleted;
    `held` says that a legal hold keeps some of it.
    """

    outcome: Literal["ended", "unconfirmed", "after_call", "deleted"]
    held: bool


class CallBacks(Answer):
    """The calls back that answered one call, text or form, the newest first."""

    call_backs: list[CallBackAnswer]


class Deliveries(Answer):
    """What was sent because of one call, text or form, the newest first."""

    deliveries: list[DeliveryAnswer]


class DeliveryPage(Page):
    """Some deliveries."""

    deliveries: list[ListedDeliveryAnswer]


class TagDefinitions(Answer):
    """The tags that the user may choose from."""

    tags: list[TagDefinitionAnswer]
