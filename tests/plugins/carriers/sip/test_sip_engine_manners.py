"""What the SIP port does by itself in a call: late answers, second INVITEs, bodies, timers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest
from relay_port import LINE, SOUND, TRUNK, Port, dialed, methods, of_stack, request

from plugins.carriers.sip.engine.guard.calls import Dialog, Peer
from plugins.carriers.sip.engine.guard.invitation import outgoing
from plugins.carriers.sip.engine.guard.message import Message, answer_to
from plugins.carriers.sip.engine.interface import About, Dial


def taken(sent: Message, tag: str = "t") -> bytes:
    """The phone's 200 to our INVITE."""
    said = Message(
        status=200, phrase="OK", headers=[(n, v) for n, v in sent.headers if n in ("Via", "From", "Call-ID", "CSeq")]
    )
    said.headers += [("To", f"{sent.get('to')};tag={tag}"), ("Contact", f"<sip:{tag}@203.0.113.20:5070>"),
                     ("Record-Route", "<sip:203.0.113.9;lr>, <sip:203.0.113.8;lr>")]  # fmt: skip
    return said.encode()


@pytest.mark.parametrize("crossing", [False, True], ids=["200 after CANCEL", "200 still on its way to the stack"])
def test_an_answer_that_crosses_our_cancel_is_acknowledged_and_its_call_ended(crossing: bool) -> None:
    """RFC 3261, 13.2.2.4 and 15: a 200 is acknowledged in any case, and a call that nobody wants is ended by BYE."""
    port = Port()
    key = dialed(port)
    port.relay.from_stack(of_stack(key))
    sent = port.wires.peers[0][1]
    if crossing:
        port.relay.from_peer(taken(sent), TRUNK)
    port.relay.abandon(key)
    if not crossing:
        port.relay.from_peer(taken(sent), TRUNK)
        assert port.wires.stack[-1].status == 487, "the stack's call ends"
    assert methods(port) == ["INVITE", "ACK", "BYE"]
    hop, bye = port.wires.peers[-1]
    assert (hop, bye.uri, bye.cseq) == (Peer("udp", "203.0.113.8", 5060), "sip:t@203.0.113.20:5070", (8, "BYE"))
    assert bye.all("route") == ["<sip:203.0.113.8;lr>", "<sip:203.0.113.9;lr>"]
    assert (bye.get("from"), bye.get("to")) == (sent.get("from"), sent.get("to") + ";tag=t")
    ack = port.wires.peers[1][1]
    assert ack.cseq == (7, "ACK") and ack.branch not in (sent.branch, bye.branch)
    stacks = (
        of_stack(key)
        .replace(b"INVITE", b"BYE")
        .replace(b"7 BYE", b"8 BYE")
        .replace(b"\r\nCall-ID", b";tag=t\r\nCall-ID")
    )
    port.relay.from_stack(stacks)
    assert methods(port) == ["INVITE", "ACK", "BYE"] and port.wires.stack[-1].status == 200, (
        "the stack's BYE is not a second one"
    )
    port.relay.from_peer(taken(sent), TRUNK)
    assert methods(port) == ["INVITE", "ACK", "BYE", "ACK"], "a repeated answer is acknowledged again"
    port.now += 0.5
    port.relay.requests.repeat()
    assert methods(port)[4:] == ["BYE"], "an unanswered BYE is repeated"
    port.relay.from_peer(answer_to(bye, 200, "OK").encode(), TRUNK)
    port.now += 5
    port.relay.requests.repeat()
    assert len(port.wires.peers) == 5


