"""The webhooks that companies have: how each does, its events, and a replay of a range."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Path
from sqlmodel import Session

from hub.errors import NotFound
from hub.model import Company, WebhookEndpoint
from hub.model.states import WebhookEventState
from hub.queries.webhooks_out import endpoints_of, events_of
from hub.web.api.auth import AuthorizedRequest, MayReplay, MaySetup
from hub.web.api.once import OnlyOnce
from hub.web.api.paging import After, Limit
from hub.web.api.schemas import shaped
from hub.web.api.webhooks.bodies import (
    EventReplay,
    EventReplayBody,
    WebhookAnswer,
    WebhookEventAnswer,
    WebhookEvents,
    Webhooks,
)
from hub.webhooks_out.endpoints import Endpoint, endpoint_of
from hub.webhooks_out.replay import replay_range

WebhookId = Annotated[str, Path(max_length=36)]


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
