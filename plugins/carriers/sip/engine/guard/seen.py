"""What the port sees of one call's signalling: its messages without secrets, and the figures that operators ask for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from plugins.carriers.sip.engine.guard.message import Message
from plugins.carriers.sip.engine.interface import Packet

MAX_PACKETS, MAX_PACKET_BYTES = 80, 64 * 1024
"""Of one call; later messages are not kept."""
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization"})
HIDDEN = "hidden"
_KEYS = re.compile(rb"(?m)^(a=crypto:[^\r\n]*inline:)[^\r\n]*|^(k=)[^\r\n]*")
_MEDIA = re.compile(rb"(?m)^m=audio \d+ \S+ (\d+)")
_STATIC = {0: "PCMU", 8: "PCMA", 9: "G722"}
CHALLENGES = (401, 407)


@dataclass
class Seen:
    """One call. Times are those of the relay's clock; 0 before it happened."""

    began: float = 0.0
    """When its first INVITE came or left."""
    rang: float = 0.0
    """When the first answer came that says more than that the INVITE was read (100)."""
    code: int | None = None
    """The final status of its INVITE."""
    codec: str = ""
    packets: list[Packet] = field(default_factory=list)
    _bytes: int = 0

    def note(self, message: Message, now: float, packet: Callable[[bytes], Packet]) -> None:
        """One message, as it came or leaves."""
        if message.cseq[1] == "INVITE":
            self._time(message, now)
        if b"m=audio" in message.body and (message.status or message.method == "ACK"):
            self.codec = codec_of(message.body)
        if len(self.packets) < MAX_PACKETS and self._bytes < MAX_PACKET_BYTES:
            data = without_secrets(message).encode()
            self._bytes += len(data)
            self.packets.append(packet(data))

    def _time(self, message: Message, now: float) -> None:
        if message.method:
            self.began = self.began or now
        elif message.status > 100 and message.status not in CHALLENGES:
            self.rang = self.rang or now
            if message.status >= 200:
                self.code = self.code or message.status

    @property
    def post_dial_seconds(self) -> float | None:
        """From the INVITE until it rings, or until it is answered or refused."""
        return self.rang - self.began if self.rang and self.began else None


def without_secrets(message: Message) -> Message:
    """The message without proofs of a password, keys of the sound, and keys that the party pressed: card numbers are typed."""
    headers = [(name, HIDDEN if name.lower() in SECRET_HEADERS else value) for name, value in message.headers]
    pressed = message.method == "INFO"
    body = b"" if pressed else _KEYS.sub(lambda found: (found[1] or found[2]) + HIDDEN.encode(), message.body)
    return replace(message, headers=headers, body=body)


def codec_of(description: bytes) -> str:
    """The first codec of an answer, which is the one that is used."""
    found = _MEDIA.search(description)
    if found is None:
        return ""
    named = re.search(rb"(?m)^a=rtpmap:%s ([A-Za-z0-9-]{1,20})/" % found[1], description)
    return named[1].decode() if named else _STATIC.get(int(found[1]), "")
