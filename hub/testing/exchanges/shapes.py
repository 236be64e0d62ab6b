"""How a message differs from a documented one: fields, their types, and their values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hub.testing.exchanges.exchange_file import PLACEHOLDER
from hub.testing.exchanges.messages import media_type


def body_fields(content_type: str, body: bytes) -> dict[str, Any]:
    """The fields of a body by their place, as in `events.0.value` of JSON; a repeated field of a form is a list. ValueError if
    the body is not of its content type."""
    if not body:
        return {}
    kind = media_type(content_type)
    if kind == "application/x-www-form-urlencoded":
        return _grouped(parse_qsl(body.decode(), keep_blank_values=True))
    if kind == "multipart/form-data":
        parsed = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
        if not parsed.is_multipart():
            raise ValueError("it is no multipart body")
        parts = list(parsed.walk())[1:]
        return _grouped(
            (str(part.get_param("name", header="content-disposition")), part.get_content_type()) for part in parts
        )
    if not kind.endswith("json"):
        return {"body": body}
    return dict(_leaves(json.loads(body), ""))


def query_fields(target: str) -> dict[str, Any]:
    """The fields of an address' query."""
    return _grouped(parse_qsl(urlsplit(target).query, keep_blank_values=True))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
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


def named_values(documented: Any, real: Any) -> Iterator[tuple[str, str]]:
    """The values of a reply that the documented one gives names."""
    if isinstance(documented, dict) and isinstance(real, dict):
        for name in documented.keys() & real.keys():
            yield from named_values(documented[name], real[name])
    elif isinstance(documented, list) and isinstance(real, list) and documented and real:
        yield from named_values(documented[0], real[0])
    elif isinstance(documented, str) and (match := PLACEHOLDER.fullmatch(documented)):
        yield match[1], str(real)


def differences(documented: Any, real: Any, place: str = "") -> Iterator[str]:
    """How the shape of a reply differs from the documented one: fields, and their types; null may stand for any type."""
    here = place or "the reply"
    if documented is None or real is None:
        return
    if type_name(documented) != type_name(real):
        yield f"{here} is {type_name(real)}, documented is {type_name(documented)}"
    elif isinstance(documented, dict):
        known = {name.removesuffix("?"): value for name, value in documented.items()}
        yield from (f"{here} lacks {name}" for name in known if name not in real and f"{name}?" not in documented)
        yield from (f"{here} has {name}, which is not documented" for name in real if name not in known)
        for name in known:
            if name in real:
                yield from differences(known[name], real[name], f"{place}.{name}" if place else name)
    elif isinstance(documented, list) and documented and real:
        for index, one in enumerate(real):
            yield from differences(_counterpart(documented, one), one, f"{place}[{index}]")


def _counterpart(documented: list[Any], one: Any) -> Any:
    """The documented item that a real one must be like: that of its `@type`, as Google names it, else the first."""
    kinds = {each["@type"]: each for each in documented if isinstance(each, dict) and "@type" in each}
    return kinds.get(one.get("@type"), documented[0]) if kinds and isinstance(one, dict) else documented[0]


def without_marks(documented: Any) -> Any:
    """A documented reply without the question marks of the fields that a stand-in need not send."""
    if isinstance(documented, dict):
        return {name.removesuffix("?"): without_marks(value) for name, value in documented.items()}
    return [without_marks(each) for each in documented] if isinstance(documented, list) else documented


def type_name(value: Any) -> str:
    """The type in the words of JSON."""
    if isinstance(value, bool):
        return "a boolean"
    named = {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number"}
    return next(words for kind, words in named.items() if isinstance(value, kind))


def deviations(expected: Any, real: Any, place: str) -> Iterator[str]:
    """How a value differs from the expected one: objects in the fields that are expected, lists as a whole."""
    if isinstance(expected, dict) and isinstance(real, dict):
        for name, value in expected.items():
            yield from deviations(value, real.get(name), f"{place}.{name}")
    elif isinstance(expected, list) and isinstance(real, list):
        if len(expected) != len(real):
            yield f"{place} has {len(real)} items instead of {len(expected)}"
        for index, (one, other) in enumerate(zip(expected, real, strict=False)):
            yield from deviations(one, other, f"{place}[{index}]")
    elif expected != real and not _same(str(expected), str(real)):
        yield f"{place} is {real!r} instead of {expected!r}"


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same number or the same instant."""
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        pass
    return same_instant(one, other)


def same_instant(one: object, other: object) -> bool:
    """Whether two texts are the same instant, as `2026-11-24T14:00:00Z` and `2026-11-24T15:00:00+01:00`."""
    try:
        return datetime.fromisoformat(str(one)) == datetime.fromisoformat(str(other))
    except (ValueError, TypeError):
        return False
