"""The API changes things once for each Idempotency-Key, and each change is in the next read; its documentation is a page."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from api_house import (
    ALLOWED,
    TWO_ACCOUNTS,
    Factory,
    House,
    furnish,
    sent,
)
from recorder import notice
from sqlmodel import select
from starlette.testclient import TestClient
from testbed import CALLER

from hub.access.idempotency import delete_old_requests
from hub.model import (
    AuditEntry,
    Call,
    IdempotentRequest,
    Note,
    OutgoingCall,
    Suppression,
    TextMessage,
    WebhookEndpoint,
    WebhookEvent,
)
from hub.model.purposes import LISTED_USES
from hub.model.states import WebhookEventState
from hub.privacy.erasure import erase_person
from hub.texts.suppression import stop


@pytest.fixture
def lite_house(lite_hub: Factory) -> House:
    return furnish(lite_hub(accounts=TWO_ACCOUNTS))


def test_a_request_that_is_sent_twice_with_its_key_is_done_once(lite_house: House) -> None:
    path = f"/calls/{lite_house.mine['call_id']}/notes"
    first, again = (sent(lite_house, path, {"text": "Wants a quote"}, "note-1") for _ in range(2))
    assert first.json() == again.json() and (first.status_code, again.status_code) == (200, 200)
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    notes = lite_house.get(f"/calls/{lite_house.mine['call_id']}/marks").json()["notes"]
    assert [each["text"] for each in notes if each["text"]] == ["Wants a quote"]
    other = sent(lite_house, path, {"text": "Wants two"}, "note-1")
    assert other.status_code == 422 and "another request" in other.json()["detail"]
    assert sent(lite_house, path, {"text": "Wants two"}, "note-1", "admin").status_code == 200, (
        "keys are of one API key"
    )
    assert sent(lite_house, path, {"text": "x"}, "k" * 256).status_code == 422
    lite_house.stage.clock.advance(hours=24)
    assert sent(lite_house, path, {"text": "Wants two"}, "note-1").status_code == 200


def test_a_refused_request_may_be_sent_again_with_its_key_and_one_under_way_is_a_conflict(lite_house: House) -> None:
    stage, call_id = lite_house.stage, lite_house.mine["call_id"]
    path = f"/calls/{call_id}/tags"
    assert sent(lite_house, path, {"name": " "}, "tag-1").status_code == 422
    assert sent(lite_house, path, {"name": " "}, "tag-1").status_code == 422
    assert stage.rows(IdempotentRequest) == []
    assert sent(lite_house, path, {"name": "roof"}, "tag-1").json() == {"tags": ["roof"]}
    row = stage.one(IdempotentRequest)
    assert "roof" not in str(row.model_dump()) and "tag-1" not in str(row.model_dump())
    with stage.hub.store.writing() as session:
        session.get_one(IdempotentRequest, (row.api_key_id, row.key_sha256)).status = None
    reply = sent(lite_house, path, {"name": "roof"}, "tag-1")
    assert reply.status_code == 409 and reply.headers["retry-after"] == "1"
    stage.clock.advance(hours=24)
    assert delete_old_requests(stage.hub.store, stage.clock()) == 1


def test_a_repeated_request_is_answered_with_what_is_there_by_then(lite_house: House) -> None:
    path = f"/calls/{lite_house.mine['call_id']}"
    sent(lite_house, f"{path}/lead", {"status": "booked"}, "lead-1")
    sent(lite_house, f"{path}/lead", {"status": "not_a_lead"}, None)
    again = sent(lite_house, f"{path}/lead", {"status": "booked"}, "lead-1").json()
    assert (again["lead"]["status"], again["former"]["status"]) == ("not_a_lead", None)
    erase_person(lite_house.stage.hub, lite_house.stage.one(Call, id=lite_house.mine["call_id"]).person_id or "")
    reply = sent(lite_house, f"{path}/lead", {"status": "booked"}, "lead-1")
    assert reply.status_code == 409 and "erased" in reply.json()["detail"]


def test_a_text_with_a_key_is_queued_once_even_if_the_hub_died_before_it_answered(lite_house: House) -> None:
    stage, path = lite_house.stage, f"/calls/{lite_house.mine['call_id']}/texts"
    body = {"text": "We call you back.", "later": True}
    first = sent(lite_house, path, body, "text-1").json()
    row = stage.one(IdempotentRequest)
    with stage.hub.store.writing() as session:
        session.get_one(IdempotentRequest, (row.api_key_id, row.key_sha256)).status = None
    assert sent(lite_house, path, body, "text-1").status_code == 409
    stage.clock.advance(minutes=3)
    assert sent(lite_house, path, body, "text-1").json()["id"] == first["id"]
    assert len(stage.rows(TextMessage, direction="out")) == 1
    with stage.hub.store.writing() as session:
        place, now = stage.directory.companies[lite_house.mine["company"]], stage.clock()
        stop(session, stage.hub, place.id, CALLER, channel="phone", evidence="x", at=now, now=now)
    refused = sent(lite_house, path, {"text": "Hello again"}, None)
    assert refused.status_code == 409 and "stop texts" in refused.json()["detail"]


SPAM = ("yes", "no", "all")


def test_marks_names_and_spam_are_seen_in_the_next_read(lite_house: House) -> None:
    path = f"/calls/{lite_house.mine['call_id']}"
    sent(lite_house, f"{path}/name", {"name": "Pat  Doe"}, None)
    assert lite_house.get(path).json()["caller_name"] == "Pat Doe"
    assert sent(lite_house, f"{path}/spam", {"spam": True}, None).json() == {"spam": True}
    assert lite_house.get(f"{path}/marks").json()["spam"] is True
    assert lite_house.get(path).json()["spam"] is True
    listed = {each: [call["id"] for call in lite_house.get("/calls", spam=each).json()["calls"]] for each in SPAM}
    assert listed == {"yes": [lite_house.mine["call_id"]], "no": [], "all": [lite_house.mine["call_id"]]}
    assert lite_house.get("/calls", spam="maybe").status_code == 422
    sent(lite_house, f"{path}/tags", {"name": "roof"}, None)
    assert sent(lite_house, f"{path}/tags/roof", None, None, method="DELETE").json() == {"tags": []}
    assert (
        sent(lite_house, f"{path}/notes/{lite_house.mine['note_id']}", None, None, method="DELETE").status_code == 204
    )
    assert lite_house.get(f"{path}/marks").json()["notes"] == []
    tag = sent(lite_house, "/tags", {"name": "Gutters", "color": "blue1"}, "g").json()
    assert sent(lite_house, f"/tags/{tag['id']}", {"enabled": False}, None).json()["enabled"] is False
    assert tag["name"] in [each["name"] for each in lite_house.get("/tags").json()["tags"]]
    replayed = sent(lite_house, f"/deliveries/{lite_house.mine['delivery_id']}/replay", {}, None)
    assert replayed.json()["state"] == "ready"
    assert sent(lite_house, f"/deliveries/{lite_house.mine['delivery_id']}/replay", {}, None).status_code == 409
    assert lite_house.get(f"{path}/deliveries").json()["deliveries"][0]["state"] == "ready"


def test_the_docs_page_shows_every_route_without_a_key_a_script_or_another_site(lite_house: House) -> None:
    page = TestClient(lite_house.api()).get("/docs")
    assert page.status_code == 200 and "default-src 'none'" in page.headers["content-security-policy"]
    text = page.text
    assert "<script" not in text and not re.search(r"""(href|src)=["']?(https?:|//)""", text)
    for route in ALLOWED:
        assert f"<code>{route}</code>" in text, route
    assert "style=" not in text and lite_house.get("/docs", "owner").text == text


