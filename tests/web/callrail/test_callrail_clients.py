"""Clients that are in use, written as they behave: how they sign in, page, filter and read dates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from callrail_stage import CALLS, FORMS, CallRailHub, callrail_hub, company_id, fill
from sqlalchemy import func, select, update
from sqlmodel import col
from starlette.testclient import TestClient

from hub.callrail import fields
from hub.model import Call
from hub.queries.lists.totals import FORM_GROUPS, GROUPS
from hub.reports.dirty_days import mark_company
from hub.reports.rollups import roll_up
from hub.web.callrail.application import RESOURCES
from hub.web.callrail.calls import CALLS as CALLS_LIST

ONLY_FORMAT = "%Y-%m-%dT%H:%M:%S.%f%z"


class Exporter:
    """An exporter to a warehouse: 250 a page until one is empty; from the last start that it has, with an unescaped plus."""

    def __init__(self, hub: CallRailHub) -> None:
        self._client = TestClient(hub.api, base_url="https://calls.example.com")
        self._client.headers["Authorization"] = f'Token token="{hub.keys["owner"]}"'
        self._base = f"/v3/a/{hub.account}/"

    def read(self, uri: str, key: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every record."""
        page = 1
        while rows := self._client.get(self._base + uri, params={**query, "per_page": 250, "page": page}).json()[key]:
            yield from rows
            page += 1


