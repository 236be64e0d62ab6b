"""The webhooks that companies have: how each does, its events, and a replay of a range."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path
from pydantic import Field
from sqlmodel import Session

from hub.errors import NotFound
from hub.model import Company, WebhookEndpoint
from hub.model.states import WebhookEventState
from hub.queries.webhooks_out import Health, endpoints_of, events_of
from hub.web.api.auth import AuthorizedRequest, MayReplay, MaySetup
from hub.web.api.marks import Body
from hub.web.api.once import OnlyOnce
from hub.web.api.paging import After, Limit, Moment
from hub.web.api.schemas import Answer, Page, shaped
from hub.webhooks_out.endpoints import Endpoint, endpoint_of
from hub.webhooks_out.replay import replay_range

WebhookId = Annotated[str, Path(max_length=36)]


# What the API says about webhooks, and what it takes.
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


def add_webhooks(api: FastAPI) -> None:
    """Add the routes for webhooks."""

    @api.get("/webhooks", operation_id="listWebhooks")
    def webhooks(authorized: MaySetup) -> Webhooks:
        """The webhooks of the companies that the key's user may see, and how each does."""
        hub = authorized.hub
        with authorized.session() as session:
            companies = session.exec(authorized.scope.select(Company)).all()
            found = endpoints_of(session, hub.config, companies, hub.clock())
        return Webhooks(webhooks=shaped(WebhookAnswer, found))

    @api.get("/webhooks/{webhook_id}/events", operation_id="listWebhookEvents")
    def events(
        authorized: MaySetup,
        webhook_id: WebhookId,
        state: WebhookEventState | None = None,
        after: After = None,
        limit: Limit = 50,
    ) -> WebhookEvents:
        """The events of a webhook, the newest first. What was in an event is not kept."""
        with authorized.session() as session:
            endpoint = _endpoint(session, authorized, webhook_id)
            found = events_of(session, endpoint.row.id, state=state, after=after, limit=limit)
        return WebhookEvents(events=shaped(WebhookEventAnswer, found.items), next=found.next)

    @api.post("/webhooks/{webhook_id}/replay", operation_id="replayWebhookEvents")
    def again(authorized: MayReplay, once: OnlyOnce, webhook_id: WebhookId, body: EventReplayBody) -> EventReplay:
        """Send the events of a range of time again, the oldest first. The receiver sees the same ids."""
        hub, actor = authorized.hub, authorized.user.id
        with authorized.session() as session:
            endpoint = _endpoint(session, authorized, webhook_id)

        def action(session: Session) -> dict[str, Any]:
            states = [WebhookEventState(each) for each in body.states]
            return {"events": replay_range(session, endpoint, body.since, body.until, hub.clock(), actor, states)}

        return EventReplay.model_validate(once.do(authorized, action))


def _endpoint(session: Session, authorized: AuthorizedRequest, webhook_id: str) -> Endpoint:
    wanted = authorized.scope.select(WebhookEndpoint).where(WebhookEndpoint.id == webhook_id)
    found = session.exec(wanted).first()
    endpoint = endpoint_of(session, authorized.hub.config, found.id) if found else None
    if endpoint is None:
        raise NotFound("Not found")
    return endpoint
