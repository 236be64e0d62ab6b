"""Files of recorded exchanges: requests and replies as the provider's own documentation shows them, as HTTP/1.1 messages.

A file `NAME/*.http` is for the plugin NAME and begins with lines of comments:

    # source: where the facts are from
    # stage: a function of NAME/NAME_exchanges.py, which gets the stand-in, fills it and returns values (optional);
      it is run before the requests are replayed, and again before the hook
    # hook: the hook that sends these requests (if one does)
    # text: an argument of that hook, here `text`, as JSON
    # free: fields of the query or the body whose values may differ, separated by commas

Then follow one or more exchanges, each a request and its reply. `{{name}}` stands for a value: one of the stand-in's settings,
of the stage, or of an earlier reply, where `"{{name}}"` in place of a value gives it that name; `{{a:b}}` is two of them in
base64, as HTTP Basic wants. Forms may be cut into lines at each `&`. A field of a reply is written `"name?"` if the stand-in
need not send it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FOLDER = Path(__file__).parent
PLACEHOLDER = re.compile(r"\{\{([\w.]+(?::[\w.]+)?)\}\}")


@dataclass(frozen=True)
class Message:
    """A request or a reply."""

    start: str
    headers: Mapping[str, str]
    body: str

    @property
    def method(self) -> str:
        return self.start.split()[0]

    @property
    def target(self) -> str:
        """Path and query of a request."""
        parts = urlsplit(self.start.split()[1])
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @property
    def status(self) -> int:
        return int(self.start.split()[1])

    @property
    def content_type(self) -> str:
        return media_type(self.headers.get("content-type", ""))


@dataclass(frozen=True)
class Recording:
    """One file."""

    path: Path
    notes: Mapping[str, str]
    exchanges: tuple[tuple[Message, Message], ...]

    @property
    def plugin(self) -> str:
        return self.path.parent.name

    @property
    def free(self) -> set[str]:
        return {name.strip() for name in self.notes.get("free", "").split(",")}

    def arguments(self, values: Mapping[str, str]) -> dict[str, Any]:
        """The hook's arguments, not yet typed."""
        known = {"source", "stage", "hook", "free"}
        return {name: json.loads(filled(text, values)) for name, text in self.notes.items() if name not in known}


def recordings() -> Iterator[Recording]:
    """All files."""
    for path in sorted(FOLDER.glob("*/*.http")):
        lines = path.read_text(encoding="utf-8").splitlines()
        noted = [line for line in lines if line.startswith("#")]
        notes = {name.strip(): text.strip() for name, _, text in (line[1:].partition(":") for line in noted)}
        blocks = re.split(r"\n(?=HTTP/1\.1 |[A-Z]+ \S+ HTTP/1\.1\n)", "\n" + "\n".join(lines[len(noted) :]))[1:]
        messages = list(map(_message, blocks))
        yield Recording(path, notes, tuple(zip(messages[::2], messages[1::2], strict=True)))


def _message(block: str) -> Message:
    head, _, body = block.strip().partition("\n\n")
    start, *lines = head.splitlines()
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = "".join(body.split())
    if headers.get("content-type", "").startswith("multipart/"):
        body = body.replace("\n", "\r\n")
    return Message(start, headers, body)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced."""

    def value(match: re.Match[str]) -> str:
        first, colon, second = match[1].partition(":")
        return base64.b64encode(f"{values[first]}:{values[second]}".encode()).decode() if colon else values[first]

    return PLACEHOLDER.sub(value, text)


def media_type(header: str) -> str:
    """A content type without its parameters."""
    return header.partition(";")[0].strip().lower()


def fields(content_type: str, body: bytes) -> dict[str, Any]:
    """The fields of a body by their place, as in `events.0.value` of JSON; a repeated field of a form is a list."""
    if not body:
        return {}
    kind = media_type(content_type)
    if kind == "application/x-www-form-urlencoded":
        return _grouped(parse_qsl(body.decode(), keep_blank_values=True))
    if kind == "multipart/form-data":
        parsed = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
        parts = parsed.get_payload()
        assert isinstance(parts, list), "not a multipart body"
        named = ((part.get_param("name", header="content-disposition"), part) for part in parts)
        return _grouped((str(name), str(part.get_content_type())) for name, part in named)
    return dict(_leaves(json.loads(body), ""))


def query_fields(target: str) -> dict[str, Any]:
    """The fields of an address' query."""
    return _grouped(parse_qsl(urlsplit(target).query, keep_blank_values=True))


def _grouped(pairs: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: sorted(values) for name, values in found.items()}


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None or not value:
        yield place, value
        return
    for name, inner in items:
        yield from _leaves(inner, f"{place}.{name}" if place else str(name))


def named_values(recorded: Any, real: Any) -> Iterator[tuple[str, str]]:
    """The values of a reply that the recorded one names."""
    if isinstance(recorded, dict) and isinstance(real, dict):
        for name in recorded.keys() & real.keys():
            yield from named_values(recorded[name], real[name])
    elif isinstance(recorded, list) and isinstance(real, list) and recorded and real:
        yield from named_values(recorded[0], real[0])
    elif isinstance(recorded, str) and (match := PLACEHOLDER.fullmatch(recorded)):
        yield match[1], str(real)


def differences(recorded: Any, real: Any, place: str = "") -> Iterator[str]:
    """How the shape of a reply differs from the recorded one: fields, and their types; null may stand for any type."""
    here = place or "the reply"
    if recorded is None or real is None:
        return
    if type_name(recorded) != type_name(real):
        yield f"{here} is {type_name(real)}, recorded {type_name(recorded)}"
    elif isinstance(recorded, dict):
        known = {name.removesuffix("?"): value for name, value in recorded.items()}
        yield from (f"{here} lacks {name}" for name in known.keys() - real.keys() if f"{name}?" not in recorded)
        yield from (f"{here} has {name}, which is not recorded" for name in real.keys() - known.keys())
        for name in known.keys() & real.keys():
            yield from differences(known[name], real[name], f"{place}.{name}" if place else name)
    elif isinstance(recorded, list) and recorded and real:
        for index, one in enumerate(real):
            yield from differences(_counterpart(recorded, one), one, f"{place}[{index}]")


def _counterpart(recorded: list[Any], one: Any) -> Any:
    """The recorded item that a real one must be like: that of its `@type`, as Google names it, else the first."""
    kinds = {each["@type"]: each for each in recorded if isinstance(each, dict) and "@type" in each}
    return kinds.get(one.get("@type"), recorded[0]) if kinds and isinstance(one, dict) else recorded[0]


def type_name(value: Any) -> str:
    """The type in the words of JSON."""
    if isinstance(value, bool):
        return "a boolean"
    named = {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number"}
    return next(words for kind, words in named.items() if isinstance(value, kind))
