"""Make a test call: a carrier's stand-in plays a whole call to the hub's own webhook endpoint, and no phone rings.

The stand-in signs its webhooks with a key of its own, so they are checked by the carrier's plugin, stored, answered along
the number's call flow and claimed by the worker like any call's. Not tested are the carrier itself, its key, and the way from
the internet to the hub. The worker ends them there (hub.flow.inbox): no call, report, list, ad network or CRM gets them.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx2
from sqlalchemy import Connection, delete, update
from sqlmodel import col, select

from hub.answering.answer import Answerer
from hub.contracts.events import CallEvent
from hub.contracts.sandbox import CarrierSandbox, SimulatedCall
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.errors import CannotDo, ConfigError, RingfenceError
from hub.flow.inbox import TEST_PREFIX
from hub.flow.receive import Receiver
from hub.hookspecs import CallHooks
from hub.model import CallStep, CallTest
from hub.model.columns import new_id
from hub.numbers.directory import Line, LiveDirectory
from hub.plugin_host.registry import Plugins
from hub.plugin_host.sandboxes import RunningSandboxes, start_sandboxes
from hub.runtime import Hub, webhook_url
from hub.startup.assembly import make_connector
from hub.store import audit
from hub.store.engine import Store
from hub.store.writers.inbox_writer import InboxWriter, Row
from hub.web.webhooks import WebhookEndpoint

CALLER = "+12025550123"
"""A fictional number: it belongs to nobody."""
KEPT = timedelta(days=30)
REPLY_SECONDS = 10.0
ONE_AT_A_TIME = threading.Lock()


def testable(hub: Hub, line: Line) -> bool:
    """Whether the carrier of a number has a stand-in that plays calls."""
    entry = hub.config.connectors.get(line.tracker.carrier)
    stand_in = entry.connector_class.sandbox_class() if entry else None
    return stand_in is not None and hasattr(stand_in, "place_call")


def make_test_call(hub: Hub, directory: LiveDirectory, line: Line, actor: str) -> CallTest:
    """Play a call on `line`; CannotDo if its carrier has no stand-in, or while another test is under way."""
    if not testable(hub, line):
        raise CannotDo(f"The plugin of {line.tracker.carrier} has no stand-in that could play a call.")
    if not ONE_AT_A_TIME.acquire(blocking=False):
        raise CannotDo("Another test call is under way. Try again in a few seconds.")
    try:
        test = _open(hub, line, actor)
        try:
            with _stage(hub, directory, test) as stage:
                _play(hub, stage, line, test)
        except ConfigError as error:  # the stand-in does not start
            test.problem = str(error)
        with hub.store.writing() as session:
            # Not the whole row: a worker may have noted that it read the first event.
            noted = {name: getattr(test, name) for name in ("answer_seconds", "heard", "steps", "problem")}
            session.execute(update(CallTest).where(col(CallTest.id) == test.id).values(**noted))
        return test
    finally:
        ONE_AT_A_TIME.release()


def _open(hub: Hub, line: Line, actor: str) -> CallTest:
    now = hub.clock()
    test = CallTest(
        account_id=line.company.account_id, company_id=line.company.id, connector=line.tracker.carrier,
        tracking_number=line.number.number, flow=line.flow.name, version=line.version, made_by=actor, made_at=now,
    )  # fmt: skip
    with hub.store.writing() as session:
        session.execute(delete(CallTest).where(col(CallTest.made_at) < now - KEPT))
        session.add(test)
        audit.note(session, now, actor, "call_test.make", line.company.id, line.number.number)
    return test


@dataclass
class _Stage:
    """The stand-in, and the hub's endpoint with a connector that trusts it."""

    connector: str
    plugins: Plugins
    sandbox: CarrierSandbox
    client: httpx2.AsyncClient
    loop: asyncio.AbstractEventLoop
    refused: list[str] = field(default_factory=list)

    def send(self, request: WebhookRequest) -> AnswerDocument | None:
        """Send one webhook to the endpoint, and wait for its reply; the plugin must understand it too."""
        self.plugins.call(self.connector, CallHooks.parse_webhook, request)
        sent = self.client.request(request.method, request.url, content=request.body, headers=dict(request.headers))
        try:
            reply = asyncio.run_coroutine_threadsafe(sent, self.loop).result(REPLY_SECONDS)
        except TimeoutError:
            self.refused.append("no reply")
            return None
        if reply.status_code != 200:
            self.refused.append(f"{reply.status_code} {reply.text[:60]}")
            return None
        return AnswerDocument(reply.headers.get("content-type", ""), reply.text)


