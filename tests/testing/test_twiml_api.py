"""A carrier whose REST API is like Twilio's is a declaration: paths, sign-in, signature and the form of its ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from hub.api import BadSignature, Manifest, PluginSettings, Provider, Recipient, Rejected
from hub.api.carriers import CallBack, OutboundText
from hub.api.sandbox import SimulatedCall
from hub.api.twiml import TwimlApi, TwimlApiTexts
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


@contextmanager
def joined() -> Iterator[tuple[Any, Any]]:
    sandbox_class = Wire.sandbox_class()
    assert sandbox_class is not None
    with sandbox_class(FrozenClock()) as sandbox:
        yield connect(Wire, sandbox, clock=FrozenClock()), sandbox


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
