"""A trunk for load: it calls in, answers what is called, and sends G.711 from every leg on one clock. Raw UDP, no stack.

One process, so that what is measured of the line is the line's. Every leg sends a pure tone; what it receives is counted.
"""

from __future__ import annotations

import json
import math
import re
import select
import socket
import struct
import sys
import threading
import time
from dataclasses import dataclass, field

HOST = "127.0.0.1"
FRAME_S = 0.02
PACE_S = 0.2
_ULAW_BIAS = 0x84


def ulaw(sample: int) -> int:
    """One sample as G.711 mu-law."""
    sign = 0x80 if sample < 0 else 0
    value = min(abs(sample), 32635) + _ULAW_BIAS
    exponent = max(0, value.bit_length() - 8)
    return ~(sign | exponent << 4 | (value >> exponent + 3) & 0x0F) & 0xFF


def frames(frequency: int) -> list[bytes]:
    """A second of a tone in frames of 20 ms."""
    wave = bytes(ulaw(int(9000 * math.sin(2 * math.pi * frequency * at / 8000))) for at in range(8000))
    return [wave[at : at + 160] for at in range(0, 8000, 160)]


@dataclass
class Leg:
    """One call of the trunk's, either way."""

    sound: list[bytes]
    rtp: socket.socket
    sequence: int = 0
    to: tuple[str, int] | None = None
    heard: int = 0
    last: float = 0.0
    gap: float = 0.0
    ended: bool = False
    kept: bytearray | None = None
    """What was heard, as mu-law, if anybody wants it."""
    asked: list[str] = field(default_factory=list)
    """Methods and statuses that came for this leg, in order."""
    dialog: dict[str, str] = field(default_factory=dict)


def _opened() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((HOST, 0))
    made.setblocking(False)
    return made


