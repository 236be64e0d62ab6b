"""SIP as it should not be: a sender of raw UDP datagrams, and lists of malformed and hostile messages.

The kinds are those of RFC 4475 (torture tests) and of reports of attacks on SIP ports; the messages are our own.
"""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator, Mapping

CALLED = "+13125550130"
"""The number that most messages call; its flow must call nobody."""
_COUNT = itertools.count(1)
SOUND = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)
"""A session description with one G.711 stream."""


class RawSip:
    """A UDP socket that speaks to one SIP port, from `source` on loopback."""

    def __init__(self, gateway: int, source: str = "127.0.0.1") -> None:
        self.gateway, self.source = ("127.0.0.1", gateway), source
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        self.port = int(self.socket.getsockname()[1])

    def message(self, method: str = "INVITE", number: str = CALLED, body: str = "", **changes: str | None) -> bytes:
        """A well-formed request. `changes` replace headers (`call_id="x"` is Call-ID), or leave them out if None."""
        count = next(_COUNT)
        headers: dict[str, str | None] = {
            "Via": f"SIP/2.0/UDP {self.source}:{self.port};branch=z9hG4bK{count:08x};rport",
            "Max-Forwards": "70",
            "From": f"<sip:+14155550188@{self.source}>;tag=f{count}",
            "To": f"<sip:{number}@127.0.0.1>",
            "Call-ID": f"raw-{self.port}-{count}",
            "CSeq": f"{count} {method}",
            "Contact": f"<sip:raw@{self.source}:{self.port}>",
        }
        if body:
            headers["Content-Type"] = "application/sdp"
        headers["Content-Length"] = str(len(body.encode()))
        headers |= {name.replace("_", "-").title().replace("Call-Id", "Call-ID").replace("Cseq", "CSeq"): value
                    for name, value in changes.items()}  # fmt: skip
        lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        target = f"{self.gateway[0]}:{self.gateway[1]}"
        return "\r\n".join([f"{method} sip:{number}@{target} SIP/2.0", *lines, "", body]).encode(
            "utf-8", "surrogateescape"
        )

    def send(self, datagram: bytes) -> None:
        """Send one datagram; no answer is awaited."""
        self.socket.sendto(datagram[:65_000], self.gateway)

    def answers(self, seconds: float) -> Iterator[bytes]:
        """What comes back, until nothing comes for the given time."""
        self.socket.settimeout(seconds)
        while True:
            try:
                yield self.socket.recv(65_535)
            except TimeoutError:
                return

    def statuses(self, datagram: bytes, seconds: float = 1.0) -> list[int]:
        """The status codes that answer a request until it is final, in order; none if it was dropped."""
        self.send(datagram)
        found: list[int] = []
        for each in self.answers(seconds):
            if each.startswith(b"SIP/2.0 "):
                found.append(int(each[8:11]))
                if found[-1] >= 200:
                    break
        return found

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


