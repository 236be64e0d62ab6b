"""The webhook endpoint: a plugin's own reply about a call that the hub placed, and the sender's address behind proxies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from event_loops import in_a_thread

from hub.api import AnswerDocument, VerifiedWebhook, WebhookRequest, Webhooks
from hub.flow.receive import Received
from hub.web.webhooks import WebhookEndpoint

DOCUMENT = AnswerDocument("application/xml", "<Bxml/>")


class OneConnector:
    """Accepts every webhook of one connector, and keeps the request."""

    connectors, max_bytes = frozenset({"bandwidth"}), 1000

    def __init__(self, needs_sender: bool = True) -> None:
        self.webhooks, self.requests = Webhooks(needs_sender=needs_sender), list[WebhookRequest]()

    def declared(self, connector: str) -> Webhooks:
        return self.webhooks

    def hangs(self, connector: str) -> bool:
        return False

    def submit_all(self, connector: str, waiting: Sequence[Any]) -> None:
        for request, done in waiting:
            self.requests.append(request)
            document = DOCUMENT if request.path == "outgoing_user" else None
            done(Received("stored", VerifiedWebhook("key", document=document)))


class OnlyAcknowledges:
    def acknowledgement(self, connector: str) -> AnswerDocument:
        return AnswerDocument("text/plain", "taken")


def post(receiver: OneConnector, path: str, forwarded: str = "", peer: str = "10.0.0.1") -> str:
    """The body of the reply to a webhook that a proxy at 10.0.0.1 passes on."""
    sent: list[Any] = []
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/webhooks/bandwidth/{path}",
        "query_string": b"",
        "headers": headers,
        "client": (peer, 4711),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        now = datetime(2026, 11, 24, tzinfo=UTC)
        answerer: Any = OnlyAcknowledges()
        taken: Any = receiver
        endpoint = WebhookEndpoint(taken, answerer, "https://calls.example.com", lambda: now, ["10.0.0.0/8"])
        await endpoint(scope, receive, send)

    in_a_thread(run())
    return bytes(sent[1]["body"]).decode()


def test_a_plugin_replies_itself_about_a_call_that_the_hub_placed() -> None:
    receiver = OneConnector()
    assert post(receiver, "outgoing_user") == DOCUMENT.body
    assert post(receiver, "status") == "taken"


@pytest.mark.parametrize(
    ("peer", "forwarded", "sender"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
    ],
)
def test_the_sender_is_the_last_address_that_no_trusted_proxy_has(peer: str, forwarded: str, sender: str) -> None:
    receiver = OneConnector()
    post(receiver, "voice", forwarded, peer)
    assert receiver.requests[0].sender == sender
    careless = OneConnector(needs_sender=False)
    post(careless, "voice", forwarded, peer)
    assert careless.requests[0].sender == "", "it is found only for a plugin that needs it"
