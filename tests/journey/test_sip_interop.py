"""What another SIP stack (sipp) does to the line as caller and as phone, and what the line does then.

Each test is a row of an interoperability table. What is refused on purpose stands in `REFUSED`, with the reason. The rows that
an operator's interoperability desk asks for, and the test of each:

| row | test |
|---|---|
| a plain call, ringing, answer, BYE of either side | test_a_call_is_answered_and_ended |
| 100rel, session timer, several parts, delayed offer, hold, UPDATE, Identity, early BYE | test_what_a_caller_may_ask_for_… |
| PCMU, PCMA, G.722 beside them, ptime 30, comfort noise, events on another type, keys on plain sound, video | the same |
| SRTP without TLS, G.729 or Opus alone, IPv6 sound on an IPv4 line | test_what_is_refused_is_refused_in_the_standards_words |
| REFER, T.38, an unknown INFO inside a call | test_what_is_refused_inside_a_call_leaves_it_as_it_is |
| keys: RFC 4733, both kinds of INFO, and through a conversation | test_keys_of_every_kind_are_heard, test_keys_pass_through_… |
| a 200 that crosses our CANCEL; of four phones three are late | test_an_answer_that_crosses_…, test_of_four_phones_… |
| 302, 404, 480, 486, 503, 603 of a phone | test_a_phone_that_refuses_is_let_be_and_a_302_is_followed_nowhere |
| early media (183) to a caller who is not answered | test_sip_engine_calls.py: test_a_caller_who_is_not_answered_hears_… |
| a caller who gives up (CANCEL, 487) | test_sip_engine_calls.py: test_a_refused_caller_gets_the_status_and_… |
| 5 % packet loss and jitter | test_a_conversation_goes_on_through_lost_and_late_packets |
| NAT, RTP that moves, a stranger's RTP | test_sip_symmetric_sound.py |
| no RTP at all | test_sip_engine_silence.py |
| no second INVITE without need; Diversion, Identity | test_sip_engine_manners.py, test_sip_engine_guard.py |
| more calls than ports or limits: 503 | test_sip_engine_limits.py, test_sip_engine_ports.py |
| floods of strangers, scanners, malformed messages | test_sip_engine_guard.py, test_sip_real_calls.py |
| the hub or the gateway dies; drain | test_sip_real_calls.py, test_both_parties_of_a_gateway_that_died_get_a_bye |
| TLS with SRTP; IPv6 | test_sip_interop_tls.py, test_sip_interop_ipv6.py |
| Kamailio in between | test_sip_interop_kamailio.py |

Exceptions: keys inside the sound (in-band) are not heard, and calls are not signed (STIR/SHAKEN), as docs/connect/sip.md says.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PEERS = Path(__file__).parents[1] / "plugins" / "carriers" / "sip" / "peers"
sys.path.insert(0, str(PEERS))
pytest.importorskip("baresip", reason="no wheel of baresip-python for this platform")
import sipp  # noqa: E402
from interop_line import FORWARDED, LET_GO, PHONE, SPOKEN, US, Line, Peers, invite, taken, until  # noqa: E402
from sipp import Sound, goto, goto_if_called, hang_up, label, pause, receive, request, respond  # noqa: E402

from plugins.carriers.sip.engine.guard.rewriting import PHRASES  # noqa: E402
from plugins.carriers.sip.engine.interface import Busy, Declined, Dial, NoAnswer, NotPlaced, Unreachable  # noqa: E402
from plugins.carriers.sip.engine.simulcall import first_to_answer  # noqa: E402

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sipp.SIPP is None, reason="sipp is not installed (Debian package sip-tester)"),
]


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


@pytest.fixture
def peers(line: Line, tmp_path: Path) -> Iterator[Peers]:
    made = Peers(line, tmp_path)
    yield made
    made.close()


@pytest.fixture
def sounds(peers: Peers) -> Callable[[], Sound]:
    return peers.sound


def test_a_call_is_answered_and_ended(peers: Peers, sounds: Callable[[], Sound]) -> None:
    sound = sounds()
    calling = peers.call(SPOKEN, taken(sound.described()), LET_GO)
    until(lambda: sound.voices() > 5)
    peers.line.end()
    calling.wait()


def crossing(sound: str) -> str:
    """What a phone does that is taken 30 ms after it was cancelled, or before the CANCEL could reach it."""
    answered = pause(30) + respond("200 OK", body=sound, invited=True) + receive("ACK") + receive("BYE")
    return receive("CANCEL") + respond("200 OK") + answered + respond("200 OK", inside=True)


def test_an_answer_that_crosses_our_cancel_is_acknowledged_and_ended(peers: Peers, sounds: Callable[[], Sound]) -> None:
    phone = peers.phone(receive("INVITE"), respond("180 Ringing"), crossing(sounds().described()))
    with pytest.raises(NotPlaced):
        peers.line.run(peers.line.engine.place(Dial(PHONE, US, ring_s=1.0)))
    phone.wait()


def test_of_four_phones_the_three_that_are_late_are_let_go(peers: Peers, sounds: Callable[[], Sound]) -> None:
    winner, sound = "+13125550149", sounds().described()
    phone = peers.phone(
        goto_if_called(winner, "1"), respond("180 Ringing"), crossing(sound), goto("2"),
        label("1"), respond("180 Ringing"), pause(1000), respond("200 OK", body=sound), receive("ACK"), receive("BYE"),
        respond("200 OK", inside=True),
        label("2"), calls=4,
    )  # fmt: skip

    async def grab() -> str:
        dials = [Dial(number, US, ring_s=30) for number in ("+13125550146", "+13125550147", winner, "+13125550148")]
        leg, dial = await first_to_answer(peers.line.engine, dials)
        await leg.hang_up()
        return dial.number

    assert peers.line.run(grab()) == winner
    assert phone.wait().count("ACK sip:phone@") == 4


def spoken(sound: Sound, *more: str) -> str:
    """A call to the tone, and its end."""
    return taken(sound.described(), *more) + pause(300) + hang_up()


def spoken_as(description: str) -> str:
    """A call to the tone with another description of sound, and its end."""
    return taken(description) + pause(300) + hang_up()


MULTIPART = (
    "--uniq\nContent-Type: application/isup;version=itu-t92+\nContent-Disposition: signal;handling=optional\n\nAAAA\n"
    "--uniq\nContent-Type: application/sdp\n\n{sound}\n--uniq--\n"
)


def test_what_a_caller_may_ask_for_and_get(peers: Peers, sounds: Callable[[], Sound]) -> None:
    """Each caller is answered, hears the tone and hangs up."""
    sound = sounds()
    kinds = {
        "plain": spoken(sound),
        "ptime 30 and comfort noise": spoken_as(sound.described("0 13 101", "a=ptime:30\n")),
        "G.711 A-law alone": spoken_as(sound.described("8")),
        "G.722 before G.711": spoken_as(sound.described("9 0 101", "a=rtpmap:9 G722/8000\n")),
        "keys on plain sound": spoken_as(sound.described(more=f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{'A' * 40}\n")),
        "a video line": spoken_as(sound.described(more="m=video 50000 RTP/AVP 99\na=rtpmap:99 H264/90000\n")),
        "ended at once": taken(sound.described()) + hang_up(),
        "keys of another type": spoken_as(sound.described("0 96").replace("101", "96")),
        "long Identity": spoken(sound, f"Identity: {'x' * 2200};info=<https://example.com/c>;alg=ES256"),
        "several parts": request(
            "INVITE", first=True, body=MULTIPART.format(sound=sound.described()), kind="multipart/mixed;boundary=uniq"
        ) + receive(100, optional=True) + receive(180, optional=True) + receive(200, begins=True) + request("ACK") + hang_up(),
        "session timer": invite(sound.described(), "Supported: timer", "Require: timer", "Session-Expires: 90")
        + receive(100, optional=True) + receive(180, optional=True)
        + receive(200, needs="Session-Expires: 90;refresher=uac", begins=True) + request("ACK")
        + request("UPDATE", "Supported: timer", "Session-Expires: 90;refresher=uac", number=2)
        + receive(200, needs="Session-Expires: 90;refresher=uac") + hang_up(),
        "reliable ringing": invite(sound.described(), "Require: 100rel") + receive(100, optional=True)
        + receive(180, keeps=("RSeq", "6"), begins=True)
        + request("PRACK", "RAck: [$6] 1 INVITE", number=2) + receive(200) + receive(200) + request("ACK") + hang_up(),
        "delayed offer": request("INVITE", first=True) + receive(100, optional=True) + receive(180, optional=True)
        + receive(200, begins=True)
        + request("ACK", body=sound.described("0 101")) + pause(300) + hang_up(),
        "hold and resume": taken(sound.described()) + pause(500)
        + request("INVITE", number=2, body=sound.described(more="a=sendonly\n")) + receive(100, optional=True) + receive(200)
        + request("ACK", number=2) + pause(500)
        + request("INVITE", number=3, body=sound.described()) + receive(100, optional=True) + receive(200)
        + request("ACK", number=3) + pause(300) + hang_up(),
    }  # fmt: skip
    running = {name: peers.call(SPOKEN, parts) for name, parts in kinds.items()}
    for name, each in running.items():
        print(name)
        each.wait()


REFUSED = {
    "SRTP without TLS": (
        488,
        lambda sound: sound.described().replace("RTP/AVP", "RTP/SAVP"),
        "the trunk's settings ask for plain sound",
    ),
    "G.729 alone": (488, lambda sound: sound.described("18"), "no codec but G.711: telephone trunks all have it"),
    "Opus alone": (
        488,
        lambda sound: sound.described("111", "a=rtpmap:111 opus/48000/2\n"),
        "no codec but G.711: telephone trunks all have it",
    ),
    "sound over IPv6 alone": (
        488,
        lambda sound: sound.described(connection="IN IP6 2001:db8::1"),
        "this line listens on an IPv4 address; on an IPv6 one it speaks IPv6 (test_sip_interop_ipv6.py)",
    ),
    "no sound at all": (400, lambda sound: "hello", "it is no description of sound"),
}
"""What is refused on purpose: status, offer, reason. Inside a call: REFER (603, toll fraud), T.38 (488, no fax)."""


@pytest.mark.parametrize("row", REFUSED)
def test_what_is_refused_is_refused_in_the_standards_words(row: str, peers: Peers, sounds: Callable[[], Sound]) -> None:
    status, offer, _ = REFUSED[row]
    said = peers.call(
        SPOKEN, invite(offer(sounds())), receive(100, optional=True), receive(status), request("ACK", refused=True)
    )
    assert f"SIP/2.0 {status} {PHRASES[status]}" in said.wait()


def test_what_is_refused_inside_a_call_leaves_it_as_it_is(peers: Peers, sounds: Callable[[], Sound]) -> None:
    sound = sounds()
    fax = sound.described().replace("RTP/AVP 0 101", "udptl t38").replace("m=audio", "m=image")
    said = peers.call(
        SPOKEN, taken(sound.described()), pause(500),
        request("REFER", "Refer-To: <sip:+19005550100@[remote_ip]>", number=2), receive(603),
        request("INFO", number=3, body="<a/>", kind="text/xml"), receive(415, needs="Accept: application/dtmf-relay"),
        request("INVITE", number=4, body=fax), receive(100, optional=True), receive(488),
        request("ACK", number=4, refused=True),
        request("OPTIONS", number=5), receive(200), pause(200), hang_up(),
    ).wait()  # fmt: skip
    assert "488 Not Acceptable Here" in said and "[95]" not in said


def test_keys_of_every_kind_are_heard(peers: Peers, sounds: Callable[[], Sound]) -> None:
    sound = sounds()
    calling = peers.call(
        SPOKEN, taken(sound.described()), pause(300),
        request("INFO", number=2, body="Signal=5\nDuration=100\n", kind="application/dtmf-relay"), receive(200), pause(300),
        request("INFO", number=3, body="#", kind="application/dtmf"), receive(200), LET_GO,
    )  # fmt: skip
    until(lambda: sound.source is not None and "7" not in peers.line.keys)
    until(lambda: peers.line.keys == ["5", "#"])
    assert sound.source
    sound.press("7", sound.source)
    until(lambda: peers.line.keys == ["5", "#", "7"])
    peers.line.end()
    calling.wait()


@pytest.mark.parametrize("events", [True, False], ids=["telephone events", "INFO"])
def test_keys_pass_through_a_conversation_both_ways(events: bool, peers: Peers, sounds: Callable[[], Sound]) -> None:
    caller, business = sounds(), sounds()
    info = "" if events else receive("INFO", needs="Signal=4") + respond("200 OK", inside=True)
    codecs = "0 101" if events else "0"
    phone = peers.phone(
        receive("INVITE"), respond("200 OK", body=business.described(codecs)), receive("ACK"), info, LET_GO,
    )  # fmt: skip
    calling = peers.call(FORWARDED, taken(caller.described()), LET_GO)
    until(lambda: bool(business.source and caller.source and business.packets))
    for each, key in ((caller, "4"), *([(business, "2")] if events else [])):
        assert each.source
        each.press(key, each.source)
    if events:
        until(lambda: (business.keys(), caller.keys()) == ("4", "2"))
    else:
        until(lambda: "Signal=4" in phone.messages())
    peers.line.end()
    calling.wait()
    phone.wait()


def test_both_parties_of_a_gateway_that_died_get_a_bye(peers: Peers, sounds: Callable[[], Sound]) -> None:
    phone = peers.phone(receive("INVITE"), respond("200 OK", body=sounds().described()), receive("ACK"), LET_GO)
    calling = peers.call(FORWARDED, taken(sounds().described()), LET_GO)
    engine = peers.line.engine
    until(lambda: sum(leg.answered and bool(leg.dialog()) for leg in engine.legs()) == 2)

    async def end() -> None:
        engine.end_lost([leg.dialog() for leg in engine.legs()])

    peers.line.run(end())
    assert all("BYE sip:" in each.wait() for each in (phone, calling))


REFUSALS = {
    "302 Moved Temporarily": Unreachable, "404 Not Found": Unreachable, "480 Temporarily Unavailable": NoAnswer,
    "486 Busy Here": Busy, "503 Service Unavailable": Unreachable, "603 Decline": Declined,
}  # fmt: skip


def test_a_phone_that_refuses_is_let_be_and_a_302_is_followed_nowhere(peers: Peers) -> None:
    """To follow a redirection would let whoever is called choose whom we pay for."""
    elsewhere = "Contact: <sip:+19005550100@[local_ip]:[local_port]>"
    for status, kind in REFUSALS.items():
        phone = peers.phone(receive("INVITE"), respond(status, elsewhere), receive("ACK"))
        with pytest.raises(kind):
            peers.line.run(peers.line.engine.place(Dial(PHONE, US, ring_s=30)))
        assert phone.wait().count("INVITE sip:") == 1


def test_a_conversation_goes_on_through_lost_and_late_packets(peers: Peers, sounds: Callable[[], Sound]) -> None:
    caller, business, chance = sounds(), sounds(), random.Random(5)
    phone = peers.phone(receive("INVITE"), respond("200 OK", body=business.described()), receive("ACK"), LET_GO)
    calling = peers.call(FORWARDED, taken(caller.described()), LET_GO)
    until(lambda: bool(business.source and caller.source and business.packets))
    legs = peers.line.engine.legs()

    def heard() -> bool:
        """Whether enough came through; if not, 20 packets more, of which one is lost, 0 to 40 ms apart."""
        for each in range(20):
            assert caller.source
            caller.speak(caller.source, lost=each == 7)
            time.sleep(chance.uniform(0, 0.04))
        return business.voices() > 150

    until(heard)
    peers.line.end()
    calling.wait()
    phone.wait()
    assert max(leg.report().loss or 0 for leg in legs) > 0.01, "and the report of the call names the loss"
