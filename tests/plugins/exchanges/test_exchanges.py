"""Each recorded exchange holds for the plugin and for its stand-in; `exchange_files` says how a file is written."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import unquote

import httpx
import pytest
from exchange_files import (
    FOLDER,
    Message,
    Recording,
    differences,
    fields,
    filled,
    media_type,
    named_values,
    query_fields,
    recordings,
)
from pydantic import TypeAdapter

from hub.contracts.connector import Connector
from hub.contracts.sandbox import HttpSandbox
from hub.testing import FrozenClock, connect
from hub.testing.asking import attempt, plugin_manager

PLUGINS = Path("plugins").resolve()
RECORDINGS = list(recordings())


class Tapped:
    """A stand-in with a list of the requests that reach it."""

    def __init__(self, name: str) -> None:
        """A started stand-in of the plugin `name`, and a connector to it."""
        self.connector_class = _connector_class(name)
        stand_in = self.connector_class.sandbox_class()
        assert stand_in is not None and issubclass(stand_in, HttpSandbox), f"{name} has no stand-in that speaks HTTP"
        clock = FrozenClock()
        self.sandbox: Any = stand_in(clock)
        self.client = httpx.Client(trust_env=False, verify=False)
        self.requests: list[Message] = []
        serve = self.sandbox.app()

        async def listen(scope: Any, receive: Any, send: Any) -> None:
            body, more = b"", True
            while more:
                event = await receive()
                body, more = body + event.get("body", b""), event.get("more_body", False)
            headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
            target = (scope.get("raw_path") or scope["path"].encode()).decode()
            target += f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
            self.requests.append(Message(f"{scope['method']} {target}", headers, body.decode("latin-1")))
            waiting = [{"type": "http.request", "body": body}]
            await serve(scope, lambda: _next(waiting, receive), send)

        self.sandbox.app = lambda: listen
        self.sandbox.start()
        self.connector = connect(self.connector_class, self.sandbox, clock=clock)

    def stop(self) -> None:
        """Stop both."""
        self.client.close()
        self.sandbox.stop()


async def _next(waiting: list[Any], receive: Any) -> Any:
    return waiting.pop() if waiting else await receive()


def _connector_class(name: str) -> type[Connector]:
    (found,) = {*PLUGINS.glob(f"*/{name}/__init__.py"), *PLUGINS.glob(f"*/{name}.py")}
    kind = found.relative_to(PLUGINS).parts[0]
    module = importlib.import_module(f"plugins.{kind}.{name}")
    classes = (one for one in vars(module).values() if isinstance(one, type) and issubclass(one, Connector))
    return next(one for one in classes if one.__module__ == module.__name__)


@pytest.fixture(scope="module")
def tapped() -> Iterator[dict[str, Tapped]]:
    """The stand-ins by plugin, each started one time."""
    started: dict[str, Tapped] = {}
    yield started
    for one in started.values():
        one.stop()


def _values(recording: Recording, provider: Tapped) -> dict[str, str]:
    values = {name: str(value) for name, value in provider.sandbox.settings().items()}
    stage = recording.notes.get("stage")
    if stage:
        path = FOLDER / recording.plugin / f"{recording.plugin}_exchanges.py"
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        values |= getattr(module, stage)(provider.sandbox)
    return values


def _replay(recording: Recording, provider: Tapped, values: dict[str, str]) -> None:
    """Send each recorded request to the stand-in, and hold its reply against the recorded one."""
    for request, expected in recording.exchanges:
        headers = {name: filled(text, values) for name, text in request.headers.items() if name not in IGNORED_HEADERS}
        target = filled(request.target, values)
        body = filled(request.body, values).encode()
        reply = provider.client.request(request.method, provider.sandbox.url + target, headers=headers, content=body)
        assert reply.status_code == expected.status, f"{request.start}: {reply.status_code} {reply.text[:500]}"
        if expected.content_type:
            assert media_type(reply.headers.get("content-type", "")) == expected.content_type, request.start
        if expected.content_type.endswith("json"):
            recorded, real = json.loads(expected.body), reply.json()
            assert not list(differences(recorded, real)), f"{request.start}: {real}"
            values |= dict(named_values(recorded, real))


IGNORED_HEADERS = frozenset({"host", "content-length", "connection"})


def _sent(recording: Recording, provider: Tapped, values: dict[str, str]) -> list[Message]:
    """The requests that the plugin's hook sends."""
    hook = recording.notes["hook"]
    hints = get_type_hints(getattr(plugin_manager().hook, hook).spec.function)
    written = recording.arguments(values)
    arguments = {name: TypeAdapter(hints[name]).validate_python(value) for name, value in written.items()}
    provider.requests.clear()
    # A repeated deed may be refused; what was sent is judged.
    attempt(provider.connector, hook, **arguments)
    return list(provider.requests)


