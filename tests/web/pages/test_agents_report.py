"""The report of agents: what each phone answered, and what rang there in vain."""

from __future__ import annotations

import csv
from datetime import timedelta

from page_client import PageClient, signed_in
from starlette.testclient import TestClient
from test_reports_page import rows_of
from testbed import SHARED, TestHub

from hub.access.keys import new_api_key
from hub.model import Call, CallStep
from hub.web.api import create_api
from hub.web.mcp.reader import Reader
from hub.web.mcp.reports import run_report


def test_the_page_and_the_file_of_agents_say_how_many_calls_each_phone_missed(stage: TestHub) -> None:
    stage.call_in(SHARED)
    stage.call_in(SHARED, "+13125550144", answered=False, seconds=30)
    browser = signed_in(stage)
    lost = next(each for each in stage.rows(Call) if not each.answered_at)
    about = {"connector": lost.connector, "carrier_call_id": lost.carrier_call_id, "company_id": lost.company_id}
    about |= {"flow_version": 1, "point": "ringing", "position": 0, "at": lost.started_at}
    about |= {"step": "sales", "do": "dial", "result": "rings +13125550190"}
    stage.add(CallStep(**about, expires_at=lost.started_at + timedelta(days=761)))
    days = stage.clock().date(), stage.clock().date()
    api, reader = programs_of(stage, browser)
    (of_api,) = api.get(f"/reports/agents?first={days[0]}&last={days[1]}").json()["lines"]
    assert {"number": "+13125550190", "calls": 1, "missed": 1, "leads": 0}.items() <= of_api.items()
    of_assistant = run_report(reader, None, "agent", "last", *days)
    assert of_assistant["lines"] == [{**of_api, "number": "…90"}], "phones are masked for assistants"
    assert rows_of(browser.get("/reports/agent").text)["+1 312 555 0190"][:4] == ["1", "1", "0", "1"]
    (line,) = csv.DictReader(browser.get("/reports/agent/csv").content.decode("utf-8-sig").splitlines())
    assert (line["Calls answered"], line["Missed"]) == ("1", "1")


def test_programs_get_the_whole_weeks_of_a_range_of_days_as_the_trend_shows_them(stage: TestHub) -> None:
    stage.call_in(SHARED)
    stage.flow()
    called = stage.clock().date()
    stage.clock.advance(days=20)
    browser = signed_in(stage)
    api, reader = programs_of(stage, browser)
    first, last = called - timedelta(days=called.weekday() + 3), called + timedelta(days=14)
    lines = api.get(f"/reports/weeks?first={first}&last={last}&company=lakeside").json()["lines"]
    monday = called - timedelta(days=called.weekday())
    weeks = [str(monday + timedelta(weeks=place)) for place in range(len(lines))]
    assert [each["week"] for each in lines] == weeks and len(weeks) >= 2
    assert [each["calls"] for each in lines] == [1, *[0] * (len(lines) - 1)]
    assert run_report(reader, ["lakeside"], "week", "last", first, last)["lines"] == lines
    rows = csv.DictReader(browser.get("/reports/trend/csv?company=lakeside").content.decode("utf-8-sig").splitlines())
    assert sum(int(row["Calls"]) for row in rows) == 1
    assert api.get(f"/reports/weeks?first={last}&last={first}").status_code == 422
    assert api.get(f"/reports/weeks?first={first}&last={first}").json()["lines"] == []


def programs_of(stage: TestHub, browser: PageClient) -> tuple[TestClient, Reader]:
    """The API and an assistant of a browser's user."""
    assert browser.user is not None
    with stage.hub.store.writing() as session:
        key = new_api_key(session, browser.user, stage.clock())
    api = TestClient(create_api(stage.hub, stage.live), headers={"Authorization": f"Bearer {key}"})
    return api, Reader(stage.hub, browser.user)
