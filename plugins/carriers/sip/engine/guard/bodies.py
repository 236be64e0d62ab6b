"""Bodies of requests: the sound in a body of several parts (RFC 5621), and keys in the plain form (application/dtmf)."""

from __future__ import annotations

import re
from email.parser import BytesParser
from email.policy import HTTP

from plugins.carriers.sip.engine.guard.message import BadMessage, Message

SDP, KEY, PLAIN_KEY, PARTS = "application/sdp", "application/dtmf-relay", "application/dtmf", "multipart/mixed"
ACCEPTED = {"INVITE": f"{SDP}, {PARTS}", "INFO": f"{KEY}, {PLAIN_KEY}"}
"""What a request's body may be; what stands in no line may be SDP."""
_REQUIRED = re.compile(r'handling\s*=\s*"?required', re.IGNORECASE)
_KEY = re.compile(rb"\s*(?:Signal\s*=\s*)?([0-9A-Da-d*#])\s*(?:\r?\nDuration\s*=\s*(\d{1,5})\s*)?\s*", re.IGNORECASE)


class Unsupported(Exception):
    """The body is of a kind that we do not read. `headers` say what we read."""

    def __init__(self, *headers: tuple[str, str]) -> None:
        super().__init__("unsupported media type")
        self.headers = list(headers)


def accepted(method: str) -> str:
    """The kinds of bodies that a request of this method may have."""
    return ACCEPTED.get(method, SDP)


def kind_of(message: Message) -> str:
    """The kind of a message's body, in lower case; empty without one."""
    return message.get("content-type").partition(";")[0].strip().lower() if message.body else ""


def simplify(request: Message) -> None:
    """Leave of a body what the stack reads. Raises `Unsupported` or `BadMessage`."""
    kind, allowed = kind_of(request), accepted(request.method)
    if request.body and request.get("content-encoding").strip().lower() not in ("", "identity"):
        raise Unsupported(("Accept-Encoding", "identity"))
    if kind == PARTS and PARTS in allowed:
        request.body = _sound(request)
        kind = SDP if request.body else ""
    elif kind and kind not in allowed.split(", "):
        raise Unsupported(("Accept", allowed))
    if kind == PLAIN_KEY:
        found = _KEY.fullmatch(request.body)
        if not found:
            raise BadMessage("its key cannot be read")
        request.body = b"Signal=%s\r\nDuration=%s\r\n" % (found[1].upper(), found[2] or b"100")
        kind = KEY
    request.drop("content-type", "content-encoding")
    if kind:
        request.put("Content-Type", kind)


def _sound(request: Message) -> bytes:
    """The description of the sound among the parts. The others (ISUP, a place) may be left out unless they are required."""
    head = f"Content-Type: {request.get('content-type')}\r\n\r\n".encode("utf-8", "replace")
    whole = BytesParser(policy=HTTP).parsebytes(head + request.body)
    sound = b""
    for part in whole.iter_parts():
        if part.get_content_type() == SDP and not sound:
            sound = bytes(part.get_content())
        elif _REQUIRED.search(str(part.get("content-disposition", ""))):
            raise Unsupported(("Accept", accepted(request.method)))
    return sound
