"""Phones of the business, played by sipp over TLS: they sign in, flows ring them, they call, hold and transfer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PEERS = Path(__file__).parents[1] / "plugins" / "carriers" / "sip" / "peers"
sys.path.insert(0, str(PEERS))
pytest.importorskip("baresip", reason="no wheel of baresip-python for this platform")
import sipp  # noqa: E402
from interop_line import FORWARDED, LET_GO, PHONE, US, Line, Peers, taken, until  # noqa: E402
from localhost_certificate import made_certificate  # noqa: E402
from phone_device import Device  # noqa: E402
from sipp import EncryptedSound, Sound, pause, receive, request, respond, send  # noqa: E402

from hub.platform.loopback import free_port  # noqa: E402
from plugins.carriers.sip.engine.guard.digest import REALM, secrets_of  # noqa: E402
from plugins.carriers.sip.engine.interface import Busy, Dial  # noqa: E402
from plugins.carriers.sip.engine.settings import Phone, Phones  # noqa: E402

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sipp.SIPP is None, reason="sipp is not installed (Debian package sip-tester)"),
]
PASSWORD = "correct-horse-battery"


class Office:
    """A line with two phones, of which each is a sipp behind a TLS connection."""

    def __init__(self, folder: Path) -> None:
        certificate = made_certificate(folder)
        self.port = free_port()
        named = {name: Phone(secrets_of(name, REALM, PASSWORD, ["SHA-256"]), US) for name in ("anna", "ben")}
        self.line = Line(phones=Phones(named, certificate, "127.0.0.1", self.port))
        self.peers = Peers(self.line, folder)
        self._devices = {name: Device(free_port(), free_port(), certificate) for name in named}
        for each in self._devices.values():
            self.line.run(each.open(self.port))

    def of(self, name: str) -> Device:
        return self._devices[name]

    def says(
        self, name: str, *parts: str, password: str = PASSWORD, called: str = "", call_id: str = ""
    ) -> sipp.Running:
        """A phone begins something."""
        signed = f"{called}@127.0.0.1:{self.of(name).port}" if called else "localhost"
        more = (
            "-t",
            "t1",
            "-au",
            name,
            "-ap",
            password,
            "-auth_uri",
            signed,
            *(("-cid_str", call_id) if call_id else ()),
        )
        running = sipp.call(
            self.peers.folder, f"{name}{len(self.peers.running)}", self.of(name).port, called or "-", *parts, more=more
        )
        self.peers.running.append(running)
        return running

    def answers(self, name: str, *parts: str) -> sipp.Running:
        """What a phone does when it is called."""
        running = sipp.phone(self.peers.folder, f"{name}-rings", self.of(name)._answering, *parts, more=("-t", "t1"))
        self.peers.running.append(running)
        return running

    def signs_in(self, name: str) -> None:
        self.says(name, register(name), challenged(401), register(name, signed=True), receive(200)).wait()

    def rung(self, caller: Sound, name: str = "anna") -> tuple[Dialog, sipp.Running, EncryptedSound]:
        """A call that came in and that a phone has taken: the phone's side of it, the caller, and the phone's sound."""
        self.signs_in(name)
        self.line.rings = f"sip:{name}"
        sound = self.peers.sound(encrypted=True)
        assert isinstance(sound, EncryptedSound)
        phone = self.answers(name, *picks_up(sound, pause(60_000)))
        calling = self.peers.call(FORWARDED, taken(caller.described()) + LET_GO)
        until(lambda: "ACK sip:" in phone.messages())
        return Dialog(phone.messages(), name), calling, sound

    def close(self) -> None:
        self.peers.close()
        for each in self._devices.values():
            self.line.run(each.close())
        self.line.close()


class Dialog:
    """A phone's side of a call, read from what it has received and sent."""

    def __init__(self, messages: str, name: str) -> None:
        invite = messages[messages.index("INVITE sip:") :]
        self.theirs, self.call_id = header(invite, "From"), header(invite, "Call-ID")
        self.target = header(invite, "Contact").strip("<>")
        self.ours = f"{header(invite, 'To')};tag=p1"
        self.name = name

    def request(self, method: str, number: int, *more: str, body: str = "") -> str:
        """A request of the phone inside the call."""
        return send(
            f"{method} {self.target} SIP/2.0", "Via: SIP/2.0/TLS 10.0.0.7:5061;branch=[branch];rport", f"From: {self.ours}",
            f"To: {self.theirs}", f"Call-ID: {self.call_id}", f"CSeq: {number} {method}", "Max-Forwards: 70",
            f"Contact: <sip:{self.name}@10.0.0.7:5061;transport=tls>", *more, body=body,
        )  # fmt: skip


