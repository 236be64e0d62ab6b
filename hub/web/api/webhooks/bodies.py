"""What the API says about webhooks, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from hub.model.states import WebhookEventState
from hub.queries.webhooks_out import Health
from hub.web.api.marks import Body
from hub.web.api.paging import Moment
from hub.web.api.schemas import Answer, Page

Replayable = Literal["dead", "held", "dropped", "ready", "waiting", "delivered"]

NOT_TAKEN: list[Replayable] = ["dead", "held", "dropped", "ready", "waiting"]


class WebhookAnswer(Answer):
    """One webhook. `failing_since`: since when it has taken nothing; `reason`: its last answer while it takes nothing;
    `waiting` and `dead`: how many events are on their way, and how many were set aside."""

    id: str
    company_id: str
    name: str
    host: str
    health: Health
    failing_since: datetime | None
    reason: str | None
    next_try_at: datetime | None
    waiting: int
    dead: int
    last_delivered_at: datetime | None


class WebhookEventAnswer(Answer):
    """One event. `status` is that of the address's last answer."""

    id: str
    type: str
    subject_id: str
    at: datetime
    state: WebhookEventState
    attempts: int
    status: int | None
    reason: str | None
    due_at: datetime
    finished_at: datetime | None


class Webhooks(Answer):
    """The webhooks of the companies."""

    webhooks: list[WebhookAnswer]


class WebhookEvents(Page):
    """Some events."""

    events: list[WebhookEventAnswer]


class EventReplayBody(Body):
    """Which events to send again: those that happened from `since` to `until` and are in one of `states`."""

    since: Moment
    until: Moment
    states: list[Replayable] = Field(default=NOT_TAKEN, min_length=1, max_length=6)


class EventReplay(Answer):
    """How many events are on the way again."""

    events: int
