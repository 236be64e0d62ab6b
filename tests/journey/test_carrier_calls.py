"""The journey of calls and texts that come by each carrier of XML documents: the same for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode
from xml.etree.ElementTree import fromstring

import pytest
from carrier_line import BUSINESS, CALLER, RECORDED, TRACKING, YARD, YARD_KEYS, Line, open_line

from hub.api.carriers import CallBack
from hub.hookspecs import CallHooks


@pytest.fixture(scope="module", params=["plivo", "telnyx", "bandwidth"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with open_line(request.param, tmp_path_factory.mktemp(request.param)) as line:
        yield line


@pytest.fixture
def line(running: Line) -> Line:
    """An empty hub, two hours after the last call that the carrier lists."""
    now = running.clock() + timedelta(hours=2)
    running.forget()
    running.clock.now = now
    return running


@pytest.fixture
def menu(line: Line) -> list[str]:
    """What a caller hears until the menu has been said."""
    return ["Harbour Boats.", f"For sales press 1, for the yard press {YARD_KEYS[line.carrier]}."]


def only(*carriers: str) -> pytest.MarkDecorator:
    """For what these carriers alone do."""
    return pytest.mark.parametrize("running", carriers, indirect=True)


def listed(line: Line, call_id: str) -> set[str]:
    """What the carrier's own list of calls says of one."""
    events = line.opened.hub.plugins.call(line.carrier, CallHooks.list_calls, line.clock() - timedelta(hours=1))
    return {event.kind for event in events if event.call_id == call_id}


def test_a_caller_goes_through_the_menu_to_the_phone_that_was_chosen(line: Line, menu: list[str]) -> None:
    call, heard = line.place("1")
    assert heard == menu
    assert (call["caller_number"], call["tracking_number"], call["answered_by"]) == (CALLER, TRACKING, BUSINESS)
    assert call["answered_at"] and call["ended_at"] and call["company_id"] and call["status"] == "completed"
    assert call["attestation"] == "A"
    assert listed(line, call["carrier_call_id"]) == {"ringing", "answered", "completed"}, "the list says the same"


def test_every_key_that_a_carrier_has_is_a_key_like_the_others(line: Line) -> None:
    call, _ = line.place(YARD_KEYS[line.carrier], answering_number=YARD)
    assert call["answered_by"] == YARD


def test_a_caller_who_presses_nothing_goes_on_all_the_same(line: Line, menu: list[str]) -> None:
    call, heard = line.place("", answering_number=YARD)
    assert heard == [menu[0], *menu[1:] * 2], "the menu is said twice"
    assert call["answered_by"] == YARD


def test_a_caller_who_hangs_up_in_the_menu_is_a_call_that_nobody_took(line: Line, menu: list[str]) -> None:
    call, heard = line.place(None)
    assert heard == menu
    assert (call["status"], call["answered_at"], call["voicemail"]) == ("completed", None, 0)


def test_where_nobody_picks_up_a_message_is_left(line: Line) -> None:
    before = len(line.stand_in.recordings())
    call, heard = line.place("1", outcome="voicemail", talk=timedelta(seconds=20))
    assert heard[-1] == "Please leave a message." and not call["answered_at"] and call["ended_at"] and call["voicemail"]
    assert len(line.stand_in.recordings()) == before + 1


def test_a_conversation_is_led_whispered_recorded_and_kept_once(line: Line) -> None:
    call, heard = line.place(tracking_number=RECORDED)
    assert len(heard) == 2 and heard[1].startswith("This call is recorded."), "the whisper is not for the caller"
    assert (call["tracking_number"], call["answered_by"], call["status"]) == (RECORDED, BUSINESS, "completed")
    assert call["recording_id"] in line.stand_in.recordings() and call["duration"] >= 90
    assert listed(line, call["carrier_call_id"]) >= {"ringing", "answered", "completed"}


@only("plivo", "bandwidth")
def test_a_user_who_picks_up_is_connected_while_the_database_decides_nothing(line: Line) -> None:
    call = CallBack(key="back-1", tracking_number=TRACKING, user_number=BUSINESS, person_number=CALLER)
    receipt = line.opened.hub.plugins.call(line.carrier, CallHooks.place_call, call)
    answer, *_ = line.stand_in.play_call_back(receipt.reference, "answered")
    document = list(fromstring(line.send(answer).text).iter())
    assert CALLER in [each.text for each in document]
    assert TRACKING in [value for each in document for value in each.attrib.values()], "what the person sees"


