"""A HubSpot account on loopback and a connector that points at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.testing import FrozenClock, connect
from plugins.crm.hubspot import HubSpot
from plugins.crm.hubspot.sandbox import Sandbox


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    with sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox, clock: FrozenClock) -> Sandbox:
    """An empty account; the server is the same for all tests, since starting one takes longer than most of them."""
    served.clock = clock
    served.forget()
    return served


@pytest.fixture
def connector(sandbox: Sandbox, clock: FrozenClock) -> HubSpot:
    return connect(HubSpot, sandbox, clock=clock, timeout=10.0)
