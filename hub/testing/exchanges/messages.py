"""HTTP messages written as text, each with the line of its file, so that an error says where to look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hub.errors import RingfenceError

REQUEST = re.compile(r"[A-Z]+ \S+ HTTP/\d(\.\d)?")
REPLY = re.compile(r"HTTP/\d(\.\d)? [1-5]\d\d( .*)?")


class ExchangeError(RingfenceError):
    """A plugin or a stand-in is not as a vendor documents, or a file of exchanges cannot be read; says which file and line."""


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    file: Path
    line: int

    def error(self, words: str) -> ExchangeError:
        """An error at this line."""
        return ExchangeError(f"{self.file.name}, line {self.line}: {words}")


@dataclass(frozen=True)
class Message:
    """A request or a reply; `headers` have lower-case names."""

    place: Place
    start: str
    headers: Mapping[str, str]
    body: str
    body_place: Place

    @property
    def is_request(self) -> bool:
        """Whether it begins as a request does."""
        return REQUEST.fullmatch(self.start) is not None

    @property
    def method(self) -> str:
        """The method of a request."""
        return self.start.split()[0]

    @property
    def host(self) -> str:
        """The vendor's host that a request names in its first line or its Host header; empty if neither does."""
        return urlsplit(self.start.split()[1]).netloc or self.headers.get("host", "")

    @property
    def target(self) -> str:
        """Path and query of a request."""
        parts = urlsplit(self.start.split()[1])
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @property
    def status(self) -> int:
        """The status of a reply."""
        return int(self.start.split()[1])

    @property
    def content_type(self) -> str:
        """The content type without its parameters."""
        return media_type(self.headers.get("content-type", ""))


def media_type(header: str) -> str:
    """A content type without its parameters, in lower case."""
    return header.partition(";")[0].strip().lower()


def read_messages(file: Path, lines: Sequence[str], first: int) -> Iterator[Message]:
    """The messages in the lines of a file, of which the first has the number `first`. ExchangeError if they are none."""
    begins = [
        number
        for number, line in enumerate(lines)
        if (REQUEST.fullmatch(line) or REPLY.fullmatch(line)) and (number == 0 or not lines[number - 1].strip())
    ]
    for number, line in enumerate(lines[: begins[0] if begins else None]):
        if line.strip():
            raise Place(file, first + number).error(
                f"a request begins with `METHOD ADDRESS HTTP/1.1`, a reply with `HTTP/1.1 STATUS`, not with {line[:60]!r}"
            )
    for begin, end in zip(begins, [*begins[1:], len(lines)], strict=False):
        yield _message(file, lines[begin:end], first + begin)


def _message(file: Path, lines: Sequence[str], number: int) -> Message:
    start, *rest = lines
    headers: dict[str, str] = {}
    size = next((index for index, line in enumerate(rest) if not line.strip()), len(rest))
    for index, line in enumerate(rest[:size]):
        name, colon, value = line.partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z0-9-]+", name.strip()):
            raise Place(file, number + 1 + index).error("this is not a header; leave an empty line before the body")
        headers[name.strip().lower()] = value.strip()
    body = "\n".join(rest[size:]).strip()
    kind = headers.get("content-type", "")
    if media_type(kind) == "application/x-www-form-urlencoded":
        body = "".join(body.split())
    if media_type(kind).startswith("multipart/"):
        body = body.replace("\n", "\r\n")
    blank = next((index for index, line in enumerate(rest[size:]) if line.strip()), 0)
    found = Message(Place(file, number), start.strip(), headers, body, Place(file, number + 1 + size + blank))
    if found.is_request and not found.host:
        raise found.place.error("the request has no Host; write the vendor's whole address, or a Host header")
    if body and not kind:
        raise found.place.error("the message has a body but no Content-Type")
    return found
