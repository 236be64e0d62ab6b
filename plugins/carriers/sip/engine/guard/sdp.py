"""The description of the sound (RFC 8866) on its way through the port: which addresses either side is to see."""

from __future__ import annotations

import ipaddress
import re

from plugins.carriers.sip.engine.guard.message import BadMessage

_CONNECTION = re.compile(r"c=IN IP4 ([0-9.]{7,15})(?:/\d+)*")
STACK_ADDRESS = "127.0.0.1"


def for_stack(body: bytes) -> bytes:
    """Keep the party's address at each medium, and name loopback for the session.

    The stack picks its own address by the session's line, and it is bound to loopback; it sends sound to the medium's.
    Raises `BadMessage` for what has no IPv4 address or is not a description.
    """
    lines = _lines(body)
    session: str | None = None
    out: list[str] = []
    media = False
    for at, line in enumerate(lines):
        if line.startswith("c="):
            if not (found := _CONNECTION.fullmatch(line)) or not _usable(found[1]):
                raise BadMessage("its sound has no usable IPv4 address")
            if not media:
                session, line = line, f"c=IN IP4 {STACK_ADDRESS}"
            out.append(line)
        elif line.startswith("m="):
            if not media and session is None:
                out.insert(_after_name(out), f"c=IN IP4 {STACK_ADDRESS}")
            media = True
            out.append(line)
            own = any(each.startswith("c=") for each in _of_medium(lines, at))
            if not own and session:
                out.append(session)
        else:
            out.append(line)
    return _joined(out)


def for_party(body: bytes, address: str) -> bytes:
    """Name the address that the world reaches our sound at, and leave out what shows the inside."""
    lines = [line for line in _lines(body) if not line.startswith("a=ssrc:")]
    return _joined([re.sub(r"(IN IP4 )127\.0\.0\.1\b", rf"\g<1>{address}", line) for line in lines])


def held(body: bytes) -> bool:
    """Whether the sender of a description wants to receive nothing: hold."""
    lines = _lines(body)
    return any(line in ("a=sendonly", "a=inactive") or line.startswith("c=IN IP4 0.0.0.0") for line in lines)


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


def _usable(address: str) -> bool:
    try:
        found = ipaddress.IPv4Address(address)
    except ValueError:
        return False
    return not found.is_multicast and str(found) != "255.255.255.255"


def _joined(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode()