def header(message: str, name: str) -> str:
    """The value of a header."""
    return next(line.partition(":")[2].strip() for line in message.splitlines() if line.startswith(f"{name}:"))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.close()


def register(name: str, signed: bool = False, *more: str, expires: int = 600) -> str:
    """A phone's REGISTER."""
    proof = ["[authentication]"] if signed else []
    return send(
        "REGISTER sip:localhost SIP/2.0", "Via: SIP/2.0/TLS 10.0.0.7:5061;branch=[branch];rport", "Max-Forwards: 70",
        f"From: <sip:{name}@localhost>;tag=[pid]r", f"To: <sip:{name}@localhost>", "Call-ID: [call_id]",
        f"CSeq: {2 if signed else 1} REGISTER", f"Contact: <sip:{name}@10.0.0.7:5061;transport=tls>",
        f"Expires: {expires}", *proof, *more,
    )  # fmt: skip


def challenged(status: int) -> str:
    """The challenge that the next request answers."""
    return receive(status).replace("<recv ", '<recv auth="true" ')


def picks_up(sound: EncryptedSound, *then: str) -> tuple[str, ...]:
    """A phone that is taken after a moment."""
    return (
        receive("INVITE"), respond("180 Ringing"), pause(200), respond("200 OK", body=sound.described()), receive("ACK"), *then,
    )  # fmt: skip


def test_a_phone_signs_in_and_a_flow_rings_it_with_encrypted_sound(office: Office) -> None:
    office.signs_in("anna")
    anna, caller = office.peers.sound(encrypted=True), office.peers.sound()
    assert isinstance(anna, EncryptedSound)
    office.line.rings = "sip:anna"
    phone = office.answers("anna", *picks_up(anna, LET_GO))
    calling = office.peers.call(FORWARDED, taken(caller.described()), LET_GO)
    until(lambda: len(anna.packets) > 20 and len(caller.packets) > 20)
    office.line.end()
    calling.wait()
    anna.learn(phone.wait())
    assert len(anna.clear()) > 20


def calls(sound: EncryptedSound) -> str:
    """A phone's call, signed as the line asks."""
    asked = request("INVITE", first=True, body=sound.described()) + challenged(401) + request("ACK", refused=True)
    signed = request("INVITE", "[authentication]", first=True, number=2, body=sound.described())
    ringing = receive(100, optional=True) + receive(180, optional=True) + receive(200, begins=True)
    return asked + signed + ringing + request("ACK", number=2)


def hears(one: Sound, other: EncryptedSound | Sound) -> bool:
    """Let `one` speak; whether `other` heard something."""
    if one.source:
        one.speak(one.source, 5)
    return other.voices() > 5


def test_a_phone_calls_a_number_and_shows_its_own(office: Office) -> None:
    anna, person = office.peers.sound(encrypted=True), office.peers.sound()
    assert isinstance(anna, EncryptedSound)
    called = office.peers.phone(
        receive("INVITE", needs=f"From: .sip:.{US[1:]}@"), respond("180 Ringing"), respond("200 OK", body=person.described()),
        receive("ACK"), LET_GO,
    )  # fmt: skip
    calling = office.says("anna", calls(anna), LET_GO, called=PHONE)
    until(lambda: len(anna.packets) > 20 and len(person.packets) > 20)
    office.line.end()
    calling.wait()
    called.wait()


def test_a_phone_calls_another_phone_and_both_are_busy(office: Office) -> None:
    office.signs_in("ben")
    anna, ben = office.peers.sound(encrypted=True), office.peers.sound(encrypted=True)
    assert isinstance(anna, EncryptedSound) and isinstance(ben, EncryptedSound)
    called = office.answers("ben", *picks_up(ben, LET_GO))
    calling = office.says("anna", calls(anna), LET_GO, called="ben")
    until(lambda: "ACK sip:" in called.messages())
    for name in ("anna", "ben"):
        with pytest.raises(Busy):
            office.line.run(office.line.engine.place(Dial(f"sip:{name}", US)))
    office.line.end()
    calling.wait()
    called.wait()


