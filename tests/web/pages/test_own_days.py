"""A day of several companies is that of each company's own time zone, on every page, in every file and for every program."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from page_client import PageClient, seen, signed_in
from starlette.testclient import TestClient
from testbed import SHARED, TestHub, company

from hub.access.keys import new_api_key
from hub.reports.rollups import roll_up
from hub.web.api import create_api
from hub.web.mcp.contacts import list_contacts
from hub.web.mcp.reader import Reader
from hub.web.mcp.reports import compare, run_report

EAST = "+13135550120"
SUNDAY, MONDAY = date(2026, 11, 29), date(2026, 11, 30)
CALLS = {
    datetime(2026, 11, 30, 4, 30, tzinfo=UTC): EAST,  # Sunday in New York
    datetime(2026, 11, 30, 6, tzinfo=UTC): EAST,
    datetime(2026, 11, 30, 6, 10, tzinfo=UTC): SHARED,  # still Sunday in Los Angeles
    datetime(2026, 11, 30, 9, tzinfo=UTC): SHARED,
    datetime(2026, 12, 1, 6, tzinfo=UTC): SHARED,  # still Monday in Los Angeles
}


@pytest.fixture
def coasts(lite_hub: Callable[..., TestHub]) -> TestHub:
    """A company in Los Angeles and one in New York, which begins Tuesday while the other still has Monday."""
    plumbers = {**company("lakeside", ("+13125550100",), SHARED), "time_zone": "America/Los_Angeles"}
    drains = {**company("northgate", ("+13135550100",), EAST), "time_zone": "America/New_York"}
    stage = lite_hub(accounts=[{"name": "agency", "title": "Agency", "companies": [plumbers, drains]}])
    for place, (at, number) in enumerate(CALLS.items()):
        stage.clock.now = at
        stage.call_in(number, f"+131255501{50 + place}")
    stage.clock.now = datetime(
        2026, 12, 1, 7, 30, tzinfo=UTC
    )  # late on Monday in Los Angeles, whose calendar the pages follow
    stage.flow()
    return stage


def calls_on_pages(browser: PageClient, days: str) -> dict[str, int]:
    """How many calls each page and file counts in a period."""
    overview = seen(browser.get(f"/?{days}").text)
    found = {"overview": int(re.search(r"([0-9,]+) calls?", overview)[1])}  # type: ignore[index]
    for report in ("companies", "source", "number", "missed?by=hour", "hours"):
        name, _, more = report.partition("?")
        file = browser.get(f"/reports/{name}/csv?{more}&{days}&compare=none").content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(file)))
        figure = {"hours": "All days", "missed": "Missed"}.get(name, "Calls")
        found[name] = sum(int(row[rows[0].index(figure)] or 0) for row in rows[1:])
    found["list"] = len(re.findall(r'name="id" value=', browser.get(f"/calls?{days}").text))
    file = browser.get(f"/calls.csv?{days}").content.decode("utf-8-sig")
    found["file of the list"] = len(list(csv.DictReader(io.StringIO(file))))
    return found


@pytest.mark.parametrize(("day", "calls"), [(SUNDAY, 2), (MONDAY, 3)])
@pytest.mark.parametrize("rolled_up", [False, True])
def test_every_face_counts_the_calls_of_a_day_by_the_clocks_of_each_company(
    coasts: TestHub, day: date, calls: int, rolled_up: bool
) -> None:
    if rolled_up:
        roll_up(coasts.hub.store)
    browser = signed_in(coasts)
    assert browser.user is not None
    found = calls_on_pages(browser, f"first={day}&last={day}")
    answered = found.pop("missed")
    assert set(found.values()) == {calls}, found
    assert answered == 0 or answered <= calls

    with coasts.hub.store.writing() as session:
        key = new_api_key(session, browser.user, coasts.clock())
    api = TestClient(create_api(coasts.hub, coasts.live), headers={"Authorization": f"Bearer {key}"})
    by_companies = api.get(f"/reports/companies?first={day}&last={day}").json()["total"]["calls"]
    by_source = sum(
        api.get(f"/reports/{name}/source?first={day}&last={day}").json()["total"]["numbers"]["calls"]
        for name in ("lakeside", "northgate")
    )
    assert by_companies == by_source == calls

    reader = Reader(coasts.hub, browser.user)
    assert compare(reader, None, day, day)["total"]["calls"] == calls
    one_by_one = [
        run_report(reader, [name], "source", "last", day, day, costs=False) for name in ("lakeside", "northgate")
    ]
    assert sum(each["total"]["calls"] for each in one_by_one) == calls
    assert list_contacts(reader, None, {"kind": "call"}, day, day, None, 50)["count"] == calls


def test_an_hour_of_several_companies_is_that_of_each_companys_clock(coasts: TestHub) -> None:
    browser = signed_in(coasts)
    html = browser.get(f"/reports/hours?first={MONDAY}&last={MONDAY}").text.replace("&amp;", "&")
    (link,) = re.findall(r'href="(/calls[^"]*hour=1&[^"]*weekday=0[^"]*)"[^>]*>2<', html)
    assert len(re.findall(r'name="id" value=', browser.get(link).text)) == 2, "1 am in New York and 1 am in Los Angeles"


def test_today_is_compared_with_the_same_part_of_each_companys_day_a_week_ago(coasts: TestHub) -> None:
    assert "3 calls so far" in seen(signed_in(coasts).get("/").text)
    coasts.clock.advance(days=7)
    assert "0 calls so far, 3 fewer than last Monday" in seen(signed_in(coasts).get("/").text)
    coasts.clock.advance(minutes=-120)
    assert "0 calls so far, 2 fewer than last Monday" in seen(signed_in(coasts).get("/").text)


def test_pages_over_several_time_zones_say_whose_days_they_show(coasts: TestHub) -> None:
    browser = signed_in(coasts)
    for path in ("/", "/reports/source", "/reports/hours", "/calls", "/deliveries"):
        assert "each company" in seen(browser.get(path).text), path
        alone = browser.get(f"{path}?company=northgate").text
        assert "each company" not in seen(alone) and "New York time" in seen(alone), path
