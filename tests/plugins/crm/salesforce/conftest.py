"""A Salesforce stand-in and a connector that points at it; started once a module, for starting is what takes time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.testing import FrozenClock, connect
from plugins.crm.salesforce import Salesforce
from plugins.crm.salesforce.sandbox import Sandbox


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(FrozenClock()) as sandbox:
        yield sandbox


@pytest.fixture
def clock(running: Sandbox) -> FrozenClock:
    assert isinstance(running.clock, FrozenClock)
    running.clock.now = FrozenClock().now
    return running.clock


@pytest.fixture
def sandbox(running: Sandbox, clock: FrozenClock) -> Sandbox:
    running.forget()
    return running


@pytest.fixture
def salesforce(sandbox: Sandbox, clock: FrozenClock) -> Salesforce:
    return connect(Salesforce, sandbox, clock=clock)
