"""Opting out is easy: without proof, for this browser and for a number, and the page tells nobody anything."""

from __future__ import annotations

import re
from typing import Any

import pytest
from privacy_browser import PAGE, STRANGER, Browser
from web_edge import CALLER, Edge

from hub.delivery.send_texts import send_texts
from hub.platform.rate_limit import networks_of
from hub.privacy_requests.run import work_tasks
from hub.testing import FrozenClock
from hub.web.privacy.forms import RequestLimiter
from hub.web.privacy.privacy_texts import PLACE_CODES

VISITOR = "1-2-3-4"
STAMP = f"{VISITOR}.019ab0c4-7f00-7c3e-8d2a-0123456789ab.mb3k2x1a"


@pytest.fixture
def browser(edge: Edge) -> Browser:
    edge.twilio.messages.clear()
    return Browser(edge)


def opt_outs(edge: Edge) -> list[dict[str, Any]]:
    return edge.rows("SELECT * FROM opt_out ORDER BY at, id")


def opt_out(there: Browser, path: str = PAGE, **fields: str) -> Any:
    return there.post(f"{PAGE}/opt-out", form=there.form(path), **fields)


def test_a_landline_opts_out_without_proof_and_nothing_is_sent_to_it(browser: Browser) -> None:
    reply = opt_out(browser, phone="(312) 555-0142")
    assert reply.status_code == 303 and reply.headers["location"] == f"{PAGE}/opt-out"
    page = browser.get(f"{PAGE}/opt-out")
    assert "You are opted out" in page.text and page.headers["cache-control"] == "no-store"
    (row,) = opt_outs(browser.edge)
    assert (row["subject"], row["scope"], row["state"]) == ("number", "sharing", "in_force")
    assert CALLER not in str(row)
    send_texts(browser.edge.opened.hub, browser.edge.opened.directory.current(), "twilio")
    assert browser.edge.twilio.texts() == [] and browser.edge.rows("SELECT * FROM privacy_request") == []


def test_the_answer_is_the_same_for_a_known_an_unknown_and_an_opted_out_number(browser: Browser) -> None:
    for request in browser.edge.call():
        browser.edge.send(request)
    browser.edge.work()
    replies = [opt_out(browser, phone=number) for number in (CALLER, STRANGER, CALLER)]
    told = {(each.status_code, each.headers["location"], each.text) for each in replies}
    assert len(told) == 1
    assert len(opt_outs(browser.edge)) == 2


def test_the_link_in_the_footer_carries_the_browser_and_its_next_visit_is_told(browser: Browser) -> None:
    edge = browser.edge
    before = edge.visit(visitor_id=VISITOR).json()
    assert before["visit_id"] and before["honoured"] == []
    there = f"{PAGE}?_ringfence={STAMP}"
    assert "opts out <strong>this browser" in browser.get(there).text
    assert opt_out(browser, there, browser=VISITOR).status_code == 303
    assert [row["subject"] for row in opt_outs(edge)] == ["browser"]
    after = edge.visit(visitor_id=VISITOR).json()
    assert (after["visit_id"], after["honoured"], after["lease_until"]) == (None, ["opt_out"], None)
    assert edge.visit(visitor_id="5-6-7-8").json()["visit_id"]


@pytest.mark.parametrize(
    ("stamp", "known"), [(STAMP, True), ("null.null.mb3k2x1a", False), ("a.b", False), ("<script>.b.c", False)]
)
def test_the_cookie_of_the_companys_own_domain_tells_the_browser_too(browser: Browser, stamp: str, known: bool) -> None:
    browser.cookies["ringfence"] = stamp
    assert ('name="browser"' in browser.get(PAGE).text) == known


def test_a_browser_that_is_out_reads_so(browser: Browser) -> None:
    browser.cookies["ringfence"] = "opt_out"
    assert "is already opted out" in browser.get(PAGE).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Please give your phone number"),
        ({"phone": "call me"}, "cannot be read"),
        ({"browser": "<x>"}, "Please give"),
    ],
)
def test_what_is_no_opt_out_is_said(browser: Browser, fields: dict[str, str], words: str) -> None:
    reply = opt_out(browser, **fields)
    assert reply.status_code == 422 and words in reply.text and opt_outs(browser.edge) == []


def test_another_site_cannot_opt_its_visitors_out(browser: Browser) -> None:
    form = browser.form()
    reply = browser.post(f"{PAGE}/opt-out", "https://evil.example.com", form=form, phone=CALLER)
    assert reply.status_code == 403 and opt_outs(browser.edge) == []


def test_one_network_opts_out_a_family_and_not_a_companys_callers() -> None:
    door, now = RequestLimiter(), FrozenClock()()
    taken = [door.may_opt_out("company", networks_of("8.8.8.8"), now) for _ in range(20)]
    assert sum(taken) == 8
    assert door.may_opt_out("company", networks_of("9.9.9.9"), now)


def test_an_opt_in_takes_two_steps_and_the_second_says_what_it_means(browser: Browser) -> None:
    edge = browser.edge
    opt_out(browser, phone=CALLER)
    edge.clock.advance(hours=1)
    here = browser.ask("opt_in")
    assert browser.post(f"{here}/opt-in", form=browser.form(here)).status_code == 404, "nobody has shown who they are"
    browser.prove(here)
    work_tasks(edge.opened.hub)
    page = browser.get(here).text
    assert "Please confirm" in page and "advertising networks" in page
    assert edge.rows("SELECT * FROM consent_record") == [], "a request is not yet a yes"
    stranger = Browser(edge)
    assert stranger.post(f"{here}/opt-in", form=stranger.form()).status_code == 404
    for _ in range(2):
        assert browser.post(f"{here}/opt-in", form=browser.form()).status_code == 303
    (word,) = edge.rows("SELECT * FROM consent_record")
    assert (word["state"], word["use"], word["channel"]) == ("given", "marketing", "request")
    assert "Please confirm" not in browser.get(here).text


def test_the_page_names_every_place_with_a_law_and_how_to_write_to_the_company(browser: Browser) -> None:
    page = browser.get(PAGE).text
    offered = set(re.findall(r'<option value="([A-Z-]+)"', page))
    assert offered == set(PLACE_CODES) and {"CA-QC", "US-TX", "US-VA"} <= offered
    assert "120 Lake Street<br>Chicago" in page and 'href="tel:+13125550190"' in page
    assert 'href="mailto:privacy@lakeside.example.com"' in page


def test_a_request_from_quebec_has_quebecs_deadline(browser: Browser) -> None:
    browser.ask("portability", place="CA-QC")
    (row,) = browser.edge.rows("SELECT places, rule FROM privacy_request")
    assert "CA-QC" in row["places"]