@pytest.mark.parametrize("at_once", [False, True], ids=["by the stack", "before the stack does"])
def test_a_call_that_was_acknowledged_is_ended_one_time(at_once: bool) -> None:
    port = Port()
    key = dialed(port)
    port.relay.from_stack(of_stack(key))
    sent = port.wires.peers[0][1]
    port.relay.from_peer(taken(sent), TRUNK)
    for method in ("ACK", "BYE"):
        said = of_stack(key).replace(b"INVITE", method.encode()).replace(b"o1\r\nMax", f"{method}\r\nMax".encode())
        if at_once and method == "BYE":
            port.relay.hang_up("o1")
        port.relay.from_stack(said.replace(b"\r\nCall-ID", b";tag=t\r\nCall-ID"))
        port.relay.abandon(key)
    assert not at_once or port.wires.stack[-1].status == 200, "the stack ends its call, and nobody hears of it again"
    assert methods(port) == ["INVITE", "ACK", "BYE"]


def test_a_second_phone_behind_a_proxy_that_takes_the_same_call_is_let_go() -> None:
    port = Port()
    port.relay.from_stack(of_stack(dialed(port)))
    sent = port.wires.peers[0][1]
    port.relay.from_peer(taken(sent), TRUNK)
    port.relay.from_peer(taken(sent, "other"), TRUNK)
    assert methods(port) == ["INVITE", "ACK", "BYE"] and len(port.wires.stack) == 1
    assert port.wires.peers[-1][1].uri == "sip:other@203.0.113.20:5070"
    port.relay.from_peer(taken(sent), TRUNK)
    assert port.wires.stack[-1].status == 200, "the first phone's repeated answer is for the stack"


def test_a_call_given_up_before_its_invite_is_not_sent() -> None:
    port = Port()
    key = dialed(port)
    port.relay.abandon(key)
    port.relay.from_stack(of_stack(key))
    assert port.wires.peers == [] and port.wires.stack[-1].status == 403


def test_no_second_invite_of_the_stack_leaves_for_a_call_that_is_up() -> None:
    port = Port()
    port.relay.from_peer(request(), TRUNK)
    seen = port.wires.stack[-1]
    answer = answer_to(seen, 200, "OK", tag="s", headers=[("Contact", "<sip:line@127.0.0.1:5999>")])
    port.relay.from_stack(answer.encode())
    for method in ("INVITE", "ACK", "BYE"):
        number = 78 if method == "BYE" else 77
        said = Message(method, "sip:line@127.0.0.1:5998", headers=[
            ("Via", f"SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bK{method}"), ("From", answer.get("to")), ("To", seen.get("from")),
            ("Call-ID", "c1"), ("CSeq", f"{number} {method}"), ("Contact", "<sip:line@127.0.0.1:5999>"),
        ])  # fmt: skip
        port.relay.from_stack(said.encode())
    assert methods(port) == ["200", "BYE"]
    kept = port.wires.stack[-1]
    assert kept.status == 200 and kept.cseq == (77, "INVITE") and b"m=audio 22000" in kept.body


def _talking(port: Port, agreed: str = "") -> Message:
    """A call of ours that is up; the INVITE."""
    port.relay.from_stack(of_stack(dialed(port)))
    sent = port.wires.peers[-1][1]
    port.relay.from_peer(taken(sent).replace(b"Contact:", f"{agreed}Contact:".encode()), TRUNK)
    return sent


