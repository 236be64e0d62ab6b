"""A carrier whose REST API is like Twilio's is a declaration: paths, sign-in, signature and the form of its ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from hub.api import BadPayload, BadSignature, Manifest, PersonReference, PluginSettings, Provider, Recipient, Rejected
from hub.api.carriers import CallBack, NumberQuery, NumberSetup, OutboundText
from hub.api.sandbox import SimulatedCall, json_reply
from hub.api.twiml import TwimlApi, TwimlApiNumbers, TwimlApiPeople, TwimlApiTexts
from hub.testing import FrozenClock
from hub.testing.factories import connect

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Settings(PluginSettings):
    project: str
    api_token: SecretStr
    base_url: str


class Wire(TwimlApiTexts):
    Settings = Settings
    manifest = Manifest(
        name="wire", kind="carrier", version="1", summary="A carrier.", recipient=Recipient(name="Wire Inc."),
        hosts=("wire.example.com",),
    )  # fmt: skip
    api = TwimlApi(
        provider=Provider(name="Wire", remedy="renew api_token", code="code", words="message"),
        account="project",
        token="api_token",
        path="/api/laml/2010-04-01/Accounts/{account}",
        signature_header="x-wire-signature",
        uuids=True,
    )


class SpaceSettings(Settings):
    signing_key: SecretStr


class Space(TwimlApiNumbers, TwimlApiPeople):
    """With numbers and people, a key of its own for webhooks, no call backs, and lists that write times each in its way."""

    Settings = SpaceSettings
    manifest = Manifest(
        name="space", kind="carrier", version="1", title="Space", summary="A carrier.",
        recipient=Recipient(name="Space Inc."), hosts=("space.example.com",),
    )  # fmt: skip
    api = TwimlApi(
        provider=Provider(name="Space", remedy="renew api_token", code="code", words="message"),
        account="project",
        token="api_token",
        signing="signing_key",
        signature_header="x-space-signature",
        uuids=True,
        call_back=False,
        since_formats={"Calls": "rfc_2822", "Recordings": "rfc_2822", "Messages": "day"},
        number_wildcards=False,
    )


@contextmanager
def joined(carrier: Any = Wire) -> Iterator[tuple[Any, Any]]:
    sandbox_class = carrier.sandbox_class()
    assert sandbox_class is not None
    with sandbox_class(FrozenClock()) as sandbox:
        yield connect(carrier, sandbox, clock=FrozenClock()), sandbox


def setup(number: str, label: str = "Flyer") -> NumberSetup:
    base = "https://hub.example.com/webhooks/space"
    return NumberSetup(
        number=number, voice_url=f"{base}/voice", fallback_url=f"{base}/fallback", status_url=f"{base}/status",
        message_url=f"{base}/message", message_fallback_url=f"{base}/message_fallback", label=label,
    )  # fmt: skip


def test_ids_that_are_uuids_are_one_word_of_the_declaration() -> None:
    text = OutboundText(key="t1", sender="+13125550101", recipient_number="+13125550142", body="Hello.")
    call = CallBack(key="c1", tracking_number="+13125550101", user_number="+13125550142", person_number="+13125550143")
    with joined() as (connector, sandbox):
        assert UUID.fullmatch(connector.send_text(text).reference)
        assert UUID.fullmatch(connector.place_call(call).reference)
        assert UUID.fullmatch(sandbox.account_sid)
        with pytest.raises(Rejected, match="not an id of this carrier"):
            connector.fetch_recording(f"RE{'0' * 32}", f"{sandbox.url}/Recordings/1")


def test_calls_recordings_and_their_deletion_follow_from_the_declaration() -> None:
    since = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    with joined() as (connector, sandbox):
        call = SimulatedCall(
            tracking_number="+13125550101", caller_number="+13125550142", started_at=since + timedelta(hours=1),
            answering_number="+13125550190",
            recorded=True,
        )  # fmt: skip
        sandbox.webhooks(call, "https://hub.example.com/webhooks/wire")
        events = connector.list_calls(since)
        recorded = next(event for event in events if event.kind == "recorded")
        assert recorded.recording_url.startswith(f"{sandbox.url}/api/laml/2010-04-01/Accounts/{sandbox.account_sid}/")
        assert connector.fetch_recording(recorded.recording_id, recorded.recording_url).data
        connector.delete_recording(recorded.recording_id)
        connector.delete_recording(recorded.recording_id)
        assert sandbox.recordings() == ()
        assert connector.list_calls(since + timedelta(days=1)) == []


def test_a_webhook_is_of_the_account_whose_token_signed_it() -> None:
    with joined() as (connector, sandbox):
        webhook = sandbox.message_webhook(
            "+13125550142", "+13125550101", "Hello.", "https://hub.example.com/webhooks/wire"
        )
        assert connector.verify_webhook(webhook).event_key.startswith("message:")
        other = connect(Wire, sandbox, clock=FrozenClock(), api_token="another")
        with pytest.raises(BadSignature):
            other.verify_webhook(webhook)
        assert not other.check_connection().ok and connector.check_connection().ok


def test_the_manifest_s_abilities_and_flows_follow_from_the_class() -> None:
    assert {"call_back", "list_texts"} <= set(Wire.manifest.abilities)
    assert [flow.hook for flow in Wire.manifest.flows] == ["send_text", "place_call"]
    assert "call_back" not in Space.manifest.abilities and Space.place_call is None
    assert [flow.hook for flow in Space.manifest.flows] == ["send_text", "export_person", "erase_person"]
    assert Space.manifest.personal_in_address.startswith("Space filters its lists only by the address")


def test_webhooks_may_be_signed_with_another_secret_than_the_token() -> None:
    with joined(Space) as (connector, sandbox):
        webhook = sandbox.message_webhook(
            "+13125550142", "+13125550101", "Hello.", "https://hub.example.com/webhooks/space"
        )
        assert connector.verify_webhook(webhook)
        other = connect(Space, sandbox, clock=FrozenClock(), signing_key="another")
        with pytest.raises(BadSignature, match="signing_key"):
            other.verify_webhook(webhook)


def test_a_webhook_whose_fields_are_unreadable_is_not_signed() -> None:
    class Careless(Wire):
        def check_signature(self, request: Any) -> bytes:
            raise BadPayload("no form")

    with joined(Careless) as (connector, sandbox):
        webhook = sandbox.message_webhook(
            "+13125550142", "+13125550101", "Hi.", "https://hub.example.com/webhooks/wire"
        )
        with pytest.raises(BadSignature, match="no form"):
            connector.verify_webhook(webhook)


def test_each_list_leaves_out_what_is_older_in_its_own_format() -> None:
    since = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    assert Wire.api.since_query("Calls", since) == {"StartTime>": "2026-11-24T14:00:00Z"}
    assert Space.api.since_query("Calls", since) == {"StartTime>": "Tue, 24 Nov 2026 13:59:59 GMT"}
    assert Space.api.since_query("Messages", since) == {"DateSent>": "2026-11-23"}
    with joined(Space) as (connector, sandbox):
        sandbox.message_webhook("+13125550142", "+13125550101", "Hi.", "https://hub.example.com/webhooks/space")
        assert len(list(connector.listed("Messages", FrozenClock()()))) == 1
        assert not list(connector.listed("Messages", FrozenClock()() + timedelta(days=3)))


def test_numbers_are_found_bought_configured_and_released() -> None:
    with joined(Space) as (connector, sandbox):
        first, _ = connector.search_numbers(NumberQuery(area_code="212", limit=2))
        assert (first.number, first.place, first.capabilities) == (
            "+12125550100",
            "Chicago, IL",
            ("voice", "sms", "mms"),
        )
        bought = connector.buy_number(first.number, setup(first.number))
        assert (bought.label, bought.message_fallback_url) == ("Flyer", setup("").message_fallback_url)
        assert connector.configure_number(setup(first.number, label="")) == bought
        assert connector.list_numbers() == [bought]
        assert first.number not in [each.number for each in connector.search_numbers(NumberQuery(area_code="212"))]
        sandbox.know_number("+13125550101")
        sandbox.know_number("+13125550101")
        assert [each.number for each in connector.list_numbers()] == ["+12125550100", "+13125550101"]
        connector.release_number(first.number)
        connector.release_number(first.number)
        with pytest.raises(Rejected, match="not in this Space account"):
            connector.configure_number(setup(first.number))
        with pytest.raises(Rejected, match="it has local, toll_free"):
            connector.search_numbers(NumberQuery(kind="mobile"))
        with pytest.raises(Rejected, match=r"leave out the \*"):
            connector.search_numbers(NumberQuery(contains="*142"))


def test_a_person_s_legs_recordings_and_pictures_are_erased_before_what_names_them() -> None:
    with joined(Space) as (connector, sandbox):
        call = SimulatedCall(
            tracking_number="+13125550101", caller_number="+13125550142", started_at=FrozenClock()(),
            answering_number="+13125550190", recorded=True,
        )  # fmt: skip
        url = "https://hub.example.com/webhooks/space"
        sandbox.webhooks(call, url)
        sandbox.message_webhook("+13125550142", "+13125550101", "Hello.", url, [b"\x89PNG"])
        person = PersonReference(phone_numbers=("+13125550142",), tracking_numbers=("+13125550101",))
        held = connector.export_person(person)
        assert [record.record_type for record in held].count("call") == 2
        assert "parent" not in str(held[-2].fields) and held[-1].record_type == "text"
        with sandbox.listening() as requests:
            assert connector.erase_person(person).records == len(held)
        deleted = [each.address.rpartition("/Accounts/")[2] for each in requests if each.method == "DELETE"]
        assert "/Media/" in deleted[-2] and "/Messages/" in deleted[-1]
        assert sandbox.held_ids() == ()
        assert connector.erase_person(person).status == "nothing_held"


def test_a_stand_in_serves_more_paths_with_their_forms() -> None:
    base: Any = Wire.sandbox_class()

    class Sandbox(base):
        def paths(self) -> Any:
            def queue(request: Any, form: Any) -> Any:
                return json_reply({"name": form["FriendlyName"], "tags": form.getlist("Tag")})

            return [("Queues.json", queue, ["POST"])]

    with Sandbox(FrozenClock()) as sandbox:
        rest: Any = connect(Wire, sandbox, clock=FrozenClock()).rest
        made = rest.post(f"{rest.account}/Queues.json", {"FriendlyName": "Sales", "Tag": ["a", "b"]})
        assert made == {"name": "Sales", "tags": ["a", "b"]}


def test_a_stand_in_s_method_does_not_take_the_name_of_what_the_stand_in_holds() -> None:
    base: Any = Wire.sandbox_class()
    with pytest.raises(TypeError, match=r"Sandbox\.numbers: the stand-in itself holds numbers; use another name"):
        type("Sandbox", (base,), {"numbers": lambda self, request, form: None})
