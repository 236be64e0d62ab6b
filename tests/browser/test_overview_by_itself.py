"""The overview in a real Chromium: what happens appears by itself, unless it is paused."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from page_client import signed_in
from pages_in_browser import PagesInBrowser
from testbed import SHARED

from hub.api import CallEvent
from hub.api.carriers import MessageEvent

pytestmark = pytest.mark.soak


def until(tab: Any, true: Callable[[], object]) -> None:
    """Wait until something is true of what the browser reported."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        tab.wait_for_timeout(20)


def test_a_live_call_appears_by_itself(pages: PagesInBrowser) -> None:
    context = pages.context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(pages.address)
    tab.get_by_text("Nobody is calling right now.").wait_for()
    pages.stage.tell(
        CallEvent(
            kind="ringing", at=pages.stage.clock(), call_id="CA9", tracking_number=SHARED, caller_number="+13125550177"
        )
    )
    pages.stage.flow()
    tab.locator("[data-live]", has_text="+1 312 555 0177").wait_for()
    context.close()


def test_what_waits_and_the_figures_follow_a_missed_call_a_text_and_a_deed_by_themselves(pages: PagesInBrowser) -> None:
    stage = pages.stage
    context = pages.context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(pages.address)
    now, calls = tab.locator("[data-live]"), tab.locator(".figures dd").first
    before = int(calls.locator("a").inner_text())
    missed = stage.call_in(answered=False, caller="+13125550151")
    now.locator(".needs", has_text="+1 312 555 0151").wait_for()
    calls.locator("a", has_text=re.compile(rf"^\s*{before + 1}\s*$")).wait_for()
    at = stage.clock()
    text = MessageEvent(
        message_id="SM7", at=at, tracking_number=SHARED, sender_number="+13125550152", body="Is it still on?"
    )
    stage.tell(text)
    now.locator(".needs", has_text="Is it still on?").wait_for()
    tab.locator("[role=status][data-live-said]", has_text="One caller waits for a call back and one text").wait_for()
    tab.locator(f"#done-{missed.id}").focus()
    stage.clock.advance(minutes=1)
    signed_in(stage, "receptionist").post(f"/calls/{missed.id}/called-back")
    now.locator(".needs", has_text="+1 312 555 0151").wait_for(state="detached")
    assert tab.evaluate("document.activeElement.id") == "now", "the focus stays at the list"
    context.close()


def test_pause_stops_what_changes_by_itself_until_it_is_resumed(pages: PagesInBrowser) -> None:
    context = pages.context(viewport={"width": 360, "height": 900})
    tab, beside = context.new_page(), context.new_page()
    for each in (tab, beside):
        each.goto(pages.address)
    tab.get_by_role("button", name="Pause").click()
    pages.stage.call_in(answered=False, caller="+13125550151")
    beside.locator(".needs", has_text="+1 312 555 0151").wait_for()
    assert tab.locator(".needs").count() == 0
    tab.get_by_role("button", name="Resume").click()
    tab.locator(".needs", has_text="+1 312 555 0151").wait_for()
    context.close()


def test_an_answer_that_is_on_its_way_when_pause_is_pressed_is_not_shown_before_it_is_resumed(
    pages: PagesInBrowser,
) -> None:
    context = pages.context(viewport={"width": 360, "height": 900})
    tab, asked = context.new_page(), list[Any]()
    tab.goto(pages.address)
    pages.stage.call_in(answered=False, caller="+13125550151")
    tab.locator(".needs", has_text="+1 312 555 0151").wait_for()
    tab.route(pages.address + "/", lambda route: asked.append(route))
    pages.stage.call_in(answered=False, caller="+13125550152")
    until(tab, lambda: asked)
    tab.get_by_role("button", name="Pause").click()
    with tab.expect_event("requestfinished", lambda request: request == asked[0].request):
        asked[0].continue_()
    assert tab.evaluate("fetch('/me').then(answer => answer.text()).then(text => text.length > 0)")
    assert tab.locator(".needs", has_text="+1 312 555 0152").count() == 0
    tab.unroute(pages.address + "/")
    tab.get_by_role("button", name="Resume").click()
    tab.locator(".needs", has_text="+1 312 555 0152").wait_for()
    context.close()
