"""An erasure and an opt-out reach the addresses that were sent something of the person: by ids, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from kept_forms import keep_form
from testbed import CALLER, OTHER_CALLER, SHARED, TestHub, make_config
from text_steps import write_in
from webhook_receiver import WebhookReceiver
from webhook_stage import USE, WebhookStage, accounts_with

from hub.model import Company, Disclosure, PrivacyRequest, RequestTask, WebhookEvent
from hub.numbers.accounts import write_accounts
from hub.privacy_requests.certificate import as_text, is_genuine
from hub.privacy_requests.erase import plan
from hub.privacy_requests.run import run, work_tasks
from hub.privacy_requests.steps import open_request, verify
from hub.visits.forms import SentForm
from hub.web.privacy.opt_outs import write_opt_out

NAME = "Quill Hartwin"


@pytest.fixture
def on_both(hub: Callable[..., TestHub], receiver: WebhookReceiver) -> WebhookStage:
    """A hub with one endpoint, on SQLite and on PostgreSQL."""
    return WebhookStage.open(hub, receiver)


def in_touch(sending: WebhookStage) -> list[str]:
    """The person calls, writes and sends a form; another one calls too. Returns the ids that the address was sent of them."""
    stage = sending.stage
    stage.call_in(SHARED, OTHER_CALLER)
    sending.after(minutes=3)
    others = len(sending.receiver.received)
    stage.call_in(SHARED, CALLER, caller_name=NAME)
    write_in(stage, "When do you open?")
    company = stage.directory.companies["lakeside"]
    keep_form(stage.hub, company, SentForm(key="f1", fields={"message": "Hello"}, phone=CALLER, name=NAME))
    stage.flow()
    sending.after(minutes=3)
    sent = [each.document for each in sending.receiver.received[others:]]
    sending.receiver.received.clear()
    return sorted({each["data"]["id"] if "data" in each else each["resource_id"] for each in sent})


def ask(stage: TestHub, kind: str = "erasure") -> str:
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        made = open_request(session, stage.hub, company, kind, actor="officer", channel="letter", phone=CALLER)
        verify(session, made, "officer", "officer", stage.clock())
    return made.id


def erase(sending: WebhookStage) -> PrivacyRequest:
    """Carry out an erasure; the worker sends what is due, and looks at the request again."""
    stage, request_id = sending.stage, ask(sending.stage)
    run(stage.hub, request_id, "officer")
    for _ in range(3):
        sending.after(minutes=1)
        work_tasks(stage.hub)
    return stage.one(PrivacyRequest, id=request_id)


def reconfigure(sending: WebhookStage, *webhooks: dict[str, Any]) -> None:
    """config.yaml has these webhooks from now on."""
    stage = sending.stage
    accounts = make_config("sqlite://", accounts=accounts_with(*webhooks)).accounts
    stage.hub = replace(stage.hub, config=replace(stage.hub.config, accounts=accounts))
    with stage.hub.store.writing() as session:
        write_accounts(session, stage.hub.config, stage.clock())
    stage.live.refresh()


def test_an_erasure_tells_the_address_the_ids_that_it_has_and_the_certificate_says_so(on_both: WebhookStage) -> None:
    ids = in_touch(on_both)
    stage, request_id = on_both.stage, ask(on_both.stage)
    with stage.hub.store.reading() as session:
        planned = plan(session, stage.hub, session.get_one(PrivacyRequest, request_id))
    assert [(each["recipient"], each["contacts"]) for each in planned["notify"]] == [("127.0.0.1", 3)]
    assert "127.0.0.1" not in {each["recipient"] for each in planned["not_recallable"]}
    assert run(stage.hub, request_id, "officer").state == "waiting_plugin"
    disclosed = len(stage.rows(Disclosure))
    on_both.after(minutes=1)
    (request,) = on_both.receiver.received
    document = request.document
    assert (document["type"], document["data"]["ids"], document["data"]["company"]) == (
        "person.erased",
        ids,
        "lakeside",
    )
    assert b"5550142" not in request.body and NAME.encode() not in request.body
    assert len(stage.rows(Disclosure)) == disclosed, "ids of contacts alone are no disclosure"
    work_tasks(stage.hub)
    done = stage.one(PrivacyRequest, id=request_id)
    assert done.state == "done" and is_genuine(stage.hub, done.certificate)
    (told,) = done.certificate["receivers"]
    assert (told["recipient"], told["result"], told["contacts"]) == ("127.0.0.1", "notified", 3)
    text = as_text(done.certificate)
    assert "127.0.0.1: notified of 3 contacts" in text and "ask who runs the address" not in text
    assert "5550142" not in str([each.model_dump() for each in stage.rows(WebhookEvent)])


def test_an_address_that_was_disabled_since_is_told_and_gets_nothing_else(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver
) -> None:
    sending = WebhookStage.open(lite_hub, receiver, events=["post_call", "text_received", "form"])
    ids = in_touch(sending)
    crm = {"name": "crm", "url": receiver.url, "use": USE, "allow_private": True}
    reconfigure(sending, {**crm, "enabled": False})
    sending.stage.call_in(SHARED, OTHER_CALLER)
    done = erase(sending)
    assert [each.document["data"]["ids"] for each in receiver.received] == [ids]
    assert done.certificate["receivers"][0]["result"] == "notified"


def test_the_certificate_says_which_address_could_not_be_told(sending: WebhookStage) -> None:
    in_touch(sending)
    sending.receiver.answers = [(410, {})]
    done = erase(sending)
    assert done.state == "done"
    assert "127.0.0.1: could not be notified of 3 contacts. The endpoint answered" in as_text(done.certificate)
    assert "gone for good" in done.certificate["receivers"][0]["note"]


@pytest.mark.parametrize("answer", [422, 503])
def test_an_erasure_waits_for_an_address_that_refuses_and_after_three_days_says_so(
    sending: WebhookStage, answer: int
) -> None:
    in_touch(sending)
    sending.receiver.answers = [(answer, {})] * 200
    assert erase(sending).state == "waiting_plugin"
    for _ in range(13):
        sending.after(hours=6)
        work_tasks(sending.stage.hub)
    request = sending.stage.one(PrivacyRequest)
    assert request.state == "done" and "Given up after" in request.certificate["receivers"][0]["note"]


def test_an_address_that_left_the_configuration_is_not_told_and_stands_under_what_cannot_be_recalled(
    sending: WebhookStage,
) -> None:
    in_touch(sending)
    reconfigure(sending)
    done = erase(sending)
    assert done.certificate["receivers"] == [] and sending.receiver.received == []
    (lost,) = [each for each in done.certificate["not_recalled"] if each["recipient"] == "127.0.0.1"]
    assert "no longer configured" in lost["why"]


def test_an_operator_who_ran_the_address_before_is_not_taken_for_the_one_who_runs_it_now(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver
) -> None:
    sending = WebhookStage.open(lite_hub, receiver, recipient="Old CRM Ltd.")
    in_touch(sending)
    now = {"name": "crm", "url": receiver.url, "use": USE, "allow_private": True, "recipient": "New CRM Inc."}
    reconfigure(sending, now)
    done = erase(sending)
    assert receiver.received == [] and done.certificate["receivers"] == []
    assert "Old CRM Ltd." in {each["recipient"] for each in done.certificate["not_recalled"]}


def test_each_address_is_told_of_what_it_was_sent_itself(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver
) -> None:
    forms = {"name": "forms", "url": receiver.url, "use": USE, "allow_private": True, "events": ["form"]}
    never = {"name": "never", "url": receiver.url, "use": USE, "allow_private": True, "events": ["outbound_post_call"]}
    sending = WebhookStage.open(lite_hub, receiver, forms, never, events=["post_call"])
    in_touch(sending)
    done = erase(sending)
    ids = [each.document["data"]["ids"] for each in receiver.received]
    assert sorted(map(len, ids)) == [1, 1] and ids[0] != ids[1]
    assert [each["connector"] for each in done.certificate["receivers"]] == [
        "webhook/lakeside/crm", "webhook/lakeside/forms",
    ]  # fmt: skip


def test_a_receiver_made_for_callrail_is_told_its_own_ids(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver
) -> None:
    sending = WebhookStage.open(lite_hub, receiver, format="callrail")
    ids = in_touch(sending)
    erase(sending)
    (request,) = receiver.received
    assert request.document["type"] == "person.erased" and sorted(request.document["resource_ids"]) == ids
    assert {each[:3] for each in ids} == {"CAL", "SCI", "FRM"}


def opts_out(sending: WebhookStage, **fields: str) -> list[dict[str, Any]]:
    """Somebody sends the form of the privacy page; the worker sends what is due. Returns what came."""
    stage = sending.stage
    write_opt_out(stage.hub, stage.one(Company, name="lakeside"), fields, "198.51.100.0/24")
    sending.after(minutes=1)
    came = [each.document for each in sending.receiver.received]
    sending.receiver.received.clear()
    return came


def test_an_opt_out_of_a_number_tells_the_address_whose_contacts_it_is_about(on_both: WebhookStage) -> None:
    ids = in_touch(on_both)
    assert opts_out(on_both, phone="+13125550177") == [], "of somebody unknown it has nothing"
    assert {each.state for each in on_both.stage.rows(WebhookEvent, type="person_opted_out")} == {"dropped"}
    (notice,) = opts_out(on_both, phone=CALLER)
    assert (notice["type"], notice["data"]["ids"]) == ("person.opted_out", ids)
    assert [each["data"]["ids"] for each in opts_out(on_both, phone=CALLER)] == [ids], "a repeated no is a new no"


def test_the_outbox_says_nothing_of_a_number_before_it_is_sent(sending: WebhookStage) -> None:
    in_touch(sending)
    stage = sending.stage
    for phone in (CALLER, "+13125550177"):
        write_opt_out(stage.hub, stage.one(Company, name="lakeside"), {"phone": phone}, None)
    known, unknown = stage.rows(WebhookEvent, type="person_opted_out")
    assert known.changes == unknown.changes == [] and known.state == unknown.state == "ready"


def test_an_opt_out_of_a_browser_tells_of_its_persons_contacts(on_both: WebhookStage) -> None:
    stage = on_both.stage
    shown = stage.visit(visitor_id="browser-1")
    call = stage.call_in(shown.number or SHARED, CALLER)
    on_both.after(minutes=3)
    on_both.receiver.received.clear()
    assert opts_out(on_both, browser="browser-2") == []
    assert [each["data"]["ids"] for each in opts_out(on_both, browser="browser-1")] == [[call.id]]


def test_an_objection_tells_the_address_too(sending: WebhookStage) -> None:
    ids = in_touch(sending)
    run(sending.stage.hub, ask(sending.stage, "objection"), "officer")
    sending.after(minutes=1)
    (request,) = sending.receiver.received
    assert (request.document["type"], request.document["data"]["ids"]) == ("person.opted_out", ids)
    assert sending.stage.rows(RequestTask) == []
