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
from interop_line import FORWARDED, US, Line, Peers, taken, until  # noqa: E402
from localhost_certificate import made_certificate  # noqa: E402
from phone_device import Device  # noqa: E402
from sipp import EncryptedSound, hang_up, pause, receive, respond, send  # noqa: E402

from hub.platform.loopback import free_port  # noqa: E402
from plugins.carriers.sip.engine.guard.digest import REALM, secrets_of  # noqa: E402
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

    def says(self, name: str, *parts: str, password: str = PASSWORD, called: str = "") -> sipp.Running:
        """A phone begins something."""
        signed = f"{called}@localhost" if called else "localhost"
        more = ("-t", "t1", "-au", name, "-ap", password, "-auth_uri", signed)
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

    def close(self) -> None:
        self.peers.close()
        for each in self._devices.values():
            self.line.run(each.close())
        self.line.close()


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


LET_GO = receive("BYE") + respond("200 OK", inside=True)


def test_a_phone_signs_in_and_a_flow_rings_it_with_encrypted_sound(office: Office) -> None:
    office.signs_in("anna")
    anna, caller = office.peers.sound(encrypted=True), office.peers.sound()
    assert isinstance(anna, EncryptedSound)
    office.line.rings = "sip:anna"
    phone = office.answers("anna", *picks_up(anna, LET_GO))
    calling = office.peers.call(FORWARDED, taken(caller.described()), pause(1500), hang_up())
    until(lambda: len(anna.packets) > 20 and len(caller.packets) > 20)
    calling.wait()
    anna.learn(phone.wait())
    assert len(anna.clear()) > 20
