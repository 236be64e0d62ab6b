"""Holds a plugin and its stand-in against the files of exchanges.

Three questions for each file: does the stand-in answer the documented request with the documented status and shape, does the
plugin's hook send the documented request and read the documented reply, and does the plugin understand the documented webhook.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from fnmatch import fnmatch
from typing import Any, get_type_hints
from urllib.parse import unquote

import httpx2
from pydantic import TypeAdapter

from hub.contracts.connector import Connector
from hub.contracts.disclosure import disclose
from hub.contracts.hearing import Ears, HeardRequest
from hub.contracts.sandbox import ASGI
from hub.contracts.webhooks import WebhookRequest
from hub.hookspecs import SPECS
from hub.testing.asking import Reply, attempt, plugin_manager
from hub.testing.exchanges.exchange_file import ExchangeFile, Note, as_json, body_bytes, filled
from hub.testing.exchanges.messages import Message, Place, media_type
from hub.testing.exchanges.shapes import (
    body_fields,
    deviations,
    differences,
    named_values,
    query_fields,
    same_instant,
    without_marks,
)
from hub.testing.exchanges.stages import staged, typed
from hub.testing.factories import FrozenClock, connect

OF_THE_CLIENT = frozenset(
    {"host", "content-length", "content-type", "connection", "user-agent", "accept", "accept-encoding"}
)
"""Headers that an HTTP client sets automatically; the content type is compared apart."""
OTHER = "it sends"
"""How a difference begins that says that this is another request."""
MAX_DIFFERENCES = 4
"""In one sentence."""


# Puts a vendor's documented replies in front of a stand-in.
Answer = Callable[[HeardRequest], tuple[int, str, bytes] | None]
"""Status, content type and body for a request; None if nothing is documented for it."""


class RecordedReplies:
    """An ASGI application that answers what is documented as documented, and leaves the rest to the stand-in."""

    def __init__(self, app: ASGI) -> None:
        self.app = app
        self._ears = Ears()
        self._answer: Answer = lambda request: None

    @contextmanager
    def answering(self, answer: Answer) -> Iterator[None]:
        """Answer requests so until the end of the block."""
        before, self._answer = self._answer, answer
        try:
            yield
        finally:
            self._answer = before

    async def __call__(self, scope: MutableMapping[str, Any], receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        with self._ears.listening() as heard:
            receive = await self._ears.hear(scope, receive)
        reply = self._answer(heard[-1]) if heard else None
        if reply is None:
            await self.app(scope, receive, send)
            return
        status, kind, body = reply
        headers = [(b"content-type", kind.encode())] if kind else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def loopback_client(address: str) -> httpx2.Client:
    """A client of a stand-in, which may take its time on a busy machine. It trusts no certificate, because there is none: to
    read those of the system takes longer than a request."""
    return httpx2.Client(trust_env=False, base_url=address, timeout=60, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


class ExchangeChecks:
    """One plugin with its stand-in, started until `stop`."""

    def __init__(self, connector_class: type[Connector], stand_in: Any) -> None:
        self.connector_class = connector_class
        self.clock = FrozenClock()
        self.sandbox = stand_in(self.clock)
        self.replies = RecordedReplies(self.sandbox.app())
        self.sandbox.app = lambda: self.replies
        self.sandbox.start()
        self.client = loopback_client(self.sandbox.url)

    def stop(self) -> None:
        """Stop the stand-in."""
        self.client.close()
        self.sandbox.stop()

    def check(self, file: ExchangeFile) -> None:
        """Hold the plugin and the stand-in against a file. ExchangeError says what differs, and in which line."""
        self.clock.now = file.now or FrozenClock().now
        hook = file.note("hook")
        if hook and (hook.text not in SPECS or not hasattr(self.connector_class, hook.text)):
            raise hook.place.error(f"the plugin has no hook {hook.text!r}")
        values = staged(file, self.sandbox)
        if file.webhooks:
            self._check_webhooks(file, values)
            return
        for request, reply in file.exchanges:
            self._check_host(request)
            values |= self._replayed(request, reply, values)
        if hook is not None:
            values |= staged(file, self.sandbox)
            self._check_hook(file, hook, values)

    def _check_host(self, request: Message) -> None:
        host, declared = request.host, self.connector_class.manifest.hosts
        if "{" not in host and not any(fnmatch(host, pattern) for pattern in declared):
            raise request.place.error(f"the manifest does not declare {host}, only {', '.join(declared)}")

    def _replayed(self, request: Message, documented: Message, values: Mapping[str, str]) -> dict[str, str]:
        """Send a request to the stand-in, and hold its reply against the documented one. The values that it names."""
        headers = {name: filled(text, values, request.place) for name, text in request.headers.items()}
        headers = {name: text for name, text in headers.items() if name not in ("host", "content-length", "connection")}
        target = filled(request.target, values, request.place)
        body = body_bytes(request, values)
        if body and request.content_type.endswith("json"):
            as_json(body.decode(), request.body_place)
        reply = self.client.request(request.method, self.sandbox.url + target, headers=headers, content=body)
        if reply.status_code != documented.status:
            raise documented.place.error(
                f"the stand-in answers {reply.status_code}, documented is {documented.status}: {reply.text[:200]}"
            )
        kind = media_type(reply.headers.get("content-type", ""))
        if documented.content_type and kind != documented.content_type:
            raise documented.place.error(f"the stand-in answers in {kind or 'no content type'}")
        if not documented.content_type.endswith("json"):
            return {}
        # A value that only the reply gives stands in quotes there, so that the text is JSON before it is filled.
        expected = as_json(documented.body, documented.body_place)
        real = as_json(reply.text, documented.body_place)
        _raise(documented.place, "the stand-in: {}", differences(expected, real))
        return dict(named_values(expected, real))

    def _check_hook(self, file: ExchangeFile, hook: Note, values: Mapping[str, str]) -> None:
        result = file.note("result")
        with self.replies.answering(DocumentedReplies(file, values) if result else lambda request: None):
            reply, sent = self._called(file, hook, values)
        ended = f"; it ended in {type(reply.error).__name__}: {reply.error}" if reply.error else ""
        nothing = [f"nothing is sent{ended}"]
        for request, _ in file.exchanges:
            unlike = [unlikeness(request, each, file, values) for each in sent]
            if [] not in unlike:
                nearest = min(unlike, key=lambda each: (each[0].startswith(OTHER), len(each)), default=nothing)
                _raise(request.place, f"{hook.text} does not send it: {{}}", nearest)
        if result is None:
            return
        expected, raised = result.json(values), type(reply.error).__name__
        if reply.error is not None and expected != raised:
            raise result.place.error(f"{hook.text} ended in {raised}: {reply.error}")
        plain = raised if reply.error else TypeAdapter(Any).dump_python(reply.result, mode="json")
        _raise(result.place, "{}", deviations(expected, plain, "the result"))

    def _called(self, file: ExchangeFile, hook: Note, values: Mapping[str, str]) -> tuple[Reply, list[HeardRequest]]:
        connector = self._connector(file, values)
        hints = get_type_hints(getattr(plugin_manager().hook, hook.text).spec.function)
        arguments = {}
        for name, note in file.arguments().items():
            if name not in SPECS[hook.text].arguments:
                raise note.place.error(f"{hook.text} takes {', '.join(SPECS[hook.text].arguments)}, not {name!r}")
            value = typed(note.json(values), hints[name], note, name)
            arguments[name] = self._disclosed(value, hook.text)
        with self.sandbox.listening() as sent:
            # A repeated action may be refused; without `result` only what was sent is judged.
            return attempt(connector, hook.text, **arguments), sent

    def _disclosed(self, value: Any, hook: str) -> Any:
        """An argument as the hub hands it over: with the personal fields that the manifest declares, hidden as it says."""
        manifest, personal = self.connector_class.manifest, SPECS[hook].personal_value
        if personal is not None and isinstance(value, personal):
            return disclose(value, manifest, hook).value
        if isinstance(value, list | tuple):
            return [self._disclosed(each, hook) if is_dataclass(each) else each for each in value]
        return value

    def _connector(self, file: ExchangeFile, values: Mapping[str, str]) -> Connector:
        changed = file.note("settings")
        settings = changed.json(values) if changed else {}
        return connect(self.connector_class, self.sandbox, clock=self.clock, **settings)

    def _check_webhooks(self, file: ExchangeFile, values: Mapping[str, str]) -> None:
        connector, events = self._connector(file, values), list[Any]()
        for message in file.webhooks:
            request = WebhookRequest(
                method=message.method,
                url=f"https://{message.host}{filled(message.target, values, message.place)}",
                body=body_bytes(message, values),
                received_at=self.clock(),
                headers={name: filled(text, values, message.place) for name, text in message.headers.items()},
            )
            for hook in ("parse_webhook",) if file.note("unsigned") else ("verify_webhook", "parse_webhook"):
                reply = attempt(connector, hook, request=request)
                if reply.error is not None:
                    raise message.place.error(f"{hook} ended in {type(reply.error).__name__}: {reply.error}")
            events += reply.result
        note = file.note("event")
        assert note is not None
        expected = note.json(values)
        plain = TypeAdapter(Any).dump_python(events, mode="json")
        found = deviations(expected if isinstance(expected, list) else [expected], plain, "the events")
        _raise(note.place, "{}", found)


def _raise(place: Place, sentence: str, found: Sequence[str] | Iterator[str]) -> None:
    """Raise what was found, if anything was."""
    listed = list(found)
    if listed:
        more = f"; and {len(listed) - MAX_DIFFERENCES} more" if len(listed) > MAX_DIFFERENCES else ""
        raise place.error(sentence.format("; ".join(listed[:MAX_DIFFERENCES]) + more))


class DocumentedReplies:
    """The replies of a file, each to its own request: of requests that differ in `free` fields only, one after another, and the
    last one again."""

    def __init__(self, file: ExchangeFile, values: Mapping[str, str]) -> None:
        self.file, self.values = file, values
        self.given: set[Place] = set()

    def __call__(self, heard: HeardRequest) -> tuple[int, str, bytes] | None:
        """Status, content type and body; None for a request that is not documented."""
        exchanges = self.file.exchanges
        replies = [reply for request, reply in exchanges if not unlikeness(request, heard, self.file, self.values)]
        if not replies:
            return None
        reply = next((each for each in replies if each.place not in self.given), replies[-1])
        self.given.add(reply.place)
        body = body_bytes(reply, self.values)
        if reply.content_type.endswith("json"):
            body = json.dumps(without_marks(as_json(body.decode(), reply.body_place))).encode()
        return reply.status, reply.headers.get("content-type", ""), body


def unlikeness(documented: Message, heard: HeardRequest, file: ExchangeFile, values: Mapping[str, str]) -> list[str]:
    """What differs between a documented request and one that was sent."""
    target = filled(documented.target, values, documented.place)
    sent_target = f"{heard.path}?{heard.query}" if heard.query else heard.path
    paths = [unquote(each.partition("?")[0]) for each in (target, sent_target)]
    if documented.method != heard.method or paths[0] != paths[1]:
        return [f"{OTHER} {heard.method} {sent_target}"]
    found: list[str] = []
    for name in documented.headers.keys() - OF_THE_CLIENT - file.free:
        expected = filled(documented.headers[name], values, documented.place)
        if expected != heard.headers.get(name):
            found.append(f"the header {name} " + ("differs" if name in heard.headers else "is not sent"))
    kind = heard.headers.get("content-type", "")
    # The type of an absent body says nothing; some libraries send one.
    alike = documented.content_type == media_type(kind) or not (documented.body or heard.body)
    if not alike:
        found.append(f"the content type is {media_type(kind) or 'not sent'}")
    found += _field_differences(query_fields(target), query_fields(sent_target), file)
    if alike:
        body = body_bytes(documented, values)
        written = _fields(documented.headers.get("content-type", ""), body, documented.body_place)
        found += _field_differences(written, _fields(kind, heard.content, documented.body_place), file)
    return found


def _field_differences(documented: Mapping[str, Any], real: Mapping[str, Any], file: ExchangeFile) -> Iterator[str]:
    yield from (f"{name} is not sent" for name in documented if name not in real)
    yield from (f"{name} is sent, but not documented" for name in real if name not in documented)
    for name, value in documented.items():
        if name in real and not _alike(value, real[name]) and not file.free & {name.lower(), *name.lower().split(".")}:
            yield f"{name} is {_shown(real[name])}, documented is {_shown(value)}"


def _shown(value: Any) -> str:
    """A value in a sentence; of a body of bytes its size and its beginning."""
    return f"{len(value)} bytes, {value[:20]!r}…" if isinstance(value, bytes) and len(value) > 60 else repr(value)


def _alike(documented: object, real: object) -> bool:
    texts = isinstance(documented, str) and isinstance(real, str)
    return documented == real or (texts and same_instant(documented, real))


def _fields(content_type: str, body: bytes, place: Place) -> dict[str, Any]:
    try:
        return body_fields(content_type, body)
    except ValueError:
        raise place.error(f"this body, or that of the plugin, is no {media_type(content_type)}") from None
