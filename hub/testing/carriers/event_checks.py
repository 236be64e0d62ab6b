"""What a carrier plugin must prove of the content of events: their times in any zone, callers of any country, all pages."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.contracts.answers import Dial
from hub.contracts.connector import Connector
from hub.contracts.events import CallEvent, MessageEvent
from hub.contracts.sandbox import Sandbox
from hub.contracts.webhooks import WebhookRequest
from hub.hookspecs import CallHooks
from hub.testing import samples
from hub.testing.asking import HOOK_THREADS, ask, busy_seconds
from hub.testing.factories import FrozenClock
from hub.testing.heard import heard
from hub.testing.switchboard import Script, Switchboard, carrier_of
from hub.testing.wire import WireConformance, pages_of_two

TOLERANCE = timedelta(minutes=2)
LOCAL_SECONDS = 0.25
"""What a hook may wait for while a caller waits for it."""


class EventConformance(WireConformance):
    """Each event has its own time, whatever the zone; callers of any country are known; a caller waits for no network."""

    @pytest.mark.parametrize("zone", ["UTC", "America/Chicago", "Asia/Kolkata"])
    def test_each_event_has_the_time_at_which_it_happened(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock, zone: str
    ) -> None:
        """In webhooks and in the call list, whatever the zone in which the carrier writes it."""
        begun = clock()
        call = samples.simulated_call(begun.astimezone(ZoneInfo(zone)))
        played = carrier_of(sandbox).webhooks(call, connector.services.webhook_url)
        call_id = ""
        for at, request in played:
            for event in _call_events(connector, request):
                call_id = event.call_id
                assert begun - TOLERANCE <= event.at <= at + TOLERANCE, (
                    f"the webhook of {at.isoformat()} became an event of {event.at.isoformat()}"
                )
        clock.advance(hours=1)
        for event in ask(connector, CallHooks.list_calls, since=begun - TOLERANCE):
            if event.call_id == call_id:
                last = begun + TOLERANCE if event.kind == "ringing" else played[-1][0] + TOLERANCE
                assert begun - TOLERANCE <= event.at <= last, (
                    f"a call of {begun.isoformat()} is listed with {event.kind} at {event.at.isoformat()}"
                )

    @pytest.mark.parametrize("country", samples.FOREIGN)
    def test_a_caller_from_another_country_is_known(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock, country: str
    ) -> None:
        number, url, since = samples.FOREIGN[country], connector.services.webhook_url, clock()
        call = samples.simulated_call(since, caller_number=number)
        requests = [request for _, request in carrier_of(sandbox).webhooks(call, url)]
        point = ask(connector, CallHooks.verify_webhook, request=requests[0]).answer
        assert point is not None and point.caller_number == number, f"the flow does not learn who calls from {country}"
        events = [event for one in requests for event in _call_events(connector, one)]
        clock.advance(hours=1)
        events += [
            each for each in ask(connector, CallHooks.list_calls, since=since) if each.call_id == events[0].call_id
        ]
        callers = {each.caller_number for each in events} - {None}
        assert callers == {number}, f"the caller {number} became {', '.join(sorted(map(str, callers))) or 'nobody'}"
        message = carrier_of(sandbox).message_webhook(number, samples.TRACKING_NUMBER, "Hello", url)
        (text,) = ask(connector, CallHooks.parse_webhook, request=message)
        assert isinstance(text, MessageEvent) and text.sender_number == number, f"a text from {country} has no sender"

    def test_every_page_of_the_call_list_is_read(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        since, made = clock(), set()
        for _ in range(5):
            clock.advance(minutes=10)
            call = samples.simulated_call(clock())
            played = carrier_of(sandbox).webhooks(call, connector.services.webhook_url)
            made |= {each.call_id for each in _call_events(connector, played[0][1])}
        clock.advance(hours=1)
        with pages_of_two(sandbox):
            listed = {each.call_id for each in ask(connector, CallHooks.list_calls, since=since)}
        assert made <= listed, f"{len(made - listed)} of {len(made)} calls are not listed: read every page"

    def test_nothing_that_a_caller_waits_for_uses_the_network_or_sleeps(
        self, connector: Connector, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A webhook is checked, read and answered within one second for everything, while a phone rings."""
        connected: list[Any] = []
        honest = socket.socket.connect

        def connect(self: socket.socket, address: Any) -> None:
            if threading.current_thread().name.startswith(HOOK_THREADS):
                connected.append(address)
            honest(self, address)

        monkeypatch.setattr(socket.socket, "connect", connect)
        script: Script = {("ringing", ""): (Dial(numbers=(samples.DIAL,), mark="v1.sales"),)}
        board = Switchboard(connector, sandbox, script)
        with heard(sandbox) as requests:
            board.place()
        assert not requests and not connected, (
            "verify_webhook, parse_webhook, render_answer or acknowledge_webhook uses the network, and a caller waits"
        )
        waits = []
        for _ in range(3):
            begun, busy = time.monotonic(), busy_seconds({})
            for hook in (CallHooks.verify_webhook, CallHooks.parse_webhook):
                ask(connector, hook, request=board.requests[0])
            waits.append(time.monotonic() - begun - (busy_seconds({}) - busy))
        assert min(waits) < LOCAL_SECONDS, f"a caller waits {min(waits):.1f} s for verify_webhook and parse_webhook"


def _call_events(connector: Connector, request: WebhookRequest) -> list[CallEvent]:
    """The events of a call's webhook."""
    found = ask(connector, CallHooks.parse_webhook, request=request)
    return [event for event in found if isinstance(event, CallEvent)]
