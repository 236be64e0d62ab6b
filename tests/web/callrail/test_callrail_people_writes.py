"""What clients of CallRail's API write about people and users: texts, conversations, forms, users, alerts, caller IDs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callrail_stage import CallRailHub, callrail_hub, company_id
from sqlmodel import select
from testbed import CALLER, SHARED

from hub.access.keys import new_api_key
from hub.api.carriers import MessageEvent
from hub.model import AlertRule, AuditEntry, FormSubmission, TextMessage, User
from hub.texts.suppression import stop

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def hub(databases: Path) -> Iterator[CallRailHub]:
    with callrail_hub(databases) as made:
        stage = made.stage
        stage.tell(
            MessageEvent(message_id="SM1", at=stage.clock(), tracking_number=SHARED, sender_number=CALLER, body="Hi")
        )
        stage.flow()
        yield made


def refused(answer: Any, status: int, says: str) -> None:
    assert answer.status_code == status and says in answer.json()["error"], answer.text


def test_a_person_who_wrote_is_answered_once_and_nobody_else(hub: CallRailHub) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    body = {"company_id": lakeside, "customer_phone_number": "312-555-0142", "content": "We call you at 5."}
    key = {"idempotency-key": "text-1"}
    sent = hub.send("POST", "text-messages.json", json=body, headers=key)
    assert sent.status_code == 201, sent.text
    assert sent.json()["recent_messages"][0] == sent.json()["recent_messages"][0] | {
        "direction": "outgoing", "content": "We call you at 5.",
    }  # fmt: skip
    assert hub.send("POST", "text-messages.json", json=body, headers=key).status_code == 201
    assert len(hub.stage.rows(TextMessage, direction="out")) == 1
    for changes, says in (
        ({"customer_phone_number": "+13125550177"}, "Nobody has called"),
        ({"content": ""}, "content is missing"),
        ({"media_urls": ["https://a.example.com/x.png"]}, "Pictures are sent"),
        ({"tracking_number": "+13125550166"}, "none of the company's tracking numbers"),
    ):
        refused(hub.send("POST", "text-messages.json", json={**body, **changes}), 400, says)
    refused(hub.send("POST", "text-messages.json", "marketer", json=body), 403, "may not do this")
    with hub.stage.hub.store.writing() as session:
        place, now = hub.stage.directory.companies["lakeside"], hub.stage.clock()
        stop(session, hub.stage.hub, place.id, CALLER, channel="phone", evidence="x", at=now, now=now)
    refused(hub.send("POST", "text-messages.json", json=body), 400, "stop texts")


def test_a_conversation_is_archived_and_marked(hub: CallRailHub) -> None:
    (thread,) = hub.read("text-messages.json", date_range="all_time")["conversations"]
    path = f"text-messages/{thread['id']}.json"
    assert hub.send("PUT", path, json={"state": "archived"}).json()["state"] == "archived"
    assert hub.read(path)["state"] == "archived"
    again = hub.send("PUT", f"text-messages.json?conversation_id={thread['id']}", json={"state": "active"})
    assert again.json()["state"] == "active"
    refused(hub.send("PUT", path, json={"state": "lost"}), 400, "state must be one of active, archived.")
    fields = "tags,notes,value,lead_status"
    body = {"notes": "Wants a date", "tags": ["Roof"], "value": "$5.00", "lead_qualification": "good_lead"}
    marked = hub.send("PUT", f"sms-threads/{thread['id']}.json?fields={fields}", json=body)
    assert marked.status_code == 200, marked.text
    read = hub.read(f"sms-threads/{thread['id']}.json", fields=fields)
    assert (read["tags"], read["value"], read["lead_status"]) == (["Roof"], "5.00", "good_lead")
    assert "Wants a date" in str(read["notes"])


@pytest.mark.parametrize("is_wrapped", [True, False])
def test_a_form_is_stored_and_marked_whether_it_is_wrapped_or_not(hub: CallRailHub, is_wrapped: bool) -> None:
    body = {
        "company_id": company_id(hub.stage, "lakeside"), "referrer": "google_paid", "referring_url": "https://g.example.com",
        "landing_page_url": "https://lakeside.example.com/", "form_url": "https://lakeside.example.com/contact",
        "form_data": {"Name": "Pat Doe", "Phone": "312-555-0148", "Message": "Leak", "password": "hunter2"},
    }  # fmt: skip
    made = hub.send("POST", "form_submissions.json", json={"form_submission": body} if is_wrapped else body)
    assert made.status_code == 201, made.text
    form = made.json()
    assert (form["customer_phone_number"], form["customer_name"]) == ("+13125550148", "Pat Doe")
    assert "password" not in form["form_data"] and form["form_data"]["Message"] == "Leak"
    assert hub.read(f"form_submissions/{form['id']}.json") == form
    fields = "tags,note,value,lead_status"
    path = f"form_submissions/{form['id']}.json?fields={fields}"
    body = {"tags": ["Leak"], "note": "Urgent", "value": "80", "lead_status": "not_a_lead"}
    assert hub.send("PUT", path, json=body).json() | {"tags": ["Leak"], "lead_status": "not_a_lead"} == hub.read(path)


def test_a_form_without_fields_or_of_no_visit_is_refused(hub: CallRailHub) -> None:
    body = {"company_id": company_id(hub.stage, "lakeside")}
    before = len(hub.stage.rows(FormSubmission))
    refused(hub.send("POST", "form_submissions.json", json=body), 400, "form_data is missing")
    more = {**body, "form_data": {"a": "b"}, "session_id": "nowhere"}
    refused(hub.send("POST", "form_submissions.json", json=more), 400, "session_id names no visit")
    refused(hub.send("POST", "form_submissions.json", json={"form_data": {"a": "b"}}), 400, "company_id is missing")
    assert len(hub.stage.rows(FormSubmission)) == before


def test_a_user_is_invited_changed_and_disabled_by_an_owner_only(hub: CallRailHub) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    body = {
        "first_name": "Maria", "last_name": "Lopez", "email": "maria@agency.example.com", "role": "manager",
        "companies": [lakeside],
    }  # fmt: skip
    made = hub.send("POST", "users.json", json=body)
    assert made.status_code == 201, made.text
    user = made.json()
    assert (user["name"], user["role"], [each["id"] for each in user["companies"]]) == (
        "Maria Lopez", "manager", [lakeside],
    )  # fmt: skip
    assert made.headers["x-set-up-link"].startswith("https://") and hub.read(f"users/{user['id']}.json") == user
    path = f"users/{user['id']}.json"
    assert hub.send("PUT", path, json={"role": "reporting"}).json()["role"] == "reporting"
    assert hub.send("PUT", path, json={"role": "admin", "companies": []}).json()["role"] == "admin"
    refused(
        hub.send("POST", "users.json", json={**body, "role": "notification"}),
        400,
        "No role here only gets notifications",
    )
    refused(hub.send("POST", "users.json", json={**body, "companies": []}), 400, "companies is missing")
    refused(hub.send("POST", "users.json", json={**body, "role": "owner"}), 400, "role must be one of")
    refused(hub.send("POST", "users.json", json={**body, "email": "nobody"}), 400, "email address")
    refused(hub.send("POST", "users.json", "admin", json=body), 403, "may not do this")
    assert hub.send("DELETE", path).status_code == 204
    assert hub.get(path).status_code == 404 and hub.stage.one(User, name="maria.lopez").disabled_at is not None
    me = next(each for each in hub.read("users.json")["users"] if each["email"] == "owner@agency.example.com")
    refused(hub.send("DELETE", f"users/{me['id']}.json"), 400, "Another owner")
    deeds = [row.action for row in hub.stage.rows(AuditEntry) if row.action.startswith("users.")]
    assert deeds == [
        "users.add",
        "users.email",
        "users.name",
        "users.role",
        "users.role",
        "users.companies",
        "users.disable",
    ]


@pytest.mark.parametrize(
    ("role", "ours"),
    [("reporting", "marketer"), ("analyst", "marketer"), ("agent", "receptionist"), ("admin", "admin")],
)
def test_a_role_of_callrail_becomes_what_the_import_makes_of_it(hub: CallRailHub, role: str, ours: str) -> None:
    body = {"first_name": "Kim", "last_name": role, "email": f"{role}@clinic.example.com", "role": role}
    made = hub.send("POST", "users.json", json=body)
    assert made.status_code == 201, made.text
    assert (made.json()["role"], hub.stage.one(User, email=body["email"]).role) == (
        "reporting" if role == "analyst" else role, ours,
    )  # fmt: skip


def test_a_user_has_a_name_to_be_read_and_keeps_the_one_for_sign_in(hub: CallRailHub) -> None:
    body = {"first_name": "Mary Ann", "last_name": "van Dyke", "email": "mary@agency.example.com", "role": "reporting"}
    user = hub.send("POST", "users.json", json=body).json()
    assert (user["first_name"], user["last_name"], user["name"]) == ("Mary Ann", "van Dyke", "Mary Ann van Dyke")
    assert user["accepted"] is False, "nobody has opened the invitation"
    path = f"users/{user['id']}.json"
    changed = hub.send("PUT", path, json={"last_name": "Doe", "first_name": None}).json()
    assert (changed["first_name"], changed["last_name"], hub.read(path)) == ("Mary Ann", "Doe", changed)
    assert hub.stage.one(User, email=body["email"]).name == "mary.ann.van.dyke"
    assert [each["id"] for each in hub.read("users.json", search="ann")["users"]] == [user["id"]]
    refused(hub.send("PUT", path, json={"first_name": "A" * 101}), 400, "at most 100 characters")
    with hub.stage.hub.store.writing() as session:
        new_api_key(session, session.get_one(User, hub.stage.one(User, email=body["email"]).id), hub.stage.clock())
    assert hub.read(path)["accepted"] is True


def test_the_fields_of_a_form_are_members_objects_and_lists(hub: CallRailHub) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    form = {
        "first_name": "Lee", "email": "lee@agency.example.com", "role": "reporting", "companies[]": [lakeside, lakeside],
        "page": "1", "per_page": "250",
    }  # fmt: skip
    user = hub.send("POST", "users.json", data=form)
    assert user.status_code == 201, user.text
    assert [each["id"] for each in user.json()["companies"]] == [lakeside]
    fields = {"company_id": lakeside, "form_data[Name]": "Pat Doe", "form_data[Phone]": "312-555-0149"}
    made = hub.send("POST", "form_submissions.json", data=fields)
    assert made.status_code == 201 and made.json()["form_data"]["Name"] == "Pat Doe", made.text
    for crossed in ("a=1&a[b]=2", "a[]=1&a[b]=2", "a[][b]=2&a[]=1"):
        answer = hub.send("POST", "form_submissions.json", content=crossed, headers=FORM)
        refused(answer, 400, "The body cannot be read")
    deep = hub.send("POST", "form_submissions.json", content="a" + "[b]" * 9_000 + "=1", headers=FORM)
    refused(deep, 400, "form_data is missing")


def test_notifications_are_the_alerts_of_the_keys_own_user(hub: CallRailHub) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    body = {"company_id": lakeside, "call_enabled": True, "alert_type": "missed_and_vm", "send_email": True}
    made = hub.send("POST", "notifications.json", json=body)
    assert made.status_code == 201, made.text
    note = made.json()
    assert (note["alert_type"], note["send_email"], note["sms_enabled"]) == ("missed_and_vm", True, False)
    path = f"notifications/{note['id']}.json"
    assert hub.read("notifications.json")["notifications"] == [note] == [hub.read(path)]
    changed = hub.send("PUT", path, json={"alert_type": "vm_only", "sms_enabled": True}).json()
    assert (changed["alert_type"], changed["sms_enabled"], changed["id"]) == ("vm_only", True, note["id"])
    assert hub.read("notifications.json", "marketer")["notifications"] == []
    refused(hub.send("PUT", path, json={"alert_type": "loud"}), 400, "alert_type must be one of")
    refused(hub.send("POST", "notifications.json", json={**body, "email": "x@example.com"}), 400, "its own user")
    refused(hub.send("POST", "notifications.json", json={**body, "tracker_id": "TRK1"}), 400, "whole companies")
    assert hub.send("DELETE", path).status_code == 204 and hub.get(path).status_code == 404


def test_a_change_of_notifications_takes_away_no_channel_that_callrail_does_not_know(hub: CallRailHub) -> None:
    body = {
        "company_id": company_id(hub.stage, "lakeside"),
        "call_enabled": True,
        "alert_type": "vm_only",
        "send_email": True,
    }
    path = f"notifications/{hub.send('POST', 'notifications.json', json=body).json()['id']}.json"
    with hub.stage.hub.store.writing() as session:
        for rule in session.exec(select(AlertRule)):
            rule.channels = [*rule.channels, "slack"]
            session.add(rule)
    assert hub.send("PUT", path, json={"send_email": False}).status_code == 200
    assert [rule.channels for rule in hub.stage.rows(AlertRule)] == [["slack"]]
    assert hub.send("DELETE", path).status_code == 204


def test_summaries_are_the_digests_of_the_keys_own_user(hub: CallRailHub) -> None:
    body = {"company_id": company_id(hub.stage, "lakeside"), "frequency": ["weekly", "daily"], "config": {}}
    made = hub.send("POST", "summary_emails.json", json=body)
    assert made.status_code == 201 and made.json()["frequency"] == ["daily", "weekly"]
    assert hub.get("summary_emails").json()["summary_emails"] == [made.json()]
    path = f"summary_emails/{made.json()['id']}.json"
    assert hub.send("PUT", path, json={"frequency": ["monthly"], "config": {}}).json()["frequency"] == ["monthly"]
    refused(hub.send("PUT", path, json={"frequency": ["hourly"]}), 400, "frequency must be some of")
    assert hub.send("DELETE", path).status_code == 204 and hub.get(path).status_code == 404


def test_caller_ids_are_the_companys_tracking_numbers(hub: CallRailHub) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    ids = hub.read("caller_ids.json", company_id=lakeside)["caller_ids"]
    assert SHARED in [each["phone_number"] for each in ids] and all(each["verified"] for each in ids)
    assert hub.read(f"caller_ids/{ids[0]['id']}.json") == ids[0]
    added = hub.send("POST", "caller_ids.json", json={"company_id": lakeside, "phone_number": SHARED, "name": "x"})
    assert added.status_code == 201
    other = {"company_id": lakeside, "phone_number": "+13125550199", "name": "x"}
    refused(hub.send("POST", "caller_ids.json", json=other), 400, "Only the company's tracking numbers")
    refused(hub.send("DELETE", f"caller_ids/{ids[0]['id']}.json"), 400, "disable the tracker")