def test_two_requests_with_one_key_at_the_same_time_are_one_deed(postgres_url: str, open_hub_on: Factory) -> None:
    house = furnish(open_hub_on(postgres_url, accounts=TWO_ACCOUNTS))
    path, api = f"/calls/{house.mine['call_id']}/notes", house.api()
    headers = {"authorization": f"Bearer {house.keys['owner']}", "idempotency-key": "both"}

    def send(_: int) -> Any:
        return TestClient(api).post(path, headers=headers, json={"text": "Wants a quote"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {answer.status_code for answer in answers} == {200} and len({answer.text for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 3
    assert len([row for row in house.stage.rows(Note, subject_id=house.mine["call_id"]) if row.sealed]) == 1


def test_a_refusal_of_contact_is_recorded_once_and_read_again(lite_house: House) -> None:
    path = f"/calls/{lite_house.mine['call_id']}/refusals"
    assert lite_house.get(path).json() == {"texts": None, "marketing": None, "calls": None}
    assert sent(lite_house, path, {"refused": "faxes"}, None).status_code == 422
    first = sent(lite_house, path, {"refused": "calls", "said": "Do not call me"}, "no-1").json()
    assert first["texts"] is None and first["calls"] is not None
    lite_house.stage.clock.advance(hours=1)
    assert sent(lite_house, path, {"refused": "calls", "said": "Do not call me"}, "no-1").json() == first
    assert sent(lite_house, path, {"refused": "both"}, None).json()["texts"] is not None
    assert lite_house.get(f"/calls/{lite_house.theirs['call_id']}/refusals").status_code == 404


def test_a_call_back_from_an_own_phone_is_recorded_once_and_can_be_taken_back(lite_house: House) -> None:
    stage = lite_house.stage
    call = stage.call_in(answered=False)
    first, again = (sent(lite_house, f"/calls/{call.id}/called_back", {}, "back-1") for _ in range(2))
    assert first.json() == again.json() == {"id": stage.one(OutgoingCall).id, "waits": False}
    undo = {"undo": first.json()["id"]}
    assert sent(lite_house, f"/calls/{call.id}/called_back", undo, "back-2", "admin").status_code == 409, (
        "of another user"
    )
    assert sent(lite_house, f"/calls/{call.id}/called_back", undo, "back-3").json() == {
        "id": undo["undo"],
        "waits": True,
    }
    assert stage.rows(OutgoingCall) == []
    noted = [each.action for each in stage.rows(AuditEntry) if each.subject == call.id]
    assert noted == ["calls.back_by_hand", "calls.back_undone"]


def test_a_recording_that_its_caller_does_not_want_is_ended_once(lite_house: House) -> None:
    path = f"/calls/{lite_house.mine['call_id']}/recording/end"
    call = lite_house.stage.one(Call, id=lite_house.mine["call_id"])
    notice(lite_house.stage, call.carrier_call_id, "announced", lite_house.stage.clock())
    first = sent(lite_house, path, None, "end-1")
    assert (first.status_code, first.json()) == (200, {"outcome": "deleted", "held": False})
    assert sent(lite_house, path, None, "end-1").json() == first.json()
    assert sent(lite_house, path, None, "end-2").status_code == 409


def test_the_queue_of_doubtful_refusals_is_read_and_decided_one_time(lite_house: House) -> None:
    (row,) = lite_house.get("/doubtful_refusals", "privacy_officer").json()["refusals"]
    assert (row["id"], row["source"], row["refused"], row["words"]) == (
        lite_house.mine["doubt_id"], "text", "texts", "My sink leaks",
    )  # fmt: skip
    assert "+13125550142" not in str(row) and not row["is_typed"]
    assert lite_house.stage.one(AuditEntry, action="texts.doubtful").detail == "rows: 1"
    path = f"/doubtful_refusals/{row['id']}"
    assert sent(lite_house, path, {"decision": "perhaps"}, None).status_code == 422
    first = sent(lite_house, path, {"decision": "both"}, "decide-1").json()
    assert first == {"id": row["id"], "state": "stop"}
    assert sent(lite_house, path, {"decision": "both"}, "decide-1").json() == first
    assert sent(lite_house, path, {"decision": "keep"}, None).status_code == 409, "it is decided"
    assert {each.use for each in lite_house.stage.rows(Suppression)} == set(LISTED_USES)
    assert lite_house.get("/doubtful_refusals").json() == {"refusals": []}


def test_a_program_sees_how_a_webhook_does_and_sends_a_range_again(lite_house: House) -> None:
    stage, webhook = lite_house.stage, lite_house.mine["webhook_id"]
    now = stage.clock()
    with stage.hub.store.writing() as session:
        row = session.get_one(WebhookEndpoint, webhook)
        row.failing_since, row.last_refusal = now - timedelta(hours=1), "The endpoint answered 503."
        for event in session.exec(select(WebhookEvent).where(WebhookEvent.endpoint_id == webhook)):
            event.state, event.finished_at = WebhookEventState.DEAD, now
    shown = next(each for each in lite_house.get("/webhooks").json()["webhooks"] if each["id"] == webhook)
    assert (shown["health"], shown["reason"], shown["waiting"]) == ("failing", "The endpoint answered 503.", 0)
    listed = lite_house.get(f"/webhooks/{webhook}/events", state="dead").json()["events"]
    assert len(listed) == shown["dead"] > 0 and "url" not in shown
    spans = {"since": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}
    path = f"/webhooks/{webhook}/replay"
    assert sent(lite_house, path, {**spans, "states": ["delivered"]}, None).json() == {"events": 0}
    for _ in range(2):
        assert sent(lite_house, path, {**spans, "states": ["dead"]}, "once").json() == {"events": len(listed)}
    assert [row.action for row in stage.rows(AuditEntry)].count("webhook.replay") == 1
    for wrong in ({"states": ["leased"]}, {"since": 0}, {"since": spans["until"], "until": spans["since"]}):
        assert sent(lite_house, path, {**spans, **wrong}, None).status_code == 422, wrong
    assert sent(lite_house, f"/webhooks/{lite_house.theirs['webhook_id']}/replay", spans, None).status_code == 404