def test_a_session_that_the_other_end_refreshes_lives_and_one_that_it_does_not_ends() -> None:
    port, over = Port(), list[str]()
    port.relay.sessions.over = over.append
    sent = _talking(port, agreed="Session-Expires: 1800;refresher=uas\r\nRequire: timer\r\n")
    assert sent.get("session-expires") == "1800;refresher=uac" and "timer" in sent.get("supported")
    assert not port.wires.stack[-1].get("require"), "the stack knows no timer"
    port.now += 1700
    port.relay.sessions.tick()
    update = request("UPDATE", call="o1", body="", to_tag="s", more="Session-Expires: 1800;refresher=uac\r\n")
    port.relay.from_peer(update, TRUNK)
    port.relay.from_stack(answer_to(port.wires.stack[-1], 200, "OK").encode())
    assert port.wires.peers[-1][1].get("session-expires") == "1800;refresher=uac"
    port.now += 1700
    port.relay.sessions.tick()
    assert over == []
    port.now += 70
    port.relay.sessions.tick()
    assert over == ["o1"]


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
def test_a_session_that_we_refresh_is_refreshed_at_half_its_time(method: str) -> None:
    port, over = Port(), list[str]()
    port.relay.sessions.over = over.append
    allow = "Allow: INVITE, ACK, BYE, UPDATE\r\n" if method == "UPDATE" else ""
    _talking(port, agreed=f"{allow}Session-Expires: 1000;refresher=uac\r\nRequire: timer\r\n")
    port.now += 501
    port.relay.sessions.tick()
    refresh = port.wires.peers[-1][1]
    assert (refresh.method, refresh.cseq[0], refresh.get("session-expires")) == (method, 8, "1000;refresher=uac")
    agreed = [("Session-Expires", "1000;refresher=uac")]
    port.relay.from_peer(answer_to(refresh, 200, "OK", headers=agreed).encode(), TRUNK)
    assert port.wires.peers[-1][1].method == ("ACK" if method == "INVITE" else "UPDATE")
    bye = of_stack("", "o1").replace(b"INVITE", b"BYE").replace(b"7 BYE", b"8 BYE")
    port.relay.from_stack(bye.replace(b"\r\nCall-ID", b";tag=t\r\nCall-ID"))
    assert port.wires.peers[-1][1].cseq == (9, "BYE"), "the stack's numbers go on after ours"
    port.relay.from_peer(answer_to(port.wires.peers[-1][1], 200, "OK").encode(), TRUNK)
    assert port.wires.stack[-1].cseq == (8, "BYE"), "and the answer has the stack's own"
    port.now += 501
    port.relay.sessions.tick()
    port.relay.from_peer(answer_to(port.wires.peers[-1][1], 481, "Gone").encode(), TRUNK)
    assert over == ["o1"]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\n{}\r\n--b--\r\n", 0),
        ("multipart/mixed;boundary=b", "--b\r\nContent-Disposition: signal; handling=required\r\n\r\nx\r\n--b--\r\n", 415),
        ("text/html", "<p>", 415),
        ("application/sdp\r\nContent-Encoding: gzip", "x", 415),
    ],
)  # fmt: skip
def test_a_body_is_read_or_refused_with_what_is_read(kind: str, body: str, status: int) -> None:
    port = Port()
    sound = body.format(SOUND)
    changed = request(body=sound).replace(b"Content-Type: application/sdp", f"Content-Type: {kind}".encode(), 1)
    port.relay.from_peer(changed, TRUNK)
    assert port.wires.statuses() == ([status] if status else [])
    if status:
        refused = port.wires.peers[0][1]
        assert (
            refused.get("accept") == "application/sdp, multipart/mixed" or refused.get("accept-encoding") == "identity"
        )
    else:
        assert (
            port.wires.stack[0].get("content-type") == "application/sdp"
            and b"m=audio 22000" in port.wires.stack[0].body
        )


def test_a_session_shorter_than_the_standard_allows_is_refused() -> None:
    port = Port()
    port.relay.from_peer(request(more="Supported: timer\r\nSession-Expires: 30\r\n"), TRUNK)
    assert port.wires.statuses() == [422] and port.wires.peers[0][1].get("min-se") == "90" and not port.wires.stack


def _forwarded(more: str = "", withhold: bool = False, caller: str = "+14155550142") -> Message:
    """The INVITE of a forward of a call from the trunk."""
    port = Port()
    port.relay.from_peer(request(more=f"Identity: abc;info=<https://example.com/c>\r\nIdentity: def\r\n{more}"), TRUNK)
    about = port.relay.ledger.calls["c1"].about
    assert about
    dial = Dial("+13125550142", caller, withhold=withhold, attested_by=Caller(about))  # type: ignore[arg-type]
    line = replace(LINE, trunk=replace(LINE.trunk, caller_host="sip.example.com"))
    port.relay.from_stack(of_stack(port.relay.plan(outgoing(dial, line, TRUNK, "198.51.100.1"))))
    return port.wires.peers[-1][1]


