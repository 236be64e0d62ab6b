"""The SIP port: whose messages are taken, what the stack gets to see of them, and who is read as caller and called."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relay_port import LINE, SOUND, STRANGER, TRUNK, Port, dialed, of_stack, request

from plugins.carriers.sip.engine.guard import sdp
from plugins.carriers.sip.engine.guard.calls import Peer
from plugins.carriers.sip.engine.guard.identity import read_about
from plugins.carriers.sip.engine.guard.invitation import outgoing
from plugins.carriers.sip.engine.guard.message import BadMessage, Message, decode
from plugins.carriers.sip.engine.interface import About, Dial


def test_an_invite_of_the_trunk_reaches_the_stack_without_what_it_does_not_need() -> None:
    port = Port()
    port.relay.from_peer(request(more="X-Evil: 1\r\nReplaces: x\r\nRecord-Route: <sip:203.0.113.9;lr>\r\n"), TRUNK)
    (seen,) = port.wires.stack
    assert seen.uri == "sip:line@127.0.0.1:5999" and seen.get("contact") == "<sip:line@127.0.0.1:5998>"
    assert not any(seen.get(name) for name in ("x-evil", "replaces", "record-route"))
    assert b"c=IN IP4 127.0.0.1" in seen.body and b"m=audio 22000 " in seen.body and b"c=IN IP4 203" not in seen.body
    about = port.relay.ledger.calls["c1"].about
    assert about and (about.called, about.caller, about.caller_name) == ("+13125550120", "+14155550142", "Ann")


def test_what_the_stack_answers_leaves_with_the_outside_address_alone() -> None:
    port = Port()
    port.relay.from_peer(request(more="Record-Route: <sip:203.0.113.9;lr>\r\n"), TRUNK)
    (seen,) = port.wires.stack
    body = SOUND.replace("203.0.113.20", "127.0.0.1") + "a=ssrc:1 cname:x\r\n"
    answer = Message(status=200, phrase="Answering", body=body.encode())
    answer.headers = [("Via", seen.get("via")), ("From", seen.get("from")), ("To", seen.get("to") + ";tag=s"),
                      ("Call-ID", "c1"), ("CSeq", "1 INVITE"), ("Server", "baresip"),
                      ("Contact", "<sip:line@127.0.0.1:5999>"), ("Content-Type", "application/sdp")]  # fmt: skip
    port.relay.from_stack(answer.encode())
    ((peer, said),) = port.wires.peers
    assert peer == TRUNK and said.status == 200 and said.get("record-route") == "<sip:203.0.113.9;lr>"
    assert said.get("contact") == "<sip:line@198.51.100.1:5060>" and b"127.0.0.1" not in said.encode()
    assert "branch=z9hG4bKc1INVITE" in said.get("via") and not said.get("server")
    port.relay.from_peer(request("REFER", to_tag="s", body="", more="Refer-To: <sip:+19005550100@x>\r\n"), TRUNK)
    assert port.wires.statuses()[-1] == 603 and len(port.wires.stack) == 1
    port.relay.from_peer(request("BYE", to_tag="s", body=""), Peer("udp", "198.51.100.66", 5060))
    assert len(port.wires.stack) == 1, "a stranger ends nobody's call"
    port.relay.from_peer(request("BYE", to_tag="s", body=""), TRUNK)
    assert port.wires.stack[-1].method == "BYE"


@pytest.mark.parametrize(
    "method", ["INVITE", "REGISTER", "OPTIONS", "SUBSCRIBE", "MESSAGE", "REFER", "BYE", "CANCEL", "ACK"]
)
def test_a_stranger_gets_no_answer_at_all(method: str) -> None:
    port = Port()
    port.relay.from_peer(request(method), STRANGER)
    port.relay.from_peer(request(method, to_tag="guessed"), STRANGER)
    assert (port.wires.stack, port.wires.peers) == ([], [])


@pytest.mark.parametrize("agent", ["friendly-scanner", "sipvicious", "SIPCLI/1.8", "VaxSIPUserAgent/3.1", "sipsak 0.9"])
def test_a_scanner_gets_no_answer_and_the_trunk_may_name_its_software_as_it_likes(agent: str) -> None:
    port = Port(digest=True)
    port.relay.from_peer(request(more=f"User-Agent: {agent}\r\n"), STRANGER)
    assert (port.wires.stack, port.wires.peers) == ([], [])
    port.relay.from_peer(request(more=f"User-Agent: {agent}\r\n"), TRUNK)
    assert len(port.wires.stack) == 1


@pytest.mark.parametrize(
    "name",
    [
        "PROTOS PIZZERIA",
        "GULP SHRIMP HOUSE",
        "SMAP LLC",
        "ZGRABOWSKI J",
        "NMAPLE DENTAL",
        "SIPSAK BAKERY",
        "SIVUS PAUL",
    ],
)
def test_no_caller_is_dropped_for_the_name_that_the_carrier_shows(name: str) -> None:
    """The display name is the caller's, from the carrier's CNAM; only User-Agent names software: RFC 3261, 20.20 and 20.41."""
    for peer, digest in ((TRUNK, False), (STRANGER, True)):
        port = Port(digest=digest)
        port.relay.from_peer(request().replace(b'"Ann"', f'"{name}"'.encode()), peer)
        assert len(port.wires.stack) == 1 or port.wires.statuses() == [401]


@pytest.mark.parametrize("method", ["REGISTER", "SUBSCRIBE", "PUBLISH", "NOTIFY", "MESSAGE", "UPDATE", "INFO"])
def test_the_trunk_too_is_refused_what_the_line_does_not_do(method: str) -> None:
    port = Port()
    port.relay.from_peer(request(method), TRUNK)
    assert port.wires.stack == [] and port.wires.statuses() == [405]


def test_a_flood_of_the_trunk_is_told_to_come_back_later_and_more_calls_than_fit_too() -> None:
    port = Port(most=2)
    for number in range(12):
        port.relay.from_peer(request(call=f"c{number}"), TRUNK)
    assert len(port.wires.stack) == 2 and port.wires.statuses() == [503] * 10


def test_a_line_that_takes_no_more_calls_says_so_when_the_trunk_asks_for_a_sign_of_life() -> None:
    port = Port(most=1)
    port.relay.from_peer(request("OPTIONS", call="o1"), TRUNK)
    port.relay.from_peer(request(call="c1"), TRUNK)
    port.relay.from_peer(request("OPTIONS", call="o2"), TRUNK)
    assert port.wires.statuses() == [200, 503]


def test_a_repeated_invite_is_one_call_and_a_second_one_of_its_id_is_none() -> None:
    port = Port()
    port.relay.from_peer(request(), TRUNK)
    port.relay.from_peer(request(), TRUNK)
    assert len({each.branch for each in port.wires.stack}) == 1 and len(port.wires.stack) == 2
    port.relay.from_peer(request().replace(b"z9hG4bK", b"z9hG4bKother"), TRUNK)
    assert len(port.wires.stack) == 2 and port.wires.statuses() == [482]


def _signed(port: Port, password: str, call: str = "c1") -> bytes:
    """An INVITE that answers the last challenge with SHA-256."""
    said = port.wires.peers[-1][1].get("www-authenticate")
    nonce = said.partition('nonce="')[2].partition('"')[0]

    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    uri = "sip:+13125550120@198.51.100.1"
    proof = f"{digest(f'pbx:ringfence:{password}')}:{nonce}:00000001:abc:auth:{digest(f'INVITE:{uri}')}"
    signed = (
        f'Authorization: Digest username="pbx", realm="ringfence", nonce="{nonce}", uri="{uri}", qop=auth, nc=00000001, '
        f'cnonce="abc", algorithm=SHA-256, response="{digest(proof)}"\r\n'
    )
    return request(call=call, more=signed)


def test_a_stranger_that_knows_the_password_may_call_and_each_challenge_serves_once() -> None:
    port = Port(digest=True)
    port.relay.from_peer(request(), STRANGER)
    assert port.wires.statuses() == [401] and not port.wires.stack
    signed = _signed(port, "s3cret")
    port.relay.from_peer(signed, STRANGER)
    assert len(port.wires.stack) == 1 and not port.wires.stack[0].get("authorization")
    port.relay.from_peer(signed.replace(b"c1", b"c2"), STRANGER)
    assert len(port.wires.stack) == 1 and port.wires.statuses()[-1] == 401
    port.relay.from_peer(request("REGISTER", call="r1"), STRANGER)
    assert len(port.wires.peers) == 2, "a password opens no other door"


def test_a_challenge_is_worth_nothing_elsewhere_later_or_with_a_wrong_password_and_guessing_ends() -> None:
    port = Port(digest=True)
    port.relay.from_peer(request(), STRANGER)
    stolen = _signed(port, "s3cret")
    port.relay.from_peer(stolen, Peer("udp", "198.51.100.67", 5071))
    port.now += 121
    port.relay.from_peer(stolen, STRANGER)
    assert not port.wires.stack
    for number in range(8):
        port.relay.from_peer(_signed(port, f"guess{number}", f"g{number}"), STRANGER)
        port.now += 1
    count = len(port.wires.peers)
    port.relay.from_peer(request(call="after"), STRANGER)
    assert len(port.wires.peers) == count, "who guesses is not heard for an hour"
    port.now += 3600
    port.relay.from_peer(request(call="later"), STRANGER)
    assert port.wires.statuses()[-1] == 401 and not port.wires.stack


def test_an_outgoing_call_shows_the_caller_that_was_asked_for_and_nothing_of_the_inside() -> None:
    port = Port()
    port.relay.from_stack(of_stack(dialed(port)))
    ((peer, sent),) = port.wires.peers
    assert peer == TRUNK and sent.get("from") == '"A \\"B\\"" <sip:+13125550120@198.51.100.1>;tag=s'
    assert b"127.0.0.1" not in sent.encode() and not sent.get("x-line")
    moved = Message(status=302, phrase="Moved", headers=[*((n, v) for n, v in sent.headers if n in ("Via", "Call-ID", "CSeq")),
                    ("From", sent.get("from")), ("To", sent.get("to") + ";tag=t"),
                    ("Contact", "<sip:+19005550100@203.0.113.10>")])  # fmt: skip
    port.relay.from_peer(moved.encode(), STRANGER)
    assert port.wires.stack == [], "only the trunk answers"
    port.relay.from_peer(moved.encode(), TRUNK)
    assert port.wires.stack[-1].status == 503 and not port.wires.stack[-1].get("contact"), "no redirection is followed"


def test_no_call_leaves_that_was_not_asked_for() -> None:
    port = Port()
    key = dialed(port)
    port.relay.from_stack(of_stack("0" * 32))
    assert port.wires.peers == [] and port.wires.stack[-1].status == 403
    port.relay.from_stack(of_stack(key))
    port.relay.from_stack(of_stack(key, "o2"))
    assert len(port.wires.peers) == 1, "what was asked for once is called once"


@pytest.mark.parametrize(
    "dial",
    [
        Dial("+13125550142\r\nX: y", "+13125550120"),
        Dial("+13125550142;phone-context=x", "+13125550120"),
        Dial("+13125550142@evil.example", "+13125550120"),
        Dial("911", "+13125550120"),
        Dial("+13125550142", "+13125550120>\r\nX: y"),
        Dial("+13125550142", "+13125550120", caller_name="A\r\nX-Evil: yes"),
        Dial("+13125550142", "+13125550120", caller_name="x" * 61),
        Dial("+13125550142", "+13125550120", headers={"X-A": "b\nVia: c"}),
        Dial("+13125550142", "+13125550120", headers={"X-A: b\r\nRoute": "c"}),
        Dial("+13125550142", "+13125550120", headers={"Route": "<sip:evil.example>"}),
    ],
)
def test_nothing_is_smuggled_into_an_invite(dial: Dial) -> None:
    with pytest.raises(ValueError) as refused:
        outgoing(dial, LINE, TRUNK, "198.51.100.1")
    assert "+1312" not in str(refused.value).replace("+13125550100", "")


def read(more: str = "", was: str = "", now: str = "") -> About:
    data = request(more=more).decode()
    return read_about(decode(data.replace(was, now).encode() if was else data.encode()), "203.0.113.10", 0.0, "US")


def test_the_caller_is_the_asserted_one_and_stays_unknown_if_withheld() -> None:
    asserted = 'P-Asserted-Identity: "Bo" <sip:4155550188;verstat=TN-Validation-Passed-A@203.0.113.10;user=phone>\r\n'
    known = read(asserted)
    assert (known.caller, known.caller_name, known.verdict, known.attestation) == (
        "+14155550188", "Bo", "TN-Validation-Passed-A", "A",
    )  # fmt: skip
    withheld = read(asserted + "Privacy: id\r\n")
    assert (withheld.caller, withheld.caller_name, withheld.withheld) == ("", "", True)
    hidden = read("", '"Ann" <sip:+14155550142@203.0.113.10>', "<sip:anonymous@anonymous.invalid>")
    assert (hidden.caller, hidden.withheld) == ("", True)
    failed = read(
        "P-Asserted-Identity: <tel:+14155550188;verstat=TN-Validation-Failed>\r\nP-Attestation-Indicator: B\r\n"
    )
    assert (failed.caller, failed.verdict, failed.attestation) == ("+14155550188", "TN-Validation-Failed", "")
    plain = read(
        "P-Asserted-Identity: <sip:+14155550188@x>;verstat=TN-Validation-Passed\r\nP-Attestation-Indicator: B\r\n"
    )
    assert (plain.verdict, plain.attestation) == ("TN-Validation-Passed", "B")
    assert read("P-Asserted-Identity: <sip:+14155550188@x;verstat=evil>\r\n").verdict == ""


def test_the_called_number_is_the_first_place_that_holds_one() -> None:
    assert read().called == "+13125550120"
    assert read("", "INVITE sip:+13125550120@", "INVITE sip:trunk-77@").called == "+13125550120"
    header = "P-Called-Party-ID: <sip:3125550199@x>\r\n"
    data = request(more=header).decode().replace("sip:+13125550120@", "sip:trunk@")
    assert read_about(decode(data.encode()), "", 0.0, "US").called == "+13125550199"
    assert read("Diversion: <tel:+13125550177>;reason=unconditional\r\n").diverted_from == "+13125550177"
    evil = read("", '"Ann"', '"A\tb%0d%0a\\"; DROP"')
    assert "\r" not in evil.caller_name and "\n" not in evil.caller_name


@settings(max_examples=30, deadline=None)
@given(data=st.binary(max_size=400), at=st.integers(0, 700), cut=st.integers(0, 40))
def test_no_bytes_raise_anything_or_reach_the_stack_broken(data: bytes, at: int, cut: int) -> None:
    port = Port()
    whole = request()
    port.relay.from_peer(data, TRUNK)
    port.relay.from_peer(whole[:at] + data + whole[at + cut :], TRUNK)
    assert all(each.method and each.branch for each in port.wires.stack)


@pytest.mark.parametrize(
    "line",
    [
        "c=IN IP4 224.0.0.1",
        "c=IN IP6 ff02::1",
        "c=IN IP6 203.0.113.20:1",
        "c=IN IP4 nowhere.invalid",
        "c=IN IP4 1.2.3.4.5",
    ],
)
def test_sound_for_no_usable_address_is_refused(line: str) -> None:
    with pytest.raises(BadMessage):
        sdp.for_stack(SOUND.replace("c=IN IP4 203.0.113.20", line).encode(), 22_000)


def test_hold_is_read_from_a_description() -> None:
    assert sdp.held(SOUND.encode() + b"a=sendonly\r\n") and not sdp.held(SOUND.encode())


def test_the_trunks_challenge_is_answered_for_the_address_that_the_call_has_outside() -> None:
    port = Port()
    call = of_stack(dialed(port)).decode()
    inside = 'Digest username="u", realm="trunk", nonce="n1", uri="sip:+13125550142@127.0.0.1:5998", response="0"'
    port.relay.from_stack(call.replace("X-Line:", f"Proxy-Authorization: {inside}\r\nX-Line:").encode())
    ((_, sent),) = port.wires.peers

    def digest(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    right = digest(f"{digest('u:trunk:p')}:n1:{digest('INVITE:sip:+13125550142@203.0.113.10')}")
    signed = sent.get("proxy-authorization")
    assert (
        f'response="{right}"' in signed
        and 'uri="sip:+13125550142@203.0.113.10"' in signed
        and "127.0.0.1" not in signed
    )


def test_a_call_that_was_refused_is_forgotten_and_one_that_was_taken_is_kept() -> None:
    port = Port()
    for call, status in (("c1", 486), ("c2", 200)):
        port.relay.from_peer(request(call=call), TRUNK)
        seen = port.wires.stack[-1]
        answer = Message(
            status=status, phrase="x", headers=[(name, seen.get(name.lower())) for name in ("Via", "From", "CSeq")]
        )
        answer.headers += [
            ("To", seen.get("to") + ";tag=s"),
            ("Call-ID", call),
            ("Contact", "<sip:line@127.0.0.1:5999>"),
        ]
        port.relay.from_stack(answer.encode())
    port.now += 60
    port.relay.ledger.sweep()
    assert list(port.relay.ledger.calls) == ["c2"]
