"""Phones in browsers: the access token against Twilio's own library, the documents that ring them, and who rings."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from pydantic import ValidationError
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant
from twilio.rest import Client
from twilio.twiml.voice_response import Dial as DialVerb
from twilio.twiml.voice_response import VoiceResponse
from twilio_stage import CLOCK

from hub.api.carriers import AnswerPoint, CallBack, Dial
from hub.testing import connect, samples
from hub.testing.switchboard import Switchboard
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox

PHONES = {"anna": "anna@example.com", "front-desk": "desk@example.com"}
NUMBER = samples.TRACKING_NUMBER


@pytest.fixture
def phones(sandbox: Sandbox) -> Twilio:
    """Our connector with two phones in browsers."""
    sandbox.browsers.clear()
    key = {"rest_key_sid": sandbox.key_sid, "rest_key_secret": sandbox.key_secret}
    return connect(Twilio, sandbox, clock=CLOCK, browser_phones=PHONES, **key)


def test_twilios_own_library_reads_the_token_as_one_that_takes_calls_and_places_none(
    sandbox: Sandbox,
) -> None:
    key = {"rest_key_sid": sandbox.key_sid, "rest_key_secret": sandbox.key_secret}
    now = connect(Twilio, sandbox, clock=lambda: datetime.now(UTC), browser_phones=PHONES, **key)
    given = now.sign_in_phone("front-desk")
    theirs = AccessToken(sandbox.account_sid, sandbox.key_sid, sandbox.key_secret, identity="front_desk")
    theirs.add_grant(VoiceGrant(incoming_allow=True))
    read = AccessToken.from_jwt(given.token, sandbox.key_secret)  # checks the signature and that it is valid now
    assert read.payload["grants"] == AccessToken.from_jwt(theirs.to_jwt(), sandbox.key_secret).payload["grants"]
    assert AccessToken.from_jwt(given.token, sandbox.key_secret).headers == theirs.headers
    assert 0 < read.valid_until - datetime.now(UTC).timestamp() <= given.seconds <= 3600
    assert given.token not in repr(given)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"ttl": 3600}, None),
        ({"secret": "x" * 32}, "20107"),
        ({"signing_key_sid": "SK" + "0" * 32}, "20103"),
        ({"ttl": -10}, "20104"),
        ({"nbf": 4_000_000_000}, "20105"),
        ({"identity": "front-desk"}, "20106"),
        ({"identity": ""}, "20106"),
        ({"grants": []}, "20106"),
        ({"grants": [VoiceGrant(outgoing_application_sid="AP" + "0" * 32)]}, "20106"),
        ({"ttl": 86_500}, "20157"),
    ],
)
def test_the_stand_in_takes_the_tokens_that_twilio_takes(
    sandbox: Sandbox, changed: dict[str, object], code: str | None
) -> None:
    now = int(CLOCK().timestamp())
    arguments = {"signing_key_sid": sandbox.key_sid, "secret": sandbox.key_secret, "identity": "front_desk"}
    arguments |= {"grants": [VoiceGrant(incoming_allow=True)], "nbf": now} | changed
    token = AccessToken(sandbox.account_sid, valid_until=now + arguments.pop("ttl", 3600), **arguments).to_jwt()
    if code is None:
        sandbox.sign_in_browser(token)
        assert "front_desk" in sandbox.browsers
    else:
        with pytest.raises(ValueError, match=code):
            sandbox.sign_in_browser(token)


def test_a_phone_in_a_browser_is_rung_as_twilios_own_builder_writes_it(phones: Twilio) -> None:
    point = AnswerPoint(moment="ringing", tracking_number=NUMBER)
    ours = phones.render_answer(point, [Dial(numbers=("phone:front-desk", samples.DIAL))]).body
    theirs = VoiceResponse()
    address = f"{phones.services.webhook_url}/{{}}?tracking_number=%2B{NUMBER[1:]}"
    leg = {"status_callback": address.format("status"), "status_callback_event": "answered completed"}
    dial = DialVerb(action=address.format("dial"), timeout=25, answer_on_bridge=True)
    dial.client("front_desk", **leg)
    dial.number(samples.DIAL, **leg)
    theirs.append(dial)
    assert ElementTree.canonicalize(ours) == ElementTree.canonicalize(str(theirs))


@pytest.mark.parametrize("signed_in", [True, False])
def test_only_a_browser_that_is_signed_in_is_rung_and_the_call_says_who_answered(
    phones: Twilio, sandbox: Sandbox, signed_in: bool
) -> None:
    if signed_in:
        sandbox.sign_in_browser(phones.sign_in_phone("front-desk").token)
    board = Switchboard(phones, sandbox, {("ringing", ""): [Dial(numbers=("phone:front-desk",))]})
    board.place(answering_number="client:front_desk", outcome="answered")
    found = {(each.kind, each.answered_by) for each in board.events if each.kind in ("answered", "not_answered")}
    assert found == {("answered", "phone:front-desk") if signed_in else ("not_answered", None)}


def test_a_call_back_rings_the_browser_first(phones: Twilio, sandbox: Sandbox, client: Client) -> None:
    sandbox.know_number(NUMBER)
    call = CallBack(key="key-1", tracking_number=NUMBER, person_number="+13125550155", user_number="phone:front-desk")
    assert phones.place_call(call).status == "accepted"
    assert [each.to for each in client.calls.list()] == ["client:front_desk"]


def test_phones_in_browsers_need_an_api_key_and_names_that_a_flow_can_write() -> None:
    account = {"account_sid": "AC" + "0" * 32, "auth_token": "secret"}
    key = {"rest_key_sid": "SK" + "0" * 32, "rest_key_secret": "secret"}
    with pytest.raises(ValidationError, match="rest_key_sid"):
        Twilio.Settings.model_validate(account | {"browser_phones": PHONES})
    with pytest.raises(ValidationError, match="browser_phones"):
        Twilio.Settings.model_validate(account | key | {"browser_phones": {"Front Desk": "desk@example.com"}})
    assert Twilio.Settings.model_validate(account | key | {"browser_phones": PHONES}).phone_names() == PHONES
