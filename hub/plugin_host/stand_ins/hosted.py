"""The sandbox of a plugin that is not built in: it runs in a process of its own, behind the same walls as the plugin.

The hub makes the socket on which it listens, and hands it over; so the address stays if the process is started again.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import cache, partial, wraps
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar, get_type_hints
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from hub.contracts.addresses import web_addresses
from hub.contracts.sandbox import Exchange, Sandbox
from hub.contracts.untrusted import JsonObject
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.errors import ConfigError, PluginAway, PluginFailure, RingfenceError
from hub.platform.clock import utc_now
from hub.platform.loopback import loopback_listener
from hub.platform.scrubbing import scrubbed
from hub.plugin_host.host.description import STAND_IN_METHODS
from hub.plugin_host.host.messages import OF_STAND_IN, Begin, BeginStandIn, Exchanged, Origin
from hub.plugin_host.host.process import FOLDER
from hub.plugin_host.host.requests import HubAnswers
from hub.plugin_host.host.supervisor import AlwaysOn, Supervisor
from hub.plugin_host.network.reachable_hosts import ReachableHosts
from hub.plugin_host.plugin_texts.plugin_log import PluginLog
from hub.plugin_host.plugin_texts.scrubber import Scrubber

MEMORY_MB = 512
CALL_SECONDS = 60.0
"""For one method of a stand-in; a whole call is played in it."""
BACKLOG = 128
MAX_ERROR_CHARACTERS = 500
WEBHOOK_URL, EXCHANGE = "webhook_url", "exchange"
"""What a parameter is named that is an address of the hub, and one that is the function with which webhooks are sent."""


class HostedStandIn(Sandbox):
    """Stands for such a sandbox in the hub. Each plugin has a class of its own, with the methods that its sandbox has.

    What it holds is kept in `folder`, or in a temporary one, so that it is the same provider after its process has ended.
    """

    origin: ClassVar[Origin]
    connector: str = ""
    folder: Path | None = None
    says: str = ""
    """The address in what it sends, if that is another than its own."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self._listener = loopback_listener()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._temporary: Path | None = None
        self._numbers = itertools.count(1)
        self._exchanges: dict[int, Exchange] = {}
        self._raised: dict[int, BaseException] = {}
        self._webhooks: frozenset[str] = frozenset()
        """The addresses of the hub that it was called with."""
        self._supervisor: Supervisor | None = None

    def start(self) -> None:
        """Start the process; ConfigError says why it did not start."""
        self._listener.listen(BACKLOG)
        if self.folder is None:
            self.folder = self._temporary = Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-"))
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        begin = partial(
            Begin,
            connector=self.connector,
            origin=self.origin,
            settings={},
            webhook_url="",
            tls_only=False,
            memory_mb=MEMORY_MB,
            clock_offset=self.clock is not utc_now,
            stand_in=BeginStandIn(self._listener.fileno(), self.folder.absolute(), self.seed, self.says),
        )
        actions: dict[str, Callable[..., Any]] = {"clock": self.clock, "exchange": self._exchange, "fetch": self._fetch}
        self._supervisor = supervisor = Supervisor(
            lambda folder: begin(folder=folder),
            HubAnswers(self.connector, actions),
            AlwaysOn(),
            ReachableHosts(self.connector),
            PluginLog(self.connector, Scrubber([])),
        )
        supervisor.await_first_start()
        if supervisor.pid is None:
            why = supervisor.why_ended or "it was not ready in time"
            raise ConfigError(
                f"the sandbox of connector {self.connector!r} did not start: {why}; remove `sandbox: true`, or fix its plugin."
            )

    def stop(self) -> None:
        """End the process. What it held in a folder stays there."""
        if self._supervisor is not None:
            self._supervisor.close()
        self._listener.close()
        self._remove_temporary()

    def move(self, folder: Path) -> None:
        """From now on keep what it holds in `folder`, also what it holds already. Its process is started again."""
        if self._supervisor is not None:
            self._supervisor.close()
        if self.folder is not None:
            shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        self._remove_temporary()
        self.folder = folder
        self.start()

    def settings(self) -> JsonObject:
        """The settings that point a connector at it. PluginFailure if they lead elsewhere."""
        found: JsonObject = self.call("settings")
        for _, address in web_addresses(found):
            if urlsplit(address)[:2] != urlsplit(self.url)[:2]:
                raise self._wrong("settings", "gave an address that is not its own")
        return found

    def shared(self) -> AbstractContextManager[None]:
        """Its process does this for each request and each method."""
        return nullcontext()

    def call(self, method: str, *given: object, **named: object) -> Any:
        """What a method of the plugin's sandbox returns. RingfenceError if its process ended, does not answer in time, or
        returns something else than it should."""
        if self._supervisor is None:
            raise PluginAway(f"the sandbox of connector {self.connector!r} does not run.")
        number, arguments = next(self._numbers), _arguments(method, given, named)
        if WEBHOOK_URL in arguments:
            self._webhooks |= {arguments[WEBHOOK_URL]}
        if EXCHANGE in arguments:
            self._exchanges[number] = arguments[EXCHANGE]
            arguments[EXCHANGE] = Exchanged(number)
        try:
            passed: dict[str, object] = {"given": tuple(arguments.values())}
            returned = self._supervisor.call(OF_STAND_IN + method, "network", passed, CALL_SECONDS)
        except RingfenceError as error:
            if number in self._raised:
                raise self._raised[number] from None
            error.args = (scrubbed(str(error))[:MAX_ERROR_CHARACTERS],)
            raise
        finally:
            self._exchanges.pop(number, None)
            self._raised.pop(number, None)
        return self._checked(method, returned)

    def _checked(self, method: str, found: object) -> Any:
        try:
            checked = _result_of(method).validate_python(found)
        except ValidationError:
            raise self._wrong(method, "returned something of another type") from None
        if any(not self._leads_to_hub(each) for each in _requests_in(checked)):
            raise self._wrong(method, "sent something to another address than the hub's")
        return checked

    def _exchange(self, number: int, request: object) -> AnswerDocument | None:
        if not isinstance(request, WebhookRequest) or not self._leads_to_hub(request):
            raise self._wrong("place_call", "sent something to another address than the hub's")
        try:
            return self._exchanges[number](request)
        except BaseException as error:
            self._raised[number] = error
            raise

    def _fetch(self, address: str) -> tuple[str, bytes]:
        """As its provider would fetch what the hub sent: of the hub's own address, and no other."""
        if not any(urlsplit(address)[:2] == urlsplit(each)[:2] for each in self._webhooks):
            raise self._wrong("fetch", "wanted something from another address than the hub's")
        return Sandbox.fetch(address)

    def _leads_to_hub(self, request: WebhookRequest) -> bool:
        path, url = request.url.partition("?")[0], request.url
        return ".." not in path and any(
            url == each or url.startswith((f"{each}/", f"{each}?")) for each in self._webhooks
        )

    def _wrong(self, method: str, what: str) -> PluginFailure:
        return PluginFailure(
            f"the sandbox of connector {self.connector!r} {what} in {method}; report it to the plugin's author."
        )

    def _remove_temporary(self) -> None:
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None


def stand_in_class(origin: Origin, methods: Sequence[str]) -> type[HostedStandIn]:
    """The class that stands for the sandbox of a plugin that the hub does not import."""
    forwards = {
        name: _forward(name) for name in methods if name in STAND_IN_METHODS and name not in vars(HostedStandIn)
    }
    return type("Sandbox", (HostedStandIn,), {"origin": origin, **forwards})


def _forward(name: str) -> Callable[..., Any]:
    def forward(self: HostedStandIn, *given: object, **named: object) -> Any:
        return self.call(name, *given, **named)

    return wraps(STAND_IN_METHODS[name])(forward)


def _arguments(method: str, given: Sequence[object], named: Mapping[str, object]) -> dict[str, Any]:
    """All arguments of a method by their names, in its order; a plugin may name them otherwise."""
    bound = signature(STAND_IN_METHODS[method]).bind(None, *given, **named)
    bound.apply_defaults()
    return dict(list(bound.arguments.items())[1:])


@cache
def _result_of(method: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(STAND_IN_METHODS[method])["return"])


def _requests_in(value: object) -> Iterator[WebhookRequest]:
    if isinstance(value, WebhookRequest):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _requests_in(each)
