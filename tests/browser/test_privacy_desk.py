"""A privacy officer erases a person by mouse and by touch, from the letter to the certificate, in a real Chromium."""

from __future__ import annotations

import pytest
from clicks import Hand
from config_office import SIZES
from pages_in_browser import PagesInBrowser
from testbed import CALLER, SHARED

from hub.model import Call, PrivacyRequest
from hub.privacy_requests.run import work_tasks

pytestmark = pytest.mark.soak

WANTED = "+13125550177"


@pytest.mark.parametrize("way", ["mouse", "finger"])
def test_an_erasure_is_done_within_ten_clicks_and_fields_from_the_privacy_page(
    pages: PagesInBrowser,
    way: str,
) -> None:
    stage = pages.stage
    stage.call_in(SHARED, WANTED, caller_name="Zqwanted")
    touches = way == "finger"
    context = pages.context("privacy_officer", viewport=SIZES[way], has_touch=touches)
    tab = context.new_page()
    hand = Hand(tab, touches)
    tab.goto(pages.address + "/privacy-desk")
    hand.press("Take in a request")
    hand.choose("To which company", "Lakeside")
    hand.press("Erasure everything erased", "radio")
    hand.fill("Their phone number", "(312) 555-0177")
    hand.choose("How it came", "By letter")
    hand.fill("How you verified who they are", "compared the last invoice")
    hand.press("Take it in", "button")
    hand.press("See the plan…", "link")
    tab.get_by_role("heading", name="What stays, and why").wait_for()
    hand.press("Erase for good", "button")
    tab.get_by_text("A worker carries it out now.").wait_for()
    work_tasks(stage.hub)
    hand.press("See the certificate", "link")
    tab.get_by_text("signed by this hub").wait_for()
    assert tab.get_by_text("Erased here").count() and WANTED not in tab.content()
    assert hand.count <= 10
    context.close()
    (request,) = [each for each in stage.rows(PrivacyRequest) if each.state == "done"]
    assert request.certificate and request.phone_number is None
    assert {each.caller_number for each in stage.rows(Call)} == {CALLER, None}
    owner = pages.context("owner", viewport=SIZES[way])
    log = owner.new_page()
    log.goto(pages.address + "/calls")
    log.get_by_text("Erased person").first.wait_for()
    assert "Zqwanted" not in log.content()
    owner.close()
