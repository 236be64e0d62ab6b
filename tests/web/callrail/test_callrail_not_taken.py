"""What CallRail's API takes and this one does not: each row of the table in the docs, sent over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import postgres
import pytest
from callrail_stage import CallRailHub, company_id, fill, with_users
from config_on_disk import open_config_stage
from test_callrail_config_writes import SELLING
from testbed import CALLER, SHARED

from hub.testing import FrozenClock
from hub.web.callrail.application import every_endpoint
from hub.web.callrail.not_taken import ROWS, NotTaken
from hub.web.callrail.paging import Counts

PHONE = {"customer_phone_number": CALLER, "business_phone_number": "+13125550191", "caller_id": SHARED}
NEW_USER = {"first_name": "Kim", "last_name": "Doe", "email": "kim@agency.example.com", "role": "reporting"}
LEAST: dict[str, dict[str, Any]] = {
    "POST calls": PHONE,
    "POST companies": {"name": "New Co"},
    "POST companies/bulk_update": {"company_ids": ["all"]},
    "POST trackers": {"name": "New", "type": "source"},
    "POST users": NEW_USER,
    "POST text-messages": {"customer_phone_number": CALLER, "content": "Hello"},
    "POST integrations": {"type": "Webhooks", "config": {"post_call_webhook": ["https://crm.example.com/calls"]}},
    "POST notifications": {"call_enabled": True, "alert_type": "all", "send_email": True},
}
"""What each request needs besides the member of the row."""


@pytest.fixture(scope="module")
def hub(databases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CallRailHub]:
    database = f"sqlite:///{postgres.sqlite_copy(databases)}"
    with open_config_stage(database, FrozenClock(), tmp_path_factory.mktemp("hub"), plugins=SELLING) as stage:
        made = with_users(stage)
        fill(stage)
        yield made


def value_of(row: NotTaken) -> object:
    return row.values[0] if row.values else "x"


def body_of(hub: CallRailHub, row: NotTaken) -> dict[str, Any]:
    """The least body of the request, with the row's member."""
    least = deepcopy(LEAST.get(row.request, {}))
    body: dict[str, Any] = {"company_id": company_id(hub.stage, "lakeside"), **least, **row.example}
    node, *keys = body, *row.member.split(".")
    for key in keys[:-1]:
        node = node.setdefault(key, {})
    if keys[-1] and keys[0] not in row.example:
        node[keys[-1]] = value_of(row)
    return body


def path_of(hub: CallRailHub, path: str) -> str:
    """The address, with the id of something that is there."""
    if "{id}" not in path or path.startswith(("caller_ids", "integration_triggers")):
        return path.replace("{id}", "1")
    if path.startswith("integrations"):
        lakeside = company_id(hub.stage, "lakeside")
        if not hub.read("integrations.json", company_id=lakeside)["integrations"]:
            hub.send("POST", "integrations.json", json={**LEAST["POST integrations"], "company_id": lakeside})
        (listed,) = hub.read("integrations.json", company_id=lakeside)["integrations"]
        return path.replace("{id}", str(listed["id"]))
    if path.startswith("notifications"):
        body = {**LEAST["POST notifications"], "company_id": company_id(hub.stage, "lakeside")}
        return path.replace("{id}", hub.send("POST", "notifications.json", json=body).json()["id"])
    key = path.partition("/")[0]
    return path.replace("{id}", hub.read(f"{key}.json")[key][-1]["id"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.request} {row.member} {row.outcome}")
def test_each_row_of_the_table_is_what_the_hub_answers(hub: CallRailHub, row: NotTaken) -> None:
    path = f"{path_of(hub, row.path)}.json"
    if row.outcome == "null":
        (call, *_) = hub.read(path, fields=",".join(row.values))["calls"]
        assert not any(call[each] for each in row.values), call
        return
    options = {"params": {row.member: value_of(row)}} if row.method == "GET" and row.member else {}
    if row.method in ("POST", "PUT"):
        options["json"] = body_of(hub, row)
    answer = hub.send(row.method, path, **options)
    if row.outcome == "ignored":
        assert answer.status_code in (200, 201), answer.text
        undone(hub, row, answer.json()["id"])
    else:
        assert (answer.status_code, answer.json()) == (int(row.outcome), {"error": row.why})


def undone(hub: CallRailHub, row: NotTaken, made: str) -> None:
    """Take away again what a request with an ignored member made."""
    if row.method == "POST":
        assert hub.send("DELETE", f"{row.path}/{made}.json").status_code == 204


def test_a_row_names_a_request_that_is_served_and_one_without_member_has_no_other_function(hub: CallRailHub) -> None:
    served = [(each.method, each.path) for each in every_endpoint(Counts())]
    assert {(row.method, row.path) for row in ROWS} <= set(served)
    assert len(served) == len(set(served)), "one function for each request"


@pytest.mark.parametrize("role", ["marketer", "agent"])
def test_who_may_not_make_a_request_does_not_learn_what_it_takes(hub: CallRailHub, role: str) -> None:
    for path in ("trackers/{id}", "integration_triggers/{id}"):
        answer = hub.send("PUT", path_of(hub, path) + ".json", role, json={"disabled": True})
        assert answer.status_code == 403 and "may not do this" in answer.json()["error"]
