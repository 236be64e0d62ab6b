"""What a provider's API accepts, as data: a stand-in checks each request with it, so that it is as strict as the provider.

One operation, with its fields and their kinds, is written in YAML like this:

    POST /accounts/{account}/messages:
      form: {To!: phone, Body: text..1600, MediaUrl: [url], Status: queued|sent}
    GET /records:
      query: {"filter[type]!": call|text, "page[size]": 1..50}

`query` is the address' query; the body is `form`, `json`, `multipart` or `xml` (the elements inside the root, which is
named as in `xml: {Order: {Name!: text}}`), or `file` with a media type, and an operation without one takes no body. A name
with ! is required, and a name that is not listed is refused. A kind is text, url, phone, time, number, amount (not negative),
currency (of ISO 4217), sha256, flag or any; `text..N` is a text of at most N characters, `A..B` a whole number, `a|b` one of
some texts, `/…/` a pattern; `[kind]` is a list and a mapping an object of JSON; `kind or null` may be null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError, fromstring

from hub.contracts.untrusted import JsonObject
from hub.platform.own_yaml import read_yaml

MEDIA_TYPES = {
    "form": "application/x-www-form-urlencoded",
    "json": "application/json",
    "multipart": "multipart/form-data",
    "xml": "application/xml",
}
OR_NULL = " or null"
CURRENCIES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC "
    "CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR "
    "ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE "
    "SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER "
    "ZAR ZMW ZWG"
)
KINDS = {
    "any": r"[\s\S]*",
    "text": r"[\s\S]*",
    "url": r"https?://[^\s/?#]+\S*",
    "phone": r"\+[1-9]\d{6,14}",
    "time": r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d))?",
    "number": r"-?\d+(\.\d+)?",
    "amount": r"\d+(\.\d+)?",
    "currency": CURRENCIES.replace(" ", "|"),
    "sha256": r"[0-9a-f]{64}",
    "flag": r"true|false",
}
KIND_NOTES = {
    "any": "Anything.",
    "text": "A text; `text..N` has at most N characters.",
    "url": "An address that begins with http:// or https://.",
    "phone": "A number in E.164.",
    "time": "A day, or a time with its offset (ISO 8601).",
    "number": "A number; `A..B` is a whole one from A to B.",
    "amount": "A number that is not negative.",
    "currency": "A currency of ISO 4217.",
    "sha256": "A hash in lower-case hexadecimal digits.",
    "flag": "True or false.",
    "a|b": "One of these texts.",
    "/…/": "A text that fits the regular expression as a whole.",
    "[kind]": "A list of values of that kind.",
    "{name: kind}": "An object with these members.",
    "kind or null": "A value of that kind, or null.",
}
"""What each kind is, for the documentation."""


@dataclass(frozen=True, slots=True)
class RequestFault:
    """Why a provider refuses a request before it looks at its content."""

    why: Literal["operation", "media_type", "malformed", "missing", "unknown", "value"]
    field: str = ""
    """The name of the field, as in `end_user.admin.entity_name`."""


class Operations:
    """The operations of a provider's API, from a YAML file or as it was read from one."""

    def __init__(self, file: Path | Mapping[str, Any]) -> None:
        written = read_yaml(file.read_text("utf-8")) if isinstance(file, Path) else file
        self._operations = [(name, path_pattern(name.split()[1]), accepted or {}) for name, accepted in written.items()]

    def find(self, method: str, path: str) -> tuple[str, Mapping[str, Any], Mapping[str, str]] | None:
        """An operation's name, what it accepts, and the parts of the path by their names; None if there is none."""
        return next(
            (
                (name, accepted, found.groupdict())
                for name, pattern, accepted in self._operations
                if name.split()[0] == method and (found := pattern.fullmatch(path))
            ),
            None,
        )

    def fault(self, method: str, path: str, query: str, content_type: str, body: bytes) -> RequestFault | None:
        """What is wrong with a request; None if the provider would look at its content."""
        operation = self.find(method, path)
        if operation is None:
            return RequestFault("operation")
        accepted = operation[1]
        found = list(_faults(accepted.get("query", {}), _pairs(query), typed=False))
        form, sent = next((name for name in MEDIA_TYPES if name in accepted), None), content_type.partition(";")[0]
        if form is not None:
            if sent.strip().lower() != MEDIA_TYPES[form]:
                return RequestFault("media_type")
            found += _body_faults(form, accepted[form], content_type, body)
        elif "file" in accepted:
            found += [RequestFault("media_type")] if sent != accepted["file"] or not body else []
        elif body:
            return RequestFault("media_type")
        return found[0] if found else None


