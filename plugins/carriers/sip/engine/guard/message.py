"""A SIP message: read from the wire and written back (RFC 3261 section 7). Anything odd is `BadMessage`, and nothing more."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

MAX_BYTES = 16 * 1024
MAX_HEADERS = 100
MAX_LINE = 4096
_COMPACT = {
    "i": "call-id",
    "m": "contact",
    "e": "content-encoding",
    "l": "content-length",
    "c": "content-type",
    "f": "from",
    "s": "subject",
    "k": "supported",
    "t": "to",
    "v": "via",
    "o": "event",
    "r": "refer-to",
    "b": "referred-by",
    "x": "session-expires",
}
_LISTS = frozenset({"via", "record-route", "route"})
"""Headers of which one line may hold several values."""
_REQUEST = re.compile(r"([A-Z]{1,20}) ((?:sips?|tel):[^\s]{1,1024}) SIP/2\.0")
_STATUS = re.compile(r"SIP/2\.0 ([1-6]\d\d) ?(.{0,200})")
_NAME = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CSEQ = re.compile(r"(\d{1,10})\s+([A-Z]{1,20})")
_TAG = re.compile(r";\s*tag=([^;,\s>]+)", re.IGNORECASE)
_BRANCH = re.compile(r";\s*branch=([^;,\s]+)", re.IGNORECASE)


class BadMessage(ValueError):
    """What came is not a SIP message that we would touch."""


@dataclass
class Message:
    """One request (`method`, `uri`) or response (`status`, `phrase`), its headers in order and its body."""

    method: str = ""
    uri: str = ""
    status: int = 0
    phrase: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def get(self, name: str) -> str:
        """The first value of a header by lower-case name; empty without one."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name]

    def drop(self, *names: str) -> None:
        """Remove headers by lower-case names."""
        self.headers = [(key, value) for key, value in self.headers if key.lower() not in names]

    def put(self, name: str, value: str) -> None:
        """Set one header, in the place of the old one or at the end."""
        for at, (key, _) in enumerate(self.headers):
            if key.lower() == name.lower():
                self.headers[at] = (key, value)
                return
        self.headers.append((name, value))

    def lead(self, name: str, values: Iterable[str]) -> None:
        """Put a header's values before all others, dropping those it had."""
        self.drop(name.lower())
        self.headers = [(name, value) for value in values] + self.headers

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self.get("call-id")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method of the CSeq."""
        found = _CSEQ.fullmatch(self.get("cseq"))
        return (int(found[1]), found[2]) if found else (0, "")

    @property
    def branch(self) -> str:
        """The branch of the topmost Via."""
        return branch_of(self.get("via"))

    @property
    def in_dialog(self) -> bool:
        """Whether a request belongs to a dialog: its To has a tag."""
        return bool(tag_of(self.get("to")))

    def encode(self) -> bytes:
        """Bytes for the wire, with the right Content-Length."""
        self.put("Content-Length", str(len(self.body)))
        first = f"{self.method} {self.uri} SIP/2.0" if self.method else f"SIP/2.0 {self.status} {self.phrase}"
        lines = [first, *(f"{key}: {value}" for key, value in self.headers), "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body


def tag_of(value: str) -> str:
    """The tag of a From or To; empty without one."""
    found = _TAG.search(value[value.rfind(">") + 1 :] if ">" in value else value)
    return found[1] if found else ""


def branch_of(via: str) -> str:
    """The branch of a Via; empty without one."""
    found = _BRANCH.search(via)
    return found[1] if found else ""


def decode(data: bytes) -> Message:
    """Read one message. Raises `BadMessage`."""
    if len(data) > MAX_BYTES:
        raise BadMessage("too long")
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise BadMessage("no end of the headers")
    lines = _unfolded(head.decode("utf-8", "surrogateescape"))
    if len(lines) > MAX_HEADERS or any(len(line) > MAX_LINE for line in lines):
        raise BadMessage("too many or too long headers")
    message = _first(lines[0])
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(name := name.strip()) or _CONTROL.search(value):
            raise BadMessage("a header cannot be read")
        name = _COMPACT.get(name.lower(), name)
        if name.lower() in _LISTS:
            message.headers += [(name, each) for each in _listed(value)]
        else:
            message.headers.append((name, value.strip()))
    message.body = _body(message, body)
    _check(message)
    return message


def _unfolded(head: str) -> list[str]:
    lines: list[str] = []
    for line in head.lstrip("\r\n").split("\r\n"):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return lines


def _first(line: str) -> Message:
    if found := _REQUEST.fullmatch(line):
        return Message(method=found[1], uri=found[2])
    if found := _STATUS.fullmatch(line):
        if _CONTROL.search(found[2]):
            raise BadMessage("control characters in the reason")
        return Message(status=int(found[1]), phrase=found[2])
    raise BadMessage("no SIP start line")


def _listed(value: str) -> list[str]:
    """The values of a comma-separated header. None of these headers has quoted commas that matter."""
    return [each.strip() for each in re.split(r",(?![^<]*>)", value) if each.strip()]


def _body(message: Message, body: bytes) -> bytes:
    said = message.get("content-length")
    if not said:
        return body
    if not said.isascii() or not said.isdigit() or int(said) > len(body):
        raise BadMessage("the Content-Length is wrong")
    return body[: int(said)]


def _check(message: Message) -> None:
    """The headers that every message must have, once (RFC 3261 section 8.1.1)."""
    for name in ("from", "to", "call-id", "cseq"):
        if len(message.all(name)) != 1 or not message.get(name):
            raise BadMessage(f"it needs one {name}")
    if not message.get("via") or len(message.call_id) > 256 or not message.branch:
        raise BadMessage("Via or Call-ID is wrong")
    number, method = message.cseq
    if not method or number >= 2**31 or (message.method and method != message.method):
        raise BadMessage("the CSeq is wrong")
    if message.method and not tag_of(message.get("from")):
        raise BadMessage("the From has no tag")


def answer_to(
    request: Message, status: int, phrase: str, *, tag: str = "", headers: Iterable[tuple[str, str]] = ()
) -> Message:
    """Our own response to a request, with what must be copied (RFC 3261 section 8.2.6)."""
    to = request.get("to")
    if tag and not tag_of(to):
        to += f";tag={tag}"
    copied = [("Via", via) for via in request.all("via")]
    copied += [("From", request.get("from")), ("To", to), ("Call-ID", request.call_id), ("CSeq", request.get("cseq"))]
    return Message(status=status, phrase=phrase, headers=[*copied, *headers])
