"""A user allows an assistant in a real Chromium: the page's policy lets the form's answer lead to the assistant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from page_client import signed_in
from served import serving_app
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from testbed import TestHub
from visitor import WAIT

from hub.access.assistants.clients import register
from hub.model import AssistantGrant
from hub.platform.loopback import loopback_listener
from hub.web.app import create_app

pytestmark = pytest.mark.soak


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> Iterator[TestHub]:
    """A served hub that answers assistants elsewhere."""
    with loopback_listener() as listener:
        stage = lite_hub(public_url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        section = stage.hub.config.hub.model_copy(update={"mcp": True})
        with serving_app(
            create_app(replace(stage.hub, config=replace(stage.hub.config, hub=section)), stage.live), listener
        ):
            yield stage


@pytest.fixture
def assistant() -> Iterator[str]:
    """The address to which an assistant lets browsers come back."""
    with loopback_listener() as listener:
        app = Starlette(routes=[Route("/back", lambda request: PlainTextResponse("Back at the assistant"))])
        with serving_app(app, listener):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/back"


def test_a_browser_comes_back_to_the_assistant_with_a_code(stage: TestHub, assistant: str, headless: Any) -> None:
    address = str(stage.hub.config.hub.public_url).rstrip("/")
    with stage.hub.store.writing() as session:
        client = register(session, {"redirect_uris": [assistant], "client_name": "Claude"}, stage.clock()).id
    context = headless.new_context()
    context.set_default_timeout(WAIT)
    cookie = signed_in(stage, "owner").client.cookies["hub_session"]
    context.add_cookies([{"name": "hub_session", "value": cookie, "url": address}])
    tab = context.new_page()
    blocked: list[str] = []
    tab.on("console", lambda line: blocked.append(line.text) if "Content Security Policy" in line.text else None)
    asked = {"response_type": "code", "client_id": client, "redirect_uri": assistant, "state": "s", "code_challenge": "x" * 43,
             "code_challenge_method": "S256", "resource": f"{address}/mcp"}  # fmt: skip
    tab.goto(f"{address}/oauth/authorize?{urlencode(asked)}")
    tab.get_by_text("a program on your own computer").wait_for()
    tab.get_by_role("button", name="Allow reading").click()
    tab.get_by_text("Back at the assistant").wait_for()
    answer = dict(parse_qsl(urlsplit(tab.url).query))
    assert (answer["state"], answer["iss"]) == ("s", address) and answer["code"]
    assert blocked == [] and len(stage.rows(AssistantGrant)) == 1
    context.close()
