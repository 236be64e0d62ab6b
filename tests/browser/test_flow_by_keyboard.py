"""A call flow is opened, changed, simulated and published by keyboard alone, in a real Chromium, and axe finds no fault."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from config_on_disk import open_config_stage
from flow_strategies import OFFICE_TEXT
from page_client import signed_in
from served import serving
from test_pages import AXE, CHECK
from testbed import TestHub
from visitor import WAIT

from hub.model import FlowVersion
from hub.startup.opening import Opened
from hub.testing import FrozenClock

pytestmark = pytest.mark.soak

MAX_TABS = 80


@pytest.fixture
def office(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[tuple[TestHub, str]]:
    """A hub opened from a config.yaml with a flow, behind a real HTTP server."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        public = f"http://127.0.0.1:{listener.getsockname()[1]}"
        text = OFFICE_TEXT.replace("https://calls.example.com", public)
        with (
            open_config_stage(sqlite_url, clock, tmp_path, text) as stage,
            serving(Opened(stage.hub, stage.live, None), listener, stage.config_file),  # type: ignore[arg-type]
        ):
            yield stage, public


def reach(tab: Any, words: str) -> None:
    """Press Tab until the focus is on what has this name."""
    for _ in range(MAX_TABS):
        tab.keyboard.press("Tab")
        name = tab.evaluate(
            "(e => e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || '')(document.activeElement)"
        )
        if name.strip().startswith(words):
            return
    raise AssertionError(f"Tab never comes to {words!r} on {tab.url}")


def faults(tab: Any) -> list[str]:
    tab.evaluate(AXE)
    wrong: list[str] = tab.evaluate(CHECK)
    if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append(f"{tab.url} scrolls sideways")
    return wrong


def test_a_flow_is_edited_simulated_and_published_by_keyboard_alone(headless: Any, office: tuple[TestHub, str]) -> None:
    stage, public = office
    context = headless.new_context(viewport={"width": 1440, "height": 900})
    cookie = signed_in(stage).client.cookies["hub_session"]
    context.add_cookies([{"name": "hub_session", "value": cookie, "url": public}])
    context.set_default_timeout(WAIT)
    tab = context.new_page()
    tab.goto(f"{public}/flows")
    reach(tab, "Office")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/flows/lakeside/office*")
    reach(tab, "menu Menu")  # the step in the list
    tab.keyboard.press("Enter")
    tab.wait_for_url("**step=menu*")
    assert faults(tab) == []
    reach(tab, "What the caller hears")
    tab.keyboard.press("Control+A")
    tab.keyboard.type("One or two?")
    reach(tab, "Add a key")
    tab.keyboard.press("Enter")
    tab.locator("#keys-2-key:focus").wait_for()
    tab.keyboard.type("3")
    reach(tab, "Save to draft")
    tab.keyboard.press("Enter")
    tab.get_by_text("Callers hear version 1 until you publish.").wait_for()
    assert faults(tab) == []
    reach(tab, "Keys pressed")
    tab.keyboard.type("2")
    tab.keyboard.press("Enter")
    tab.get_by_text("After 2 steps the caller leaves a message").wait_for()
    assert faults(tab) == []
    reach(tab, "Publish the draft")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/publish*")
    assert faults(tab) == []
    reach(tab, "What changed, for the history")
    tab.keyboard.type("clearer words")
    reach(tab, "Publish the draft")
    tab.keyboard.press("Enter")
    tab.get_by_text("Published. New calls hear it from now on.").wait_for()
    context.close()
    newest = stage.rows(FlowVersion, name="office")[-1].definition["steps"]["menu"]
    assert newest["say"] == "One or two?" and sorted(newest["keys"]) == ["1", "2", "3"]


@pytest.mark.parametrize("form", ["step=hours", "step=route", "step=turns", "edit=flow", "add=menu&way=otherwise"])
def test_the_forms_have_no_fault_on_a_phone_in_the_dark_and_without_scripts(
    headless: Any, office: tuple[TestHub, str], form: str
) -> None:
    stage, public = office
    cookie = signed_in(stage).client.cookies["hub_session"]
    context = headless.new_context(viewport={"width": 360, "height": 800}, color_scheme="dark")
    context.add_cookies([{"name": "hub_session", "value": cookie, "url": public}])
    tab = context.new_page()
    tab.goto(f"{public}/flows/lakeside/every?{form}")
    assert faults(tab) == []
    context.close()
