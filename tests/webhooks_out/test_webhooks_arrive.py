"""What happens at a company arrives at its endpoints: signed, in order, and again until they take it."""

from __future__ import annotations

import json
from collections.abc import Callable

from standardwebhooks.webhooks import Webhook
from testbed import TestHub, finished_call
from text_steps import queue, write_in
from webhook_receiver import WebhookReceiver
from webhook_stage import WebhookStage

from hub.marks.leads import mark_lead
from hub.marks.notes import add_note
from hub.marks.tags import tag
from hub.model import Company, WebhookEndpoint
from hub.queries.status.queues import queues
from hub.webhooks_out.endpoints import end_rotation, rotate, secrets_of


def test_a_call_is_told_from_its_beginning_to_its_end(sending: WebhookStage) -> None:
    stage, events = sending.stage, finished_call("CA1", "+13125550120", "+13125550142", True, 90, sending.stage.clock())
    stage.tell(events[0])
    stage.flow()
    sending.run()
    assert sending.receiver.types == ["call.started"]
    begun = sending.receiver.received[0].document["data"]
    assert begun["phone_number"] == "+13125550142" and begun["source"] == "website" and begun["company"] == "lakeside"
    stage.tell(events[1])
    sending.run()
    stage.tell(events[2])
    stage.flow()
    sending.after(minutes=3)
    assert sending.receiver.types == ["call.started", "call.routed", "call.ended"]
    ended = sending.receiver.received[-1].document["data"]
    assert (ended["answered"], ended["duration_seconds"], ended["id"]) == (True, 90, begun["id"])


def test_an_event_is_signed_as_standard_webhooks_says(sending: WebhookStage) -> None:
    sending.stage.call_in()
    sending.after(minutes=3)
    secret = secrets_of(sending.stage.hub, sending.endpoint()).present
    request = sending.receiver.received[0]
    oracle = Webhook(secret)
    signed = oracle.sign(request.headers["webhook-id"], sending.stage.clock(), request.body.decode())
    assert signed in request.headers["webhook-signature"].split(" ")
    assert oracle.sign(request.headers["webhook-id"], sending.stage.clock(), "{}") != signed


def test_marks_of_a_call_are_told_as_changes(sending: WebhookStage) -> None:
    stage, scope = sending.stage, sending.owner()
    call = stage.call_in()
    sending.after(minutes=3)
    with stage.hub.store.writing() as session:
        tag(session, scope, call.id, "new patient", stage.clock())
        mark_lead(session, scope, call.id, "booked", stage.clock())
        add_note(session, scope, stage.hub.vault, call.id, "Asked for Tuesday.", stage.clock())
    sending.run()
    told = [each.document["data"] for each in sending.receiver.received if each.document["type"] == "call.changed"]
    assert [each["changes"] for each in told] == [["tags"], ["lead_status"], ["note"]]
    assert (told[-1]["tags"], told[-1]["lead_status"]) == (["new patient"], "booked")
    assert told[-1]["notes"] == ["Asked for Tuesday."]


def test_what_changes_before_the_end_is_told_comes_with_the_end(sending: WebhookStage) -> None:
    stage, scope = sending.stage, sending.owner()
    call = stage.call_in()
    with stage.hub.store.writing() as session:
        tag(session, scope, call.id, "new patient", stage.clock())
    sending.after(minutes=3)
    assert "call.changed" not in sending.receiver.types
    assert sending.receiver.received[-1].document["data"]["tags"] == ["new patient"]


def test_texts_come_and_go_but_codes_of_people_stay_here(sending: WebhookStage) -> None:
    stage = sending.stage
    write_in(stage, "Are you open?")
    stage.flow()
    queue(stage, "Until six.")
    queue(stage, "483920 is your code.", purpose="identity_code")
    stage.send_texts()
    sending.after(minutes=1)
    told = [(each.document["type"], each.document["data"]["message"]) for each in sending.receiver.received]
    assert told == [("text.received", "Are you open?"), ("text.sent", "Until six.\nReply STOP to stop texts.")]