def test_a_caller_on_hold_hears_music_until_the_phone_resumes(office: Office) -> None:
    caller = office.peers.sound()
    dialog, calling, sound = office.rung(caller)
    ringing = caller.voices()
    held = sound.described(more="a=sendonly\n")
    office.says(
        "anna", dialog.request("INVITE", 2, body=held), receive(100, optional=True), receive(200, needs="a=inactive"),
        dialog.request("ACK", 2), call_id=dialog.call_id,
    ).wait()  # fmt: skip
    until(lambda: caller.voices() > ringing + 50)
    office.says(
        "anna", dialog.request("INVITE", 3, body=sound.described()), receive(100, optional=True), receive(200),
        dialog.request("ACK", 3), dialog.request("BYE", 4), receive(200), call_id=dialog.call_id,
    ).wait()  # fmt: skip
    calling.wait()


def refer(dialog: Dialog, to: str, *outcome: str) -> tuple[str, ...]:
    """A phone gives its call away, hears how it goes, and is let go."""
    told = [receive("NOTIFY", needs=each) + respond("200 OK", inside=True) for each in outcome]
    return dialog.request("REFER", 2, f"Refer-To: <{to}>"), receive(202), *told, LET_GO


def test_a_blind_transfer_connects_the_caller_with_somebody_else(office: Office) -> None:
    caller, person = office.peers.sound(), office.peers.sound()
    dialog, calling, _ = office.rung(caller)
    called = office.peers.phone(
        receive("INVITE"), respond("180 Ringing"), pause(500), respond("200 OK", body=person.described()), receive("ACK"),
        pause(60_000),
    )  # fmt: skip
    office.says(
        "anna", *refer(dialog, f"sip:{PHONE}@localhost", "SIP/2.0 100", "SIP/2.0 200"), call_id=dialog.call_id
    ).wait()
    until(lambda: hears(caller, person))
    assert "ACK sip:" in called.messages()
    for leg in [each for each in office.line.engine.legs() if each.outgoing]:
        office.line.run(leg.hang_up())
    calling.wait()


def test_a_transfer_that_nobody_takes_leaves_the_caller_with_the_phone(office: Office) -> None:
    caller = office.peers.sound()
    dialog, calling, _ = office.rung(caller)
    told = (receive("NOTIFY", needs=f"SIP/2.0 {each}") + respond("200 OK", inside=True) for each in (100, 480))
    office.says(
        "anna", dialog.request("REFER", 2, "Refer-To: <sip:ben@localhost>"), receive(202), *told,
        dialog.request("REFER", 3, "Refer-To: <sip:911@localhost>"), receive(603),
        dialog.request("BYE", 4), receive(200), call_id=dialog.call_id,
    ).wait()  # fmt: skip
    calling.wait()


def test_an_attended_transfer_connects_the_caller_with_the_one_who_was_asked(office: Office) -> None:
    caller, anna, ben = office.peers.sound(), office.peers.sound(encrypted=True), office.peers.sound(encrypted=True)
    assert isinstance(anna, EncryptedSound) and isinstance(ben, EncryptedSound)
    dialog, calling, _ = office.rung(caller)
    office.signs_in("ben")
    called = office.answers("ben", *picks_up(ben, LET_GO))
    asking = office.says("anna", calls(anna), LET_GO, called="ben", call_id="consultation")
    until(lambda: "ACK sip:" in called.messages() and "ACK sip:" in asking.messages())
    until(lambda: all(getattr(each, "bridge_now", None) for each in office.line.engine.legs()))
    replaced = "sip:ben@localhost?Replaces=consultation%3Bto-tag%3D1%3Bfrom-tag%3D2"
    office.says("anna", *refer(dialog, replaced, "SIP/2.0 200"), call_id=dialog.call_id).wait()
    asking.wait()
    before = len(ben.packets)
    until(lambda: len(ben.packets) > before + 20)
    ben.learn(called.messages())
    until(lambda: hears(caller, ben) and any(len(set(each[12:])) > 1 for each in ben.clear()[-50:]))
    for leg in [each for each in office.line.engine.legs() if not each.outgoing]:
        office.line.run(leg.hang_up())
    calling.wait()
    called.wait()