def path_pattern(path: str) -> re.Pattern[str]:
    """The paths that a path with `{name}` stands for."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))


def fits(kind: Any, value: object) -> bool:
    """Whether a value of JSON is of a kind."""
    return _test(kind)(value) if isinstance(kind, str) else next(_wrong(kind, value, ""), None) is None


def _body_faults(form: str, fields: Mapping[str, Any], content_type: str, body: bytes) -> list[RequestFault]:
    try:
        if form == "json":
            return list(_wrong(fields, json.loads(body), ""))
        if form == "xml":
            given = _elements(body)
        else:
            given = _parts(content_type, body) if form == "multipart" else _pairs(body.decode())
    except ValueError:
        return [RequestFault("malformed")]
    return list(_faults(fields, given, typed=False))


def _pairs(text: str) -> JsonObject:
    found: JsonObject = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def _elements(body: bytes) -> JsonObject:
    def inside(element: Element) -> Any:
        found: JsonObject = {}
        for child in element:
            found.setdefault(child.tag, []).append(inside(child))
        return found or (element.text or "")

    try:
        root = fromstring(body)  # noqa: S314 - a stand-in reads what the hub itself wrote
    except ParseError as error:
        raise ValueError("not XML") from error
    return {root.tag: [inside(root)]}


def _parts(content_type: str, body: bytes) -> JsonObject:
    parsed = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    parts: Any = parsed.get_payload()
    if not parsed.is_multipart():
        raise ValueError("not the parts of a form")
    return {str(part.get_param("name", header="content-disposition")): [str(part.get_payload())] for part in parts}


def _faults(kinds: Mapping[str, Any], given: Any, *, typed: bool, inside: str = "") -> Iterator[RequestFault]:
    """The faults of an object or a form; `typed` for values of JSON, each field of a form is a list of texts."""
    if not isinstance(given, dict):
        yield RequestFault("malformed", inside)
        return
    known = {name.removesuffix("!"): kind for name, kind in kinds.items()}
    place = f"{inside}." if inside else ""
    yield from (RequestFault("unknown", place + name) for name in given if name not in known)
    for name, kind in known.items():
        if name not in given:
            if f"{name}!" in kinds:
                yield RequestFault("missing", place + name)
        elif typed:
            yield from _wrong(kind, given[name], place + name)
        elif isinstance(kind, Mapping):
            for value in given[name]:
                yield from _faults(kind, value, typed=False, inside=place + name)
        else:
            repeated = isinstance(kind, list)
            fits = [isinstance(value, str) and _fits(kind[0] if repeated else kind, value) for value in given[name]]
            if not all(fits) or (len(fits) > 1 and not repeated):
                yield RequestFault("value", place + name)


def _wrong(kind: Any, value: Any, place: str) -> Iterator[RequestFault]:
    """The faults of a value of JSON."""
    if isinstance(kind, str):
        if not _test(kind)(value):
            yield RequestFault("value", place)
    elif isinstance(kind, Mapping):
        yield from _faults(kind, value, typed=True, inside=place)
    else:
        if not isinstance(value, list):
            yield RequestFault("value", place)
            return
        for one in value:
            yield from _wrong(kind[0], one, place)


@lru_cache(maxsize=1024)
def _test(kind: str) -> Callable[[Any], bool]:
    """Whether a value of JSON is of a kind: a batch has thousands of values of a few kinds."""
    if kind.endswith(OR_NULL):
        fits = _test(kind.removesuffix(OR_NULL))
        return lambda value: value is None or fits(value)
    if kind == "any":
        return lambda value: True
    if kind == "flag":
        return lambda value: isinstance(value, bool)
    if kind in ("number", "amount") or re.fullmatch(r"\d+\.\.\d+", kind):
        numbers = (int, float)
        return lambda value: (
            isinstance(value, numbers) and not isinstance(value, bool) and _fits(kind, json.dumps(value))
        )
    return lambda value: isinstance(value, str) and _fits(kind, value)


def _fits(kind: str, text: str) -> bool:
    bounds = re.fullmatch(r"(\d+)\.\.(\d+)", kind)
    if bounds:
        return bool(re.fullmatch(r"\d{1,18}", text, re.ASCII)) and int(bounds[1]) <= int(text) <= int(bounds[2])
    return bool(_pattern(kind).fullmatch(text))


@lru_cache(maxsize=1024)
def _pattern(kind: str) -> re.Pattern[str]:
    longest = re.fullmatch(r"text\.\.(\d+)", kind)
    if longest:
        return re.compile(rf"[\s\S]{{0,{longest[1]}}}")
    if kind.startswith("/"):
        return re.compile(kind.strip("/"))
    return re.compile(KINDS.get(kind) or "|".join(map(re.escape, kind.split("|"))))