def _unlike(recorded: Message, sent: Message, recording: Recording, values: dict[str, str]) -> list[str]:
    """What differs between a recorded request and one that the plugin sent."""
    target = filled(recorded.target, values)
    paths = [unquote(one.partition("?")[0]) for one in (target, sent.target)]
    if recorded.method != sent.method or paths[0] != paths[1]:
        return [f"it is {sent.method} {sent.target}"]
    # The type of an absent body says nothing; some libraries send one.
    alike = recorded.content_type == sent.content_type or not (recorded.body or sent.body)
    found = [] if alike else [f"the content type is {sent.content_type}"]
    pairs = [(query_fields(target), query_fields(sent.target))]
    if alike:
        bodies = ((recorded, filled(recorded.body, values).encode()), (sent, sent.body.encode("latin-1")))
        pairs.append(tuple(fields(one.headers.get("content-type", ""), body) for one, body in bodies))
    for expected, real in pairs:
        found += [f"{name} is not sent" for name in expected.keys() - real.keys()]
        found += [f"{name} is not recorded" for name in real.keys() - expected.keys()]
        for name in expected.keys() & real.keys():
            if expected[name] != real[name] and not recording.free & {name, *name.split(".")}:
                found.append(f"{name} is {real[name]!r}, recorded {expected[name]!r}")
    return found


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: f"{one.plugin}/{one.path.stem}")
def test_what_the_provider_documents_holds_for_plugin_and_stand_in(
    recording: Recording, tapped: dict[str, Tapped]
) -> None:
    assert recording.notes.get("source"), "say where the facts are from"
    if recording.plugin not in tapped:
        tapped[recording.plugin] = Tapped(recording.plugin)
    provider = tapped[recording.plugin]
    values = _values(recording, provider)
    _replay(recording, provider, values)
    if "hook" not in recording.notes:
        return
    values |= _values(recording, provider)
    sent = _sent(recording, provider, values)
    for request, _ in recording.exchanges:
        unlike = [_unlike(request, one, recording, values) for one in sent]
        assert [] in unlike, f"{request.start} is not sent as recorded: {min(unlike, key=len, default='nothing')}"


def test_a_request_or_a_reply_that_differs_is_told() -> None:
    recorded = {"id": "1", "price": None, "items": [{"count": 1}], "sent": True}
    assert not list(differences(recorded, {"id": "2", "price": "1.15", "items": [], "sent": False}))
    found = list(differences(recorded, {"price": 1, "items": [{"count": "1"}], "sent": 1, "more": {}}))
    assert sorted(found) == [
        "items[0].count is a text, recorded a number",
        "sent is a number, recorded a boolean",
        "the reply has more, which is not recorded",
        "the reply lacks id",
    ]
    form, sent = Message("POST /a", FORM, "To=1&Url=x"), Message("POST /a", FORM, "to=1&Url=y")
    recording = Recording(Path(), {"free": "Url"}, ())
    assert _unlike(form, sent, recording, {}) == ["To is not sent", "to is not recorded"]


FORM = {"content-type": "application/x-www-form-urlencoded"}