class Workflow:
    """A workflow tool: the first account, then pages while `page` is less than `total_pages`."""

    def __init__(self, hub: CallRailHub) -> None:
        self._hub = hub
        self._account = hub.read("/v3/a.json")["accounts"][0]["id"]

    def read(self, resource: str, key: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every record."""
        page, pages = 0, 1
        while page < pages:
            page += 1
            body = self._hub.read(f"/v3/a/{self._account}/{resource}.json", **query, page=page, per_page=4)
            pages = body["total_pages"]
            yield from body[key]


class Assistant:
    """An assistant's tools: comma-joined lists, unknown extra parameters, an error text on anything but 2xx."""

    def __init__(self, hub: CallRailHub) -> None:
        self._hub = hub

    def call(self, path: str, **query: Any) -> Any:
        """The answer, or the error."""
        joined = {name: ",".join(value) if isinstance(value, list) else value for name, value in query.items()}
        answer = self._hub.get(path, **joined)
        assert answer.headers["content-type"] == "application/json" and not answer.is_redirect
        return answer.json() if answer.is_success else answer.json()["error"]


def test_the_exporter_reads_every_call_and_parses_every_start(filled: CallRailHub) -> None:
    calls = list(Exporter(filled).read("calls.json", "calls"))
    assert len({each["id"] for each in calls}) == len(calls) == CALLS
    starts = sorted(datetime.strptime(each["start_time"], ONLY_FORMAT) for each in calls)
    since = starts[10]
    written = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
    newer = list(Exporter(filled).read("calls.json", "calls", start_date=written))
    assert {each["id"] for each in newer} == {each["id"] for each in calls if parsed(each) >= since}
    unescaped = filled.read(f"calls.json?start_date={written}")["calls"]
    assert len(unescaped) == len(newer), "a plus that is not escaped is a space"
    assert len(list(Exporter(filled).read("form_submissions.json", "form_submissions"))) == FORMS
    assert len(list(Exporter(filled).read("trackers.json", "trackers"))) == 5


def parsed(call: dict[str, Any]) -> datetime:
    return datetime.strptime(call["start_time"], ONLY_FORMAT)


def test_the_workflow_tool_reads_every_page_of_its_account(filled: CallRailHub) -> None:
    tool = Workflow(filled)
    assert len({each["id"] for each in tool.read("calls", "calls")}) == CALLS
    assert [each["name"] for each in tool.read("companies", "companies")] == ["Lakeside", "Northgate"]
    assert len(list(tool.read("users", "users"))) == 7


def test_the_assistant_gets_lists_summaries_and_errors_it_can_show(filled: CallRailHub) -> None:
    tool = Assistant(filled)
    assert len(tool.call("calls.json", tags=["roof"], answered="true", fields=["tags", "value"])["calls"]) == 1
    summary = tool.call("calls/summary.json", group_by="source", date_range="last_30_days")
    assert summary["total_results"] == {"total_calls": CALLS}
    assert {each["key"]: each["total_calls"] for each in summary["grouped_results"]} == {
        "Direct": 15, "Yellow Pages": 7, "Google Ads": 1,
    }  # fmt: skip
    by_company = tool.call("calls/summary.json", group_by="company", fields=["missed_calls", "leads"])
    assert by_company["grouped_results"][0] == {"key": "Lakeside", "total_calls": 16, "missed_calls": 4, "leads": 1}
    assert tool.call("calls/timeseries.json", group_by="day", date_range="all_time")["data"]
    assert tool.call("calls/CAL123.json") == "Not found"


def test_the_migration_script_follows_next_page_and_adds_the_parameter_itself(filled: CallRailHub) -> None:
    url, ids = "calls.json?per_page=6&relative_pagination=true&date_range=all_time", []
    while url:
        body = filled.read(url)
        ids += [each["id"] for each in body["calls"]]
        url = body["next_page"] and body["next_page"] + "&relative_pagination=true"
    assert len(set(ids)) == len(ids) == CALLS


def test_the_link_keeps_every_filter(filled: CallRailHub) -> None:
    lakeside = company_id(filled.stage, "lakeside")
    trackers = [("tracker_ids[]", each["id"]) for each in filled.read("trackers.json")["trackers"]]
    query = [("company_id", lakeside), *trackers, ("fields", "tags,note"), ("per_page", "2"), ("search", "+1 312")]
    answer = filled.get(f"calls.json?{urlencode(query)}")
    sent = parse_qsl(urlsplit(answer.headers["link"].partition(">")[0][1:]).query)
    assert sorted(sent) == sorted([*query, ("page", "2")])


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"company_id": "lakeside"}, 16),
        ({"tracker_ids[]": "yellow_pages"}, 7),
        ({"tracker_id": "yellow_pages"}, 7),
        ({"lead_status": "good_lead"}, 1),
        ({"lead_status": "not_scored"}, CALLS - 1),
        ({"call_type": "missed"}, 6),
        ({"call_type": "outbound"}, 0),
        ({"direction": "outbound"}, 0),
        ({"answer_status": "missed", "answered": "true"}, 6),
        ({"first_time_callers": "true"}, 7),
        ({"min_duration": "70", "max_duration": "80"}, 6),
        ({"device": "mobile"}, 1),
        ({"device": "desktop"}, 0),
        ({"agent": "agent@agency.example.com"}, 17),
        ({"agent": "nobody"}, 0),
        ({"search": "555-0150"}, 1),
        ({"search": "yellow"}, 7),
        ({"search": "nothing at all"}, 0),
        ({"source": "google"}, 1),
        ({"date_range": "today"}, 1),
        ({"start_date": "2026-11-24"}, 1),
        ({"end_date": "2026-11-23"}, CALLS - 1),
        ({"start_date": "2026-11-24T09:01", "time_zone": "America/Chicago"}, 0),
        ({"start_date": "2026-11-24T15:00:00Z", "end_date": "2026-11-24T15:00:00.000000+0000"}, 1),
    ],
)  # fmt: skip
def test_each_filter_selects_what_it_says(filled: CallRailHub, query: dict[str, str], number: int) -> None:
    stage, asked = filled.stage, dict(query)
    if "company_id" in asked:
        asked["company_id"] = company_id(stage, asked["company_id"])
    trackers = {each["name"].lower().replace(" ", "_"): each["id"] for each in filled.read("trackers.json")["trackers"]}
    asked = {
        name: trackers.get(value, value) if name.startswith("tracker_id") else value for name, value in asked.items()
    }
    assert filled.read("calls.json", **asked)["total_records"] == number


def test_summaries_and_series_add_up_to_the_list(filled: CallRailHub) -> None:
    wanted = {
        "date_range": "all_time",
        "fields": "missed_calls,answered_calls,average_duration,formatted_average_duration",
    }
    totals = filled.read("calls/summary.json", **wanted)["total_results"]
    assert totals["missed_calls"] + totals["answered_calls"] == totals["total_calls"] == CALLS
    assert totals["formatted_average_duration"] == f"{totals['average_duration']}s"
    for interval in ("day", "week", "month", "year"):
        series = filled.read("calls/timeseries.json", date_range="all_time", interval=interval)
        assert sum(each["total_calls"] for each in series["data"]) == CALLS
        assert series["time_zone"] == "Central Time (US & Canada)"
    for group in (
        "keywords",
        "campaign",
        "referrer",
        "landing_page",
        "company_id",
        "last_requested_page",
        "medium",
        "tracker",
    ):
        grouped = filled.read("calls/summary.json", date_range="all_time", group_by=group)["grouped_results"]
        assert sum(each["total_calls"] for each in grouped) == CALLS, group
    forms = filled.read("forms/summary.json", group_by="form_name")
    assert forms["grouped_results"] == [{"key": "contact", "total_forms": FORMS}]
    refused = filled.get("calls/timeseries.json", interval="hour", date_range="last_30_days")
    assert refused.status_code == 400 and "200 points" in refused.json()["error"]


