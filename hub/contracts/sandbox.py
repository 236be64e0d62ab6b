"""Simulated providers: what every plugin's sandbox offers to the demo, to tests and to integrators.

A sandbox speaks the provider's own wire format on loopback. It can be made to fail in the ways in which providers fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self, runtime_checkable

from hub.contracts.costs import Cost
from hub.contracts.fault_queue import FaultQueue
from hub.contracts.faults import CUT, ELSEWHERE, GARBAGE, doubled, hung, nowhere, slash_in_a_part
from hub.contracts.hearing import Ears, HeardRequest
from hub.contracts.numbers import RecordingControl
from hub.contracts.ports import PortStatus
from hub.contracts.short_pages import shortened
from hub.contracts.untrusted import JsonObject
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.platform.loopback import loopback_listener

if TYPE_CHECKING:
    from hub.contracts.sandbox_server import SandboxServer

ASGI = Callable[..., Any]
STATUSES = {"hang": 504, "garbage": 200, "redirect": 307}
"""The status of a fault that does not say it itself."""


class SharedState(Protocol):
    """Keeps what a sandbox holds in a file, for all processes of a hub."""

    def turn(self) -> AbstractContextManager[None]:
        """One request or change, while no other process serves one."""

    def close(self) -> None:
        """Close the file."""


class Sandbox(FaultQueue):
    """Base class of a simulated provider. `start()` opens it on loopback; `settings()` gives the settings that point a
    connector at it.

    `clock` is the time as the provider sees it. Faults queue up with `fail_next`; each request uses one.

    In a hub of several processes each runs its own sandbox of a connector, and they share what they hold: the attributes of
    the sandbox and of its objects, as far as they are plain values, collections and dataclasses.
    """

    seed: str = "ringfence"
    """The ids of calls that a carrier's sandbox makes follow from it; set another one before the start for new ids."""
    not_kept: ClassVar[frozenset[str]] = frozenset(
        (
            "clock", "seed", "url", "listener", "fetch", "page_limit", "rights", "rules", "state", "_ears", "_faults",
            "_answers", "_row_answers", "_lock", "_server", "_thread",
        )
    )  # fmt: skip
    """Attributes that each process has for itself."""
    page_limit: int | None = None
    """The most items of a page; the suites set it. `HttpSandbox` shortens what a request names in its query or JSON."""
    rights: frozenset[str] | None = None
    """The rights of the credentials, of those that rules demand; all if None."""
    state: SharedState | None = None
    """Set if the sandbox shares what it holds with other processes."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__()
        self.clock = clock

    def start(self) -> None:
        """Listen on a free loopback port."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop listening; what was received stays readable."""
        raise NotImplementedError

    def settings(self) -> JsonObject:
        """The plugin's settings, credentials included, that connect to this sandbox after it has started."""
        raise NotImplementedError

    def authorized(self, request: HeardRequest) -> HeardRequest:
        """An example of `rules.yaml` with the credentials of the stand-in's account. What it names exists from then on."""
        raise NotImplementedError("a stand-in with rules.yaml has `authorized(request)`")

    def shared(self) -> AbstractContextManager[None]:
        """A request, or a change by a method: before it this sandbox takes over what other processes changed, and at its end
        they see what it changed. `HttpSandbox` does this for each request."""
        return self.state.turn() if self.state else contextlib.nullcontext()

    def page_size(self, requested: int) -> int:
        """The items of a page of which a request names `requested`, or that has a fixed size."""
        return min(requested, self.page_limit or requested)

    @staticmethod
    def fetch(address: str) -> tuple[str, bytes]:
        """What the provider finds at an address that the hub sent: content type and bytes; LookupError if there is nothing."""
        import httpx2

        reply = httpx2.get(address, timeout=30, trust_env=False)
        if reply.status_code != 200:
            raise LookupError(f"the address answers with {reply.status_code}")
        return reply.headers.get("content-type", ""), reply.content

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