class Trunk:
    """Calls in at a pace, answers what comes back, and ends it all."""

    def __init__(self, port: int, line: int) -> None:
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sip.bind((HOST, port))
        self.port, self.line = port, (HOST, line)
        self.legs: dict[str, Leg] = {}
        self.by_socket: dict[int, Leg] = {}
        self.late = 0.0
        self.keep = False
        self.named = HOST
        """The address that descriptions of its sound name; behind NAT it is not the one that the sound comes from."""
        self.statuses = dict[str, str]()
        """How a called number answers; 200 OK if left out, and 180 Ringing rings for ever."""
        self.pinged = False
        """Whether the line has asked for a sign of life."""
        self._stop = False
        self._caller, self._agent = frames(880), frames(330)
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._signal, self._speak, self._hear)]
        self._epoll = select.epoll()

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def call(self, number: int) -> Leg:
        """Call in once."""
        call_id = f"load-{number}-{time.monotonic_ns()}"
        leg = self._leg(call_id, self._caller)
        leg.dialog = {
            "from": f"<sip:+1415555{number:04d}@{HOST}:{self.port}>;tag=c{number}",
            "to": f"<sip:+13125550120@{HOST}>",
        }
        self._send("INVITE", call_id, leg, 1, _described(leg, self.named))
        return leg

    def ask(self, leg: Leg, method: str, number: int, body: str = "", kind: str = "application/sdp") -> None:
        """Send a request within a leg's call."""
        call_id = next(name for name, each in self.legs.items() if each is leg)
        self._send(method, call_id, leg, number, body, kind)

    def hang_up(self) -> None:
        """End the callers' legs, one after the other; the others talk on meanwhile."""
        for call_id, leg in list(self.legs.items()):
            if call_id.startswith("load-") and not leg.ended:
                leg.ended = True
                self._send("BYE", call_id, leg, 2)
                time.sleep(PACE_S)

    def close(self) -> None:
        self._stop = True
        for thread in self._threads:
            thread.join(2)

    def _leg(self, call_id: str, sound: list[bytes]) -> Leg:
        leg = self.legs[call_id] = Leg(sound, _opened(), kept=bytearray() if self.keep else None)
        self.by_socket[leg.rtp.fileno()] = leg
        self._epoll.register(leg.rtp.fileno(), select.EPOLLIN)
        return leg

    def _send(
        self, method: str, call_id: str, leg: Leg, number: int, body: str = "", kind: str = "application/sdp"
    ) -> None:
        uri = leg.dialog.get("target", f"sip:+13125550120@{HOST}:{self.line[1]}")
        branch = leg.dialog.pop("branch", f"z9hG4bK{method}{time.monotonic_ns()}")
        if method == "INVITE":
            leg.dialog["invite"] = branch
        lines = [
            f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {HOST}:{self.port};branch={branch}", "Max-Forwards: 70",
            f"From: {leg.dialog['from']}", f"To: {leg.dialog['to']}", f"Call-ID: {call_id}", f"CSeq: {number} {method}",
            f"Contact: <sip:trunk@{HOST}:{self.port}>", *([f"Content-Type: {kind}"] if body else []),
            f"Content-Length: {len(body)}", "", body,
        ]  # fmt: skip
        self.sip.sendto("\r\n".join(lines).encode(), self.line)

    def _signal(self) -> None:
        self.sip.settimeout(0.1)
        while not self._stop:
            try:
                text = self.sip.recv(65535).decode()
            except TimeoutError:
                continue
            known = self.legs.get(_header(text, "Call-ID"))
            if known:
                known.asked.append(text.split(" ", 2)[1 if text.startswith("SIP/2.0 ") else 0])
            if text.startswith("SIP/2.0 "):
                self._answered(text)
            elif text.startswith("INVITE "):
                self._called(text)
            elif not text.startswith("ACK "):
                if text.startswith("BYE ") and known:
                    known.ended = True
                self.pinged = self.pinged or text.startswith("OPTIONS ")
                self._reply(text, "200 OK")
                if text.startswith("CANCEL ") and known:
                    self._reply(known.dialog["text"], "487 Request Terminated")

    def _called(self, text: str) -> None:
        number = text.partition("sip:")[2].partition("@")[0]
        sound = self._agent_leg(text)
        status = self.statuses.get(number, "200 OK")
        self._reply(text, status, sound if status.startswith(("183", "200")) else "")

    def _answered(self, text: str) -> None:
        call_id = _header(text, "Call-ID")
        leg = self.legs.get(call_id)
        if leg and text.startswith("SIP/2.0 183") and "m=audio" in text:
            leg.to = _sound_of(text)  # it speaks before it is answered
        if leg and text.startswith("SIP/2.0 200") and _header(text, "CSeq").endswith("INVITE"):
            leg.dialog |= {"to": _header(text, "To"), "target": _header(text, "Contact").strip("<>")}
            leg.to = leg.to or _sound_of(text)
            self._send("ACK", call_id, leg, 1)

    def refuse(self, leg: Leg, status: str) -> None:
        """Refuse a call that rings."""
        self._reply(leg.dialog["text"], status)

    def _agent_leg(self, text: str) -> str:
        call_id = _header(text, "Call-ID")
        leg = self.legs.get(call_id) or self._leg(call_id, self._agent)
        leg.to = _sound_of(text)
        leg.dialog = {
            "from": f"{_header(text, 'To')};tag=agent",
            "to": _header(text, "From"),
            "target": _header(text, "Contact").strip("<>"),
            "text": text,
        }
        return _described(leg, self.named)

    def _reply(self, text: str, status: str, body: str = "") -> None:
        vias = re.findall(r"(?im)^Via: .*$", text.replace("\r", ""))
        to = _header(text, "To")
        lines = [
            f"SIP/2.0 {status}", *vias, f"From: {_header(text, 'From')}", f"To: {to}{'' if 'tag=' in to else ';tag=agent'}",
            f"Call-ID: {_header(text, 'Call-ID')}", f"CSeq: {_header(text, 'CSeq')}",
            f"Contact: <sip:agent@{HOST}:{self.port}>",
            *(["Content-Type: application/sdp"] if body else []), f"Content-Length: {len(body)}", "", body,
        ]  # fmt: skip
        self.sip.sendto("\r\n".join(lines).encode(), self.line)

    def _speak(self) -> None:
        due = time.monotonic()
        while not self._stop:
            self.late = max(self.late, time.monotonic() - due)
            for leg in list(self.legs.values()):
                if leg.to and not leg.ended:
                    packet = struct.pack("!BBHII", 0x80, 0, leg.sequence & 0xFFFF, leg.sequence * 160, 7)
                    leg.rtp.sendto(packet + leg.sound[leg.sequence % 50], leg.to)
                    leg.sequence += 1
            due += FRAME_S
            time.sleep(max(0.0, due - time.monotonic()))

    def _hear(self) -> None:
        while not self._stop:
            for number, _ in self._epoll.poll(0.1):
                leg, now = self.by_socket[number], time.monotonic()
                try:
                    packet = leg.rtp.recv(2048)
                except BlockingIOError:
                    continue
                if leg.kept is not None and packet[1] & 0x7F == 0:
                    leg.kept += packet[12:]
                leg.heard += 1
                if leg.last and not leg.ended:
                    leg.gap = max(leg.gap, now - leg.last)
                leg.last = now


def _header(text: str, name: str) -> str:
    found = re.search(rf"(?im)^{name}: *(.*?)\r?$", text)
    return found[1] if found else ""


def _described(leg: Leg, host: str) -> str:
    port = leg.rtp.getsockname()[1]
    return f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"


def _sound_of(text: str) -> tuple[str, int]:
    port = re.search(r"m=audio (\d+)", text)
    assert port
    return HOST, int(port[1])


def main(port: int, line: int, calls: int, seconds: float) -> None:
    """Call in five times a second, let them talk, hang up and say how it was."""
    trunk = Trunk(port, line)
    trunk.start()
    for number in range(calls):
        trunk.call(number)
        time.sleep(PACE_S)
    time.sleep(seconds)
    trunk.hang_up()
    time.sleep(1.0)
    trunk.close()
    talked = [leg for leg in trunk.legs.values() if leg.heard > 50]
    print(
        json.dumps(
            {"legs": len(talked), "gap": max((leg.gap for leg in talked), default=0.0), "late": trunk.late},
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