class _TestWriter(InboxWriter):
    """Stores webhooks like any other, under the name of the test."""

    def __init__(self, store: Store, test_id: str) -> None:
        super().__init__(store)
        self._name = f"{TEST_PREFIX}{test_id}"

    def insert(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Write rows in a transaction of the caller's."""
        super().insert(connection, [{**row, "connector": self._name} for row in rows])


@contextmanager
def _stage(hub: Hub, directory: LiveDirectory, test: CallTest) -> Iterator[_Stage]:
    carrier = test.connector
    entry = hub.config.connectors[carrier]
    with start_sandboxes({carrier: entry.connector_class}, hub.clock, seed=new_id()) as running:
        pointed = replace(entry, in_sandbox=True).with_sandbox(running.settings(carrier))
        connector = make_connector(pointed, hub.config, hub.store, hub.keyring, hub.clock, hub.refusals)
        others = [
            each for name, each in hub.plugins.connectors.items() if hub.config.connectors[name].kind == "consent"
        ]
        tested = replace(hub, plugins=Plugins([*others, connector]))
        writer, answerer = _TestWriter(hub.store, test.id), Answerer(tested, directory)
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="test call", daemon=True)
        thread.start()
        try:
            public_url = str(hub.config.hub.public_url)
            endpoint = WebhookEndpoint(Receiver(tested, writer), answerer, public_url, hub.clock)
            client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=endpoint))
            yield _Stage(carrier, tested.plugins, _sandbox(running, carrier), client, loop)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=5)
            loop.close()
            answerer.close()
            writer.close()
            tested.plugins.close()


def _sandbox(running: RunningSandboxes, carrier: str) -> CarrierSandbox:
    sandbox = running.of(carrier)
    assert sandbox is not None and isinstance(sandbox, CarrierSandbox)
    return sandbox


def _play(hub: Hub, stage: _Stage, line: Line, test: CallTest) -> None:
    """Play the call, and note on the test how the hub answered it."""

    def exchange(request: WebhookRequest) -> AnswerDocument | None:
        if test.carrier_call_id:
            return stage.send(request)
        _recognize(hub, stage, request, test)
        begun = time.perf_counter()
        document = stage.send(request)
        test.answer_seconds = time.perf_counter() - begun
        return document

    call = SimulatedCall(
        caller_number=CALLER, tracking_number=line.number.number, answering_number=line.flow.forward,
        started_at=hub.clock(), recorded=False, ring=timedelta(seconds=5), talk=timedelta(seconds=30),
    )  # fmt: skip
    try:
        call_id = stage.sandbox.place_call(call, webhook_url(hub.config, stage.connector), exchange)
        test.heard = list(stage.sandbox.spoken(call_id))
    except RingfenceError as error:
        test.problem = str(error)
    except Exception as error:  # noqa: BLE001 - a stand-in that stumbles over an answer is the test's result
        test.problem = f"The stand-in could not follow the hub's answer ({type(error).__name__})."
    _note_steps(hub, stage, test)


def _recognize(hub: Hub, stage: _Stage, request: WebhookRequest, test: CallTest) -> None:
    """Note the carrier's id of the call, which its steps are stored under."""
    events = stage.plugins.call(stage.connector, CallHooks.parse_webhook, request)
    test.carrier_call_id = next((each.call_id for each in events if isinstance(each, CallEvent)), "")
    if not test.carrier_call_id:
        raise CannotDo("The stand-in's first event is not about a call.")
    mine = CallStep.connector == test.connector, CallStep.carrier_call_id == test.carrier_call_id
    with hub.store.writing() as session:
        if session.exec(select(CallStep.id).where(*mine)).first():
            raise CannotDo("The stand-in repeats the id of an earlier call, so the test cannot be told apart from it.")
        session.execute(
            update(CallTest).where(col(CallTest.id) == test.id).values(carrier_call_id=test.carrier_call_id)
        )


def _note_steps(hub: Hub, stage: _Stage, test: CallTest) -> None:
    mine = CallStep.connector == test.connector, CallStep.carrier_call_id == test.carrier_call_id
    with hub.store.reading() as session:
        rows = list(session.exec(select(CallStep).where(*mine).order_by(col(CallStep.id))))
    test.steps = [f"{row.step}: {row.result}" for row in rows]
    if stage.refused:
        test.problem = f"The hub refused an event of the stand-in: {stage.refused[0]}."
    elif any(row.point.startswith("forward:") for row in rows):
        test.problem = "The answer was not ready in time, so the call was forwarded without its flow."
    elif not rows and test.problem is None:
        test.problem = "The hub answered without any step of the flow."
