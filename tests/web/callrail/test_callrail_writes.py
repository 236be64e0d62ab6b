"""What clients of CallRail's API change, each seen in the next read: calls, tags, calls that they place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callrail_stage import CallRailHub, callrail_hub, company_id
from testbed import CALLER, SHARED

from hub.access.permissions import ROLES
from hub.callrail.ids import wire_id
from hub.marks.tag_definitions import COLORS
from hub.model import AuditEntry, Call, ConversionRow, Lead, Note, OutgoingCall
from hub.web.callrail.writing import ENDPOINTS

MARKERS = {"owner", "admin", "marketer", "receptionist", "agent"}
DESK_ROLES = {"owner", "admin", "receptionist"}
SETTERS, SEERS = {"owner", "admin"}, {"owner", "admin", "marketer"}
CALLS_ROLES = MARKERS
ALLOWED = {
    "POST calls": DESK_ROLES,
    "PUT calls/{id}": MARKERS,
    "POST companies": SETTERS,
    "POST companies/bulk_update": SETTERS,
    "PUT companies/{id}": SETTERS,
    "DELETE companies/{id}": SETTERS,
    "POST form_submissions": {*DESK_ROLES, *SEERS},
    "GET form_submissions/ignored_fields": SEERS,
    "POST form_submissions/ignored_fields": SETTERS,
    "PUT form_submissions/{id}": MARKERS,
    "GET integrations": SEERS,
    "GET integrations/{id}": SEERS,
    "POST integrations": SETTERS,
    "PUT integrations/{id}": SETTERS,
    "DELETE integrations/{id}": SETTERS,
    "GET integration_triggers": SEERS,
    "GET caller_ids": {*DESK_ROLES, *SEERS},
    "GET caller_ids/{id}": {*DESK_ROLES, *SEERS},
    "POST caller_ids": SETTERS,
    "GET message-flows": SEERS,
    "GET message-flows/{id}": SEERS,
    "POST message-flows": SETTERS,
    "PUT message-flows/{id}": SETTERS,
    "DELETE message-flows/{id}": SETTERS,
    "GET notifications": CALLS_ROLES,
    "GET notifications/{id}": CALLS_ROLES,
    "POST notifications": CALLS_ROLES,
    "PUT notifications/{id}": CALLS_ROLES,
    "DELETE notifications/{id}": CALLS_ROLES,
    "GET summary_emails": SEERS,
    "GET summary_emails/{id}": SEERS,
    "POST summary_emails": SEERS,
    "PUT summary_emails/{id}": SEERS,
    "DELETE summary_emails/{id}": SEERS,
    "GET tags": {*MARKERS, "privacy_officer"} - {"agent"},
    "GET tags/{id}": {*MARKERS, "privacy_officer"} - {"agent"},
    "POST tags": SETTERS,
    "PUT tags/{id}": SETTERS,
    "DELETE tags/{id}": SETTERS,
    "POST text-messages": DESK_ROLES,
    "PUT text-messages": DESK_ROLES,
    "PUT text-messages/{id}": DESK_ROLES,
    "PUT sms-threads/{id}": MARKERS,
    "POST trackers": SETTERS,
    "PUT trackers/{id}": SETTERS,
    "DELETE trackers/{id}": SETTERS,
    "POST users": {"owner"},
    "PUT users/{id}": {"owner"},
    "DELETE users/{id}": {"owner"},
}
"""Written by hand: a route that is not here fails, and so does a role too many."""
MARKS = "tags,note,lead_status,value,customer_name,spam"


@pytest.fixture(scope="module")
def hub(databases: Path) -> Iterator[CallRailHub]:
    with callrail_hub(databases) as made:
        yield made


@pytest.fixture
def call(hub: CallRailHub) -> Call:
    """A call of its own for each test."""
    return hub.stage.call_in()


def put(hub: CallRailHub, call: Call, role: str = "owner", headers: Any = None, **body: Any) -> Any:
    path = f"calls/{wire_id('CAL', call.id)}.json?fields={MARKS}"
    return hub.send("PUT", path, role, json=body, headers=headers or {})


def marks(hub: CallRailHub, call: Call) -> dict[str, Any]:
    read = hub.read(f"calls/{wire_id('CAL', call.id)}.json", fields=MARKS)
    return {name: read[name] for name in MARKS.split(",")}


def test_each_role_may_do_exactly_what_the_matrix_says(hub: CallRailHub) -> None:
    assert {f"{each.method} {each.path}" for each in ENDPOINTS} == ALLOWED.keys()
    for route, allowed in ALLOWED.items():
        method, path = route.replace("{id}", "0").split(" ")
        body = {} if method in ("GET", "DELETE") else {"json": {}}
        answers = {role: hub.send(method, path, role, **body) for role in ROLES}
        admitted = {role for role, answer in answers.items() if "may not do this" not in answer.text}
        assert admitted == allowed, route
        assert all(answer.status_code < 500 for answer in answers.values()), route


def test_a_call_gets_its_marks_and_null_means_not_given(hub: CallRailHub, call: Call) -> None:
    written = put(
        hub, call, tags=["Roof", "Urgent"], note="Wants a quote", lead_status="good_lead", value="$1,240.50",
        customer_name="Pat Doe",
    )  # fmt: skip
    assert written.status_code == 200, written.text
    now = marks(hub, call)
    assert now == {name: written.json()[name] for name in now}
    assert (now["tags"], now["note"], now["lead_status"]) == (["Roof", "Urgent"], "Wants a quote", "good_lead")
    assert (now["value"], now["customer_name"]) == ("1240.50", "Pat Doe")
    assert put(hub, call, tags=None, note=None, value=None).status_code == 200
    assert marks(hub, call) == now
    deeds = {row.action for row in hub.stage.rows(AuditEntry, subject=call.id)}
    assert deeds == {"lead.mark", "tag.add", "note.add", "name.set"}


def test_tags_are_replaced_unless_they_are_appended(hub: CallRailHub, call: Call) -> None:
    put(hub, call, tags="one,two")
    put(hub, call, tag_list=["three"], append_tags=True)
    assert marks(hub, call)["tags"] == ["one", "three", "two"]
    put(hub, call, tags=["two"])
    assert marks(hub, call)["tags"] == ["two"]


def test_a_note_that_grows_at_its_end_becomes_another_note_and_another_text_replaces_it(
    hub: CallRailHub, call: Call
) -> None:
    put(hub, call, note="First")
    put(hub, call, notes="First\nSecond")
    assert len(hub.stage.rows(Note, subject_id=call.id)) == 2
    put(hub, call, note="First\nSecond")
    assert marks(hub, call)["note"] == "First\nSecond" and len(hub.stage.rows(Note, subject_id=call.id)) == 2
    put(hub, call, note="Other")
    assert marks(hub, call)["note"] == "Other"


def test_a_booked_lead_stays_booked_and_not_scored_removes_the_mark(hub: CallRailHub, call: Call) -> None:
    hub.stage.add(
        Lead(subject_id=call.id, company_id=str(call.company_id), status="booked", marked_at=hub.stage.clock(),
             marked_by="x"),
    )  # fmt: skip
    put(hub, call, lead_status="good_lead")
    assert hub.stage.one(Lead, subject_id=call.id).status == "booked"
    put(hub, call, value="12")
    assert marks(hub, call)["value"] == "12.00"
    put(hub, call, lead_status="not_scored")
    assert hub.stage.rows(Lead, subject_id=call.id) == []


def test_spam_is_hidden_converts_nothing_and_can_be_taken_back(hub: CallRailHub, call: Call) -> None:
    wire = wire_id("CAL", call.id)
    assert put(hub, call, spam=True).json()["spam"] is True
    assert hub.get(f"calls/{wire}.json").status_code == 404
    assert wire not in [each["id"] for each in hub.read("calls.json", date_range="all_time")["calls"]]
    hub.stage.flow()
    assert hub.stage.one(ConversionRow, subject_id=call.id).retracted
    assert put(hub, call, spam=False).status_code == 200
    assert hub.read(f"calls/{wire}.json")["id"] == wire


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"lead_status": "hot"}, "lead_status must be one of good_lead, not_a_lead, not_scored."),
        ({"spam": "perhaps"}, "spam must be true or false."),
        ({"tags": 7}, "tags must be a list of at most 250 texts."),
        ({"value": "a lot"}, "A value is written like 240, 240.50 or 240 EUR."),
        ({"customer_name": "x" * 500}, "A name has 1 to 120 characters."),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_changes_nothing(
    hub: CallRailHub, body: dict[str, Any], says: str
) -> None:
    call = hub.stage.rows(Call)[0] if hub.stage.rows(Call) else hub.stage.call_in()
    before = marks(hub, call)
    answer = put(hub, call, note="kept out", **body)
    assert (answer.status_code, answer.json()) == (400, {"error": says})
    assert marks(hub, call) == before


def test_a_role_without_marks_may_not_and_a_call_that_is_not_there_is_404(hub: CallRailHub, call: Call) -> None:
    assert put(hub, call, "auditor", note="x").status_code == 403
    assert hub.send("PUT", "calls/CAL" + "0" * 32, json={"note": "x"}).status_code == 404
    missed = hub.stage.call_in(answered=False)
    assert put(hub, missed, "agent", note="x").status_code == 404, "an agent marks only calls that they answered"


def test_an_idempotency_key_does_a_change_once(hub: CallRailHub, call: Call) -> None:
    key = {"idempotency-key": "put-1"}
    first = put(hub, call, headers=key, note="Once")
    again = put(hub, call, headers=key, note="Once")
    assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")
    assert len(hub.stage.rows(Note, subject_id=call.id)) == 1
    other = put(hub, call, headers=key, note="Twice")
    assert other.status_code == 422 and "another request" in other.json()["error"]


def test_tags_are_defined_changed_and_removed(hub: CallRailHub) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    made = hub.send("POST", "tags.json", json={"name": "Emergency", "color": "red2", "company_id": lakeside})
    assert made.status_code == 201
    tag = made.json()
    assert isinstance(tag["id"], int) and tag["tag_level"] == "company" and tag["company_id"] == lakeside
    assert hub.read(f"tags/{tag['id']}.json") == tag
    wide = hub.send("POST", "tags.json", json={"name": "Referral", "tag_level": "account"}).json()
    assert (wide["company_id"], wide["color"]) == (None, "gray1")
    assert [each["name"] for each in hub.read("tags.json", per_page=1, page=2)["tags"]] == ["Referral"]
    relative = hub.read("tags.json", per_page=1, relative_pagination="true")
    assert relative["has_next_page"] and hub.read(relative["next_page"])["tags"][0]["name"] == "Referral"
    changed = hub.send("PUT", f"tags/{tag['id']}.json", json={"status": "disabled", "color": "blue1"}).json()
    assert (changed["status"], changed["color"]) == ("disabled", "blue1")
    assert [each["id"] for each in hub.read("tags.json", status="disabled")["tags"]] == [tag["id"]]
    wrong = hub.send("POST", "tags.json", json={"name": "x", "color": "teal"})
    assert (wrong.status_code, wrong.json()) == (400, {"error": "Color is not included in the list"})
    assert hub.send("DELETE", f"tags/{tag['id']}.json").status_code == 204
    assert hub.get(f"tags/{tag['id']}.json").status_code == 404
    assert hub.send("POST", "tags.json", "marketer", json={"name": "Mine"}).status_code == 403
    assert len(COLORS) == 24


def test_a_call_is_placed_to_a_person_who_called_and_to_nobody_else(hub: CallRailHub, call: Call) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    least = {"customer_phone_number": CALLER, "business_phone_number": "+13125550191"}
    no_company = hub.send("POST", "calls.json", json={**least, "caller_id": "+13125550166"})
    assert (no_company.status_code, no_company.json()["error"]) == (400, "company_id is missing.")
    placed = hub.send("POST", "calls.json", json={**least, "caller_id": "(312) 555-0120"})
    assert placed.status_code == 201, placed.text
    answer = placed.json()
    assert (answer["direction"], answer["customer_phone_number"], answer["tracking_phone_number"]) == (
        "outbound", CALLER, SHARED,
    )  # fmt: skip
    assert hub.stage.one(OutgoingCall, person_number=CALLER).user_number == "+13125550191"
    assert hub.read(f"calls/{answer['id']}.json") == answer
    assert hub.read("calls.json", direction="outbound", company_id=lakeside)["calls"] == [answer]
    assert answer["id"] not in [each["id"] for each in hub.read("calls.json")["calls"]]
    body = {**least, "company_id": lakeside}
    twice = hub.send("POST", "calls.json", json=body)
    assert twice.status_code == 400 and "under way" in twice.json()["error"]
    for changes, says in (
        ({"customer_phone_number": "+13125550177"}, "Nobody has called"),
        ({"recording_enabled": True}, "not recorded"),
        ({"caller_id": "+13125550166"}, "one of the company's tracking numbers"),
        ({"customer_phone_number": "later"}, "is not a phone number"),
        ({"outbound_greeting_text": "Hello"}, "no greeting"),
    ):
        refused = hub.send("POST", "calls.json", json={**body, **changes})
        assert refused.status_code == 400 and says in refused.json()["error"], refused.text
    assert hub.send("POST", "calls.json", "marketer", json=body).status_code == 403