def test_a_text_comes_in_once_however_often_it_is_sent(line: Line) -> None:
    request = line.stand_in.message_webhook(CALLER, TRACKING, "Is 5 pm ok?", line.address)
    assert [line.send(request).status_code for _ in range(2)] == [200, 200]
    line.work()
    (text,) = line.rows("SELECT tracking_number FROM text_message")
    assert text["tracking_number"] == TRACKING


@only("plivo")
def test_what_plivo_did_not_send_is_refused(line: Line) -> None:
    sent = line.overhear("1")
    before = line.rows("SELECT count(*) AS n FROM inbox")
    keys = next(request for request in sent if "/digits" in request.url)
    for forged in (
        replace(keys, url=keys.url.replace(TRACKING[1:], "13125550121")),
        replace(keys, body=keys.body.replace(b"Digits=1", b"Digits=2")),
        replace(keys, url=f"{keys.url}&mark=other"),
        replace(sent[0], url=f"{sent[0].url}?tracking_number=%2B13125550121"),
        replace(sent[0], url=f"{sent[0].url}?{sent[0].body.decode()}", body=b""),
        replace(sent[0], method="GET", url=f"{sent[0].url}?{sent[0].body.decode()}", body=b""),
    ):
        assert line.send(forged).status_code == 403
    assert line.send(sent[0]).status_code == 200, "the same again is the same"
    assert line.rows("SELECT count(*) AS n FROM inbox") == before


@only("telnyx")
def test_what_telnyx_did_not_send_is_refused(line: Line) -> None:
    sent = line.overhear("1")
    before = line.rows("SELECT count(*) AS n FROM inbox")
    keys = next(request for request in sent if "/digits" in request.url)
    moved = replace(keys, url=keys.url.replace(TRACKING[1:], "13125550121"))
    assert line.send(moved).status_code == 403, "the tracking number in an address was changed"
    assert line.send(replace(keys, body=keys.body.replace(b"Digits=1", b"Digits=2"))).status_code == 403
    line.clock.advance(minutes=10)
    assert line.send(sent[0]).status_code == 403, "a webhook that was overheard is sent again, too late"
    assert line.rows("SELECT count(*) AS n FROM inbox") == before


@only("vonage")
def test_a_text_that_vonage_failed_to_sign_is_asked_for_again_and_a_late_one_counts_one_time(line: Line) -> None:
    """ "In the rare case of an internal error, it is possible that the callback service will send an unsigned callback. By
    returning an HTTP 5xx response, a retry will be triggered": developer.vonage.com/en/messages/concepts/signed-webhooks."""
    request = line.stand_in.message_webhook(CALLER, TRACKING, "Is 5 pm ok?", line.address)
    unsigned = {name: value for name, value in request.headers.items() if name != "authorization"}
    assert line.send(replace(request, headers=unsigned)).status_code == 503
    unknown = line.client.post("/webhooks/nobody/text", content=request.body, headers=unsigned)
    assert unknown.status_code == 503, "names of connectors cannot be guessed"
    forged = unsigned | {"authorization": "Bearer forged"}
    assert line.send(replace(request, headers=forged)).status_code == 403
    assert line.client.post("/webhooks/nobody/text", content=request.body, headers=forged).status_code == 403
    line.clock.advance(hours=3)
    assert [line.send(request).status_code for _ in range(2)] == [200, 200]
    line.work()
    assert len(line.rows("SELECT id FROM text_message")) == 1


@only("bandwidth")
def test_what_bandwidth_did_not_send_is_refused(line: Line) -> None:
    sent = line.overhear("1")
    assert line.send(replace(sent[0], headers={"authorization": "Basic AAAA"})).status_code == 403


@only("plivo")
def test_a_signature_over_no_text_brings_one_text_and_no_call(line: Line) -> None:
    request = line.stand_in.message_webhook(CALLER, TRACKING, "Is 5 pm ok?", line.address)
    forged = replace(request, body=request.body.replace(b"5+pm", b"9+pm"))
    assert [line.send(one).status_code for one in (request, forged)] == [200, 200]
    line.work()
    assert len(line.rows("SELECT id FROM text_message")) == 1
    moved = replace(request, url=f"{line.address}/voice", body=urlencode({"CallStatus": "ringing"}).encode())
    assert line.send(moved).status_code == 403