class HttpSandbox(Sandbox):
    """A sandbox that speaks HTTP: implement `app()`, an ASGI application with the provider's paths.

    uvicorn serves it in a separate thread; `url` is its address. Faults are applied before the app.
    """

    url: str = ""
    listener: socket.socket | None = None
    """Where it listens; a free loopback port if None. The hub hands it to a stand-in that runs in a process of its own."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._ears = Ears()

    def listening(self) -> contextlib.AbstractContextManager[list[HeardRequest]]:
        """Every request that arrives until the end of the block, those that meet a fault too."""
        return self._ears.listening()

    def note(self, request: HeardRequest) -> None:
        """Report a request to those who listen that came by another protocol than HTTP, before any fault."""
        self._ears.note(request)

    def app(self) -> ASGI:
        """The provider's paths, as an ASGI application (Starlette's router is a good start)."""
        raise NotImplementedError

    def start(self) -> None:
        from hub.contracts.sandbox_server import SandboxServer

        listener = self.listener or loopback_listener()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server: SandboxServer = SandboxServer(self._faulty(self.app()))
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [listener]},
            name=f"sandbox-{type(self).__module__}",
            daemon=True,
        )
        self._thread.start()
        while not self._server.listens.wait(0.1):
            if not self._thread.is_alive():
                raise RuntimeError(f"the sandbox {type(self).__module__} did not start")

    def stop(self) -> None:
        self._server.end()
        self._thread.join(timeout=5)

    def settle(self) -> None:
        """Wait until every request that a client has sent is noted and done, also one that its client waits for no more."""
        self._server.settle()

    def _in_turn(self, app: ASGI) -> ASGI:
        """Serves one request after another if other processes share the state. Their replies leave after it is stored."""
        one_at_a_time = asyncio.Lock()

        async def serve(scope: MutableMapping[str, Any], receive: ASGI, send: ASGI) -> None:
            if self.state is None:
                await app(scope, receive, send)
                return
            request, replied = [await receive()], list[Any]()
            while request[-1].get("more_body"):
                request.append(await receive())

            async def replay() -> Any:
                return request.pop(0) if request else await receive()

            async def collect(message: Any) -> None:
                replied.append(message)

            async with one_at_a_time:
                with self.shared():
                    await app(scope, replay, collect)
            for message in replied:
                await send(message)

        return serve

    def _faulty(self, app: ASGI) -> ASGI:
        in_turn = self._ears.watching(self._in_turn(app))

        async def serve(scope: MutableMapping[str, Any], receive: ASGI, send: ASGI) -> None:
            receive = await self._ears.hear(scope, receive)
            fault = None
            if scope["type"] == "http":
                fault = self.next_answer(scope["method"], scope["path"]) or self.next_fault() or slash_in_a_part(scope)
            if fault is None and self.page_limit and scope["type"] == "http":
                scope, receive = await shortened(scope, receive, self.page_limit)
            if fault is not None and fault.kind in ("taken", "twice"):
                # The whole request is read first: a connection that ends with something unread is reset.
                first, receive = await doubled(receive)
                await in_turn(scope, first, nowhere)
                fault = fault if fault.kind == "taken" else None
            if fault is None:
                await in_turn(scope, receive, send)
                return
            if fault.kind == "taken":
                scope["extensions"][CUT]()
            if fault.kind in ("hang", "taken"):
                await hung(receive, fault.seconds)
            status = STATUSES.get(fault.kind, fault.status)
            given = {"content-type": "application/json", **fault.headers}
            if fault.kind == "redirect":
                given["location"] = ELSEWHERE
            if fault.retry_after is not None:
                given["retry-after"] = str(fault.retry_after)
            headers = [(name.encode(), value.encode()) for name, value in given.items()]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            body = GARBAGE if fault.kind == "garbage" else b'{"error": "planned fault"}'
            body = body if fault.body is None else fault.body.encode()
            await send({"type": "http.response.body", "body": body})

        return serve


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedCall:
    """A call that a carrier's sandbox plays: who calls which number, and how it ends."""

    caller_number: str | None
    tracking_number: str
    answering_number: str
    started_at: datetime
    outcome: Literal["answered", "voicemail", "abandoned"] = "answered"
    ring: timedelta = timedelta(seconds=8)
    talk: timedelta = timedelta(seconds=90)
    recorded: bool = True
    keys: tuple[str | None, ...] = ()
    """What the caller presses, one entry for each menu; `""` lets the menu time out, None hangs up during it."""
    accepts: bool = True
    """Whether the one who picks up presses the key that takes the call, if the document asks for one; a voicemail does not."""
    ends_recording: bool = False
    """Whether the caller presses the key that ends the recording in the conversation, if the document offers one."""
    caller_name: str | None = None
    """The caller's name, if the carrier looks it up and finds one."""
    audio: bytes | None = None
    """What is spoken if the call is recorded: a WAV file; a tone if absent."""


Exchange = Callable[[WebhookRequest], AnswerDocument | None]
"""How a sandbox sends a webhook to the hub: it passes the request and gets the hub's document, None if the hub refused or
did not answer."""


