"""The description of the sound (RFC 8866) on its way through the port: which addresses either side is to see."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

from plugins.carriers.sip.engine.addresses import is_six, plain
from plugins.carriers.sip.engine.guard.message import BadMessage

_CONNECTION = re.compile(r"c=IN IP(?:4 ([0-9.]{7,15})|6 ([0-9a-fA-F:.]{2,45}))(?:/\d+)*")
_AUDIO = re.compile(r"m=audio (\d{1,5})\b")
_RTCP_PORT = re.compile(r"a=rtcp:(\d{1,5})\b")
STACK_ADDRESS = "127.0.0.1"
NOWHERE = "0.0.0.0"  # noqa: S104 - hold, as RFC 2543 wrote it
NOWHERES = (NOWHERE, "::")
LAST_PORT = 65_535
RTCP = ("a=rtcp:", "a=rtcp-mux", "a=candidate:")
"""Lines that name further ports: on either side of us RTCP is one port above RTP."""


class NoAddress(BadMessage):
    """The description can be read, but names no address that our sound reaches."""


@dataclass(frozen=True)
class Party:
    """Where a party listens: its host, and its ports for RTP and RTCP."""

    host: str
    port: int
    rtcp: int


def for_stack(body: bytes, port: int, reaches: Callable[[str], bool] = lambda host: True) -> tuple[bytes, Party | None]:
    """The description with our port on loopback in the party's place, and where the party listens; None if nowhere (hold).

    Raises `BadMessage` for what is not a description, and `NoAddress` for one whose address cannot be read or is not one
    that `reaches` takes.
    """
    lines = [line for line in _lines(body) if not line.startswith(RTCP)]
    said = [line for line in _lines(body) if line.startswith("a=rtcp:")]
    session, own, audio, place = "", "", 0, 0
    for at, line in enumerate(lines):
        if line.startswith("c=") and not ((host := _host(line)) in NOWHERES or (host and reaches(host))):
            raise NoAddress("its sound has no usable address")
        if not session and line.startswith("c=") and not any(each.startswith("m=") for each in lines[:at]):
            session = line
        if not audio and (found := _AUDIO.match(line)) and int(found[1]):
            audio, place, lines[at] = int(found[1]), at, f"m=audio {port}{line[found.end(1) :]}"
            own = next((each for each in _of_medium(lines, at) if each.startswith("c=")), session)
    host = NOWHERE if _host(own) in NOWHERES else _host(own)
    if host == NOWHERE:
        lines = [line for at, line in enumerate(lines) if at < place or not line.startswith("c=")]
        lines.insert(place + 1, f"c=IN IP4 {NOWHERE}")
    lines = [
        line if not line.startswith("c=") or (host == NOWHERE and at == place + 1) else f"c=IN IP4 {STACK_ADDRESS}"
        for at, line in enumerate(lines)
    ]
    if not session:
        lines.insert(_after_name(lines), f"c=IN IP4 {STACK_ADDRESS}")
    if not audio or host in ("", NOWHERE) or audio >= LAST_PORT:
        return _joined(lines), None
    rtcp = _RTCP_PORT.match(said[0]) if said else None
    return _joined(lines), Party(host, audio, int(rtcp[1]) if rtcp and 0 < int(rtcp[1]) <= LAST_PORT else audio + 1)


def for_party(body: bytes, address: str, port: int) -> tuple[bytes, int]:
    """The description with the address and port that the world reaches our sound at, without what shows the inside;
    and the stack's own port, 0 if it takes no sound."""
    lines = [line for line in _lines(body) if not line.startswith(("a=ssrc:", *RTCP))]
    ours = f"IN IP{6 if is_six(address) else 4} {address}"
    lines = [re.sub(r"IN IP4 127\.0\.0\.1\b", ours, line) for line in lines]
    for at, line in enumerate(lines):
        if (found := _AUDIO.match(line)) and int(found[1]):
            lines[at] = f"m=audio {port}{line[found.end(1) :]}"
            return _joined(lines), int(found[1])
    return _joined(lines), 0


def held(body: bytes) -> bool:
    """Whether the sender of a description wants to receive nothing: hold."""
    lines = _lines(body)
    return any(
        line in ("a=sendonly", "a=inactive") or (line.startswith("c=") and _host(line) in NOWHERES) for line in lines
    )


def _lines(body: bytes) -> list[str]:
    text = body.decode("utf-8", "replace")
    lines = [line for line in re.split(r"\r\n|\n", text) if line]
    if not lines or lines[0] != "v=0" or any(len(line) > 1024 or line[1:2] != "=" for line in lines):
        raise BadMessage("its sound cannot be read")
    return lines


def _of_medium(lines: list[str], at: int) -> list[str]:
    rest = lines[at + 1 :]
    end = next((number for number, line in enumerate(rest) if line.startswith("m=")), len(rest))
    return rest[:end]


def _after_name(out: list[str]) -> int:
    """Behind v=, o=, s=, i=, u=, e= and p=, where RFC 8866 wants the session's connection."""
    return next((number for number, line in enumerate(out) if line[0] not in "vosiuep"), len(out))


def _host(line: str) -> str:
    """The address of a c= line; blank for one that nobody can be reached at."""
    said = _CONNECTION.fullmatch(line)
    try:
        found = ipaddress.ip_address(said[1] or said[2]) if said else None
    except ValueError:
        return ""
    return "" if found is None or found.is_multicast or str(found) == "255.255.255.255" else plain(str(found))


def _joined(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode()
