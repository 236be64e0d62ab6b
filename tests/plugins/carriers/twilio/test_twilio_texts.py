"""Texts through Twilio, with Twilio's own client as the witness of what was sent and kept."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import httpx2
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio_stage import CLOCK

from hub.api import BadPayload, ConfigError, OutcomeUnknown, PersonReference, Rejected, RetryLater
from hub.api.carriers import MessageEvent, MessageStatusEvent, OutboundText
from hub.api.sandbox import Fault
from hub.testing import connect
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox
from plugins.carriers.twilio.translate import REASONS

TRACKING, CALLER = "+13125550142", "+13125550143"
TEXT = OutboundText(key="text-1", sender=TRACKING, recipient_number=CALLER, body="We come at 5 pm.")
BASE = "https://calls.example.com/webhooks/twilio"
PICTURE = b"\x89PNG picture"


def status_webhook(sandbox: Sandbox, **fields: str) -> MessageStatusEvent | None:
    told = {"AccountSid": sandbox.account_sid, "MessageSid": "SM" + "1" * 32, "From": TRACKING, "To": CALLER, **fields}
    twilio = connect(Twilio, sandbox, clock=CLOCK)
    request = sandbox.form_webhook(f"{BASE}/text", told, CLOCK())
    twilio.verify_webhook(request)
    events = twilio.parse_webhook(request)
    return events[0] if events else None  # type: ignore[return-value]


def test_twilios_client_sees_the_text_that_we_sent(twilio: Twilio, client: Client, sandbox: Sandbox) -> None:
    receipt = twilio.send_text(TEXT)
    (seen,) = client.messages.list()
    assert (seen.sid, seen.from_, seen.to, seen.body) == (receipt.reference, TRACKING, CALLER, TEXT.body)
    assert (seen.status, seen.direction, seen.num_media) == ("queued", "outbound-api", "0")
    assert sandbox.status_callbacks[seen.sid] == f"{BASE}/text"


def test_a_text_that_twilio_sends_to_the_fallback_is_the_same_text(twilio: Twilio, sandbox: Sandbox) -> None:
    first = sandbox.message_webhook(CALLER, TRACKING, "STOP", BASE)
    fields = dict(parse_qsl(first.body.decode())) | {"ErrorCode": "11200", "ErrorUrl": f"{BASE}/message"}
    second = sandbox.form_webhook(f"{BASE}/message_fallback", fields, first.received_at)
    assert twilio.verify_webhook(first) == twilio.verify_webhook(second)
    assert twilio.parse_webhook(first) == twilio.parse_webhook(second) != []


def test_a_picture_goes_out_by_its_address(twilio: Twilio, client: Client) -> None:
    urls = ("https://calls.example.com/media/1.png", "https://calls.example.com/media/2.png")
    receipt = twilio.send_text(replace(TEXT, body=None, media_urls=urls))
    seen = client.messages(str(receipt.reference)).fetch()
    assert (seen.num_media, seen.body) == ("2", "")


def test_we_see_what_twilios_client_sees_of_a_stop(twilio: Twilio, client: Client, sandbox: Sandbox) -> None:
    sandbox.message_webhook(CALLER, TRACKING, " stop ", BASE)
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=CALLER, from_=TRACKING, body="hello")
    receipt = twilio.send_text(TEXT)
    assert (receipt.status, receipt.code, receipt.opted_out) == ("rejected", str(refused.value.code), True)
    assert receipt.reason == REASONS["21610"]
    sandbox.message_webhook(CALLER, TRACKING, "START", BASE)
    assert twilio.send_text(TEXT).status == "accepted"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"recipient_number": "12345"}, "21211"), ({"body": None}, "21602"), ({"body": "x" * 1601}, "21617")],
)
def test_a_text_that_twilio_refuses_is_rejected_with_its_code(
    twilio: Twilio, changes: dict[str, str | None], code: str
) -> None:
    receipt = twilio.send_text(replace(TEXT, **changes))  # type: ignore[arg-type]
    assert (receipt.status, receipt.code, receipt.opted_out) == ("rejected", code, False)
    assert receipt.reason and CALLER not in receipt.reason


@pytest.mark.parametrize("status", [500, 502, 504, 408])
def test_trouble_after_the_text_was_handed_over_leaves_its_outcome_unknown(
    twilio: Twilio, sandbox: Sandbox, status: int
) -> None:
    sandbox.fail_next(Fault("status", status))
    with pytest.raises(OutcomeUnknown, match="check the provider's log"):
        twilio.send_text(TEXT)


def test_a_text_that_never_left_is_tried_later() -> None:
    nowhere = connect(Twilio, Sandbox(), base_url="http://127.0.0.1:9")
    with pytest.raises(RetryLater, match="cannot be reached"):
        nowhere.send_text(TEXT)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "delivered"),
        ("undelivered", "failed"),
        ("failed", "failed"),
    ],
)
def test_a_status_is_told_in_our_words(sandbox: Sandbox, word: str, status: str) -> None:
    told = status_webhook(sandbox, MessageStatus=word, ErrorCode="30007" if status == "failed" else "")
    assert told is not None and (told.status, told.message_id) == (status, "SM" + "1" * 32)
    assert (told.code, told.reason) == (("30007", REASONS["30007"]) if status == "failed" else (None, None))


def test_a_failure_for_a_stop_is_a_revocation(sandbox: Sandbox) -> None:
    told = status_webhook(sandbox, MessageStatus="failed", ErrorCode="21610")
    assert told is not None and told.opted_out
    unknown = status_webhook(sandbox, MessageStatus="failed", ErrorCode="99999")
    assert unknown is not None and unknown.reason and not unknown.opted_out


@pytest.mark.parametrize("word", ["accepted", "scheduled", "queued", "sending"])
def test_a_text_on_its_way_tells_nothing(sandbox: Sandbox, word: str) -> None:
    assert status_webhook(sandbox, MessageStatus=word) is None


@pytest.mark.parametrize("word", ["teleported", "", "<b>"])
def test_a_status_that_twilio_does_not_have_is_parked(sandbox: Sandbox, word: str) -> None:
    with pytest.raises(BadPayload):
        status_webhook(sandbox, MessageStatus=word)


@pytest.mark.parametrize(
    ("said", "word"), [("STOP", "stop"), ("START", "start"), ("HELP", "help"), ("", None), ("X", None)]
)
def test_what_twilio_took_a_text_for_is_handed_on(
    twilio: Twilio, sandbox: Sandbox, said: str, word: str | None
) -> None:
    plain = sandbox.message_webhook(CALLER, TRACKING, "Arrêt", BASE)
    body = plain.body + (f"&{urlencode({'OptOutType': said})}".encode() if said else b"")
    (event,) = twilio.parse_webhook(replace(plain, body=body))
    assert isinstance(event, MessageEvent) and event.opt_word == word


def test_a_picture_is_fetched_where_twilio_sends_on_to(twilio: Twilio, sandbox: Sandbox) -> None:
    (event,) = twilio.parse_webhook(sandbox.message_webhook(CALLER, TRACKING, "", BASE, [PICTURE]))
    assert isinstance(event, MessageEvent)
    assert twilio.fetch_media(event.media_urls[0]).data == PICTURE
    assert httpx2.get(event.media_urls[0]).status_code == 401, "the address alone is not enough"
    elsewhere = connect(Twilio, sandbox, clock=CLOCK, media_url="https://mms.example.com")
    with pytest.raises(Rejected, match="not its own for pictures"):
        elsewhere.fetch_media(event.media_urls[0])


@pytest.mark.parametrize("path", ["Calls.csv", "Messages/SM1/Media/ME1", "Keys.json", "Messages", "../Messages"])
def test_nothing_but_a_picture_is_fetched_with_our_credentials(twilio: Twilio, sandbox: Sandbox, path: str) -> None:
    with pytest.raises(Rejected, match="not that of a text's picture"):
        twilio.fetch_media(f"{sandbox.url}/2010-04-01/Accounts/{sandbox.account_sid}/{path}")


def test_a_persons_pictures_are_erased_with_their_texts(twilio: Twilio, sandbox: Sandbox) -> None:
    (event,) = twilio.parse_webhook(sandbox.message_webhook(CALLER, TRACKING, "", BASE, [PICTURE]))
    assert isinstance(event, MessageEvent)
    twilio.send_text(TEXT)
    assert twilio.erase_person(PersonReference(phone_numbers=(CALLER,), tracking_numbers=(TRACKING,))).records == 2
    with pytest.raises(Rejected, match="20404"):
        twilio.fetch_media(event.media_urls[0])


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("21611", RetryLater),
        ("60728", RetryLater),
        ("63038", RetryLater),
        ("20429", RetryLater),
        ("10001", ConfigError),
    ],
)
def test_a_full_queue_a_limit_and_an_account_without_money_end_no_text(
    twilio: Twilio, sandbox: Sandbox, code: str, error: type[Exception]
) -> None:
    """ "Slow down your sending rate", "wait until the next day", "add funds": twilio.com/docs/api/errors, read 2026-11-30."""
    sandbox.answer_next(code, on="POST /2010-04-01/Accounts/{account}/Messages.json")
    with pytest.raises(error):
        twilio.send_text(TEXT)
    assert twilio.send_text(TEXT).status == "accepted"
