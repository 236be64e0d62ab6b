"""A report of several companies, as the page, the API and an assistant show it, is the sum of theirs alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from page_client import seen, signed_in
from starlette.testclient import TestClient
from testbed import ACCOUNTS, NORTH_SHARED, SHARED, TestHub, company

from hub.access.keys import new_api_key
from hub.web.api import create_api
from hub.web.mcp.reader import reader_of
from hub.web.mcp.reports import run_report

THIRD = "+13125550170"
AGENCY = [{**ACCOUNTS[0], "companies": [*ACCOUNTS[0]["companies"], company("hillside", ("+13125550171",), THIRD)]}]  # type: ignore[misc]
TWO = "lakeside,hillside"


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    made = lite_hub(accounts=AGENCY)
    for number, calls in ((SHARED, 3), (NORTH_SHARED, 2), (THIRD, 1)):
        for caller in range(calls):
            made.call_in(number, f"+1312555014{caller}")
    return made


def test_the_page_the_api_and_an_assistant_add_up_the_companies_that_are_named(stage: TestHub) -> None:
    browser, today = signed_in(stage), stage.clock().date()
    assert browser.user is not None
    with stage.hub.store.writing() as session:
        key = new_api_key(session, browser.user, stage.clock())
    api = TestClient(create_api(stage.hub, stage.live), headers={"authorization": f"Bearer {key}"})
    days = {"first": str(today), "last": str(today)}
    report = api.get(f"/reports/{TWO}/source", params=days).json()
    assert report["company"] == "hillside, lakeside" and report["total"]["numbers"]["calls"] == 4
    assert api.get("/reports/lakeside/source", params=days).json()["total"]["numbers"]["calls"] == 3
    assert api.get(f"/reports/{TWO}/costs", params=days).json()["total"]["calls"] == 4
    side = api.get("/reports/companies", params={**days, "company": TWO}).json()
    assert [each["company"] for each in side["lines"]] == ["hillside", "lakeside"] and side["total"]["calls"] == 4
    trackers = api.get("/reports/trackers", params={**days, "company": TWO}).json()["lines"]
    assert sum(each["calls"] for each in trackers) == 4 and len(api.get("/calls?company=" + TWO).json()["calls"]) == 4
    for wrong in ("lakeside,nobody", ",", "nobody"):
        reply = api.get(f"/reports/{wrong}/source", params=days)
        assert (reply.status_code, reply.json()["param"]) == (404, "company")
    asked = run_report(reader_of(stage.hub, key), ["lakeside", "hillside"], "source", first=today, last=today)
    assert asked["total"]["calls"] == 4
    page = browser.get(f"/reports/source?period=today&companies={TWO}").text
    assert "2 companies" in page and "Companies Hillside, Lakeside" in seen(page)
    assert "companies=hillside%2Clakeside%2Cnorthgate" not in page, "all of them need no choice"
    file = browser.get(f"/reports/source/csv?period=today&companies={TWO}").text.splitlines()
    assert sum(int(line.split(",")[1]) for line in file[1:]) == 4
    assert len(browser.get("/reports/source/csv?period=today&companies=nobody").text.splitlines()) > 1
