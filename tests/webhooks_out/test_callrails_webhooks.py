"""Webhooks in CallRail's form: the signature of its documentation, and every field that receivers read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kept_forms import keep_form
from testbed import TestHub, finished_call
from webhook_receiver import WebhookReceiver
from webhook_stage import WebhookStage

from hub.api.carriers import CallBackEvent, MessageEvent
from hub.callrail.ids import number_of, wire_id
from hub.model import Company, OutgoingCall
from hub.visits.forms import SentForm
from hub.webhooks_out.endpoints import rotate, secrets_of
from hub.webhooks_out.signing import callrail_signature

SAMPLE = (Path(__file__).with_name("callrail_post_call.json")).read_bytes()
KEY = "072e77e426f92738a72fe23c4d1953b4"


def test_the_signature_is_that_of_callrails_documentation() -> None:
    assert hashlib.sha256(SAMPLE).hexdigest() == "4c08427068fb350b43abc01ec131501ca0548945d483886f1a48c9937bef961a"
    assert callrail_signature(KEY, SAMPLE) == "UZAHbUdfm3GqL7qzilGozGzWV64="


def test_each_type_of_event_has_callrails_fields(lite_hub: Callable[..., TestHub], receiver: WebhookReceiver) -> None:
    sending = WebhookStage.open(lite_hub, receiver, format="callrail")
    stage = sending.stage
    events = finished_call("CA1", "+13125550120", "+13125550142", True, 90, stage.clock(), caller_name="Kim Example")
    stage.tell(*events)
    stage.flow()
    stage.tell(MessageEvent(message_id="SM1", at=stage.clock(), tracking_number="+13125550120",
                            sender_number="+13125550142", body="Are you open?"))  # fmt: skip
    stage.flow()
    sending.after(minutes=3)
    begun, routed, text, ended = (each.document for each in receiver.received)
    assert begun["answered"] is False and begun["duration"] == 0 and begun["customer_name"] == "Kim Example"
    assert routed["destinationnum"] == "+13125550190" == routed["business_phone_number"]
    assert ended.keys() >= json.loads(SAMPLE).keys()
    assert (ended["duration"], ended["answered"], ended["callernum"]) == ("90", True, "+13125550142")
    assert ended["datetime"] == events[0].at.strftime("%Y-%m-%d %H:%M:%S")
    assert None not in ended.values() and ended["integration_data"] == [{"integration": "Webhooks", "data": None}]
    company = stage.one(Company, name="lakeside")
    assert (ended["company_id"], ended["company_resource_id"]) == (number_of(company.id), wire_id("COM", company.id))
    assert ended["resource_id"].startswith("CAL") and ended["id"] == begun["id"]
    assert (text["source_number"], text["content"]) == ("312-555-0142", "Are you open?")
    assert text["destination_number"] == "312-555-0120" and text["resource_id"].startswith("SCI")
    secret = secrets_of(stage.hub, sending.endpoint()).present
    for request in receiver.received:
        assert request.headers["signature"] == callrail_signature(secret, request.body)


def test_a_form_and_a_placed_call_come_too(lite_hub: Callable[..., TestHub], receiver: WebhookReceiver) -> None:
    sending = WebhookStage.open(lite_hub, receiver, format="callrail", events=["form", "outbound_post_call"])
    stage = sending.stage
    place = stage.directory.companies["lakeside"]
    fields = {"your-name": "Kim Example", "phone": "(312) 555-0142", "question": "Do you whiten?"}
    keep_form(
        stage.hub, place, SentForm(key="f1", fields=fields, form_id="contact", page="https://lakeside.example.com/")
    )
    stage.flow()
    user = sending.owner().user
    stage.add(
        OutgoingCall(
            id="01a21de8-0000-7000-8000-000000000001", connector="carrier", company_id=place.id, user_id=user.id,
            user_number="+13125550190", tracking_number="+13125550120", person_number="+13125550142", status="placed",
            state="accepted", made_at=stage.clock(), placed_at=stage.clock(), due_at=stage.clock(), expires_at=stage.clock(),
        )
    )  # fmt: skip
    stage.tell(CallBackEvent(key="01a21de8-0000-7000-8000-000000000001", call_id="CB1", leg="person", status="completed",
                             at=stage.clock(), duration=42))  # fmt: skip
    sending.after(minutes=3)
    form, placed = (each.document for each in receiver.received)
    assert form["form_data"]["question"] == "Do you whiten?" and form["customer_phone_number"] == "+13125550142"
    assert placed["type"] == "outboundpostcall" and placed["direction"] == "outbound"
    assert (placed["answered"], placed["duration"], placed["customer_phone_number"]) == ("true", "42", "+13125550142")


def test_a_receiver_keeps_its_key_until_the_rotation_ends(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver
) -> None:
    sending = WebhookStage.open(lite_hub, receiver, format="callrail")
    stage, endpoint = sending.stage, sending.endpoint()
    with stage.hub.store.writing() as session:
        assert rotate(session, stage.hub, endpoint, "maria", secret=KEY) == KEY
    with stage.hub.store.writing() as session:
        new = rotate(session, stage.hub, endpoint, "maria")
    stage.call_in()
    sending.after(minutes=3)
    request = receiver.received[0]
    assert request.headers["signature"] == callrail_signature(KEY, request.body)
    assert request.headers["signature-new"] == callrail_signature(new, request.body)
    stage.call_in(caller="+13125550143")
    sending.after(hours=25)
    last: Any = receiver.received[-1]
    assert last.headers["signature"] == callrail_signature(new, last.body) and "signature-new" not in last.headers