def malformed(raw: RawSip) -> Mapping[str, bytes]:
    """Datagrams that no peer should send; none of them may stop the gateway or place a call."""
    sound = SOUND.format(port=40_000)
    plain = raw.message(body=sound)
    return {
        "nothing at all": b"",
        "keep-alive of two line ends": b"\r\n\r\n",
        "binary garbage": bytes(range(256)) * 5,
        "garbage after a good start line": b"INVITE sip:+13125550130@127.0.0.1 SIP/2.0\r\n" + bytes(range(256)),
        "a response that nobody waits for": b"SIP/2.0 200 OK\r\n" + plain.partition(b"\r\n")[2],
        "a response with a status of 999999999": b"SIP/2.0 999999999 Wow\r\n" + plain.partition(b"\r\n")[2],
        "a body shorter than Content-Length": raw.message(body=sound, content_length="9999"),
        "a body longer than Content-Length": raw.message(body=sound, content_length="10"),
        "a negative Content-Length": raw.message(body=sound, content_length="-999"),
        "a Content-Length beyond 64 bits": raw.message(body=sound, content_length="9" * 40),
        "no Content-Length": raw.message(body=sound, content_length=None),
        "no Via": raw.message(body=sound, via=None),
        "no Call-ID": raw.message(body=sound, call_id=None),
        "no CSeq": raw.message(body=sound, cseq=None),
        "no From": raw.message(body=sound, **{"from": None}),
        "no To": raw.message(body=sound, to=None),
        "no Contact": raw.message(body=sound, contact=None),
        "CSeq of another method": raw.message(body=sound, cseq="1 BYE"),
        "CSeq beyond 32 bits": raw.message(body=sound, cseq="99999999999999999999 INVITE"),
        "Max-Forwards of zero": raw.message(body=sound, max_forwards="0"),
        "Max-Forwards of a word": raw.message(body=sound, max_forwards="many"),
        "an unknown method": raw.message("FLY"),
        "a method in lower case": raw.message("invite", body=sound),
        "another version of SIP": plain.replace(b"SIP/2.0\r\n", b"SIP/7.0\r\n", 1),
        "no version": plain.replace(b" SIP/2.0\r\n", b"\r\n", 1),
        "spaces in the Request-URI": plain.replace(b"sip:+1312", b"sip: +1312", 1),
        "an unknown scheme": plain.replace(b"INVITE sip:", b"INVITE nobody:", 1),
        "an empty user": plain.replace(b"sip:+13125550130@", b"sip:@", 1),
        "a called number of 4,000 digits": raw.message(number="+1" + "3" * 4_000, body=sound),
        "a header of 40,000 bytes": raw.message(body=sound, subject="x" * 40_000),
        "two thousand headers": raw.message(body=sound).replace(b"Max-", b"X-More: y\r\n" * 2_000 + b"Max-", 1),
        "a hundred Vias": plain.replace(b"Max-", b"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n" * 100 + b"Max-", 1),
        "a From with an open quote": raw.message(body=sound, **{"from": '"Bob <sip:bob@127.0.0.1>;tag=1'}),
        "a From with an open bracket": raw.message(body=sound, **{"from": "<sip:bob@127.0.0.1;tag=1"}),
        "a From of bytes that are no UTF-8": raw.message(body=sound, **{"from": '"\udcff\udcfe" <sip:bob@127.0.0.1>;tag=1'}),
        "NUL in headers": raw.message(body=sound, subject="a\0b", **{"from": "<sip:+1415\x00@127.0.0.1>;tag=9"}),
        "a percent sign for formats": raw.message(number="%s%n%x%s%n", body=sound, subject="%n%n%n%s"),
        "a shell command as the name": raw.message(body=sound, **{"from": '"$(reboot)" <sip:+14155550188@127.0.0.1>;tag=7'}),
        "SQL as the name": raw.message(body=sound, **{"from": "\"'; DROP TABLE call; --\" <sip:bob@127.0.0.1>;tag=8"}),
        "folded headers": raw.message(body=sound, subject="a\r\n\tb\r\n c"),
        "a header injected by an escaped line end": raw.message(number="+13125550130%0d%0aX-Evil:%20yes", body=sound),
        "an INVITE without a session description": raw.message(),
        "a session description of another kind": raw.message(body="<xml/>", content_type="text/xml"),
        "a session description of garbage": raw.message(body="\x01\x02 not sdp"),
        "a session description without streams": raw.message(body=sound.partition("m=")[0]),
        "a session description of video only": raw.message(body=sound.replace("m=audio", "m=video")),
        "only codecs that nobody has": raw.message(body=sound.replace("AVP 0", "AVP 99").replace(":0 PCMU", ":99 NOPE")),
        "port 0 for sound": raw.message(body=SOUND.format(port=0)),
        "port 70000 for sound": raw.message(body=SOUND.format(port=70_000)),
        "sound for a multicast address": raw.message(body=sound.replace("IP4 127.0.0.1", "IP4 224.0.0.1")),
        "sound for an unknown host": raw.message(body=sound.replace("IP4 127.0.0.1", "IP4 nowhere.invalid")),
        "a BYE of no call": raw.message("BYE"),
        "a BYE without a To tag": raw.message("BYE", call_id="nobodys"),
        "a CANCEL of no call": raw.message("CANCEL"),
        "an ACK of no call": raw.message("ACK"),
        "a PRACK of no call": raw.message("PRACK", rack="1 1 INVITE"),
        "an INFO of no call": raw.message("INFO", body="Signal=1\r\n", content_type="application/dtmf-relay"),
        "an UPDATE of no call": raw.message("UPDATE", body=sound),
        "half a message": plain[: len(plain) // 2],
    }  # fmt: skip


def unwanted(raw: RawSip) -> Mapping[str, bytes]:
    """Well-formed requests that a gateway must refuse or drop, whoever sends them."""
    sound = SOUND.format(port=40_000)
    digest = (
        'Digest username="100", realm="asterisk", nonce="00000000", uri="sip:127.0.0.1", '
        'response="00000000000000000000000000000000", algorithm=MD5'
    )
    return {
        "REGISTER": raw.message("REGISTER", expires="3600"),
        "REGISTER with a digest": raw.message("REGISTER", authorization=digest),
        "SUBSCRIBE": raw.message("SUBSCRIBE", event="presence", expires="600"),
        "PUBLISH": raw.message("PUBLISH", event="presence"),
        "NOTIFY": raw.message("NOTIFY", event="message-summary", subscription_state="active"),
        "MESSAGE": raw.message("MESSAGE", body="hello", content_type="text/plain"),
        "REFER to a premium number": raw.message("REFER", refer_to="<sip:+19005550100@127.0.0.1>"),
        "INVITE with Replaces": raw.message(body=sound, replaces="somebodys-call;to-tag=1;from-tag=2"),
        "INVITE by a scanner": raw.message(body=sound, user_agent="friendly-scanner"),
        "OPTIONS by a scanner": raw.message("OPTIONS", user_agent="sipvicious"),
        "INVITE for a foreign number": raw.message(number="+8821612345678", body=sound),
        "INVITE for a number with a dial prefix": raw.message(number="900442079460123", body=sound),
        "INVITE for a premium number": raw.message(number="+19005550100", body=sound),
    }