def test_an_endpoint_gets_only_what_it_asked_for(lite_hub: Callable[..., TestHub], receiver: WebhookReceiver) -> None:
    sending = WebhookStage.open(lite_hub, receiver, events=["post_call"])
    sending.stage.call_in()
    sending.after(minutes=3)
    assert receiver.types == ["call.ended"] and receiver.received[0].path == "/calls?key=in-the-address"


def test_while_an_event_is_tried_again_the_next_ones_wait(sending: WebhookStage) -> None:
    stage, receiver = sending.stage, sending.receiver
    receiver.answers = [(503, {"Retry-After": "120"})]
    stage.call_in()
    sending.after(minutes=3)
    assert len(receiver.received) == 1
    stage.call_in(caller="+13125550143")
    sending.after(seconds=60)
    assert len(receiver.received) == 1 and {state for _, state in sending.states} == {"ready", "waiting"}
    sending.after(seconds=61)
    sending.after(minutes=1)
    first, *others = receiver.received
    assert first.headers["webhook-id"] == others[0].headers["webhook-id"]
    assert [each.document["type"] for each in others] == [
        "call.started", "call.routed", "call.ended", "call.started", "call.routed", "call.ended",
    ]  # fmt: skip
    assert {state for _, state in sending.states} == {"delivered"}


def test_an_event_that_is_refused_for_itself_holds_nothing_up_and_is_tried_again(sending: WebhookStage) -> None:
    sending.receiver.answers = [(422, {})]
    sending.stage.call_in()
    sending.after(minutes=3)
    assert [state for _, state in sending.states] == ["ready", "delivered", "delivered"]
    assert sending.events[0].status == 422 and "does not take this event" in str(sending.events[0].reason)
    sending.after(seconds=5)
    assert {state for _, state in sending.states} == {"delivered"}


def test_the_status_says_what_waits_and_what_was_set_aside(sending: WebhookStage) -> None:
    sending.receiver.answers = [(410, {})]
    sending.stage.call_in()
    sending.after(minutes=3)
    stage = sending.stage
    company = stage.one(Company, name="lakeside")
    with stage.hub.store.reading() as session:
        found = {
            each.kind: each
            for each in queues(session, stage.hub.config, [company.id], ["lakeside"], stage.clock())
            if each.kind in ("webhooks", "events")
        }
    assert (found["webhooks"].waiting, found["events"].waiting, found["events"].state) == (0, 3, "look")


def test_an_endpoint_that_is_gone_gets_nothing_until_it_is_resumed(sending: WebhookStage) -> None:
    sending.receiver.answers = [(410, {})]
    sending.stage.call_in()
    sending.after(minutes=3)
    assert len(sending.receiver.received) == 1 and {state for _, state in sending.states} == {"dead"}
    sending.stage.call_in(caller="+13125550143")
    sending.after(minutes=3)
    assert len(sending.events) == 3
    assert str(sending.stage.one(WebhookEndpoint).pause_reason).startswith("The endpoint answered 410")


def test_a_rotation_signs_with_both_secrets_for_a_while(sending: WebhookStage) -> None:
    stage, endpoint = sending.stage, sending.endpoint()
    former = secrets_of(stage.hub, endpoint).present
    with stage.hub.store.writing() as session:
        present = rotate(session, stage.hub, endpoint, "maria")
    stage.call_in()
    sending.after(minutes=3)
    request = sending.receiver.received[0]
    signatures = request.headers["webhook-signature"].split(" ")
    wanted = [
        Webhook(each).sign(request.headers["webhook-id"], stage.clock(), request.body.decode())
        for each in (present, former)
    ]
    assert signatures == wanted
    with stage.hub.store.writing() as session:
        end_rotation(session, stage.hub, endpoint, "maria")
    assert secrets_of(stage.hub, endpoint).former is None


def test_nothing_of_a_person_rests_in_the_outbox(sending: WebhookStage) -> None:
    sending.stage.call_in(caller_name="Kim Example")
    (text,) = {json.dumps(vars(row), default=str) for row in sending.events[:1]}
    assert "0142" not in text and "Kim" not in text
