"""A running stand-in of Plivo, our connector and Plivo's own client at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from plivo_wire import CLOCK

from hub.testing import connect
from plugins.carriers.plivo import Plivo
from plugins.carriers.plivo.sandbox import Sandbox

if TYPE_CHECKING:
    from plivo import RestClient


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(CLOCK) as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.heal()
    for held in (running.calls, running.held_recordings, running.messages, running.numbers, running.placed):
        held.clear()
    running.blocked.clear()
    running.requests_per_second, running.signs_texts_fully, running.pages = None, False, "offset"
    running.tokens = running.tokens[:1]
    CLOCK.advance(hours=1)
    return running


@pytest.fixture
def plivo(sandbox: Sandbox) -> Plivo:
    return connect(Plivo, sandbox, clock=CLOCK)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[RestClient]:
    # Importing it takes a while, so only the tests that use it do.
    from plivo import RestClient
    from requests.adapters import HTTPAdapter

    class ToTheStandIn(HTTPAdapter):
        def send(self, request: Any, *arguments: Any, **options: Any) -> Any:
            request.url = request.url.replace("https://api.plivo.com", sandbox.url)
            return super().send(request, *arguments, **options)

    with RestClient(sandbox.account_sid, sandbox.tokens[0]) as found:
        found.session.trust_env = False
        found.session.auth = (sandbox.account_sid, sandbox.tokens[0])
        found.session.mount("https://api.plivo.com", ToTheStandIn())
        yield found
