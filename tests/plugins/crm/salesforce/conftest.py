"""A Salesforce stand-in and a connector that points at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.testing import FrozenClock, connect
from plugins.crm.salesforce import Salesforce
from plugins.crm.salesforce.sandbox import Sandbox


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[Sandbox]:
    with Sandbox(clock) as running:
        yield running


@pytest.fixture
def salesforce(sandbox: Sandbox, clock: FrozenClock) -> Salesforce:
    return connect(Salesforce, sandbox, clock=clock)