@runtime_checkable
class CarrierSandbox(Protocol):
    """What the demo and the carrier conformance suite need of a carrier's sandbox, besides `Sandbox`."""

    def webhooks(self, call: SimulatedCall, webhook_url: str) -> Sequence[tuple[datetime, WebhookRequest]]:
        """The signed webhooks of one call in the order in which they happen, each with its time; the first reports ringing.
        The call also appears in the sandbox's own call list."""

    def place_call(self, call: SimulatedCall, webhook_url: str, exchange: Exchange) -> str:
        """Play one call as the hub's documents say: send the ringing webhook, do what the document says (speak, gather
        `call.keys`, dial with its whisper, take a message, hang up), and so on to the end, with every webhook that the
        carrier sends meanwhile. Times follow `call`, not the real clock. Returns the carrier's id of the call."""

    def spoken(self, call_id: str) -> Sequence[str]:
        """What the caller of a placed call heard, in order: texts, and addresses of played files."""

    def message_webhook(
        self, sender: str, tracking_number: str, body: str, webhook_url: str, media: Sequence[bytes] = ()
    ) -> WebhookRequest:
        """The signed webhook of a text that comes in; `media` are PNG pictures that the carrier keeps for it."""

    def texts(self) -> Sequence[Mapping[str, str]]:
        """The texts that the hub sent and the carrier took: `reference` (the carrier's id), `sender`, `recipient`, `body`, and
        `media` if the carrier sends pictures: the addresses from which it fetches them, separated by spaces."""

    def fetch_pictures(self, reference: str) -> Sequence[tuple[str, bytes]]:
        """The pictures of a text that the hub sent, content type and bytes, fetched at this moment from the addresses that
        came with it, as the carrier does; LookupError if an address gives none."""

    def text_status_webhook(
        self, reference: str, status: Literal["sent", "delivered", "failed"], webhook_url: str
    ) -> WebhookRequest:
        """The signed webhook that reports the status of a text that the hub sent."""

    def block(self, sender: str, recipient: str) -> None:
        """The person `recipient` asked the carrier to stop texts from `sender`: it refuses them with its own code."""

    def recordings(self) -> Sequence[str]:
        """The ids of the recordings that the carrier still keeps."""

    def recording_controls(self, call_id: str) -> Sequence[RecordingControl]:
        """How the recording of a placed call was paused and resumed, in order."""

    def move_port(self, order_id: str, status: PortStatus, detail: str = "") -> None:
        """Set a port order's next status."""

    def unparseable_webhook(self, webhook_url: str) -> WebhookRequest:
        """A webhook with a correct signature whose content cannot be understood."""


@runtime_checkable
class NumberSandbox(Protocol):
    """What a hub needs of the sandbox of a carrier that lists its numbers, besides `CarrierSandbox`."""

    def know_number(self, number: str) -> None:
        """Add a customer's own number to the account once, so that any config.yaml runs in the sandbox."""


CallBackOutcome = Literal["answered", "user_busy", "user_no_answer", "person_busy", "person_no_answer"]


@runtime_checkable
class CallBackSandbox(Protocol):
    """What the carrier conformance suite needs of the sandbox of a carrier that places calls, besides `CarrierSandbox`."""

    def placed_calls(self) -> Sequence[Mapping[str, str]]:
        """The calls that the hub placed and the carrier took: `reference` (the carrier's id), `caller_id` and `user_number` of
        the first leg, `person_number` and `person_caller_id` of the second."""

    def play_call_back(self, reference: str, outcome: CallBackOutcome) -> Sequence[WebhookRequest]:
        """Let both legs of a placed call happen; the signed webhooks in the order in which they are sent."""

    def refuse_calls(self, number: str, why: Literal["caller_id", "country", "number"]) -> None:
        """Refuse calls from a number that the account does not own, or to a number that it may not or cannot call."""


@runtime_checkable
class AdsSandbox(Protocol):
    """What the demo and the ads conformance suite need of an ad network's sandbox, besides `Sandbox`."""

    def destination(self) -> Mapping[str, Any]:
        """A `send_to:` value that this sandbox knows (a conversion action that exists)."""

    def know_destination(self, destination: Mapping[str, Any]) -> None:
        """Make a customer's own `send_to:` value exist, so that any config.yaml runs in the sandbox."""

    def conversions(self) -> Mapping[str, Mapping[str, Any]]:
        """What the network counts: conversion key → its current state (`value`, `currency`, `retracted`, …)."""

    def refuse(self, key: str) -> None:
        """Refuse only the item with this key, every time it comes, with a reason that this network is known to give."""


@runtime_checkable
class CostSandbox(Protocol):
    """What the demo and the conformance suite need of the sandbox of a plugin that pulls costs, besides `Sandbox`."""

    def spend(self, cost: Cost) -> None:
        """Let the account spend this, besides what it has spent."""

    def spent(self) -> Sequence[Cost]:
        """Everything that the account has spent."""


@runtime_checkable
class OwnerSandbox(Protocol):
    """What the conformance suite needs of the sandbox of a plugin that reads data that a person owns, besides `Sandbox`."""

    def owner_token(self) -> JsonObject:
        """The token that the owner's sign-in would leave in the connector's token store."""


@runtime_checkable
class CrmSandbox(Protocol):
    """What the demo and the CRM conformance suite need of a CRM's sandbox, besides `Sandbox`."""

    def add_contact(self, name: str, phone_number: str, email: str | None = None) -> str:
        """Make a contact and return its id."""

    def add_deal(self, contact_id: str, stage: Literal["qualified", "won", "lost"], amount: str, currency: str) -> str:
        """Make a deal of that contact at a stage, changed now; return its id. ValueError if the account lacks the currency."""

    def move_deal(self, deal_id: str, stage: Literal["qualified", "won", "lost"], amount: str) -> None:
        """Move a deal to another stage or amount, changed now."""

    def activities(self) -> Sequence[Mapping[str, Any]]:
        """The calls logged so far, each with at least `key` (our call's id) and `contact_id` (or None)."""

    def refuse(self, key: str) -> None:
        """Refuse only the activity with this key, every time it comes, with a reason that this CRM is known to give."""
