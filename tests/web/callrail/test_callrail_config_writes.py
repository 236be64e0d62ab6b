"""What clients of CallRail's API change in config.yaml: companies, trackers, webhooks, answers to texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import postgres
import pytest
from callrail_stage import CallRailHub, Unlimited, company_id, with_users
from config_on_disk import PLUGINS, open_config_stage
from fake_number_carrier import FakeNumberCarrier
from testbed import SHARED

from hub.api import Connector
from hub.contracts.answers import Ability, CallLimits
from hub.contracts.values import Money
from hub.model import Account, AuditEntry, NumberPurchase, Tracker, TrackingNumber
from hub.numbers.budget import set_cap
from hub.reload import ConfigFile
from hub.testing import FrozenClock
from hub.web.callrail import create_callrail_api
from hub.web.callrail.application import UNREADABLE_FILE

REFERENCE = "https://crm.example.com/${env:X}"


class SellingCarrier(FakeNumberCarrier):
    """A carrier that sells numbers and can do every step of a call."""

    manifest = FakeNumberCarrier.manifest.model_copy(
        update={"abilities": get_args(Ability), "call_limits": CallLimits(text_bytes=1000)}
    )


SELLING: Mapping[str, type[Connector]] = {**PLUGINS, "carrier": SellingCarrier}


@pytest.fixture
def hub(databases: Path, tmp_path: Path) -> Iterator[CallRailHub]:
    database = f"sqlite:///{postgres.sqlite_copy(databases)}"
    with open_config_stage(database, FrozenClock(), tmp_path, plugins=SELLING) as stage:
        yield with_users(stage)


def text(hub: CallRailHub) -> str:
    assert hub.stage.config_file is not None
    return hub.stage.config_file.read().text


def cap(hub: CallRailHub, amount: str | None) -> None:
    with hub.stage.hub.store.writing() as session:
        account = hub.stage.one(Account, name="agency").id
        set_cap(session, account, Money(Decimal(amount), "USD") if amount else None, "owner", hub.stage.clock())


def refused(answer: Any, status: int, says: str) -> None:
    assert answer.status_code == status and says in answer.json()["error"], answer.text


def test_a_company_is_added_renamed_and_disabled_in_the_file(hub: CallRailHub) -> None:
    body = {"name": "Oak Park Dental", "time_zone": "America/Chicago", "destination_number": "+13125550195"}
    made = hub.send("POST", "companies.json", json=body, headers={"idempotency-key": "company-1"})
    assert made.status_code == 201, made.text
    again = hub.send("POST", "companies.json", json=body, headers={"idempotency-key": "company-1"})
    assert again.json() == made.json() and again.headers["idempotent-replayed"] == "true"
    refused(hub.send("POST", "companies.json", json=body), 400, "Name has already been taken")
    assert "- name: oak-park-dental" in text(hub) and "# The hub of the tests." in text(hub)
    path = f"companies/{made.json()['id']}.json"
    changed = hub.send(
        "PUT", path, json={"name": "Oak Park", "swap_cookie_duration": 2, "swap_cookie_duration_unit": "weeks"}
    )
    assert (changed.json()["name"], changed.json()["swap_cookie_duration"]) == ("Oak Park", 14)
    assert hub.read(path) == changed.json()
    refused(hub.send("PUT", path, json={"time_zone": "Mars/Olympus"}), 400, "time_zone is not known")
    refused(hub.send("PUT", path, json={"callscore_enabled": True}), 400, "no such function")
    assert hub.send("DELETE", path).status_code == 204
    gone = hub.read(path)
    assert gone["status"] == "disabled" and gone["disabled_at"]
    assert gone["id"] in [each["id"] for each in hub.read("companies.json", status="disabled")["companies"]]
    assert gone["id"] not in [each["id"] for each in hub.read("companies.json", status="active")["companies"]]
    assert "oak-park-dental" not in text(hub)
    refused(hub.send("POST", "companies.json", "marketer", json={"name": "x"}), 403, "may not do this")
    assert hub.send("POST", "companies/bulk_update.json", json={"company_ids": ["all"]}).status_code == 200


def test_a_company_needs_only_a_name_until_it_has_a_tracker(hub: CallRailHub) -> None:
    made = hub.send("POST", "companies.json", json={"name": "New Co", "time_zone": "America/Chicago"})
    assert made.status_code == 201, made.text
    assert hub.read(f"companies/{made.json()['id']}.json") == made.json()
    body = {"name": "Mailer", "type": "source", "company_id": made.json()["id"], "tracking_numbers": ["+13125550166"]}
    refused(hub.send("POST", "trackers.json", json=body), 400, "destination_number is missing.")
    with_phone = {**body, "call_flow": {"type": "basic", "destination_number": "+13125550195"}}
    tracker = hub.send("POST", "trackers.json", json=with_phone)
    assert tracker.status_code == 201, tracker.text
    assert hub.send("DELETE", f"trackers/{tracker.json()['id']}.json").status_code == 204


def test_what_config_yaml_cannot_hold_is_said_of_the_member_that_was_sent(hub: CallRailHub) -> None:
    before = text(hub)
    of_all = {"name": "New", "type": "source", "company_id": company_id(hub.stage, "lakeside")}
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("companies.json", {"name": "New", "destination_number": "12"}, "destination_number is not a phone"),
        ("companies.json", {"name": "New", "destination_number": SHARED}, f"destination_number: {SHARED} is one"),
        ("companies.json", {"name": "${file:secret.key}"}, "name: "),
        ("trackers.json", {"call_flow": {"destination_number": SHARED}}, f"call_flow.destination_number: {SHARED}"),
        ("trackers.json", {"call_flow": {"greeting_text": "Hello"}}, "destination_number is missing; expected"),
        ("trackers.json", {"tracking_numbers": [SHARED]}, "tracking_numbers: "),
        ("trackers.json", {"carrier": "nowhere"}, "carrier: "),
        ("integrations.json", {"type": "Webhooks", "config": {"pre_call_webhook": [REFERENCE]}}, "config: "),
        ("message-flows.json", {"steps": {"a": {"type": "sms_response", "message": "${env:X}"}}}, "steps: "),
        ("form_submissions/ignored_fields.json", {"company_ids": ["all"], "field_names": ["${env:X}"]}, "field_names"),
    ]
    for path, body, says in wrong:
        answer = hub.send("POST", path, json={**of_all, **body})
        refused(answer, 400, says)
        assert not re.search(r"line [0-9]|accounts|companies\[|trackers\[", answer.json()["error"]), "of the file"
        assert text(hub) == before, body


def test_a_file_that_its_operator_broke_is_no_mistake_of_the_client(hub: CallRailHub) -> None:
    assert hub.stage.config_file is not None
    path = hub.stage.config_file.path
    path.write_text(path.read_text() + "\nconversions: [\n")
    answer = hub.send("POST", "companies.json", json={"name": "New"})
    assert (answer.status_code, answer.json()) == (503, {"error": UNREADABLE_FILE})


def test_a_tracker_with_your_own_number_gets_its_source_and_its_route(hub: CallRailHub) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    body = {
        "name": "Spring Mailer", "type": "source", "company_id": lakeside, "tracking_numbers": ["(312) 555-0166"],
        "source": {"type": "search", "search_engine": "google", "search_type": "paid"}, "campaign_name": "spring",
        "call_flow": {"type": "basic", "destination_number": "+13125550195", "greeting_text": "Hello",
                      "recording_enabled": True},
        "whisper_message": "Call from [source]", "swap_targets": ["+13125550111"],
    }  # fmt: skip
    made = hub.send("POST", "trackers.json", json=body)
    assert made.status_code == 201, made.text
    tracker = made.json()
    assert tracker["name"] == "Spring Mailer"
    assert tracker["source"] == {"type": "search", "search_engine": "google", "search_type": "paid"}
    assert tracker["tracking_numbers"] == ["+13125550166"] and tracker["whisper_message"] == "Call from [source]"
    assert tracker["call_flow"]["destination_number"] == "+13125550195" and tracker["call_flow"]["recording_enabled"]
    assert tracker["swap_targets"] == ["+13125550111"]
    assert "This call may be recorded." in text(hub), "nothing is recorded without a notice"
    path = f"trackers/{tracker['id']}.json"
    assert hub.read(path) == tracker
    changed = hub.send(
        "PUT", path, json={"source": {"type": "offline"}, "call_flow": {"greeting_text": "Good day"}}
    ).json()
    assert (changed["source"], changed["call_flow"]["greeting_text"]) == ({"type": "offline"}, "Good day")
    assert changed["call_flow"]["destination_number"] == "+13125550195", "what is not named stays"
    assert hub.send("PUT", path, json={"name": "Autumn Mailer"}).json()["name"] == "Autumn Mailer"
    assert "name: spring-mailer" in text(hub), "its id stays, so that its calls keep their tracker"
    refused(hub.send("POST", "trackers.json", json=body), 400, "Name has already been taken")
    assert hub.send("DELETE", path).status_code == 204
    assert hub.read(path)["status"] == "disabled"
    refused(hub.send("DELETE", path), 400, "disabled")


def test_a_tracker_that_cannot_be_is_refused_and_the_file_stays(hub: CallRailHub) -> None:
    before = text(hub)
    lakeside = company_id(hub.stage, "lakeside")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"type": "pool"}, "type must be one of source, session."),
        ({"source": {"type": "radio waves"}}, "Source Unknown tracking source type"),
        ({"source": {"type": "web_referrer"}}, "source.referrer is missing."),
        ({"source": {"type": "landing_url"}}, "needs a tracker of type session"),
        ({"tracking_numbers": ["twelve"]}, "must be phone numbers"),
        ({"call_flow": {"type": "advanced"}}, "call_flow.id is missing"),
        ({"call_flow": {"type": "advanced", "id": "nowhere"}}, "nowhere"),
        (
            {
                "tracking_numbers": ["+13125550166"],
                "call_flow": {"destination_number": "+13125550195", "greeting_text": "é" * 501},
            },
            "speaks at most 1000 bytes at once, and this text has 1002",
        ),
    ]
    for changes, says in wrong:
        body = {"name": "New", "type": "source", "company_id": lakeside} | changes
        refused(hub.send("POST", "trackers.json", json=body), 400, says)
        assert text(hub) == before, changes


def test_numbers_are_bought_below_the_cap_only_and_once(hub: CallRailHub) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    body = {
        "name": "Radio", "type": "source", "company_id": lakeside, "tracking_number": {"area_code": "312"},
    }  # fmt: skip
    refused(hub.send("POST", "trackers.json", json=body), 403, "only below a cap")
    cap(hub, "0.50")
    refused(hub.send("POST", "trackers.json", json=body), 400, "more than the cap")
    assert hub.stage.rows(NumberPurchase) == [] and hub.stage.rows(Tracker, name="radio") == []
    cap(hub, "20")
    key = {"idempotency-key": "radio"}
    made = hub.send("POST", "trackers.json", json=body, headers=key)
    assert made.status_code == 201, made.text
    (number,) = made.json()["tracking_numbers"]
    assert hub.send("POST", "trackers.json", json=body, headers=key).json() == made.json()
    assert hub.stage.one(NumberPurchase, state="bought").number == number == hub.stage.carrier.orders[0]
    assert hub.stage.one(TrackingNumber, number=number).bought
    assert hub.stage.one(AuditEntry, action="numbers.buy").subject == number
    pool = {
        "name": "Site",
        "type": "session",
        "company_id": lakeside,
        "pool_size": 2,
        "tracking_number": {"area_code": "312"},
    }
    site = hub.send("POST", "trackers.json", json=pool).json()
    assert len(site["tracking_numbers"]) == 2
    grown = hub.send("PUT", f"trackers/{site['id']}.json", json={"pool_size": 3})
    assert len(grown.json()["tracking_numbers"]) == 3, grown.text


class ReadOnlyFile(ConfigFile):
    """config.yaml as it is mounted into a container."""

    @property
    def writable(self) -> bool:
        return False


def test_without_a_file_that_can_be_written_nothing_in_it_changes(hub: CallRailHub) -> None:
    file, before = hub.stage.config_file, text(hub)
    assert file is not None
    (tracker, *_) = hub.read("trackers.json")["trackers"]
    read_only = ReadOnlyFile(file.path, hub.stage.hub.store, hub.stage.clock)
    for config_file, says in ((read_only, "config.yaml is read-only"), (None, "not started from a config.yaml")):
        hub.api = create_callrail_api(
            hub.stage.hub, counters=Unlimited(), directory=hub.stage.live, config_file=config_file
        )
        refused(hub.send("DELETE", f"trackers/{tracker['id']}.json"), 403, says)
        refused(hub.send("POST", "companies.json", json={"name": "New"}), 403, says)
    assert text(hub) == before


def test_webhooks_of_a_company_are_one_integration(hub: CallRailHub) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    refused(hub.get("integrations.json"), 400, "company_id is missing")
    assert hub.read("integrations.json", company_id=lakeside)["integrations"] == []
    config = {
        "post_call_webhook": ["https://crm.example.com/calls"],
        "form_captured_webhook": ["https://crm.example.com/calls"],
    }
    made = hub.send("POST", "integrations.json", json={"type": "Webhooks", "company_id": lakeside, "config": config})
    assert made.status_code == 201, made.text
    integration = made.json()
    assert integration["config"]["post_call_webhook"] == ["https://crm.example.com/calls"]
    assert (integration["state"], integration["config"]["pre_call_webhook"]) == ("active", [])
    path = f"integrations/{integration['id']}.json"
    assert hub.read(path) == integration and "https://crm.example.com/calls" in text(hub)
    key = hub.read(path, fields="signing_key")["signing_key"]
    assert len(key) == 32 and hub.read(path, fields="signing_key")["signing_key"] == key
    assert {row.action for row in hub.stage.rows(AuditEntry, detail="callrail")} >= {"webhook.secret"}
    refused(hub.get(path, "marketer", fields="signing_key"), 403, "A signing key is given")
    changed = hub.send("PUT", path, json={"config": {"sms_received_webhook": ["https://crm.example.com/texts"]}}).json()
    assert changed["config"]["sms_received_webhook"] == ["https://crm.example.com/texts"]
    assert changed["config"]["post_call_webhook"] == integration["config"]["post_call_webhook"]
    assert hub.send("DELETE", path).status_code == 204
    assert hub.read(path)["state"] == "disabled"
    assert hub.send("PUT", path, json={"state": "active"}).json()["config"] == changed["config"]
    body = {"type": "Custom", "company_id": lakeside, "config": {"grab_cookies": ["x"]}}
    refused(hub.send("POST", "integrations.json", json=body), 400, "Only integrations of the type Webhooks")
    unsafe = {"config": {"post_call_webhook": ["http://127.0.0.1/steal"]}}
    assert hub.send("PUT", path, json=unsafe).status_code == 400
    assert hub.read("integration_triggers.json", company_id=lakeside)["integration_triggers"] == []
    assert hub.get("webhooks.json").status_code == 404


def test_an_answer_to_texts_is_a_message_flow_of_one_step(hub: CallRailHub) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    steps = {"a": {"type": "sms_response", "message": "We answer from 8 to 5.", "next_step_id": None}}
    made = hub.send("POST", "message-flows.json", json={"company_id": lakeside, "name": "x", "steps": steps})
    assert made.status_code == 201, made.text
    flow = made.json()
    assert flow["steps"][flow["initial_step_id"]]["message"] == "We answer from 8 to 5."
    assert hub.read("message-flows.json")["message_flows"] == [flow]
    two = {**steps, "b": {"type": "tag"}}
    refused(hub.send("PUT", f"message-flows/{flow['id']}.json", json={"steps": two}), 400, "one step")
    assert hub.send("DELETE", f"message-flows/{flow['id']}.json").status_code == 204
    assert hub.get(f"message-flows/{flow['id']}.json").status_code == 404


def test_fields_of_forms_that_are_ignored_are_not_kept(hub: CallRailHub) -> None:
    lakeside = company_id(hub.stage, "lakeside")
    body = {"company_ids": ["all"], "field_names": ["insurance_id"]}
    assert hub.send("POST", "form_submissions/ignored_fields.json", json=body).status_code == 200
    ignored = hub.read("form_submissions/ignored_fields.json", company_id=lakeside)["ignored_fields"]
    assert ignored == [{"company_id": lakeside, "field_names": ["insurance_id"]}]
    form = {"company_id": lakeside, "form_data": {"Phone": "312-555-0142", "Insurance_ID": "A-77"}}
    kept = hub.send("POST", "form_submissions.json", json=form).json()
    assert kept["form_data"] == {"Phone": "312-555-0142"}
