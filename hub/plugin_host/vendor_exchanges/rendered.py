"""The exchanges of one hook as the text of a file of exchanges, everything in it replaced first.

The format is that of `hub.testing.exchanges`, so `hub certify --exchanges` reads it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.message import Message as MailMessage
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from xml.etree import ElementTree

from hub.contracts.webhooks import WebhookRequest
from hub.plugin_host.vendor_exchanges.replaced_values import ReplacedValues
from hub.plugin_host.vendor_exchanges.wire_tap import MAX_BYTES, Exchange, Headers

OMITTED = frozenset(
    [
        "host",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "connection",
        "user-agent",
        "accept",
        "accept-encoding",
        "cookie",
        "set-cookie",
        "server",
        "via",
        "date",
        "age",
        "vary",
        "cache-control",
        "etag",
        "strict-transport-security",
        "alt-svc",
        "traceparent",
        "tracestate",
        "x-forwarded-for",
        "forwarded",
        "origin",
        "referer",
    ]
)
"""Headers that say nothing about what the vendor wants, or that are about this machine."""
FORMS: Mapping[str, Sequence[int]] = {"gzip": (31,), "x-gzip": (31,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}
"""Content encoding → the window bits with which zlib reads it. Some servers leave the frame of `deflate` out (RFC
9110, 8.4.1.2)."""
FORM = "application/x-www-form-urlencoded"
BYTES = json.dumps({"base64": base64.b64encode(b"fictional bytes").decode()})
MIN_NAMED = 6
"""A value of a reply gets a name if a later request repeats it and it has so many characters."""


class Origin(NamedTuple):
    """Whose exchanges these are."""

    plugin: str
    hook: str
    at: datetime
    """When the hook was called."""


def rendered(origin: Origin, exchanges: Sequence[Exchange], values: ReplacedValues) -> str:
    """The text of a file."""
    later = [f"{each.target}\n{_plain(each.headers, each.body).decode('utf-8', 'replace')}" for each in exchanges]
    parts = [*_head(origin, "at the live vendor", values)]
    for number, exchange in enumerate(exchanges):
        parts += ["", *_request(exchange, values)]
        _name_values(exchange, "\n".join(later[number + 1 :]), values)
        parts += ["", *_reply(exchange, values)]
    return "\n".join(parts) + "\n"


def rendered_webhook(origin: Origin, request: WebhookRequest, kinds: Sequence[str], values: ReplacedValues) -> str:
    """The text of a file about a webhook, of which the plugin made events of these kinds."""
    path, query = urlsplit(request.url).path, values.query(request.query)
    parts = [
        *_head(origin, "and a webhook of the live vendor", values),
        "# unsigned: everything is replaced, so no signature fits",
        f"# event: {json.dumps([{'kind': kind} for kind in kinds])}",
        "",
        f"{request.method} https://hub.example.com{values.path(path)}{'?' * bool(query)}{query} HTTP/1.1",
        *_content(tuple(request.headers.items()), request.body, values, error=False),
    ]
    return "\n".join(parts) + "\n"


def _head(origin: Origin, what: str, values: ReplacedValues) -> Iterator[str]:
    yield f"# The hook {origin.hook} {what}. Every name, number, text, key, address and id here is fictional, and"
    yield "# all times are moved by the same span. `read` has the month; with the day, the span would be known."
    yield f"# source: the live API, recorded by hub record with the plugin {origin.plugin}"
    yield f"# read: {origin.at.date().replace(day=1)}"
    yield f"# now: {values.fiction.moment(origin.at).isoformat(timespec='seconds')}"


def _request(exchange: Exchange, values: ReplacedValues) -> Iterator[str]:
    path, mark, query = exchange.target.partition("?")
    yield f"{exchange.method} https://{_host(exchange, values)}{values.path(path)}{mark}{values.query(query)} HTTP/1.1"
    yield from _content(exchange.headers, exchange.body, values, error=False)


def _reply(exchange: Exchange, values: ReplacedValues) -> Iterator[str]:
    try:
        phrase = f" {HTTPStatus(exchange.status).phrase}"
    except ValueError:
        phrase = ""
    yield f"HTTP/1.1 {exchange.status}{phrase}"
    yield from _content(exchange.reply_headers, exchange.reply_body, values, error=exchange.status >= 400)


def _content(headers: Headers, body: bytes, values: ReplacedValues, *, error: bool) -> Iterator[str]:
    """The lines of headers and body."""
    plain = _plain(headers, body)
    kind = _media_type(dict(headers).get("content-type", ""))
    kept = (
        kind if all(values.keeps(each) or each in ("vnd", "plain", "octet") for each in re.split(r"\W", kind)) else ""
    )
    for name, value in headers:
        if name == "authorization":
            yield f"{name}: {values.authorization(value)}"
        elif name not in OMITTED and re.fullmatch(r"[a-z0-9-]+", name) and values.keeps(name):
            yield f"{name}: {values.text(value, name, error=error)}"
    if not plain:
        return
    yield f"content-type: {kept or 'application/octet-stream'}"
    yield ""
    yield _body(kept, plain, values, error=error)


def _body(kind: str, body: bytes, values: ReplacedValues, *, error: bool) -> str:
    text = body.decode("utf-8", "replace")
    if kind.endswith("json"):
        try:
            return json.dumps(values.tree(json.loads(text), error=error))
        except (ValueError, RecursionError):
            return json.dumps(values.fiction.text(text))
    if kind == FORM:
        return values.query(text)
    if kind.endswith("xml"):
        return _xml(text, values, error=error)
    if kind in ("text/plain", "text/html"):
        return values.sentence(" ".join(text.split())) if error and kind == "text/plain" else values.fiction.text(text)
    return BYTES


def _xml(text: str, values: ReplacedValues, *, error: bool) -> str:
    if "<!" not in text.replace("<![CDATA[", ""):  # a document type could name entities without end
        try:
            root = ElementTree.fromstring(text)  # noqa: S314 - without a document type there are no entities
        except ElementTree.ParseError:
            pass
        else:
            _replace_element(root, values, error=error)
            return '<?xml version="1.0"?>' + ElementTree.tostring(root, encoding="unicode").replace("\n", " ")
    return f'<?xml version="1.0"?><text>{values.fiction.text(text)}</text>'


def _replace_element(element: ElementTree.Element, values: ReplacedValues, *, error: bool) -> None:
    namespace, mark, name = element.tag.rpartition("}")
    element.tag = f"{'{' + values.url(namespace[1:]) + mark if mark else ''}{values.key(name)}"
    said = error or "fault" in name.lower() or "error" in name.lower()
    attributes = {
        values.key(each.rpartition("}")[2]): values.text(held, each, error=said) for each, held in element.items()
    }
    element.attrib.clear()
    element.attrib.update(attributes)
    element.text = values.text(element.text, name, error=said) if element.text and element.text.strip() else None
    element.tail = values.text(element.tail, error=said) if element.tail and element.tail.strip() else None
    for child in element:
        _replace_element(child, values, error=said)


def _plain(headers: Headers, body: bytes) -> bytes:
    """A body without its compression, and no more of it than of one without; empty if it cannot be read."""
    encoding = dict(headers).get("content-encoding", "")
    if not encoding:
        return body
    for form in FORMS.get(encoding.lower(), ()):
        with contextlib.suppress(zlib.error):
            return zlib.decompressobj(form).decompress(body, MAX_BYTES)
    return b""


def _media_type(content_type: str) -> str:
    message = MailMessage()
    message["content-type"] = content_type
    return message.get_content_type() if content_type else ""


def _host(exchange: Exchange, values: ReplacedValues) -> str:
    return values.vendor_host(
        dict(exchange.headers).get("host", "").rpartition(":")[0] or dict(exchange.headers).get("host", "")
    )


def _name_values(exchange: Exchange, later: str, values: ReplacedValues) -> None:
    """Give names to the values of a reply that later requests repeat, so that they can be played again."""
    if not later:
        return
    try:
        reply = json.loads(_plain(exchange.reply_headers, exchange.reply_body))
    except ValueError:
        return
    for text in _texts(reply):
        if len(text) >= MIN_NAMED and text in later and text not in values.names and not values.keeps(text):
            values.names[text] = f"value_{len(values.names) + 1}"


def _texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list):
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from _texts(each)
