"""Every refusal of the API is one form of problem document, whoever refuses; every answer names its request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from api_house import TWO_ACCOUNTS, House, furnish, sent
from starlette.testclient import TestClient
from testbed import TestHub
from web_edge import Edge

import hub.web.database_away as database_away
from hub.web.api import create_api
from hub.web.api.auth import BURST
from hub.web.api.versions import CURRENT
from hub.web.error_answers import PROBLEM
from hub.web.problems import KINDS

FIELDS = {"type", "title", "status", "detail", "code", "param", "request_id"}


@pytest.fixture
def lite_house(lite_hub: Callable[..., TestHub]) -> House:
    return furnish(lite_hub(accounts=TWO_ACCOUNTS))


def refused(reply: Any, code: Any, param: str | None = None) -> str:
    """The detail of a refusal, whose form is right."""
    document = reply.json()
    assert reply.headers["content-type"] == PROBLEM and document.keys() == FIELDS, reply.text
    assert (document["code"], document["param"]) == (code, param), reply.text
    assert document["status"] == reply.status_code == KINDS[code].status and document["title"] == KINDS[code].title
    assert document["request_id"] == reply.headers["x-request-id"] != ""
    assert document["detail"].endswith(".")
    return str(document["detail"])


def test_what_is_refused_within_the_api_is_a_problem_document(lite_house: House) -> None:
    call, call_id = f"/calls/{lite_house.mine['call_id']}", lite_house.mine["call_id"]
    assert refused(lite_house.get("/calls", limit=0), "invalid_parameter", "limit").startswith("limit must be")
    refused(lite_house.get("/calls", since="9999999"), "invalid_parameter", "since")
    refused(lite_house.get("/calls", company="\x00"), "invalid_parameter", "company")
    refused(lite_house.get("/calls/a%00b"), "invalid_parameter", "call_id")
    assert "sinse" not in refused(lite_house.get("/calls", sinse="2026-01-01T00:00:00Z"), "unknown_parameter", "sinse")
    refused(lite_house.get(call, limit=3), "unknown_parameter", "limit")
    refused(lite_house.get("/calls", limit=[1, 2]), "unknown_parameter", "limit")
    refused(lite_house.get("/calls", after="zzz"), "invalid_cursor", "after")
    refused(lite_house.get("/calls/none"), "not_found")
    refused(lite_house.get("/nowhere"), "not_found")
    refused(lite_house.get("/audit", "admin"), "forbidden")
    refused(lite_house.get(f"{call}/lead", body={"status": "qualified"}, method="PUT"), "method_not_allowed")
    refused(lite_house.get("/reports/companies", first="2026-02-02", last="2026-02-01"), "invalid_parameter", "last")
    for day, report in (("9998-01-01", "companies"), ("0551-01-17", "weeks"), ("946684800", "agents")):
        refused(lite_house.get(f"/reports/{report}", first=day, last=day), "invalid_parameter", "first")
    refused(lite_house.get("/reports/agents", first="2024-01-01", last="2026-02-01"), "invalid_parameter", "first")
    assert lite_house.get("/reports/companies", first="2000-01-01", last="2000-01-04").status_code == 200
    refused(lite_house.get(f"/requests/{lite_house.mine['request_id']}/file"), "not_possible")
    refused(sent(lite_house, f"{call}/lead", {"status": "hot"}, None), "invalid_body", "status")
    refused(sent(lite_house, f"{call}/lead", {"status": "booked", "value": 3}, None), "invalid_body", "value")
    refused(sent(lite_house, f"{call}/tags", {"name": " "}, None), "invalid_body", "name")
    refused(sent(lite_house, f"{call}/spam", {"spam": 0}, None), "invalid_body", "spam")
    refused(sent(lite_house, f"{call}/notes", [], None), "invalid_body")
    refused(sent(lite_house, f"{call}/texts", {"text": "Hi", "later": "yes"}, None), "invalid_body", "later")
    assert sent(lite_house, f"{call}/notes", {"text": "Hi"}, "one").status_code == 200
    refused(sent(lite_house, f"{call}/notes", {"text": "Ho"}, "one"), "idempotency_key_reused", "Idempotency-Key")
    refused(sent(lite_house, f"{call}/notes", {"text": "Ho"}, "k" * 256), "invalid_parameter", "Idempotency-Key")
    assert lite_house.get("/calls").json()["calls"][0]["id"] == call_id


def test_who_has_no_key_or_asks_too_often_gets_a_problem_document(lite_house: House) -> None:
    api = lite_house.api()
    reply = TestClient(api).get("/calls")
    refused(reply, "unauthorized")
    assert reply.headers["www-authenticate"] == "Bearer"
    replies = [lite_house.get("/companies", api=api) for _ in range(int(BURST) + 1)]
    refused(replies[-1], "rate_limited")
    assert int(replies[-1].headers["retry-after"]) >= 1


def test_a_defect_is_a_problem_document_without_its_cause(lite_house: House) -> None:
    api = create_api(lite_house.stage.hub, lite_house.stage.live)

    @api.get("/broken")
    def broken() -> None:
        raise ValueError("+13125550142 secret")

    reply = TestClient(api, raise_server_exceptions=False).get("/broken")
    refused(reply, "internal_error")
    assert "secret" not in reply.text


def test_an_address_names_all_its_methods(lite_house: House) -> None:
    tag = f"/tags/{lite_house.mine['tag_id']}"
    assert lite_house.get(tag, method="PUT").headers["allow"] == "DELETE, POST"


def test_each_answer_names_its_request_with_the_clients_own_id_if_that_is_well_formed(
    lite_house: House, capsys: Any
) -> None:
    client, key = TestClient(lite_house.api()), {"authorization": f"Bearer {lite_house.keys['owner']}"}
    named = [
        client.get("/companies", headers=key | ({"x-request-id": each} if each else {})).headers["x-request-id"]
        for each in ("", "crm-4711.a_B:2", "two words", "x" * 65, "<b>")
    ]
    assert named[1] == "crm-4711.a_B:2" and len(set(named)) == len(named)
    assert all(each.startswith("req_") for each in (named[0], *named[2:]))
    client.get("/calls/none", headers=key | {"x-request-id": "find-me"})
    assert "request_id=find-me" in "".join(capsys.readouterr())


def test_an_answer_names_its_version_and_an_unknown_one_is_refused(lite_house: House) -> None:
    client, key = TestClient(lite_house.api()), {"authorization": f"Bearer {lite_house.keys['owner']}"}
    for sent_version in ({}, {"ringfence-version": str(CURRENT)}):
        assert client.get("/companies", headers=key | sent_version).headers["ringfence-version"] == str(CURRENT)
    for unknown in ("2026-11-29", "1", ""):
        reply = client.get("/companies", headers=key | {"ringfence-version": unknown})
        assert str(CURRENT) in refused(reply, "unknown_version", "Ringfence-Version")


def test_what_the_hub_refuses_before_the_api_is_the_same_form_also_for_a_browser(
    own_edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_away, "GRACE_SECONDS", 0.0)
    for accept in ("application/json", "text/html"):
        headers = {"accept": accept, "x-request-id": "mine"}
        for path in ("/api/v1/nowhere", "/api/v1"):
            reply = own_edge.client.get(path, headers=headers)
            refused(reply, "not_found")
            assert reply.headers["x-request-id"] == "mine"
        with httpx2.Client(base_url=own_edge.client.base_url) as once:  # the hub closes this connection
            refused(once.post("/api/v1/tags", headers=headers, content=b"x" * 100_001), "body_too_large")
    outage = own_edge.opened.hub.store.outage
    with own_edge.without_database():
        outage.begin("OperationalError")
        reply = own_edge.client.get("/api/v1/calls")
        assert "does not answer since" in refused(reply, "unavailable") and reply.headers["retry-after"]
    own_edge.until_drained()
