"""One file of exchanges: comments with what is known about it, then requests and replies.

The comments are lines `# name: text` at the top of the file. One that begins with `#` and three spaces continues the last one.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from hub.testing.exchanges.messages import Message, Place, read_messages

ENDING = ".http"
PLACEHOLDER = re.compile(r"\{\{([^{}\n]*)\}\}")
NAMES = re.compile(r"[\w.]+(?::[\w.]*)?")
NOTE = re.compile(r"# ?([a-z_]+):(.*)")
BINARY = re.compile(r'\{\s*"base64"\s*:\s*"([A-Za-z0-9+/=\s]*)"\s*\}')
OTHER_FILE = re.compile(r"< *(\S+)")
KNOWN = frozenset({"source", "read", "sure", "stage", "hook", "result", "free", "event", "unsigned", "settings", "now"})
"""The names of comments; every other one is an argument of the hook."""
SURE = ("memory", "reference", "sdk")
"""What a file may be written from besides the vendor's own text, as in `rules.yaml`."""
Values = Mapping[str, str]


@dataclass(frozen=True)
class Note:
    """One comment of a file."""

    name: str
    text: str
    place: Place

    def json(self, values: Values) -> Any:
        """Its text as JSON."""
        return as_json(filled(self.text, values, self.place), self.place)


@dataclass(frozen=True)
class ExchangeFile:
    """Exchanges of one vendor, in the order in which they happen."""

    path: Path
    notes: tuple[Note, ...]
    exchanges: tuple[tuple[Message, Message], ...]
    """Requests with their replies."""
    webhooks: tuple[Message, ...]
    """Requests that the vendor sends to the hub."""

    def note(self, name: str) -> Note | None:
        """The first comment of a name."""
        return next((note for note in self.notes if note.name == name), None)

    def text(self, name: str) -> str:
        """The text of a comment; empty if the file has none of that name."""
        note = self.note(name)
        return note.text if note else ""

    @property
    def size(self) -> int:
        """How many requests of the vendor's documentation it holds: none if it is not `sure`."""
        return 0 if self.note("sure") else len(self.exchanges) + len(self.webhooks)

    @property
    def read_on(self) -> date:
        """The day on which a person read the source."""
        return date.fromisoformat(self.text("read"))

    @property
    def free(self) -> frozenset[str]:
        """Fields, query parameters and headers whose values may differ."""
        return frozenset(name.strip().lower() for name in self.text("free").split(","))

    @property
    def now(self) -> datetime | None:
        """The time at which the exchange happened, if it matters."""
        return datetime.fromisoformat(self.text("now")) if self.note("now") else None

    def arguments(self) -> dict[str, Note]:
        """The arguments of the hook."""
        return {note.name: note for note in self.notes if note.name not in KNOWN}


def exchange_paths(folder: Path | None) -> list[Path]:
    """The files of exchanges in a folder, sorted; none if it is missing."""
    return sorted(folder.glob(f"*{ENDING}")) if folder is not None else []


def read_exchange_file(path: Path) -> ExchangeFile:
    """A file of exchanges. ExchangeError says what is wrong with it, and in which line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = next((number for number, line in enumerate(lines) if line.strip() and line[0] != "#"), len(lines))
    notes: list[Note] = []
    for number, line in enumerate(lines[:head], 1):
        if found := NOTE.fullmatch(line):
            notes.append(Note(found[1], found[2].strip(), Place(path, number)))
        elif line.startswith("#   ") and notes:
            last = notes.pop()
            notes.append(Note(last.name, f"{last.text} {line[1:].strip()}".strip(), last.place))
    messages = list(read_messages(path, lines[head:], head + 1))
    is_webhook = any(note.name == "event" for note in notes)
    file = ExchangeFile(
        path, tuple(notes), () if is_webhook else _pairs(messages, path), tuple(messages) if is_webhook else ()
    )
    _check(file)
    return file


def _pairs(messages: list[Message], path: Path) -> tuple[tuple[Message, Message], ...]:
    for number, message in enumerate(messages):
        if message.is_request != (number % 2 == 0):
            raise message.place.error("write each request with one reply after it")
    if len(messages) % 2:
        raise messages[-1].place.error("the request has no reply after it")
    return tuple(zip(messages[::2], messages[1::2], strict=True))


def _check(file: ExchangeFile) -> None:
    top = Place(file.path, 1)
    if not file.text("source"):
        raise top.error("say where the facts are from: `# source: https://vendor.example.com/docs/page`")
    try:
        _ = file.read_on, file.now
    except ValueError:
        raise top.error(
            "say on which day the source was read: `# read: 2026-11-30`; `now` is such a day with its time"
        ) from None
    if file.text("sure") not in ("", *SURE) or (file.note("sure") and not file.text("sure")):
        raise top.error(f"`sure` is one of {', '.join(SURE)}; leave it out if it is the vendor's own page")
    if not file.exchanges and not file.webhooks:
        raise top.error("the file holds no request")
    for message in file.webhooks:
        if not message.is_request:
            raise message.place.error("a file with `event` holds what the vendor sends to the hub, and no replies")
    if file.arguments() and not file.note("hook"):
        raise next(iter(file.arguments().values())).place.error(
            f"{next(iter(file.arguments()))!r} is no name of a comment ({', '.join(sorted(KNOWN))}), "
            f"and without `hook` there are no arguments"
        )


def filled(text: str, values: Values, place: Place) -> str:
    """The text, which begins at `place`, with its placeholders replaced; `{{a:b}}` is two values in base64, for HTTP Basic, and
    `{{a:}}` one with an empty password."""

    def value(match: re.Match[str]) -> str:
        at = Place(place.file, place.line + text.count("\n", 0, match.start()))
        if not NAMES.fullmatch(match[1]):
            raise at.error(
                f"{match[0]!r} is no placeholder; write {{{{name}}}}, {{{{user:password}}}} or {{{{user:}}}}"
            )
        parts = match[1].split(":")
        for name in filter(None, parts):
            if name not in values:
                raise at.error(f"nothing gives {name!r} a value; there is {', '.join(sorted(values))}")
        joined = ":".join(values[name] if name else "" for name in parts)
        return base64.b64encode(joined.encode()).decode() if len(parts) > 1 else joined

    return PLACEHOLDER.sub(value, text)


def body_bytes(message: Message, values: Values) -> bytes:
    """A message's body with its placeholders replaced. Where its content type is not JSON, `{"base64": "…"}` is bytes, and
    `< NAME` is those of the file of that name beside the exchanges."""
    place, is_json = message.body_place, message.content_type.endswith("json")
    if not is_json and (other := OTHER_FILE.fullmatch(message.body)):
        path = place.file.parent / Path(other[1]).name
        try:
            return path.read_bytes()
        except OSError as error:
            raise place.error(f"{path.name} cannot be read beside this file: {error.strerror}") from None
    if not is_json and (found := BINARY.fullmatch(message.body)):
        try:
            return base64.b64decode("".join(found[1].split()), validate=True)
        except ValueError:
            raise place.error("this is no base64") from None
    return filled(message.body, values, place).encode()


def as_json(text: str, place: Place) -> Any:
    """JSON that begins at `place`."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Place(place.file, place.line + error.lineno - 1).error(f"this is no JSON: {error.msg}") from None