@pytest.mark.postgresql
def test_postgresql_answers_every_list_total_and_filter_alike(
    filled: CallRailHub, databases: Path, postgres_url: str
) -> None:
    everything = ",".join(fields.CALL.optional)
    paths = [
        *(f"{resource.path}.json?per_page=3&date_range=all_time" for resource in RESOURCES),
        *(f"calls.json?sort={name}&per_page=4&relative_pagination=true" for name in CALLS_LIST.orders),
        *(f"calls/summary.json?group_by={group}" for group in GROUPS),
        *(f"forms/summary.json?group_by={group}" for group in FORM_GROUPS),
        *(
            f"calls.json?{name}={value}"
            for name, value in (("search", "yellow"), ("device", "desktop"), ("tags", "roof"))
        ),
        f"calls.json?fields={everything}",
        "calls/timeseries.json?interval=week",
        "text-messages.json?fields=tags,notes,source",
    ]
    with callrail_hub(databases, postgres_url) as hub:
        fill(hub.stage)
        for path in paths:
            here, there = filled.read(path), hub.read(path)
            assert numbers_in(there) == numbers_in(here), path


def numbers_in(body: dict[str, Any]) -> Any:
    """What is alike in two hubs that were filled in the same way: numbers and lengths, not ids."""
    lists = {name: len(value) for name, value in body.items() if isinstance(value, list)}
    totals = [each["total_calls"] for each in body.get("grouped_results", []) if "total_calls" in each]
    starts = [each["start_time"] for each in body.get("calls", [])]
    return lists, totals, body.get("total_results"), body.get("total_records"), sorted(starts)


def test_a_series_by_hour_covers_the_day_on_which_the_clocks_change(filled: CallRailHub) -> None:
    series = filled.read("calls/timeseries.json", interval="hour", start_date="2026-11-01", end_date="2026-11-01")
    assert len(series["data"]) == 25 and len({each["key"] for each in series["data"]}) == 25
    begins = datetime.strptime(series["start_date"], "%Y-%m-%dT%H:%M:%S%z")
    assert datetime.strptime(series["end_date"], "%Y-%m-%dT%H:%M:%S%z") - begins == timedelta(hours=25, seconds=-1)


def test_a_lead_has_the_timeline_of_its_contacts(filled: CallRailHub) -> None:
    lead = next(each for each in filled.read("leads.json")["leads"] if each["email"] == "ada@example.com")
    found = filled.read(f"leads/{lead['id']}/timeline.json")
    assert found["lead"] == lead and {each["type"] for each in found["timeline"]} == {"form_submission"}
    caller = next(each for each in filled.read("leads.json", search="+13125550150")["leads"])
    assert [each["type"] for each in filled.read(f"leads/{caller['id']}/timeline.json")["timeline"]] == ["call"]


def test_the_pages_that_a_caller_saw_are_listed(filled: CallRailHub) -> None:
    best = filled.read("calls.json", tags="roof")["calls"][0]["id"]
    pages = filled.read(f"calls/{best}/page_views.json")["page_views"]
    assert [each["url"].partition("?")[0] for each in pages] == ["https://lakeside.example.com/drains"]
    assert datetime.strptime(pages[0]["created_at"], ONLY_FORMAT)


def test_a_summary_of_all_time_reads_no_call_of_a_day_that_was_added_up(databases: Path) -> None:
    asked = {"date_range": "all_time", "fields": "answered_calls,average_duration,leads"}
    with callrail_hub(databases) as hub:
        fill(hub.stage)
        before = hub.read("calls/summary.json", **asked)["total_results"]
        hub.stage.clock.now += timedelta(days=9)
        with hub.stage.hub.store.writing() as session:
            for company in hub.stage.directory.companies.values():
                mark_company(session, company, hub.stage.clock())
        while roll_up(hub.stage.hub.store):
            pass
        with hub.stage.hub.store.writing() as session:
            later = col(Call.started_at) > session.execute(select(func.min(Call.started_at))).scalar_one() + timedelta(
                1
            )
            session.execute(update(Call).where(later).values(duration=0, answered_at=None))
        assert hub.read("calls/summary.json", **asked)["total_results"] == before
        weeks = hub.read("calls/timeseries.json", interval="week", **asked)["data"]
        assert sum(each["answered_calls"] for each in weeks) == before["answered_calls"] > 0
        narrowed = hub.read("calls/summary.json", max_duration=9, **asked)["total_results"]
        assert narrowed["total_calls"] > 9 and narrowed["answered_calls"] < 9, "a filter is asked of the calls"
