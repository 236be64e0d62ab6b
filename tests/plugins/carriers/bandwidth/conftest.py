"""A running stand-in of Bandwidth, and our connector at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bandwidth_stage import CLOCK

from hub.testing import connect
from plugins.carriers.bandwidth import Bandwidth
from plugins.carriers.bandwidth.sandbox import Sandbox


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
        running.owned,
        running.orders,
        running.joined,
    ):
        held.clear()
    running.requests_per_second, running.looks_until_done = None, 1
    CLOCK.advance(hours=1)
    return running


@pytest.fixture
def connector(sandbox: Sandbox) -> Bandwidth:
    return connect(Bandwidth, sandbox, clock=CLOCK)
