"""A running stand-in of Vonage, our connector and Vonage's own clients at it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from hub.testing import FrozenClock, connect
from plugins.carriers.vonage import Vonage
from plugins.carriers.vonage.sandbox import Sandbox

CLOCK = FrozenClock()


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(CLOCK) as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.heal()
    for held in (running.calls, running.held_recordings, running.messages, running.numbers, running.redacted):
        held.clear()
    running.requests_per_second, running.redacts = None, True
    running.application["capabilities"] = {"voice": {"webhooks": {}}, "messages": {"webhooks": {}}, "verify": {}}
    CLOCK.advance(hours=1)
    return running


@pytest.fixture
def vonage(sandbox: Sandbox) -> Vonage:
    return connect(Vonage, sandbox, clock=CLOCK)


@pytest.fixture
def client(running: Sandbox) -> SimpleNamespace:
    """Vonage's own library. It writes https into each address, so its requests are led to the stand-in; its tokens have the
    machine's time, and its headers stay from request to request."""
    from requests.adapters import HTTPAdapter
    from vonage_application import Application
    from vonage_http_client import Auth, HttpClient
    from vonage_messages import Messages
    from vonage_numbers import Numbers
    from vonage_voice import Voice

    settings = running.settings()

    class ToStandIn(HTTPAdapter):
        def send(self, request: Any, **options: Any) -> Any:
            request.url = running.url + request.url.split("nexmo.com", 1)[1]
            return super().send(request, **options)

    keys = {name: settings[name] for name in ("api_key", "api_secret", "application_id", "private_key")}
    http = HttpClient(Auth(**keys))
    http._session.mount("https://", ToStandIn())
    http._session.trust_env = False
    return SimpleNamespace(
        auth=http.auth, voice=Voice(http), numbers=Numbers(http), messages=Messages(http), application=Application(http)
    )
