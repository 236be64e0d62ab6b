"""A call back at Twilio: what we ask for is what Twilio's own client asks for, and its document rings the person."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest
from twilio.rest import Client
from twilio_stage import CLOCK

from hub.api import OutcomeUnknown
from hub.api.carriers import CallBack, CallBackEvent
from hub.api.sandbox import Fault
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox

CALL = CallBack(
    key="019ad7a0-0000-7000-8000-000000000001",
    tracking_number="+13125550120",
    user_number="+13125550191",
    person_number="+13125550142",
)


def test_twilios_own_client_asks_for_the_same_call(sandbox: Sandbox, twilio: Twilio, client: Client) -> None:
    receipt = twilio.place_call(CALL)
    ours = dict(sandbox.placed[str(receipt.reference)])
    theirs = client.calls.create(
        to=CALL.user_number or "",
        from_=CALL.tracking_number,
        twiml=ours["Twiml"],
        timeout=20,
        status_callback=ours["StatusCallback"],
        status_callback_event=["answered", "completed"],
    )
    assert sandbox.placed[str(theirs.sid)] == ours
    shown = client.calls(str(receipt.reference)).fetch()
    assert (shown.direction, shown.status, shown._from, shown.to) == (
        "outbound-api",
        "queued",
        CALL.tracking_number,
        CALL.user_number,
    )


def test_the_document_dials_the_person_and_asks_the_hub_for_nothing(sandbox: Sandbox, twilio: Twilio) -> None:
    receipt = twilio.place_call(CALL)
    document = ElementTree.fromstring(sandbox.placed[str(receipt.reference)]["Twiml"])
    (dial,) = document
    (number,) = dial
    assert (dial.tag, dict(dial.attrib)) == ("Dial", {"callerId": CALL.tracking_number, "timeout": "30"})
    assert number.text == CALL.person_number
    address = urlsplit(number.attrib["statusCallback"])
    assert address.path.endswith("/outgoing_person")
    assert dict(parse_qsl(address.query)) == {"tracking_number": CALL.tracking_number, "mark": CALL.key}


def test_a_lost_reply_is_told_by_the_reports_of_the_legs(sandbox: Sandbox, twilio: Twilio) -> None:
    sandbox.fail_next(Fault("garbage"))
    with pytest.raises(OutcomeUnknown):
        twilio.place_call(CALL)
    receipt = twilio.place_call(CALL)
    (first, *_) = sandbox.play_call_back(str(receipt.reference), "answered")
    assert twilio.parse_webhook(first) == [
        CallBackEvent(leg="user", status="answered", key=CALL.key, call_id=receipt.reference, at=first.received_at)
    ]


def test_the_call_list_shows_both_legs_and_we_read_neither_as_a_call_that_came_in(
    sandbox: Sandbox, twilio: Twilio, client: Client
) -> None:
    since = CLOCK()
    receipt = twilio.place_call(CALL)
    sandbox.play_call_back(str(receipt.reference), "answered")
    assert sorted(str(each.direction) for each in client.calls.list()) == ["outbound-api", "outbound-dial"]
    assert twilio.list_calls(since) == []
