"""Every problem of a call flow that is not in config.yaml yet: the same checks as when the file is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from hub.config.callflow.carrier_checks import (
    CarrierProblem,
    carrier_problems,
    not_understood,
    unknown_phones,
    unspoken_languages,
)
from hub.config.callflow.checks import Place, flow_problems
from hub.config.callflow.definition import Dialing, Flow
from hub.config.callflow.route import ROUTE_STEP
from hub.contracts.connector import Connector
from hub.hookspecs import ConsentHooks
from hub.runtime import Hub

NOTHING_CONSENTS = "No consent connector is configured, so nothing would be recorded. Add one on the page Connectors."


@dataclass(frozen=True)
class FlowProblem:
    """A place in the flow, like ("steps", "menu", "say"), and a sentence."""

    place: Place
    text: str

    @property
    def step(self) -> str | None:
        """The step that it is about."""
        return str(self.place[1]) if len(self.place) > 1 and self.place[0] == "steps" else None

    @property
    def field(self) -> str | None:
        """The field of the step, or of the flow itself."""
        if self.step is None:
            return str(self.place[0]) if self.place else None
        return str(self.place[2]) if len(self.place) > 2 else None


def problems_of(hub: Hub, flow: Flow, carriers: Collection[str], own_numbers: Collection[str]) -> list[FlowProblem]:
    """The problems of a flow that would answer on the numbers of these carriers."""
    found = [FlowProblem(place, _sentence(text)) for place, text in flow_problems(flow, own_numbers)]
    if flow.name == ROUTE_STEP or flow.name.startswith(f"{ROUTE_STEP}-"):
        found.append(FlowProblem(("name",), f"{flow.name} is the name of a route; give the flow another."))
    for name in carriers:
        connector = hub.plugins.connectors.get(name)
        found += [
            FlowProblem(each.place, f"{name} {each.what}. {_sentence(f'{each.remedy}, or use another carrier')}")
            for each in (_problems_at(flow, connector) if connector else ())
        ]
    if not hub.plugins.with_hook(ConsentHooks.judge):
        found += [
            FlowProblem(("steps", name, "record"), NOTHING_CONSENTS)
            for name, step in flow.steps.items()
            if isinstance(step, Dialing) and step.record
        ]
    return found


def _problems_at(flow: Flow, connector: Connector) -> Iterator[CarrierProblem]:
    yield from carrier_problems(flow, connector.manifest)
    if "phone" in connector.manifest.abilities:
        yield from unknown_phones(flow, connector.settings.phone_names())
    yield from unspoken_languages(flow, connector.settings)
    yield from not_understood(flow, connector.settings)


def _sentence(text: str) -> str:
    """A problem of config.yaml as a sentence of its own."""
    said = text if text.startswith("`") else text[0].upper() + text[1:]
    return said if said.endswith(".") else f"{said}."
