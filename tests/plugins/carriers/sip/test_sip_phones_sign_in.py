"""Phones of the business sign in at the line; who only guesses gets nowhere, and learns nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from relay_port import SOUND, TRUNK, Port
from relay_port import request as call_of_the_trunk

from plugins.carriers.sip.engine.guard.admission import BLOCK_S
from plugins.carriers.sip.engine.guard.calls import Peer
from plugins.carriers.sip.engine.guard.digest import REALM, answer_to_challenge, secrets_of
from plugins.carriers.sip.engine.guard.message import Message, answer_to
from plugins.carriers.sip.engine.phones.registrar import MIN_S
from plugins.carriers.sip.engine.phones.sign_in import FAILURES_OF_A_NAME, FAILURES_OF_A_PHONE, FAILURES_OF_A_SOURCE
from plugins.carriers.sip.engine.settings import Phone, Phones

PASSWORD, US = "correct-horse-battery", "+13125550120"
OFFICE = Peer("tls", "198.51.100.9", 41000, phone=True)


def made(*algorithms: str) -> Port:
    """A port at which Anna and Ben may sign in."""
    allowed = algorithms or ("SHA-256",)
    named = {name: Phone(secrets_of(name, REALM, PASSWORD, allowed), US) for name in ("anna", "ben")}
    return Port(phones=Phones(named, Path("unused.pem")))


class Device:
    """A phone that speaks through a connection."""

    def __init__(self, port: Port, peer: Peer = OFFICE) -> None:
        self.port, self.peer, self.count = port, peer, 0

    def send(
        self, method: str, name: str, *more: tuple[str, str], contact: str = "", body: str = "", to: str = ""
    ) -> Message | None:
        """Send a request; the answer, if there is one."""
        self.count += 1
        headers = [
            ("Via", f"SIP/2.0/TLS 10.0.0.7:5061;branch=z9hG4bK{self.peer.port}{name}{self.count};rport"),
            ("From", f"<sip:{name}@localhost>;tag=f"), ("To", to or f"<sip:{name}@localhost>"), ("Call-ID", f"reg-{name}"),
            ("CSeq", f"{self.count} {method}"), ("Contact", contact or f"<sip:{name}@10.0.0.7:5061;transport=tls>"), *more,
        ]  # fmt: skip
        before = len(self.port.wires.peers)
        self.port.relay.from_peer(
            Message(method, "sip:localhost", headers=headers, body=body.encode()).encode(), self.peer
        )
        answers = self.port.wires.peers[before:]
        assert all(to == self.peer for to, _ in answers)
        return answers[0][1] if answers else None

    def sign_in(
        self, name: str, password: str = PASSWORD, *more: tuple[str, str], user: str = "", contact: str = ""
    ) -> int:
        """Sign in as a phone does that knows the password, or another; the last status, 0 for silence."""
        challenge = self.send("REGISTER", name, *more, contact=contact)
        if challenge is None or challenge.status != 401:
            return challenge.status if challenge else 0
        challenges = challenge.all("www-authenticate")
        proof = answer_to_challenge(challenges, user or name, password, "REGISTER", "sip:localhost")
        answer = self.send("REGISTER", name, ("Authorization", proof), *more, contact=contact)
        return answer.status if answer else 0


def test_a_phone_is_signed_in_until_it_expires_or_its_connection_is_closed() -> None:
    port = made()
    anna = Device(port)
    assert anna.sign_in("anna", PASSWORD, ("Expires", "300")) == 200
    assert port.wires.peers[-1][1].get("contact") == "<sip:anna@10.0.0.7:5061;transport=tls>;expires=300"
    assert port.kept == [OFFICE], "its connection is no stranger's any more"
    assert port.registrar.signed_in() == {"anna": True, "ben": False}
    port.now += 300
    assert not port.registrar.signed_in()["anna"]
    assert anna.sign_in("anna") == 200
    port.registrar.gone(OFFICE)
    assert not port.registrar.signed_in()["anna"]


def test_a_phone_that_connects_anew_goes_on_with_its_call_and_may_transfer_it() -> None:
    port = made()
    anna, sound = Device(port), ("Content-Type", "application/sdp")
    challenge = anna.send("INVITE", "anna", sound, body=SOUND)
    assert challenge
    proof = answer_to_challenge(challenge.all("www-authenticate"), "anna", PASSWORD, "INVITE", "sip:localhost")
    anna.send("INVITE", "anna", sound, ("Authorization", proof), body=SOUND)
    (invite,) = [each for each in port.wires.stack if each.method == "INVITE"]
    assert invite.uri.startswith("sip:phones@") and "authorization" not in invite.encode().decode().lower()
    answer = answer_to(invite, 200, "OK", tag="us", headers=[("Contact", "<sip:phones@127.0.0.1:5999>")])
    port.relay.from_stack(answer.encode())
    taken = port.wires.peers[-1][1]
    assert taken.status == 200 and "REFER" in taken.get("allow") and "replaces" in taken.get("supported")
    again = Device(port, Peer("tls", OFFICE.host, 41999, phone=True))
    again.count = 5
    moved = again.send("REFER", "anna", ("Refer-To", "<sip:ben@localhost>"), to=taken.get("to"))
    assert moved and moved.status == 603, "there is nobody to transfer yet"
    bye = f"BYE sip:anna SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bKb\r\nFrom: {taken.get('to')}\r\n"
    bye += f"To: {taken.get('from')}\r\nCall-ID: reg-anna\r\nCSeq: 9 BYE\r\n\r\n"
    port.relay.from_stack(bye.encode())
    assert port.wires.peers[-1][0] == again.peer and port.wires.peers[-1][1].method == "BYE"


def test_a_phone_signs_out_and_the_newest_place_of_a_phone_counts() -> None:
    port = made()
    assert Device(port).sign_in("anna") == 200
    home = Peer("tls", "203.0.113.200", 5000, phone=True)
    assert Device(port, home).sign_in("anna") == 200
    place = port.registrar.place_of("anna")
    assert place and place.peer == home
    for contact in ("*", "<sip:anna@10.0.0.8:5061>"):
        assert Device(port).sign_in("anna", PASSWORD, ("Expires", "0"), contact=contact) == 200
        assert port.registrar.place_of("anna") == place, "a former device signs out itself alone"
    assert Device(port, home).sign_in("anna", PASSWORD, ("Expires", "0"), contact="*") == 200
    assert port.registrar.place_of("anna") is None


def test_what_a_phone_may_not_ask_for_is_refused() -> None:
    port = made()
    assert Device(port).sign_in("ben", user="anna") == 403, "a phone signs in itself alone"
    assert Device(port).sign_in("anna", PASSWORD, ("Expires", str(MIN_S - 1))) == 423
    assert Device(port).sign_in("anna", contact="nowhere") == 400
    assert not any(port.registrar.signed_in().values())
    assert Device(port).send("SUBSCRIBE", "anna") is None
    assert Device(port).send("OPTIONS", "anna") is None, "a stranger gets no sign of life"


def test_guessing_ends_after_a_few_wrong_passwords_and_tells_nothing_of_names() -> None:
    guessed = {}
    for name in ("anna", "nobody"):
        port = made()
        guesser = Device(port, Peer("tls", "192.0.2.66", 5000, phone=True))
        guessed[name] = [guesser.sign_in(name, "guessed-12345") for _ in range(FAILURES_OF_A_PHONE + 1)]
    assert guessed["anna"] == guessed["nobody"] == [401] * (FAILURES_OF_A_PHONE - 1) + [0, 0]


def test_a_phone_with_a_wrong_password_does_not_lock_its_office_out() -> None:
    port = made()
    for _ in range(FAILURES_OF_A_PHONE + 3):
        Device(port).sign_in("anna", "an-old-password")
    assert Device(port).sign_in("anna") == 0, "the right password is no good either, for an hour"
    assert Device(port).sign_in("ben") == 200
    port.now += BLOCK_S
    assert Device(port).sign_in("anna") == 200


def test_an_address_that_guesses_many_names_gets_no_answer_at_all() -> None:
    port = made()
    guesser = Device(port, Peer("tls", "192.0.2.66", 5000, phone=True))
    for number in range(FAILURES_OF_A_SOURCE):
        port.now += 1
        guesser.sign_in(f"phone-{number}", "guessed-12345")
    assert guesser.send("REGISTER", "anna") is None
    assert Device(port).sign_in("anna") == 200


def test_many_addresses_that_guess_one_name_end_for_all_but_the_address_at_which_the_phone_is() -> None:
    port = made()
    assert Device(port).sign_in("anna") == 200
    for number in range(FAILURES_OF_A_NAME):
        guesser = Device(port, Peer("tls", f"192.0.2.{number + 1}", 5000, phone=True))
        assert guesser.sign_in("anna", "guessed-12345") in (401, 0)
    elsewhere = Device(port, Peer("tls", "203.0.113.200", 5000, phone=True))
    signed = ("Authorization", 'Digest username="anna"')
    assert elsewhere.send("REGISTER", "anna", signed) is None, "not even the right password is asked for"
    assert Device(port).sign_in("anna") == 200 and elsewhere.sign_in("ben") == 200


def test_a_proof_with_an_old_nonce_is_asked_for_again_and_counts_as_no_guess() -> None:
    port = made()
    anna = Device(port)
    challenge = anna.send("REGISTER", "anna")
    assert challenge
    proof = answer_to_challenge(challenge.all("www-authenticate"), "anna", PASSWORD, "REGISTER", "sip:localhost")
    assert [anna.send("REGISTER", "anna", ("Authorization", proof)).status for _ in range(9)] == [200, *[401] * 8]  # type: ignore[union-attr]
    assert "stale=true" in port.wires.peers[-1][1].get("www-authenticate")
    assert anna.sign_in("anna") == 200


@pytest.mark.parametrize(("allowed", "offered"), [(("SHA-256",), 1), (("SHA-256", "MD5"), 2)])
def test_md5_is_offered_only_where_the_settings_allow_it(allowed: tuple[str, ...], offered: int) -> None:
    port = made(*allowed)
    challenge = Device(port).send("REGISTER", "anna")
    assert challenge and len(challenge.all("www-authenticate")) == offered
    weak = ['Digest realm="ringfence", nonce="{}", algorithm=MD5, qop="auth"'.format(
        challenge.get("www-authenticate").partition('nonce="')[2].partition('"')[0])]  # fmt: skip
    proof = answer_to_challenge(weak, "anna", PASSWORD, "REGISTER", "sip:localhost")
    answer = Device(port).send("REGISTER", "anna", ("Authorization", proof))
    assert answer and answer.status == (200 if offered == 2 else 401)


def test_the_phones_port_reaches_no_call_of_the_trunk_and_the_trunk_none_of_a_phone() -> None:
    port = made()
    port.relay.from_peer(call_of_the_trunk(), TRUNK)
    (invite,) = port.wires.stack
    port.relay.from_stack(
        answer_to(invite, 200, "OK", tag="us", headers=[("Contact", "<sip:x@127.0.0.1:5999>")]).encode()
    )
    sent = len(port.wires.peers)
    for peer in (Peer("tls", TRUNK.host, 41000, phone=True), OFFICE):
        port.relay.from_peer(call_of_the_trunk("BYE", body="", to_tag="us"), peer)
    assert (len(port.wires.stack), len(port.wires.peers)) == (1, sent)
    port.relay.from_peer(call_of_the_trunk("BYE", body="", to_tag="us"), TRUNK)
    assert port.wires.stack[-1].method == "BYE"
