"""What the operator of a line sees: a line for each call and refusal, the trunk's figures, and the signalling as a file."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from event_loops import in_a_thread
from gateway_stage import CALLER, NUMBER, SALES, hangs_up_after, staged
from structlog.testing import capture_logs
from test_sip_engine_guard import STRANGER, TRUNK, Port, request
from test_sip_gateway_control import ask, hooks

from hub.api import CallEvent, PersonReference, Rejected
from hub.api.carriers import Dial
from plugins.carriers.sip.capture import masked, pcap
from plugins.carriers.sip.engine.guard.message import decode
from plugins.carriers.sip.engine.guard.seen import Seen, codec_of
from plugins.carriers.sip.engine.interface import Packet
from plugins.carriers.sip.figures import fallen, figures_of
from plugins.carriers.sip.gateway.reporting import keep_messages

FORWARDED = {("ringing", ""): (Dial(numbers=(SALES,), mark="1.s.1.h.0"),)}
AT = 1_790_000_000.25
ANSWER = (
    "v=0\r\no=- 1 1 IN IP4 203.0.113.20\r\ns=-\r\nc=IN IP4 203.0.113.20\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 8 101\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0c2VjcmV0\r\n"
)


def packet(data: bytes, at: float = AT) -> Packet:
    return Packet(at, ("203.0.113.10", 5060), ("198.51.100.1", 5060), data)


def captured(file: bytes) -> list[tuple[float, bytes]]:
    """Time and UDP payload of each packet of a pcap file, read by its own description."""
    magic, major, minor, _, _, _, link = struct.unpack("<IHHiIII", file[:24])
    assert (magic, major, minor, link) == (0xA1B2C3D4, 2, 4, 101)
    found, at = [], 24
    while at < len(file):
        seconds, fraction, kept, length = struct.unpack("<IIII", file[at : at + 16])
        frame = file[at + 16 : at + 16 + kept]
        assert kept == length == struct.unpack("!H", frame[2:4])[0] and frame[0] == 0x45 and frame[9] == 17
        words = sum(struct.unpack("!10H", frame[:20]))
        assert (words & 0xFFFF) + (words >> 16) == 0xFFFF, "the checksum of the IP header"
        found.append((seconds + fraction / 1e6, frame[28:]))
        at += 16 + kept
    return found


def test_each_leg_is_one_line_in_the_log_without_its_numbers(tmp_path: Path) -> None:
    async def play() -> None:
        async with staged(tmp_path) as stage:
            stage.hub.script = FORWARDED
            stage.engine.phones[SALES] = hangs_up_after()
            with capture_logs() as lines:
                await stage.call()
            await stage.told()
            ended = [each for each in lines if each["event"] == "a call has ended"]
            assert [(each["direction"], each["EndedBy"]) for each in ended] == [
                ("outbound-dial", "party"),
                ("inbound", "hub"),
            ]
            first = ended[0]
            assert (first["Codec"], first["PostDialDelay"], first["PacketLoss"], first["Jitter"]) == (
                *("PCMU", "0.25"),
                *("0.01", "3.0"),
            )
            assert first["SipCallId"].endswith("@sip.example.com") and first["SipResponseCode"] == "200"
            assert not [number for number in (CALLER, NUMBER, SALES) if number in repr(lines)]

    in_a_thread(play())


def test_a_busy_phone_is_reported_with_its_code_and_the_trunks_call_id(tmp_path: Path) -> None:
    async def play() -> None:
        async with staged(tmp_path) as stage:
            stage.hub.script, stage.engine.phones[SALES] = FORWARDED, "busy"
            await stage.call()
            await stage.told()
            told = [each for each in stage.hub.events if isinstance(each, CallEvent)]
            legs = {each.kind: each.leg for each in told if each.leg}
            assert legs["not_answered"].code == 486 and legs["not_answered"].number == SALES
            assert legs["failed"].number is None and legs["failed"].ended_by == "hub"
            assert legs["failed"].reference != legs["not_answered"].reference
            figures = (await ask(hooks(stage).check_connection)).figures
            assert figures["answer_seizure_ratio"] == 0 and figures["post_dial_delay_seconds"] == 0.25
            assert (figures["ports"], figures["active_calls"], figures["ports_in_use"]) == (1000, 0, 0)

    in_a_thread(play())


def test_the_signalling_of_a_call_is_a_pcap_file_until_the_person_is_erased(tmp_path: Path) -> None:
    async def play() -> None:
        async with staged(tmp_path) as stage:
            sip, stage.hub.script = hooks(stage), FORWARDED
            stage.engine.phones[SALES] = hangs_up_after()
            caller = await stage.call()
            call_id, phone = f"CA{caller.id}", next(leg for leg in stage.engine.all if leg.outgoing)
            with pytest.raises(Rejected, match="7 days"):
                await ask(sip.capture_call, call_id, True)
            stage.engine.messages = {
                caller.report().sip_call_id: [packet(request()), packet(request("BYE", body=""), AT + 9)],
                phone.report().sip_call_id: [packet(request(call="c2"), AT + 1)],
                "of-an-erased-call": [packet(request(call="c3"))],
            }
            await keep_messages(stage.parts)
            clear = captured((await ask(sip.capture_call, call_id, False)).pcap)
            assert [round(at - AT, 3) for at, _ in clear] == [0, 1, 9], "both legs, by time"
            assert clear[0][1] == request()
            hidden = captured((await ask(sip.capture_call, call_id, True)).pcap)
            assert (
                b"4155550142" not in hidden[0][1] and b"42@203.0.113.10" in hidden[0][1] and b"Ann" not in hidden[0][1]
            )
            assert decode(hidden[0][1]).call_id == "c1" and len(hidden[0][1]) == len(clear[0][1])
            await stage.told()
            person = PersonReference(phone_numbers=(CALLER,), tracking_numbers=(NUMBER,))
            await ask(sip.erase_person, person)
            assert not await stage.parts.journal.read("select 1 from message union select 1 from signalling")
            with pytest.raises(Rejected):
                await ask(sip.capture_call, call_id, False)

    in_a_thread(play())


def test_ipv6_and_odd_lengths_have_a_checksum_that_adds_up() -> None:
    six = replace(packet(b"odd"), source=("2001:db8::1", 5060), destination=("2001:db8::2", 5070))
    frame = pcap([six])[40:]
    assert frame[0] >> 4 == 6 and frame[48:] == b"odd"
    pseudo = frame[8:40] + struct.pack("!II", 11, 17) + frame[40:] + b"\0"
    total = sum(struct.unpack(f"!{len(pseudo) // 2}H", pseudo))
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF


def test_no_proof_of_a_password_no_key_of_the_sound_and_no_pressed_key_is_kept() -> None:
    seen = Seen()
    signed = request(more='Authorization: Digest username="pbx", response="0123abcd"\r\n')
    pressed = request("INFO", body="Signal=5\r\nDuration=160\r\n", to_tag="b")
    for each in (signed, request(body=ANSWER, to_tag="b"), pressed):
        seen.note(decode(each), 1000.0, packet)
    kept = b"".join(each.data for each in seen.packets)
    assert b"0123abcd" not in kept and b"c2VjcmV0" not in kept and b"Signal" not in kept
    assert b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:hidden" in kept


@pytest.mark.parametrize(
    ("medium", "codec"),
    [
        ("m=audio 1 RTP/AVP 0 8\r\n", "PCMU"),
        ("m=audio 1 RTP/AVP 96 0\r\na=rtpmap:96 opus/48000/2\r\n", "opus"),
        ("m=audio 1 RTP/AVP 77\r\n", ""),
        ("", ""),
    ],
)
def test_the_codec_of_a_call_is_the_first_of_the_answer(medium: str, codec: str) -> None:
    assert codec_of(f"v=0\r\n{medium}".encode()) == codec


def test_the_port_times_the_ringing_and_keeps_what_both_sides_said() -> None:
    port = Port()
    port.relay.from_peer(request(), TRUNK)
    port.now += 0.5
    busy = decode(request())
    reply = f"SIP/2.0 180 Ringing\r\nVia: {port.wires.stack[0].get('via')}\r\nFrom: {busy.get('from')}\r\n"
    reply += "To: <sip:x@y>;tag=s\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n"
    reply += "Contact: <sip:line@127.0.0.1:5999>\r\nContent-Length: 0\r\n\r\n"
    port.relay.from_stack(reply.encode())
    port.now += 2
    port.relay.from_stack(reply.replace("180 Ringing", "486 Busy Here").encode())
    seen = port.relay.ledger.calls["c1"].seen
    assert (seen.post_dial_seconds, seen.code) == (0.5, 486)
    assert [each.data.split(b"\r\n")[0][:11] for each in seen.packets] == [
        b"INVITE sip:",
        b"SIP/2.0 180",
        b"SIP/2.0 486",
    ]
    assert seen.packets[0].source == ("203.0.113.10", 5060) and seen.packets[1].destination == ("203.0.113.10", 5060)


def test_refused_invites_are_counted_and_written_at_a_limited_rate() -> None:
    port = Port(most=0)
    with capture_logs() as lines:
        for _ in range(3):
            port.relay.from_peer(request(), STRANGER)
        port.relay.from_peer(request(), TRUNK)
        port.relay.from_peer(request().replace(b"CSeq: 1 INVITE", b"CSeq: x"), TRUNK)
        port.now += 61
        port.relay.from_peer(request(), STRANGER)
    said = [(each["source"], each["status"], each["more"]) for each in lines]
    assert said == [
        (STRANGER.host, None, 0),
        (TRUNK.host, 503, 0),
        (TRUNK.host, None, 0),
        (STRANGER.host, None, 2),
    ]
    assert [each["reason"].split(",")[0] for each in lines][1:3] == [
        "503 Service Unavailable",
        "cannot be read: the CSeq is wrong",
    ]
    assert sum(port.relay.refused.counts.values()) == 6


def test_a_flood_from_many_addresses_writes_few_lines_and_keeps_little() -> None:
    port = Port()
    with capture_logs() as lines:
        for number in range(3_000):
            port.relay.from_peer(request(), replace(STRANGER, host=f"10.0.{number // 250}.{number % 250}"))
    assert len(lines) == 30 and len(port.relay.refused._known) <= 1_000


@pytest.mark.parametrize(
    ("counts", "alarm"),
    [
        ({"phones": 20, "answered": 3, "usual_phones": 100, "usual_answered": 70}, True),
        ({"phones": 20, "answered": 12, "usual_phones": 100, "usual_answered": 70}, False),
        ({"phones": 9, "answered": 0, "usual_phones": 100, "usual_answered": 70}, False),
        ({"phones": 12, "answered": 0}, True),
        ({"phones": 20, "answered": 3, "usual_phones": 100, "usual_answered": 20}, False),
        ({}, False),
    ],
)
def test_too_few_answered_phones_are_a_trouble_until_they_answer_again(counts: dict[str, float], alarm: bool) -> None:
    assert bool(fallen(counts)) is alarm
    assert ("answer_seizure_ratio" in figures_of(counts)) is ("phones" in counts)


def test_names_and_signed_numbers_are_hidden_in_a_file_for_others() -> None:
    said = request(more='P-Asserted-Identity: "Doe, Pat" <tel:+14155550142>\r\nIdentity: eyJhbGciOi;info=<x>\r\n')
    hidden = masked(said)
    assert len(hidden) == len(said) and b"Doe" not in hidden and b"eyJ" not in hidden and b"5550142" not in hidden
