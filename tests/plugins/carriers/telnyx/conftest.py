"""A running stand-in of Telnyx, our connector and Telnyx' own client at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from telnyx_wire import CLOCK

from hub.testing import connect
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.telnyx.sandbox import Sandbox

if TYPE_CHECKING:
    from telnyx import Telnyx as Client


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(CLOCK) as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.heal()
    for held in (
        running.calls,
        running.held_recordings,
        running.messages,
        running.numbers,
        running.orders,
        running.blocked,
    ):
        held.clear()
    running.requests_per_second, running.looks_until_filled = None, 1
    CLOCK.advance(hours=1)
    return running


@pytest.fixture
def telnyx(sandbox: Sandbox) -> Telnyx:
    return connect(Telnyx, sandbox, clock=CLOCK)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    # Importing it takes seconds, so only the processes that use it do, here and in the tests of this folder.
    from telnyx import DefaultHttpxClient
    from telnyx import Telnyx as Client

    with DefaultHttpxClient(trust_env=False) as http:
        yield Client(api_key=sandbox.api_key, base_url=f"{sandbox.url}/v2", http_client=http, max_retries=0)
