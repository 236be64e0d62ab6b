"""A privacy officer erases a person with the mouse alone, from the letter to the certificate, in a real Chromium."""

from __future__ import annotations

import pytest
from test_pages import PagesInBrowser, pages  # noqa: F401
from testbed import CALLER, SHARED

from hub.model import Call, PrivacyRequest
from hub.privacy_requests.run import work_tasks

pytestmark = pytest.mark.soak

WANTED = "+13125550177"


def test_an_erasure_is_done_wholly_by_mouse(pages: PagesInBrowser) -> None:  # noqa: F811
    stage = pages.stage
    stage.call_in(SHARED, WANTED, caller_name="Zqwanted")
    context = pages.context("privacy_officer", viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(pages.address)
    tab.locator(".nav").get_by_role("link", name="Privacy").click()
    tab.get_by_role("link", name="Take in a request").first.click()
    tab.get_by_label("To which company").select_option("lakeside")
    tab.get_by_role("radio", name="Erasure everything erased").check()
    tab.get_by_label("Their phone number", exact=True).fill("(312) 555-0177")
    tab.get_by_label("How it came").select_option("letter")
    tab.get_by_role("button", name="Take it in").click()
    tab.get_by_text("Nothing is done before the person shows who they are.").wait_for()
    tab.get_by_label("How you verified who they are").fill("compared the last invoice")
    tab.get_by_role("button", name="Note the proof").click()
    tab.get_by_role("link", name="See the plan…").click()
    tab.get_by_role("heading", name="What stays, and why").wait_for()
    tab.get_by_role("button", name="Erase for good").click()
    tab.get_by_text("A worker carries it out now.").wait_for()
    work_tasks(stage.hub)
    tab.get_by_role("link", name="Reload").click()
    tab.get_by_role("link", name="See the certificate").click()
    tab.get_by_text("signed by this hub").wait_for()
    assert tab.get_by_text("Erased here").count() and WANTED not in tab.content()
    context.close()
    (request,) = [each for each in stage.rows(PrivacyRequest) if each.state == "done"]
    assert request.certificate and request.phone_number is None
    assert {each.caller_number for each in stage.rows(Call)} == {CALLER, None}
    owner = pages.context("owner", viewport={"width": 1440, "height": 900})
    log = owner.new_page()
    log.goto(pages.address + "/calls")
    log.get_by_text("Erased person").first.wait_for()
    assert "Zqwanted" not in log.content()
    owner.close()