@dataclass
class Caller:
    """An incoming leg, as far as a forward looks at it."""

    about: About
    ended: asyncio.Future[None] | None = None


def test_a_forward_names_the_number_that_was_called_and_carries_the_callers_signature() -> None:
    sent = _forwarded()
    assert sent.get("from").startswith("<sip:+14155550142@sip.example.com>;tag=")
    assert sent.get("diversion") == "<sip:+13125550120@sip.example.com>;reason=unconditional;counter=1"
    assert sent.get("history-info").startswith(
        "<sip:+13125550120@sip.example.com>;index=1, <sip:+13125550142@203.0.113.10;cause"
    )
    assert sent.all("identity") == ["abc;info=<https://example.com/c>", "def"]


def test_a_forward_that_shows_our_number_or_hides_the_caller_carries_no_signature() -> None:
    ours = _forwarded(caller="+13125550120")
    assert not ours.get("diversion") and not ours.get("identity")
    hidden = _forwarded("Privacy: id\r\n", withhold=True, caller="+13125550199")
    assert not hidden.get("identity") and b"4155550142" not in hidden.encode()


def test_a_call_without_a_port_for_its_sound_is_sent_elsewhere() -> None:
    port = Port()
    port.relay.from_peer(request(), TRUNK)
    port.relay.from_stack(answer_to(port.wires.stack[-1], 500, "Call Error", tag="s").encode())
    assert port.wires.statuses() == [503] and port.wires.peers[-1][1].phrase == "Service Unavailable"


def test_sound_over_ipv6_alone_is_refused_in_a_way_that_lets_the_other_end_offer_ipv4() -> None:
    port = Port()
    port.relay.from_peer(request(body=SOUND.replace("IP4 203.0.113.20", "IP6 2001:db8::1")), TRUNK)
    ((_, said),) = port.wires.peers
    assert said.status == 488 and said.get("warning").startswith("301 ") and not port.relay.ledger.calls


def test_a_trunk_that_wants_a_longer_session_timer_gets_it_with_the_next_try() -> None:
    port = Port()
    port.relay.from_stack(of_stack(dialed(port)))
    first = port.wires.peers[-1][1]
    refusal = answer_to(first, 422, "Session Interval Too Small", tag="t", headers=[("Min-SE", "3600")])
    port.relay.from_peer(refusal.encode(), TRUNK)
    assert port.wires.stack[-1].status == 422
    port.relay.from_stack(of_stack(dialed(port), "o2"))
    second = port.wires.peers[-1][1]
    assert [each.get("session-expires") for each in (first, second)] == ["1800;refresher=uac", "3600;refresher=uac"]


@pytest.mark.parametrize(("status", "asks", "answers"), [(401, "WWW", ""), (407, "Proxy", "Proxy-")])
def test_the_ports_own_bye_is_signed_if_the_trunk_asks(status: int, asks: str, answers: str) -> None:
    port = Port()
    port.relay.requests.credentials = "u", "p"
    port.relay.requests.end(
        Dialog(TRUNK, "c1", "<sip:us@x>;tag=1", "<sip:them@x>;tag=2", "sip:them@203.0.113.10", (), 6)
    )
    for number in (7, 8):
        bye = port.wires.peers[-1][1]
        assert bye.cseq == (number, "BYE") and bool(bye.get(f"{answers}authorization".lower())) is (number == 8)
        challenge = [(f"{asks}-Authenticate", 'Digest realm="trunk", nonce="n", qop="auth", algorithm=SHA-256')]
        port.relay.from_peer(answer_to(bye, status, "Who are you", headers=challenge).encode(), TRUNK)
    assert methods(port) == ["BYE", "BYE"], "a wrong password is not tried for ever"
