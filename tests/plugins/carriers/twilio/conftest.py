"""A running stand-in, our connector to it, and Twilio's own client to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from twilio.rest import Client
from twilio_stage import CLOCK, Local

from hub.testing import connect
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    """Twilio's stand-in."""
    with Sandbox(CLOCK) as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The stand-in, empty, an hour later."""
    running.heal()
    running.calls.clear()
    running.held_recordings.clear()
    running.messages.clear()
    running.numbers.clear()
    running.port_orders.clear()
    running.blocked.clear()
    running.placed.clear()
    running.refused_numbers.clear()
    running.requests_per_second = None
    CLOCK.advance(hours=1)
    return running


@pytest.fixture
def twilio(sandbox: Sandbox) -> Twilio:
    """Our connector."""
    return connect(Twilio, sandbox, clock=CLOCK)


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    """Twilio's own client."""
    return Client(sandbox.account_sid, sandbox.auth_token, http_client=Local(sandbox.url))
