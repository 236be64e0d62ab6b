"""What the tests of Bandwidth share: a clock, numbers, a playing hub, and the SDK's client at the stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from hub.api import AnswerDocument, WebhookRequest
from hub.api.carriers import Instruction
from hub.api.sandbox import SimulatedCall
from hub.testing import FrozenClock
from plugins.carriers.bandwidth import Bandwidth
from plugins.carriers.bandwidth.sandbox import Sandbox

CLOCK = FrozenClock(datetime(2026, 11, 24, 15, 0, tzinfo=UTC))
TRACKING, CALLER, BUSINESS, COLLEAGUE = "+13125550143", "+13125550177", "+13125550199", "+13125550198"
HUB = "https://calls.example.com/webhooks/bandwidth"
Script = Callable[[str], Sequence[Instruction]]
"""The hub's instructions by the path at which Bandwidth asks."""


def played(sandbox: Sandbox, connector: Bandwidth, script: Script, **changes: Any) -> list[WebhookRequest]:
    """The callbacks of one call that the script leads."""
    sent: list[WebhookRequest] = []

    def exchange(request: WebhookRequest) -> AnswerDocument:
        sent.append(request)
        point = connector.verify_webhook(request).answer
        if point is None:
            return connector.acknowledge_webhook(request)
        return connector.render_answer(point, () if point.answered else script(request.path))

    values: dict[str, Any] = {
        "caller_number": CALLER,
        "tracking_number": TRACKING,
        "answering_number": BUSINESS,
        "started_at": CLOCK(),
    }
    sandbox.place_call(SimulatedCall(**(values | changes)), HUB, exchange)
    return sent


def bodies(requests: Sequence[WebhookRequest], path: str) -> list[Any]:
    """The contents of the callbacks at one of our paths."""
    return [json.loads(each.body) for each in requests if each.path == path]


def sdk_client(sandbox: Sandbox) -> Any:
    """Bandwidth's own client. It ignores `host`, so its requests are sent to the stand-in here."""
    import bandwidth

    client = bandwidth.ApiClient(bandwidth.Configuration(access_token=sandbox.access_token))
    ask = client.rest_client.request

    def at_the_stand_in(method: str, url: str, *more: Any, **options: Any) -> Any:
        parts = urlsplit(url)
        assert parts.hostname in ("voice.bandwidth.com", "messaging.bandwidth.com"), parts.hostname
        return ask(method, f"{sandbox.url}{parts.path}{'?' + parts.query if parts.query else ''}", *more, **options)

    client.rest_client.request = at_the_stand_in
    return client
