"""What the plugin asks Plivo for, and what it makes of each answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from plivo_wire import BUSINESS, CALL, CALLER, CHILD, CLOCK, HUB, LEG, TEXT, TRACKING, play, setup, simulated

from hub.api import (
    AuthError,
    BadSignature,
    CallEvent,
    ConfigError,
    PersonReference,
    Rejected,
    RetryLater,
    WebhookRequest,
)
from hub.api.carriers import Dial, NumberQuery
from hub.api.twiml import USER_LEG
from hub.testing import connect
from plugins.carriers.plivo import Plivo
from plugins.carriers.plivo.rest import Rest
from plugins.carriers.plivo.sandbox import Sandbox


@contextmanager
def answering(plivo: Plivo, **replies: Any) -> Iterator[list[httpx2.Request]]:
    """Plivo answers each path that ends in a name with a reply: a status, or JSON."""
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        name = request.url.path.rstrip("/").rpartition("/")[2]
        reply = replies.get(name, replies.get("other", 404))
        return httpx2.Response(reply) if isinstance(reply, int) else httpx2.Response(200, **reply)

    before, http = plivo._rest, httpx2.Client(transport=httpx2.MockTransport(answer))
    plivo._rest = Rest(plivo.settings, replace(plivo.services, http=lambda: http))
    yield sent
    plivo._rest = before


def test_an_empty_token_is_no_token() -> None:
    for settings in ({"auth_token": " "}, {"earlier_auth_tokens": [""]}):
        with pytest.raises(ConfigError, match="empty auth token"):
            connect(Plivo, Sandbox(CLOCK), **settings)


# Numbers


def test_offers_are_filtered_where_plivo_cannot(plivo: Plivo) -> None:
    found = plivo.search_numbers(NumberQuery(area_code="415", contains="55501*7", limit=3))
    assert [offer.number for offer in found] == ["+14155550107", "+14155550117", "+14155550127"]
    assert found[0].monthly_price and str(found[0].monthly_price.amount) == "0.80000" and "mms" in found[0].capabilities
    assert plivo.search_numbers(NumberQuery(kind="toll_free", limit=1))[0].number == "+18005550100"
    assert plivo.search_numbers(NumberQuery(country="GB", kind="mobile", limit=1))[0].number == "+447700900000"
    with pytest.raises(Rejected, match="two capital letters"):
        plivo.search_numbers(NumberQuery(country="usa"))


def test_a_number_that_is_set_up_is_not_written_again(plivo: Plivo, sandbox: Sandbox) -> None:
    sandbox.know_number(TRACKING)
    first = plivo.configure_number(setup(TRACKING))
    with sandbox.listening() as heard:
        assert plivo.configure_number(setup(TRACKING)) == first
    assert {request.method for request in heard} == {"GET"}
    assert (first.label, first.message_url, first.message_fallback_url) == ("spring flyer", f"{HUB}/message", None)


def test_a_number_of_another_application_has_no_known_addresses(plivo: Plivo, sandbox: Sandbox) -> None:
    sandbox.own(TRACKING[1:], "1234567")
    (shown,) = plivo.list_numbers()
    assert (shown.voice_url, shown.fallback_url, shown.status_url, shown.message_url) == (None, None, None, None)


def test_an_order_that_plivo_has_not_filled_is_looked_for_later(plivo: Plivo) -> None:
    with (
        answering(plivo, other={"json": {"status": "pending"}}) as sent,
        pytest.raises(RetryLater, match="hub numbers list"),
    ):
        plivo.buy_number(TRACKING, setup(TRACKING))
    assert [request.method for request in sent] == ["POST"]
    for number in ("3125550142", "x", "+1"):
        with pytest.raises(Rejected):
            plivo.buy_number(number, setup(number))


# Recordings


def during(plivo: Plivo, sandbox: Sandbox, deed: Any) -> list[CallEvent]:
    """A recorded call, with a deed while both people talk; what the webhooks told."""
    told: list[CallEvent] = []

    def exchange(request: WebhookRequest) -> Any:
        for event in plivo.parse_webhook(request):
            told.append(event)  # type: ignore[arg-type]
            if getattr(event, "kind", "") == "answered" and deed is not None:
                done.append(deed(event)) if not done else None
        point = plivo.verify_webhook(request).answer
        record = Dial(numbers=(BUSINESS,), record=True)
        return plivo.render_answer(point, (record,) if point.moment == "ringing" else ()) if point else None

    done: list[Any] = []
    sandbox.place_call(simulated(), plivo.services.webhook_url, exchange)
    return told


def test_a_paused_call_has_two_recordings(plivo: Plivo, sandbox: Sandbox) -> None:
    def card(event: CallEvent) -> None:
        plivo.control_recording(event.call_id, "pause")
        plivo.control_recording(event.call_id, "resume")
        plivo.control_recording(event.call_id, "resume")

    told = during(plivo, sandbox, card)
    recorded = [event for event in told if event.kind == "recorded"]
    assert len({event.recording_id for event in recorded}) == 2 and len(sandbox.recordings()) == 2
    assert {event.call_id for event in recorded} == {told[0].call_id}


def test_a_recording_begins_only_where_the_hub_has_ended_one(plivo: Plivo, sandbox: Sandbox) -> None:
    during(plivo, sandbox, lambda event: plivo.control_recording(event.call_id, "resume"))
    assert len(sandbox.recordings()) == 1, "nothing was paused, so nothing begins"
    with pytest.raises(Rejected, match="not being recorded"):
        plivo.control_recording(LEG, "pause")
    with pytest.raises(Rejected, match="not asked"):
        plivo.control_recording("../Number/1", "pause")


def test_a_pause_is_forgotten_after_a_day(plivo: Plivo, sandbox: Sandbox) -> None:
    with answering(plivo, Record=204) as sent:
        plivo.control_recording(LEG, "pause")
        CLOCK.advance(hours=25)
        plivo.control_recording(LEG, "resume")
    assert [request.method for request in sent] == ["DELETE"]


def test_the_token_goes_to_plivos_own_hosts_alone(plivo: Plivo) -> None:
    address = f"{plivo.settings.base_url}/v1/Account/{plivo.settings.auth_id}/Recording/{LEG}/"
    sound = {"content": b"RIFF....", "headers": {"content-type": "audio/wav"}}
    stored = "http://s3.amazonaws.com/recordings_2013/a.wav"
    with answering(plivo, **{LEG: {"json": {"recording_url": stored}}, "a.wav": sound}) as sent:
        assert plivo.fetch_recording(LEG, address).content_type == "audio/wav"
    assert [str(request.url) for request in sent][1] == "https://s3.amazonaws.com/recordings_2013/a.wav"
    assert ["authorization" in request.headers for request in sent] == [True, False]
    for elsewhere in (
        "https://s3.amazonaws.com/other/a.wav",
        "https://evil.example.com/a.wav",
        None,
        "https://media.plivo.com@evil.example.com/a",
    ):
        link = {"json": {"recording_url": elsewhere}}
        with answering(plivo, **{LEG: link, "a.wav": sound}) as sent, pytest.raises(Rejected):
            plivo.fetch_recording(LEG, address)
        assert len(sent) == 1, "only the API was asked"


def test_what_is_no_audio_is_tried_again(plivo: Plivo) -> None:
    address = f"{plivo.settings.base_url}/v1/Account/{plivo.settings.auth_id}/Recording/{LEG}/"
    link = {"json": {"recording_url": f"{plivo.settings.media_url}/a.wav"}}
    with answering(plivo, **{LEG: link, "a.wav": {"content": b"<html>"}}), pytest.raises(RetryLater):
        plivo.fetch_recording(LEG, address)


# Calls back


def picked_up(plivo: Plivo, sandbox: Sandbox) -> WebhookRequest:
    return sandbox.answer_request(str(plivo.place_call(CALL).reference))


def test_the_person_is_dialed_as_soon_as_the_user_has_picked_up(plivo: Plivo, sandbox: Sandbox) -> None:
    verified = plivo.verify_webhook(picked_up(plivo, sandbox))
    assert verified.answer is None and verified.document is not None
    assert f'callerId="{TRACKING}"' in verified.document.body and f">{CALLER}</Number>" in verified.document.body
    assert f'timeout="{CALL.person_ring_seconds}"' in verified.document.body


def test_the_persons_number_is_in_no_address(plivo: Plivo, sandbox: Sandbox) -> None:
    request = picked_up(plivo, sandbox)
    (body,) = sandbox.placed.values()
    addresses = [value for name, value in body.items() if name.endswith("_url")]
    assert len(addresses) == 3 and not [one for one in addresses if CALLER[1:] in one or CALLER[-7:] in one]
    (event,) = plivo.parse_webhook(request)
    assert (event.leg, event.status, event.key) == ("user", "answered", CALL.key)  # type: ignore[union-attr]


def test_another_person_cannot_be_put_into_the_address(plivo: Plivo, sandbox: Sandbox) -> None:
    request = picked_up(plivo, sandbox)
    others = connect(Plivo, Sandbox(CLOCK, "another account"), clock=CLOCK)
    stranger = Sandbox(CLOCK, "another account")
    theirs = stranger.addresses(HUB).of(USER_LEG, TRACKING, "x", "call-1")
    for url in (request.url.replace("call-1", "call-2"), theirs):
        with pytest.raises(BadSignature):
            plivo.verify_webhook(sandbox.form_webhook(url, {"CallUUID": LEG, "CallStatus": "in-progress"}, CLOCK()))
    own = sandbox.addresses(HUB).of(USER_LEG, TRACKING, "gAAAAAB-nonsense", "call-1")
    fields = {"CallUUID": LEG, "CallStatus": "in-progress"}
    assert plivo.verify_webhook(sandbox.form_webhook(own, fields, CLOCK())).document is None
    with pytest.raises(BadSignature):
        others.verify_webhook(request)


def test_the_call_is_connected_while_the_token_is_replaced(plivo: Plivo, sandbox: Sandbox) -> None:
    request = picked_up(plivo, sandbox)
    settings = {"auth_token": "second token", "earlier_auth_tokens": [sandbox.tokens[0]]}
    later = connect(Plivo, sandbox, clock=CLOCK, **settings).verify_webhook(request)
    assert later.document is not None and CALLER in later.document.body


# Refusals, texts and people


def test_403_on_one_call_or_text_does_not_say_that_the_token_is_wrong(plivo: Plivo) -> None:
    with answering(plivo, other=403):
        assert plivo.place_call(CALL).code == plivo.send_text(TEXT).code == "403"
        with pytest.raises(AuthError):
            plivo.list_numbers()


def test_a_picture_goes_out_as_mms(plivo: Plivo) -> None:
    accepted = {"json": {"message_uuid": [LEG]}}
    with answering(plivo, Message=accepted) as sent:
        plivo.send_text(replace(TEXT, body="", media_urls=("https://calls.example.com/a.png",)))
        plivo.send_text(TEXT)
    mms, sms = (json.loads(request.content) for request in sent)
    assert (mms["type"], mms["media_urls"], "text" in mms) == ("mms", ["https://calls.example.com/a.png"], False)
    assert (sms["type"], sms["src"], sms["dst"], sms["url"]) == (
        "sms",
        TRACKING[1:],
        CALLER[1:],
        f"{plivo.services.webhook_url}/text",
    )


def test_a_voice_message_is_one_in_the_list_too(plivo: Plivo, sandbox: Sandbox) -> None:
    since = CLOCK()
    told = play(sandbox, plivo, outcome="voicemail", talk=timedelta(seconds=20))
    CLOCK.advance(hours=1)
    listed = [event for event in plivo.list_calls(since) if event.recording_id]
    assert [(event.kind, event.recording_duration, event.recording_url) for event in listed] == [
        (event.kind, event.recording_duration, event.recording_url) for event in told if event.recording_id
    ]
    assert listed[0].kind == "voicemail"


@pytest.mark.parametrize(
    ("record", "kinds"),
    [
        ({"answer_time": None, "hangup_cause_code": 1000}, ["ringing", "completed"]),
        ({"answer_time": None, "hangup_cause_code": 3010}, ["ringing", "failed"]),
        ({"answer_time": None, "hangup_cause_code": 8011}, ["ringing", "failed"]),
        ({"end_time": None}, []),
    ],
)
def test_a_call_record_is_read_by_its_cause(plivo: Plivo, record: dict[str, Any], kinds: list[str]) -> None:
    told = {
        "call_uuid": LEG,
        "parent_call_uuid": None,
        "call_direction": "inbound",
        "from_number": CALLER[1:],
        "to_number": TRACKING[1:],
        "initiation_time": "2026-06-28 19:39:04+05:30",
        "answer_time": "2026-06-28 19:39:05+05:30",
        "end_time": "2026-06-28 19:39:15+05:30",
        "call_duration": 11,
        "hangup_cause_code": 4010,
    }
    replies = {"Call": {"json": {"objects": [told | record], "meta": {"next": None}}}}
    with answering(plivo, **replies, Recording={"json": {"objects": [], "meta": {}}}):
        found = plivo.list_calls(CLOCK() - timedelta(days=900))
    assert [event.kind for event in found] == kinds
    assert not found or found[0].at.isoformat() == "2026-06-28T14:09:04+00:00"


def test_what_stays_at_plivo_is_said(plivo: Plivo, sandbox: Sandbox) -> None:
    play(sandbox, plivo)
    sandbox.message_webhook(CALLER, TRACKING, "the secret word", HUB)
    person = PersonReference(phone_numbers=(CALLER,), tracking_numbers=(TRACKING,), provider_ids=(CHILD,))
    held = plivo.export_person(person)
    assert [record.record_type for record in held] == ["recording", "call", "call", "text"]
    assert "secret word" not in repr(held)
    erased = plivo.erase_person(person)
    assert (erased.status, erased.records) == ("impossible", 1) and "support" in str(erased.reason)
    assert not sandbox.recordings() and len(plivo.export_person(person)) == 3


def test_the_check_says_what_is_wrong_with_the_application(plivo: Plivo, sandbox: Sandbox) -> None:
    assert plivo.check_connection().ok
    sandbox.application["enabled"] = False
    assert not plivo.check_connection().ok
    sandbox.application["enabled"] = True
