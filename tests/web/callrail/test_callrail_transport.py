"""What every address of the CallRail API does: sign-in, paths, errors, limits."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from callrail_stage import CallRailHub, callrail_hub
from sqlalchemy import event
from starlette.testclient import TestClient
from testbed import NORTH_SHARED

from hub.callrail import fields
from hub.callrail.ids import wire_id
from hub.model import Account, Call
from hub.queries.lists.keyset import Cursor
from hub.web.api.auth import BURST
from hub.web.app import create_app
from hub.web.callrail import create_callrail_api


@pytest.mark.parametrize("written", ["Token token={}", 'Token token="{}"', 'token token="{}", nonce="x"', "Bearer {}"])
def test_a_key_is_taken_in_each_form_that_clients_write(filled: CallRailHub, written: str) -> None:
    headers = {
        "authorization": written.format(filled.keys["owner"]),
        "request-from": "zapier",
        "content-type": "application/json",
    }
    answer = TestClient(filled.api).get("/v3/a.json", headers=headers)
    assert answer.status_code == 200 and answer.json()["accounts"][0]["id"] == filled.account


def test_without_a_living_key_the_answer_is_401_with_an_error_whatever_the_path(filled: CallRailHub) -> None:
    for path in ("/v3/a.json", f"/v3/a/{filled.account}/calls.json", "/v3/a/x/nothing.json"):
        for headers in ({}, {"authorization": 'Token token="ctk_no"'}):
            answer = TestClient(filled.api).get(path, headers=headers)
            assert answer.status_code == 401 and list(answer.json()) == ["error"], path


@pytest.mark.parametrize("path", ["/v3/a", "/v3/a.json", "/v3/a/", "/v3/a/{0}", "/v3/a/{0}.json", "/v3/a/{0}/calls",
                                  "/v3/a/{0}/calls.json?", "/v3/a/{0}/companies.json/"])  # fmt: skip
def test_paths_are_taken_with_and_without_json(filled: CallRailHub, path: str) -> None:
    answer = filled.get(path.format(filled.account))
    assert answer.status_code == 200 and isinstance(answer.json(), dict)
    assert answer.headers["content-type"].startswith("application/json")


def test_the_account_is_named_by_its_id_or_its_number_and_no_other_one_opens(filled: CallRailHub) -> None:
    account = filled.read("/v3/a.json")["accounts"][0]
    assert filled.read(f"/v3/a/{account['numeric_id']}.json") == filled.read(f"/v3/a/{account['id']}.json") == account
    other = wire_id("ACC", filled.stage.one(Call, id=filled.stage.rows(Call)[0].id).id)
    assert filled.get(f"/v3/a/{other}/calls.json").status_code == 404


def test_what_does_not_exist_is_404_and_a_wrong_method_405(filled: CallRailHub) -> None:
    for path in ("webhooks.json", "calls/CAL1.json", f"calls/{filled.account}.json", "calls/CAL" + "0" * 32):
        answer = filled.get(path)
        assert (answer.status_code, list(answer.json())) == (404, ["error"]), path
    for method in ("DELETE", "HEAD"):
        assert filled.send(method, "calls.json").status_code == 405
    assert filled.send("DELETE", "calls.json").json() == {"error": "This address takes GET, POST."}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"page": "0"}, "page must be a whole number from 1."),
        ({"per_page": "many"}, "per_page must be a whole number from 1."),
        ({"sort": "color"}, "calls cannot be sorted by color; sort by one of start_time"),
        ({"order": "up"}, "order must be asc or desc."),
        ({"start_date": "yesterday"}, "start_date cannot be read; write it like 2026-11-24"),
        ({"start_date": "2026-05-02", "end_date": "2026-05-01"}, "start_date is after end_date; swap them."),
        ({"date_range": "ever"}, "date_range must be one of recent, today"),
        ({"time_zone": "Mars/Base"}, "time_zone is not known"),
        ({"answer_status": "maybe"}, "answer_status must be one of answered, missed"),
        ({"relative_pagination": "true", "after": "x"}, "The place where this page begins cannot be read"),
        ({"relative_pagination": "true", "after": str(Cursor((datetime.max, "y")))}, "The place where this page begins"),
        ({"relative_pagination": "true", "sort": "duration", "after": str(Cursor((1 << 70, "y")))}, "The place where"),
        ({"tags[]": [str(each) for each in range(251)]}, "tags may have at most 250 values."),
        ({"search": "\0"}, "The address has a NUL character."),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_read_gets_one_sentence(
    filled: CallRailHub, query: dict[str, Any], said: str
) -> None:
    answer = filled.get("calls.json", **query)
    assert answer.status_code == 400 and answer.json()["error"].startswith(said)


def test_unknown_parameters_are_ignored_and_of_a_repeated_one_the_last_counts(filled: CallRailHub) -> None:
    plain = filled.read("calls.json", per_page=5, page=2)
    assert filled.read("calls.json?page=1&per_page=9&foo=bar&per_page=5&page=2&answered_by=x") == plain


def test_roles_see_what_they_may_and_an_agent_only_own_calls(filled: CallRailHub) -> None:
    assert filled.get("calls.json", "auditor").status_code == filled.get("companies.json", "agent").status_code == 403
    assert filled.read("/v3/a.json", "agent")["total_records"] == 1
    own = filled.read("calls.json", "agent")
    assert own["total_records"] == filled.read("calls.json", answered="true")["total_records"] > 0
    missed = filled.read("calls.json", answer_status="missed")["calls"][0]["id"]
    assert filled.get(f"calls/{missed}.json", "agent").status_code == 404
    best = filled.read("calls.json", "marketer", search="+13125550150")["calls"][0]
    assert best["recording"] is best["recording_player"] is best["recording_duration"] is None


def test_the_hub_serves_it_beside_its_pages_with_the_same_rules(filled: CallRailHub) -> None:
    client = TestClient(create_app(filled.stage.hub, filled.stage.live), base_url="https://calls.example.com")
    headers = {"authorization": f"Token token={filled.keys['owner']}"}
    for path in ("/v3/a.json", "/v3/a", f"/v3/a/{filled.account}/calls.json"):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200 and answer.headers["x-content-type-options"] == "nosniff", path
    without_key = client.get("/v3/a.json")
    assert (without_key.status_code, without_key.json()) == (
        401, {"error": 'Send a valid API key, as Authorization: Token token="KEY".'},
    )  # fmt: skip
    large = client.post(f"/v3/a/{filled.account}/tags.json", headers=headers, content=b" " * 100_001)
    assert large.status_code == 413


def test_a_page_costs_as_many_statements_whatever_its_size(filled: CallRailHub) -> None:
    asked: list[str] = []
    engine = filled.stage.hub.store.engine
    event.listen(engine, "before_cursor_execute", lambda *each: asked.append(each[2]))
    wanted = ",".join(fields.CALL.optional)
    counts = []
    for per_page in (5, 20):
        asked.clear()
        filled.read("calls.json", per_page=per_page, fields=wanted, relative_pagination="true")
        counts.append(len(asked))
    assert counts[0] == counts[1] < 60, "with the audit entry of a transcript"


def test_a_key_that_asks_too_often_is_told_to_wait(databases: Path) -> None:
    with callrail_hub(databases) as hub:
        hub.api = create_callrail_api(hub.stage.hub)
        first = hub.get("/v3/a.json")
        assert first.headers["x-ratelimit-remaining"] == str(int(BURST) - 1)
        answers = [hub.get("/v3/a.json") for _ in range(int(BURST))]
        assert {each.status_code for each in answers[:-1]} == {200}
        assert answers[-1].status_code == 429 and int(answers[-1].headers["retry-after"]) >= 1
        assert answers[-1].headers["x-ratelimit-remaining"] == "0" and "error" in answers[-1].json()


def test_another_accounts_calls_and_companies_are_not_there(filled: CallRailHub) -> None:
    with filled.stage.hub.store.writing() as session:
        session.add(Account(name="rival", title="Rival"))
    rival = filled.stage.one(Account, name="rival")
    assert filled.get(f"/v3/a/{wire_id('ACC', rival.id)}/calls.json").status_code == 404
    assert NORTH_SHARED in {each["tracking_phone_number"] for each in filled.read("calls.json")["calls"]}
