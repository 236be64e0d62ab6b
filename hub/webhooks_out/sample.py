"""A test of an endpoint: one fictional call, sent at once in the endpoint's format, signed like every event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from sqlmodel import Session

from hub.callrail.calls import Place
from hub.callrail.webhook import call_body
from hub.errors import RetryLater, place_of
from hub.model import Call
from hub.model.columns import new_id
from hub.model.states import CallStatus, SubjectState, WebhookEventState, WebhookType
from hub.plugin_host.public_post import PublicPost
from hub.queries.contact.parts import Parts
from hub.queries.contact.view import ContactView
from hub.runtime import Hub
from hub.store import audit
from hub.webhooks_out import standard
from hub.webhooks_out.answers import Verdict, post_for, verdict_of
from hub.webhooks_out.bodies import encoded, stripped
from hub.webhooks_out.endpoints import CALLRAIL, Endpoint, secrets_of
from hub.webhooks_out.event_order import note_taken
from hub.webhooks_out.signing import headers_of

log = structlog.get_logger(__name__)
CALLER, LINE, PHONE, NAME = "+13125550142", "+13125550120", "+13125550190", "Kim Example"
"""Fictional."""


def send_test(hub: Hub, endpoint: Endpoint, actor: str, post: PublicPost | None = None) -> Verdict:
    """Send the test and say what the endpoint answered. If it took it, the events that wait for it are tried at once."""
    now, event_id = hub.clock(), new_id()
    with hub.store.reading() as session:
        body = encoded(_document(hub, session, endpoint))
    headers = headers_of(endpoint.section.format, secrets_of(hub, endpoint), event_id, int(now.timestamp()), body)
    outcome: object
    try:
        outcome = (post or post_for(endpoint.section)).send(endpoint.section.url, headers, body)
    except Exception as error:  # noqa: BLE001 - whatever the other side does, the user hears of it
        outcome = error
        if not isinstance(error, RetryLater):
            log.warning("test of a webhook failed", error=type(error).__name__, at=place_of(error))
    verdict = verdict_of(outcome, 1, now, now, lambda longest: longest)
    with hub.store.writing() as session:
        if verdict.state == WebhookEventState.DELIVERED:
            note_taken(session, endpoint.row.id, again=True)
        reported = f"{endpoint.row.name}, {verdict.status or 'no answer'}"
        audit.note(session, now, actor, "webhook.test", endpoint.row.company_id, reported)
    return verdict


def _document(hub: Hub, session: Session, endpoint: Endpoint) -> dict[str, Any]:
    now = hub.clock()
    call = Call(
        id=new_id(),
        connector="test",
        carrier_call_id="test",
        company_id=endpoint.company.id,
        tracking_number=LINE,
        caller_number=CALLER,
        status=CallStatus.COMPLETED,
        started_at=now - timedelta(seconds=95),
        answered_at=now - timedelta(seconds=90),
        answered_by=PHONE,
        ended_at=now,
        duration=90,
        first_time_caller=True,
        state=SubjectState.DONE,
        due_at=now,
    )
    parts = Parts(session, hub.vault, [call], None)
    parts.names = {call.id: NAME}
    facts = ContactView(call, parts)
    place, kind = Place(str(hub.config.hub.public_url), endpoint.row.account_id), WebhookType.POST_CALL
    if endpoint.section.format == CALLRAIL:
        return stripped({**call_body(facts, place, kind), "custom": "test"}, endpoint.section)[0]
    kept, _ = stripped({**standard.call_data(facts, place, kind, ()), "test": True}, endpoint.section)
    return standard.document(kind, now, kept)
