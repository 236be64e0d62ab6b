"""The hub's side of a placed call, for the carrier suite: accepts every webhook and answers it from a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from hub.contracts.answers import AnswerPoint, HangUp, Instruction, Moment
from hub.contracts.connector import Connector
from hub.contracts.events import CallEvent
from hub.contracts.sandbox import CarrierSandbox, Sandbox, SimulatedCall
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.hookspecs import CallHooks
from hub.testing import samples
from hub.testing.asking import ask, implemented_hooks

Script = Mapping[tuple[Moment, str], Sequence[Instruction]]
"""The hub's answers by moment and by the mark of the instruction that the carrier was waiting on."""
Watch = Callable[[CallEvent], None]


class Switchboard:
    """Plays calls against a connector's sandbox and keeps the plugin's result for every webhook."""

    def __init__(self, connector: Connector, sandbox: Sandbox, script: Script, watch: Watch | None = None) -> None:
        self.connector, self.carrier, self.script, self.watch = connector, carrier_of(sandbox), script, watch
        self.points: list[AnswerPoint] = []
        """The points at which the carrier asked, in order."""
        self.events: list[CallEvent] = []
        self.requests: list[WebhookRequest] = []
        self.keys: list[str] = []
        self.call_id = ""

    def place(self, **changes: Any) -> SimulatedCall:
        """Play one call to its end."""
        call = samples.simulated_call(self.connector.services.clock(), **changes)
        self.call_id = self.carrier.place_call(call, self.connector.services.webhook_url, self._exchange)
        return call

    def _exchange(self, request: WebhookRequest) -> AnswerDocument | None:
        verified = ask(self.connector, CallHooks.verify_webhook, request=request)
        self.requests.append(request)
        self.keys.append(verified.event_key)
        for event in ask(self.connector, CallHooks.parse_webhook, request=request):
            assert isinstance(event, CallEvent), f"a webhook of a call told a {type(event).__name__}"
            self.events.append(event)
            if self.watch is not None:
                self.watch(event)
        point: AnswerPoint | None = verified.answer
        if point is None:
            document = ask(self.connector, CallHooks.acknowledge_webhook, request=request)
            return document
        self.points.append(point)
        nothing_said: tuple[Instruction, ...] = () if point.moment == "whisper" else (HangUp(),)
        # After a conversation no instruction is left.
        instructions = nothing_said if point.answered else self.script.get((point.moment, point.mark), nothing_said)
        rendered = ask(self.connector, CallHooks.render_answer, point=point, instructions=instructions)
        return rendered

    @property
    def heard(self) -> list[str]:
        """What the caller heard."""
        return list(self.carrier.spoken(self.call_id))

    @property
    def kinds(self) -> set[str]:
        """The kinds of all events."""
        return {event.kind for event in self.events}

    def questions(self) -> list[tuple[Moment, str]]:
        """The moments at which the carrier asked, each with its mark."""
        return [(point.moment, point.mark) for point in self.points]

    def first(self, kind: str) -> CallEvent:
        """The first event of a kind, which must exist."""
        found = [event for event in self.events if event.kind == kind]
        assert found, f"no webhook tells that the call was {kind}; told was {sorted(self.kinds)}"
        return found[0]


def carrier_of(sandbox: Sandbox) -> CarrierSandbox:
    """The sandbox as a carrier sandbox."""
    assert isinstance(sandbox, CarrierSandbox), "the sandbox must implement hub.api.sandbox.CarrierSandbox"
    return sandbox


def need_hooks(connector: Connector, *hooks: str) -> None:
    """Skip the test if the plugin does not implement the hooks."""
    missing = sorted(set(hooks) - implemented_hooks(connector))
    if missing:
        pytest.skip(f"this plugin has no {' and no '.join(missing)}")


def need_abilities(connector: Connector, *abilities: str) -> None:
    """Skip the test if the manifest lacks one of the abilities."""
    missing = sorted(set(abilities) - set(connector.manifest.abilities))
    if missing:
        pytest.skip(f"this carrier has no {' and no '.join(map(repr, missing))} among its abilities")
