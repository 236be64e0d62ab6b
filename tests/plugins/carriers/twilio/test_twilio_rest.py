"""Our REST side and the sandbox, each against Twilio's own client where it can be the witness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import structlog
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio_stage import CLOCK

from hub.api import CallEvent, Erasure, Money, PersonReference, Rejected, RetryLater
from hub.api.carriers import NumberOffer, NumberQuery, NumberSetup
from hub.api.sandbox import Fault, SimulatedCall
from hub.api.twiml import CallListReader
from hub.testing import connect
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox

TRACKING, CALLER, BUSINESS = "+13125550142", "+13125550143", "+13125550199"


def setup(number: str, label: str = "spring flyer") -> NumberSetup:
    base = "https://calls.example.com/webhooks/twilio"
    return NumberSetup(
        number=number,
        voice_url=f"{base}/voice",
        fallback_url=f"{base}/fallback",
        status_url=f"{base}/status",
        message_url=f"{base}/message",
        message_fallback_url=f"{base}/message_fallback",
        label=label,
    )


def play(sandbox: Sandbox, outcome: str = "answered", **changes: object) -> tuple[SimulatedCall, list[CallEvent]]:
    """A call as the webhooks tell it."""
    told = {"caller_number": CALLER, "tracking_number": TRACKING, "answering_number": BUSINESS, "started_at": CLOCK()}
    call = SimulatedCall(**{**told, "outcome": outcome, **changes})  # type: ignore[arg-type]
    connector = connect(Twilio, sandbox, clock=CLOCK)
    events = []
    for _, request in sandbox.webhooks(call, "https://calls.example.com/webhooks/twilio"):
        events += [event for event in connector.parse_webhook(request) if isinstance(event, CallEvent)]
    return call, events


# Numbers


def test_numbers_are_offered_with_place_and_price(twilio: Twilio) -> None:
    first, *rest = twilio.search_numbers(NumberQuery(area_code="312", limit=3))
    assert len(rest) == 2
    assert first == NumberOffer(
        number="+13125550100",
        kind="local",
        country="US",
        place="Chicago, IL",
        monthly_price=Money(Decimal("1.15"), "USD"),
        capabilities=("voice", "sms", "mms"),
    )
    assert twilio.search_numbers(NumberQuery(kind="toll_free", limit=1))[0].monthly_price == Money(
        Decimal("2.15"), "USD"
    )
    assert twilio.search_numbers(NumberQuery(contains="*0177"))[0].number == "+13125550177"
    assert twilio.search_numbers(NumberQuery(country="GB", kind="mobile", limit=1))[0].number == "+447700900000"


def test_numbers_are_found_even_where_prices_are_not_told(sandbox: Sandbox) -> None:
    with Sandbox(CLOCK) as closed:
        unpriced = connect(Twilio, sandbox, pricing_url=closed.url)  # type: ignore[attr-defined]
        closed.fail_next(Fault("status", 403))
        assert unpriced.search_numbers(NumberQuery(limit=1))[0].monthly_price is None


@pytest.mark.parametrize("country", ["", "us", "USA", "../..", "ZZ"])
def test_a_country_without_numbers_is_refused(twilio: Twilio, country: str) -> None:
    with pytest.raises(Rejected):
        twilio.search_numbers(NumberQuery(country=country))


def test_twilios_client_sees_what_we_bought_and_pointed(twilio: Twilio, client: Client) -> None:
    bought = twilio.buy_number(TRACKING, setup(TRACKING))
    (seen,) = client.incoming_phone_numbers.list(phone_number=TRACKING)
    wanted = setup(TRACKING)
    assert (seen.sid, seen.phone_number, seen.friendly_name) == (bought.provider_id, TRACKING, "spring flyer")
    assert (seen.voice_url, seen.voice_method) == (wanted.voice_url, "POST")
    assert (seen.voice_fallback_url, seen.status_callback) == (wanted.fallback_url, wanted.status_url)
    assert (seen.sms_url, seen.sms_method) == (wanted.message_url, "POST")
    assert (seen.sms_fallback_url, seen.sms_fallback_method) == (wanted.message_fallback_url, "POST")
    (listed,) = twilio.list_numbers()
    assert (listed.voice_url, listed.fallback_url, listed.status_url) == (
        wanted.voice_url,
        wanted.fallback_url,
        wanted.status_url,
    )
    assert (listed.message_url, listed.message_fallback_url) == (wanted.message_url, wanted.message_fallback_url)


def test_we_see_and_point_and_release_what_twilios_client_bought(twilio: Twilio, client: Client) -> None:
    assert client.available_phone_numbers("US").local.list(area_code=312, limit=1)[0].phone_number == "+13125550100"
    client.incoming_phone_numbers.create(phone_number=TRACKING, friendly_name="by hand")
    (found,) = twilio.list_numbers()
    assert (found.number, found.label, found.voice_url) == (TRACKING, "by hand", None)
    assert found.monthly_price == Money(Decimal("1.15"), "USD")
    pointed = twilio.configure_number(setup(TRACKING, label=""))
    assert pointed == twilio.configure_number(setup(TRACKING, label=""))
    assert (pointed.label, pointed.message_url) == ("by hand", setup(TRACKING).message_url)
    twilio.release_number(TRACKING)
    twilio.release_number(TRACKING)
    assert client.incoming_phone_numbers.list() == []


def test_a_number_that_is_not_ours_is_not_configured(twilio: Twilio) -> None:
    with pytest.raises(Rejected, match="not in this Twilio account"):
        twilio.configure_number(setup(TRACKING))


def test_a_number_that_is_gone_is_refused_with_twilios_code_and_no_number(twilio: Twilio) -> None:
    twilio.buy_number(TRACKING, setup(TRACKING))
    for number, code in ((TRACKING, "21422"), ("+13129999999", "21422"), ("nonsense", "21421")):
        with pytest.raises(Rejected) as refused:
            twilio.buy_number(number, setup(TRACKING))
        assert refused.value.code == code and number not in str(refused.value)


def test_all_pages_of_numbers_are_listed(twilio: Twilio, client: Client) -> None:
    for line in range(100, 107):
        client.incoming_phone_numbers.create(phone_number=f"+13125550{line}")
    listed = list(twilio.rest.pages("IncomingPhoneNumbers", {"PageSize": "3"}))
    assert len(listed) == len({item["sid"] for item in listed}) == 7
    assert len(client.incoming_phone_numbers.list(page_size=3)) == 7


# Calls


@pytest.mark.parametrize("outcome", ["answered", "voicemail", "abandoned"])
@pytest.mark.parametrize("caller", [CALLER, None])
def test_the_call_list_means_what_the_webhooks_mean(
    twilio: Twilio, sandbox: Sandbox, outcome: str, caller: str | None
) -> None:
    since = CLOCK()
    _, told = play(sandbox, outcome, caller_number=caller)

    def facts(events: list[CallEvent]) -> dict[str, tuple[object, ...]]:
        return {
            event.kind: (
                event.call_id,
                event.at,
                event.tracking_number,
                event.duration,
                event.answered_by,
                event.recording_id,
                event.recording_url,
                event.recording_duration,
            )
            for event in reversed(events)
        }

    listed = list(twilio.list_calls(since))
    assert facts(listed) == facts(told)
    assert {event.caller_number for event in listed if event.kind in ("ringing", "completed")} == {caller}


def test_only_calls_since_a_time_are_listed_through_all_pages(twilio: Twilio, sandbox: Sandbox, client: Client) -> None:
    play(sandbox, started_at=CLOCK() - timedelta(days=1))
    for minute in range(5):
        play(sandbox, started_at=CLOCK() + timedelta(minutes=minute))
    listed = twilio.list_calls(CLOCK() + timedelta(minutes=1))
    assert sum(event.kind == "ringing" for event in listed) == 4
    assert len(client.calls.list(start_time_after=CLOCK() + timedelta(minutes=1), page_size=3)) == 8
    assert twilio.list_calls(CLOCK() + timedelta(days=1)) == []


def test_twilios_client_reads_the_sandboxes_calls_and_recordings(sandbox: Sandbox, client: Client) -> None:
    _, events = play(sandbox)
    parent = client.calls(events[0].call_id).fetch()
    assert (parent.status, parent.direction, parent.duration) == ("completed", "inbound", "98")
    assert parent.start_time == CLOCK() and parent.end_time == CLOCK() + timedelta(seconds=98)
    (child,) = client.calls.list(parent_call_sid=parent.sid)
    assert (child.parent_call_sid, child.direction, child.duration) == (parent.sid, "outbound-dial", "90")
    (recording,) = client.calls(parent.sid).recordings.list()
    assert (recording.sid, recording.source, recording.duration) == (events[-1].recording_id, "DialVerb", "90")
    assert client.recordings.list(date_created_after=CLOCK() + timedelta(days=1)) == []


READER = CallListReader(
    "Twilio",
    Twilio.webhook.call_id_form,
    lambda item, call_id, number: pytest.fail("no recording"),
    structlog.get_logger(),
)
LEG = {
    "sid": "CA" + "1" * 32,
    "status": "completed",
    "direction": "inbound",
    "from": CALLER,
    "to": TRACKING,
    "start_time": "Tue, 24 Nov 2026 15:00:00 +0000",
    "end_time": "Tue, 24 Nov 2026 15:01:00 +0000",
    "duration": "60",
}


def kinds(leg: dict[str, object], children: list[dict[str, object]]) -> list[str]:
    return [event.kind for event in READER.call(leg, children)]


def test_of_several_dialed_legs_the_one_that_picked_up_counts() -> None:
    missed = {**LEG, "status": "no-answer", "duration": "0"}
    assert kinds(LEG, [missed, LEG]) == ["ringing", "answered", "completed"]
    assert kinds(LEG, [missed, missed]) == ["ringing", "not_answered", "completed"]


@pytest.mark.parametrize(
    ("to", "number", "device"),
    [
        ("client:front_desk", "phone:front-desk", "client"),
        ("sip:kim@example.com", None, "sip"),
        ("sim:DE0123456789abcdef0123456789abcdef", None, "sim"),
        ("+13125550190", "+13125550190", None),
    ],
)
def test_a_leg_to_a_device_says_what_picked_up_and_a_number_does_not(
    to: str, number: str | None, device: str | None
) -> None:
    events = READER.call(LEG, [{**LEG, "to": to}])
    (answer,) = [event for event in events if event.kind == "answered"]
    assert (answer.answered_by, answer.answered_device) == (number, device)


@pytest.mark.parametrize(
    ("status", "kind"),
    [("no-answer", "completed"), ("canceled", "completed"), ("busy", "failed"), ("failed", "failed")],
)
def test_a_call_that_never_got_through_is_no_answered_call(status: str, kind: str) -> None:
    assert kinds({**LEG, "status": status}, []) == ["ringing", kind]


def test_a_call_that_goes_on_is_not_listed() -> None:
    assert kinds({**LEG, "status": "in-progress", "end_time": None}, []) == []


@pytest.mark.parametrize(
    "spoiled", [{"sid": None}, {"status": "?"}, {"end_time": "noon"}, {"duration": "-5"}, {"to": "sip:a@example.com"}]
)
def test_an_unreadable_call_does_not_hide_the_others(
    twilio: Twilio, sandbox: Sandbox, spoiled: dict[str, object]
) -> None:
    since = CLOCK()
    _, spoilt = play(sandbox)
    play(sandbox)
    sandbox.calls[spoilt[0].call_id] |= spoiled
    assert sum(event.kind == "ringing" for event in twilio.list_calls(since)) == 1


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"media_url": "http://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"}, True),
        ({"media_url": None}, True),
        ({"media_url": "https://files.example.net/a.wav"}, False),
        ({"duration": "-5"}, False),
        ({"date_updated": "noon"}, False),
    ],
)
def test_an_odd_recording_does_not_hide_its_call(
    twilio: Twilio, sandbox: Sandbox, changes: dict[str, object], kept: bool
) -> None:
    since = CLOCK()
    _, events = play(sandbox)
    sandbox.held_recordings[str(events[-1].recording_id)] |= changes
    listed = [event.kind for event in twilio.list_calls(since)]
    assert listed == ["ringing", "answered", "completed"] + ["recorded"] * kept


# Recordings


def test_a_recording_is_fetched_from_twilio_whatever_the_address_says(twilio: Twilio, sandbox: Sandbox) -> None:
    _, events = play(sandbox)
    recording_id, url = str(events[-1].recording_id), str(events[-1].recording_url)
    audio = twilio.fetch_recording(recording_id, url)
    assert (audio.content_type, audio.data[:2]) == ("audio/x-wav", b"RI")
    for foreign in (url.replace("127.0.0.1", "127.0.0.2"), "http://[::1", "", f"{sandbox.url}@example.com/"):
        with pytest.raises(Rejected):
            twilio.fetch_recording(recording_id, foreign)
    for odd in ("../Calls", "RE1", "", f"{recording_id}/x"):
        with pytest.raises(Rejected):
            twilio.fetch_recording(odd, url)


def test_a_recording_that_is_gone_is_refused(twilio: Twilio, sandbox: Sandbox) -> None:
    with pytest.raises(Rejected, match="20404"):
        twilio.fetch_recording("RE" + "0" * 32, f"{sandbox.url}/a")


# A person's requests


def test_a_person_gets_all_that_twilio_holds_and_has_it_erased(
    twilio: Twilio, sandbox: Sandbox, client: Client
) -> None:
    webhook_url = "https://calls.example.com/webhooks/twilio"
    _, events = play(sandbox)
    play(sandbox, caller_number="+13125550177")
    sandbox.message_webhook(CALLER, TRACKING, "Is 5 pm ok?", webhook_url)
    sandbox.message_webhook("+13125550177", TRACKING, "no", webhook_url)
    person = PersonReference(phone_numbers=(CALLER, "+13125550166"), tracking_numbers=(TRACKING,))
    records = twilio.export_person(person)
    assert [record.record_type for record in records] == ["call", "recording", "call", "text"]
    assert records[1].record_id == events[-1].recording_id and records[1].fields["duration"] == "90"
    assert records[2].record_id == events[0].call_id
    assert records[-1].fields["body"] == "Is 5 pm ok?"
    assert twilio.erase_person(person) == Erasure(status="erased", records=4)
    assert twilio.erase_person(person) == Erasure(status="nothing_held")
    assert twilio.export_person(person) == []
    assert {call._from for call in client.calls.list()} == {"+13125550177"}
    assert [text.body for text in client.messages.list()] == ["no"]
    assert len(client.recordings.list()) == 1


# Signing in, and failing


def test_too_many_requests_wait_as_long_as_twilio_says(twilio: Twilio, sandbox: Sandbox, client: Client) -> None:
    sandbox.requests_per_second = 2
    CLOCK.advance(seconds=5)
    twilio.list_numbers()
    twilio.list_numbers()
    with pytest.raises(RetryLater, match="20429") as refused:
        twilio.list_numbers()
    assert refused.value.after == 1
    with pytest.raises(TwilioRestException) as seen:
        client.calls("CA" + "0" * 32).fetch()
    assert (seen.value.status, seen.value.code) == (429, 20429)
    CLOCK.advance(seconds=1)
    assert twilio.list_numbers() == []


@pytest.mark.parametrize("fault", [Fault("status", 500), Fault("status", 503, retry_after=9), Fault("garbage")])
def test_trouble_at_twilio_is_tried_later(twilio: Twilio, sandbox: Sandbox, fault: Fault) -> None:
    sandbox.fail_next(fault)
    with pytest.raises(RetryLater) as refused:
        twilio.buy_number(TRACKING, setup(TRACKING))
    assert refused.value.after == fault.retry_after


def test_a_twilio_that_cannot_be_reached_is_tried_later() -> None:
    nowhere = connect(Twilio, Sandbox(), base_url="http://127.0.0.1:9")
    with pytest.raises(RetryLater, match="cannot be reached"):
        nowhere.list_calls(datetime(2026, 11, 24, tzinfo=UTC))


def test_unknown_paths_are_answered_as_twilio_does(client: Client) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.conferences("CF" + "0" * 32).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)


def test_the_sandbox_makes_the_same_ids_from_the_same_seed() -> None:
    one, same, other = Sandbox(CLOCK), Sandbox(CLOCK), Sandbox(CLOCK, seed="other")
    assert one.account_sid == same.account_sid != other.account_sid
    assert play(one)[1] == play(same)[1] != play(other)[1]
