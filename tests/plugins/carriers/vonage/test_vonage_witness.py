"""What we ask Vonage for is what its own library asks for, and that library reads what the stand-in answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from vonage_http_client.errors import HttpRequestError

from hub.api import AuthError, ConfigError, PersonReference, Rejected, RetryLater
from hub.api.carriers import CallBack, NumberQuery, OutboundText
from hub.api.sandbox import HeardRequest, SimulatedCall
from hub.testing import connect, samples
from plugins.carriers.vonage import Vonage
from plugins.carriers.vonage.sandbox import Sandbox

NUMBER = "13125550142"
PERSON = "+14155550123"
URL = "https://calls.example.com/webhooks/vonage"
TEXT = OutboundText(key="text-1", sender=f"+{NUMBER}", recipient_number=PERSON, body="Your plumber comes at 5 pm.")
CALL = CallBack(key="call-1", tracking_number=f"+{NUMBER}", user_number="+13125550191", person_number=PERSON)
Ask = Callable[[Any], Any]


@pytest.fixture
def vonage(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Vonage:
    """With the machine's time, because Vonage's library makes its tokens with it."""
    monkeypatch.setattr(sandbox, "clock", lambda: datetime.now(UTC))
    return connect(Vonage, sandbox, clock=lambda: datetime.now(UTC))


def sent(request: HeardRequest) -> tuple[str, str, dict[str, str], Any]:
    kind = request.headers.get("content-type", "")
    body = json.loads(request.body) if "json" in kind and request.body else dict(parse_qsl(request.text))
    return request.method, request.path, dict(parse_qsl(request.query)), body or None


def a_call(us: Vonage) -> Any:
    return us.place_call(CALL)


def their_call(them: SimpleNamespace) -> Any:
    from vonage_voice import CreateCallRequest
    from vonage_voice.models import Connect, Phone, PhoneEndpoint, ToPhone

    address = their_call.us.addresses.of  # type: ignore[attr-defined]
    connect = Connect(
        endpoint=[PhoneEndpoint(number=PERSON[1:])],
        from_=NUMBER,
        timeout=30,
        eventUrl=[address("outgoing_person", f"+{NUMBER}", "", "call-1")],
        eventMethod="POST",
    )
    return them.voice.create_call(
        CreateCallRequest(
            ncco=[connect],
            to=[ToPhone(number="13125550191")],
            from_=Phone(number=NUMBER),
            event_url=[address("outgoing_user", f"+{NUMBER}", "", "call-1")],
            event_method="POST",
            ringing_timer=20,
        )
    )


def their_text(them: SimpleNamespace) -> Any:
    from vonage_messages.models import Sms

    named = {"client_ref": "text-1", "webhook_url": f"{URL}/text", "webhook_version": "v1"}
    return them.messages.send(Sms(to=PERSON[1:], from_=NUMBER, text=TEXT.body, **named))


def their_pictures(them: SimpleNamespace) -> Any:
    from vonage_messages.models import MmsContent, MmsContentItemImage

    first, second = (f"https://calls.example.com/texts/pictures/{number}" for number in (1, 2))
    items = [MmsContentItemImage(url=first, caption=TEXT.body), MmsContentItemImage(url=second)]
    named = {"client_ref": "text-1", "webhook_url": f"{URL}/text", "webhook_version": "v1"}
    return them.messages.send(MmsContent(to=PERSON[1:], from_=NUMBER, content=items, **named))


def our_pictures(us: Vonage) -> Any:
    from dataclasses import replace

    urls = tuple(f"https://calls.example.com/texts/pictures/{number}" for number in (1, 2))
    return us.send_text(replace(TEXT, media_urls=urls))


def their_search(them: SimpleNamespace) -> Any:
    from vonage_numbers import SearchAvailableNumbersFilter

    asked = {"country": "US", "type": "mobile-lvn", "features": "VOICE", "pattern": "1312", "search_pattern": 0}
    return them.numbers.search_available_numbers(SearchAvailableNumbersFilter(**asked, size=3, index=1))


def their_calls(them: SimpleNamespace) -> Any:
    from vonage_voice import ListCallsFilter

    since = "2026-11-25T00:00:00Z"
    return them.voice.list_calls(ListCallsFilter(date_start=since, order="asc", record_index=0, page_size=100))


PAIRS: dict[str, tuple[Ask, Ask]] = {
    "a call back": (a_call, their_call),
    "a text": (lambda us: us.send_text(TEXT), their_text),
    "a text with pictures": (our_pictures, their_pictures),
    "a search": (lambda us: us.search_numbers(NumberQuery(area_code="312", limit=3)), their_search),
    "the call list": (lambda us: us.list_calls(datetime(2026, 11, 25, tzinfo=UTC)), their_calls),
    "the application": (
        lambda us: us._rest.application(),
        lambda them: them.application.get_application(them.auth.application_id),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_our_request_is_the_one_of_vonages_own_library(
    vonage: Vonage, client: SimpleNamespace, sandbox: Sandbox, name: str
) -> None:
    ours, theirs = PAIRS[name]
    their_call.us = vonage  # type: ignore[attr-defined]
    with sandbox.listening() as heard:
        ours(vonage)
        theirs(client)
    (mine, their) = map(sent, heard)
    assert mine == their
    schemes = [request.headers["authorization"].split()[0] for request in heard]
    assert schemes[0] == schemes[1]


@pytest.mark.parametrize(
    ("country", "kind", "vonages"),
    [
        ("US", "local", "mobile-lvn"),
        ("CA", "local", "mobile-lvn"),
        ("SE", "local", "landline"),
        ("US", "toll_free", "landline-toll-free"),
        ("GB", "mobile", "mobile-lvn"),
    ],
)
def test_local_numbers_of_north_america_are_searched_under_the_type_that_vonage_gives_them(
    vonage: Vonage, sandbox: Sandbox, country: str, kind: Any, vonages: str
) -> None:
    """rest.nexmo.com answers `country=US` with `mobile-lvn` only and `country=SE` with `landline` also
    (developer.vonage.com/en/numbers/guides/numbers-cli, read 2026-11-30)."""
    with sandbox.listening() as heard:
        vonage.search_numbers(NumberQuery(country=country, kind=kind, limit=1))
    assert sent(heard[0])[2]["type"] == vonages


def test_vonages_library_buys_joins_lists_and_cancels_a_number(client: SimpleNamespace, sandbox: Sandbox) -> None:
    from vonage_numbers import NumberParams, UpdateNumberParams
    from vonage_numbers.errors import NumbersError

    named = {"country": "US", "msisdn": NUMBER}
    assert client.numbers.buy_number(NumberParams(**named)).error_code == "200"
    client.numbers.update_number(UpdateNumberParams(**named, app_id=sandbox.account_sid))
    (owned,), count, following = client.numbers.list_owned_numbers()
    assert (owned.msisdn, owned.app_id, count, following) == (NUMBER, sandbox.account_sid, 1, None)
    client.numbers.cancel_number(NumberParams(**named))
    assert client.numbers.list_owned_numbers() == ([], 0, None)
    with pytest.raises((HttpRequestError, NumbersError)):
        client.numbers.cancel_number(NumberParams(**named))


def test_vonages_library_reads_a_call_that_was_played_and_the_application_after_our_set_up(
    vonage: Vonage, client: SimpleNamespace, sandbox: Sandbox
) -> None:
    call = SimulatedCall(
        caller_number=PERSON, tracking_number=f"+{NUMBER}", answering_number="+13125550191", started_at=sandbox.clock()
    )
    sandbox.webhooks(call, URL)
    legs, _ = client.voice.list_calls()
    assert {(leg.direction, leg.status) for leg in legs} == {("inbound", "completed"), ("outbound", "completed")}
    assert len({leg.conversation_uuid for leg in legs}) == 1
    sandbox.know_number(f"+{NUMBER}")
    setup = samples.number_setup(f"+{NUMBER}", URL)
    timed = {"address": "https://example.com/old", "http_method": "GET", "socket_timeout": 3000}
    sandbox.application["capabilities"]["voice"] = {"webhooks": {"answer_url": timed}, "region": "eu-west"}
    vonage.configure_number(setup)
    shown = client.application.get_application(sandbox.account_sid)
    hooks = shown.capabilities.voice.webhooks
    assert (hooks.answer_url.address, hooks.answer_url.http_method) == (setup.voice_url, "POST")
    assert shown.capabilities.voice.signed_callbacks and shown.capabilities.messages.authenticate_inbound_media
    assert shown.capabilities.messages.webhooks.status_url.address == f"{URL}/text"
    assert (hooks.answer_url.socket_timeout, shown.capabilities.voice.region) == (3000, "eu-west")
    assert shown.capabilities.verify is not None, (
        "a PUT replaces the application, so what is not ours goes back as it was"
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/calls", {"to": [{"type": "phone", "number": "+13125550191"}]}),
        ("/v1/messages", {"channel": "sms", "message_type": "text", "to": "13125550191", "from": NUMBER}),
        ("/v1/messages", {"channel": "sms", "message_type": "text", "to": "+1", "from": NUMBER, "text": "x"}),
        ("/v1/messages", {"channel": "fax", "message_type": "text", "to": "13125550191", "from": NUMBER, "text": "x"}),
    ],
)
def test_the_stand_in_refuses_what_vonage_refuses_with_problem_details(
    vonage: Vonage, path: str, body: dict[str, Any]
) -> None:
    with pytest.raises(Rejected, match="Vonage refuses"):
        vonage._rest.json("POST", path, json=body)


def test_too_many_requests_wait_and_a_refused_key_asks_for_another(vonage: Vonage, sandbox: Sandbox) -> None:
    sandbox.requests_per_second = 0
    with pytest.raises(RetryLater) as busy:
        vonage.list_numbers()
    assert busy.value.after == 1
    sandbox.requests_per_second = None
    sandbox.api_secret, kept = "another", sandbox.api_secret
    try:
        with pytest.raises(AuthError, match="api_secret"):
            vonage.list_numbers()
    finally:
        sandbox.api_secret = kept


@pytest.mark.parametrize("answer", ["low_balance", "out_of_credit"])
@pytest.mark.parametrize(("operation", "hook"), [("POST /v1/messages", "send_text"), ("POST /v1/calls", "place_call")])
def test_an_unpaid_bill_ends_no_text_and_no_call(
    vonage: Vonage, sandbox: Sandbox, answer: str, operation: str, hook: str
) -> None:
    """ "Top up your account in the Vonage Dashboard": developer.vonage.com/en/api-errors, read 2026-11-30."""
    asked = TEXT if hook == "send_text" else CALL
    sandbox.answer_next(answer, on=operation)
    with pytest.raises(ConfigError):
        getattr(vonage, hook)(asked)
    assert getattr(vonage, hook)(asked).status == "accepted"


def test_the_connection_is_checked_by_both_keys(vonage: Vonage, sandbox: Sandbox) -> None:
    assert vonage.check_connection().ok
    sandbox.application["capabilities"] = {"voice": {}}
    report = vonage.check_connection()
    assert not report.ok and "Messages" in report.detail


def test_a_number_that_vonage_forwards_itself_is_left_to_a_person(vonage: Vonage, sandbox: Sandbox) -> None:
    sandbox.know_number("+13125550143")
    sandbox.numbers["13125550143"] |= {"voiceCallbackType": "tel", "voiceCallbackValue": "13125550191"}
    with pytest.raises(Rejected, match="forwards this number itself"):
        vonage.configure_number(samples.number_setup("+13125550143", URL))


def test_what_vonage_keeps_of_a_person_is_said(vonage: Vonage, sandbox: Sandbox) -> None:
    call = SimulatedCall(
        caller_number=PERSON, tracking_number=f"+{NUMBER}", answering_number="+13125550191", started_at=sandbox.clock()
    )
    called = sandbox.place_call(call, URL, lambda request: None)
    request = sandbox.message_webhook(PERSON, f"+{NUMBER}", "Hello", URL)
    text_id = json.loads(request.body)["message_uuid"]
    person = PersonReference(phone_numbers=(PERSON,), tracking_numbers=(f"+{NUMBER}",), provider_ids=(called, text_id))
    sandbox.redacts = False
    kept = vonage.erase_person(person)
    assert kept.status == "impossible" and "Redact API" in str(kept.reason)
    sandbox.redacts = True
    sandbox.api_secret, right = "another", sandbox.api_secret
    with pytest.raises(AuthError):
        vonage.erase_person(person)
    sandbox.api_secret = right
    assert vonage.erase_person(person).records == 2
    assert sandbox.redacted == {called, text_id}
    assert vonage.export_person(person) == []
