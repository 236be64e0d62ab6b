"""An endpoint is a recipient: consent is asked for it, an erasure reaches it, and the data map knows it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testbed import CONNECTORS, TestHub
from webhook_receiver import WebhookReceiver
from webhook_stage import USE, WebhookStage, accounts_with

from hub.api.privacy import Opinion
from hub.cli.privacy.law_warnings import law_warnings
from hub.contracts.consent import ConsentQuestion
from hub.model import Call, Disclosure
from hub.model.states import SubjectState
from hub.plugin_host.public_post import PublicPost
from hub.privacy.datamap import draw
from hub.privacy.datamap.papers import processors
from hub.privacy.datamap.public import public_map
from hub.privacy.datamap.recipients import recipients_of
from hub.webhooks_out.answers import post_for
from hub.webhooks_out.send import send_events
from plugins.consent.jurisdictions import Jurisdictions


def test_consent_is_asked_for_the_endpoint_and_a_no_holds_the_event(sending: WebhookStage) -> None:
    stage = sending.stage
    stage.call_in()
    asked: list[ConsentQuestion] = []

    def no_webhooks(question: ConsentQuestion) -> Opinion:
        asked.append(question)
        return Opinion(verdict="deny", rule_id="paper.webhooks", reason="Nothing goes to webhooks.")

    stage.law.rule = no_webhooks
    sending.after(minutes=3)
    assert sending.receiver.received == [] and {state for _, state in sending.states} == {"held"}
    assert asked[0].recipient.name == "127.0.0.1" and "user.contact.phone_number" in asked[0].categories
    assert asked[0].use == "essential.service.operations"
    assert stage.rows(Disclosure) == [] and sending.events[0].reason


def test_a_clinics_webhook_reaches_who_works_for_it_and_nobody_who_decides_for_themselves(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver
) -> None:
    other = {
        "name": "partner",
        "url": receiver.url,
        "use": USE,
        "allow_private": True,
        "role": "independent_controller",
    }
    accounts = accounts_with({**other, "name": "crm", "role": "processor"}, other)
    accounts[0]["companies"][0]["sensitive"] = "health"
    stage = lite_hub(accounts=accounts, connectors={**CONNECTORS, "law": Jurisdictions})
    sending = WebhookStage(stage, receiver)
    stage.call_in()
    sending.after(minutes=3)
    gone = {each.connector for each in stage.rows(Disclosure) if each.connector.startswith("webhook/")}
    assert gone == {"webhook/lakeside/crm"}
    held = {each.reason for each in sending.events if each.state == "held"}
    assert any("about health" in (reason or "") for reason in held)


def test_what_was_sent_is_recorded_with_its_categories(sending: WebhookStage) -> None:
    sending.stage.call_in()
    sending.after(minutes=3)
    told = [each for each in sending.stage.rows(Disclosure) if each.connector == "webhook/lakeside/crm"]
    assert len(told) == 3 and told[0].recipient == "127.0.0.1"
    assert {"user.contact.phone_number", "user.telephony.call_metadata"} <= set(told[-1].categories)
    assert "user.telephony.recording" not in told[-1].categories


def test_what_is_withheld_is_empty_and_not_declared(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver
) -> None:
    sending = WebhookStage.open(
        lite_hub, receiver, withhold=["phone_number", "name"], recipient="Example Dental Cloud Inc."
    )
    stage = sending.stage
    stage.call_in(caller_name="Kim Example")
    sending.after(minutes=3)
    assert len(receiver.received) == 3
    for request in receiver.received:
        assert b"0142" not in request.body and b"Kim" not in request.body
        assert request.document["data"]["phone_number"] is None
    with stage.hub.store.reading() as session:
        chart = draw(session, stage.hub.config, stage.clock())
    mine = {flow.category for flow in chart.flows if flow.recipient == "Example Dental Cloud Inc."}
    assert "user.telephony.call_metadata" in mine and "user.contact.phone_number" not in mine
    assert not [each for each in chart.problems() if "Example Dental" in each]


def test_the_papers_name_the_endpoint_among_the_processors(sending: WebhookStage) -> None:
    stage = sending.stage
    with stage.hub.store.reading() as session:
        chart = draw(session, stage.hub.config, stage.clock())
    names = [each.recipient for each in processors(chart, recipients_of(stage.hub.config), {})]
    assert "127.0.0.1" in names
    assert "127.0.0.1" in [each.name for each in public_map(stage.hub.config, "lakeside", ()).receivers]
    assert "127.0.0.1" not in [each.name for each in public_map(stage.hub.config, "northgate", ()).receivers]


def test_nothing_leaves_about_a_person_who_was_erased(sending: WebhookStage) -> None:
    stage = sending.stage
    call = stage.call_in()
    with stage.hub.store.writing() as session:
        row = session.get_one(Call, call.id)
        row.state, row.caller_number, row.expires_at = SubjectState.ERASED, None, None
        session.add(row)
    sending.after(minutes=3)
    assert sending.receiver.received == [] and {state for _, state in sending.states} == {"dropped"}


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "64:ff9b::7f00:1"])
def test_a_name_that_leads_inside_gets_nothing(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver, address: str
) -> None:
    sending = WebhookStage.open(lite_hub, receiver, url="https://hooks.example.com/", allow_private=False)
    sending.stage.call_in(process=True)
    sending.stage.clock.advance(minutes=3)
    post = PublicPost(resolve=lambda host, port: [("8.8.8.8", port), (address, receiver.port)])
    send_events(sending.stage.hub, sending.stage.directory, sending.endpoint().row.id, post)
    assert receiver.received == [] and {state for _, state in sending.states} == {"ready", "waiting"}
    assert "private network" in str(sending.events[0].reason) and sending.stage.rows(Disclosure) == []


def test_a_private_endpoint_may_be_inside_but_never_where_clouds_keep_credentials(sending: WebhookStage) -> None:
    allowed = post_for(sending.endpoint().section).allowed
    assert allowed("127.0.0.1") and allowed("10.1.2.3")
    assert not allowed("169.254.169.254") and not allowed("::ffff:169.254.169.254") and not allowed("0.0.0.0")
    assert not allowed("8.8.8.8"), "without TLS nothing leaves the network"


def test_check_says_where_the_address_of_who_runs_an_endpoint_is_written(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver
) -> None:
    sending = WebhookStage.open(
        lite_hub, receiver, recipient="Example Dental Cloud Inc.", role="independent_controller", use="sales"
    )
    (said,) = [each for each in law_warnings(sending.stage.hub) if "of Example Dental Cloud Inc." in each]
    assert said.endswith("Write postal_address: below the webhook in config.yaml.")
