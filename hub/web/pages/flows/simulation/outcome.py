"""The outcome of a simulated call: its steps, the lawful recording notice with its rule, and the carriers' documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.config.callflow.definition import Flow
from hub.contracts.consent import Duty
from hub.contracts.titles import connector_title
from hub.platform.formats import clock_time
from hub.queries.flow_simulation import SimulatedTurn, Simulation, simulated
from hub.web.pages.flows.opened import OpenFlow
from hub.web.pages.flows.simulation.questions import SimulatedCaller, caller_of, place_name
from hub.web.pages.flows.simulation.stops import Stop, ending, stops_of
from hub.web.pages.request import PageRequest

NO_CARRIER = "No carrier of this company is connected, so no call can be simulated."
DUTIES: Mapping[Duty, str] = {
    "announce": "say that the call is recorded",
    "announce_transcription": "say that an outside service transcribes it",
    "offer_refusal": "offer a line that is not recorded",
    "ask_yes": "record only after a yes in this call",
}
CHOICES: Mapping[str, str] = {
    "announced": "Recorded after a notice",
    "offered": "Recorded unless the caller refuses",
    "not_refused": "Recorded unless the caller refuses",
    "asked": "Recorded only after a yes",
    "agreed": "Recorded after the caller's yes",
    "refused": "Not recorded: the caller did not agree",
}
VERDICTS = {"allow": ("good", "Yes"), "needs": ("held", "Needs a yes"), "deny": ("bad", "No")}


@dataclass(frozen=True)
class Rule:
    """One rule that spoke on the recording."""

    connector: str
    state: tuple[str, str]
    reason: str
    rule: str
    cite: str
    ruleset: str
    confirmed: bool | None
    """Whether its source was read; None if the rule does not say."""
    check: str


@dataclass(frozen=True)
class Recording:
    """May the call be recorded, what is said before, and by which rules?"""

    title: str
    notice: str | None
    duties: str
    rules: Sequence[Rule]


@dataclass(frozen=True)
class Outcome:
    """Everything that the page shows of a simulated call."""

    title: str
    caption: str
    stops: Sequence[Stop]
    recording: Recording
    places: str
    documents: Sequence[tuple[str, str, str]]
    """Carrier, when, and the document."""

    @property
    def walked(self) -> list[str]:
        """The steps in order, for the list of steps."""
        return [stop.step for stop in self.stops]


@dataclass(frozen=True)
class Simulated:
    """The form, and the outcome if the URL asks for one."""

    caller: SimulatedCaller
    outcome: Outcome | None
    error: str | None = None


def simulate(page: PageRequest, opened: OpenFlow) -> Simulated:
    """Simulate the call of the URL."""
    caller = caller_of(page.query, opened.section.country, page.now.astimezone(page.zone))
    if page.query.get("simulate") is None or caller.errors:
        return Simulated(caller, None)
    connected = [entry.name for entry in page.hub.config.of_kind("carrier") if entry.serves(opened.company.name)]
    carriers = [name for name in opened.carriers if name in connected] or connected[:1]
    if not carriers:
        return Simulated(caller, None, NO_CARRIER)
    known = caller.known(page.zone)
    found = simulated(page.hub, opened.section, opened.flow, known, caller.behavior, carriers)
    stops = stops_of(opened.flow, found.turns)
    steps = f"{len(stops)} step{'s' if len(stops) != 1 else ''}"
    who = "nobody answers" if not caller.behavior.answers else "somebody answers"
    keys = f"presses {caller.value('keys')}" if caller.value("keys") else "presses nothing"
    at = known.at.astimezone(page.zone) if known.at else page.now.astimezone(page.zone)
    outcome = Outcome(
        title=f"After {steps} {ending(opened.flow, found.turns, caller.behavior.answers)}",
        caption=f"{at:%A} {clock_time(at, page.zone)}, {keys}, {who}",
        stops=stops,
        recording=_recording(opened.flow, found),
        places=_places(caller, opened),
        documents=list(_documents(page, found.turns)),
    )
    return Simulated(caller, outcome)


def _recording(flow: Flow, found: Simulation) -> Recording:
    decision = found.decision
    notices = [turn.notice for turn in found.turns if turn.notice]
    if not flow.records or decision is None:
        return Recording("Nothing is recorded: no step of this flow records.", None, "", ())
    rules = [_rule(opinion) for opinion in decision["opinions"]]
    if not rules:
        rules = [_rule({"connector": "hub", "rule": decision["rule_id"], **decision})]
    if decision["verdict"] != "allow":
        title = "Not recorded"
    elif notices:
        title = CHOICES[notices[-1]["choice"]]
    else:
        title = "This call comes to no step that records"
    duties = ", ".join(words for duty, words in DUTIES.items() if duty in found.duties)
    return Recording(title, notices[-1]["text"] if notices else None, duties, rules)


def _rule(opinion: Mapping[str, Any]) -> Rule:
    evidence = opinion.get("evidence") or {}
    source = str(evidence.get("source", ""))
    return Rule(
        connector=str(opinion["connector"]),
        state=VERDICTS[opinion["verdict"]],
        reason=str(opinion["reason"]),
        rule=str(opinion["rule"]),
        cite=str(evidence.get("cite", "")),
        ruleset=str(evidence.get("ruleset", "")),
        confirmed=source.startswith("confirmed") if source else None,
        check=source.partition(", ")[2],
    )


def _places(caller: SimulatedCaller, opened: OpenFlow) -> str:
    where = " or ".join(sorted({place_name(each) for each in caller.places})) or "an unknown place"
    business = "-".join(filter(None, (opened.section.country, opened.section.region)))
    return f"caller in {where}, business in {business}; the strictest counts"


def _documents(page: PageRequest, turns: Sequence[SimulatedTurn]) -> list[tuple[str, str, str]]:
    found = []
    for turn in turns:
        for name, document in turn.documents.items():
            # One line per element; nothing else is changed.
            text = document.replace("><", ">\n<")
            found.append((connector_title(name, page.hub.plugins.connectors), _when(turn), text))
    return found


def _when(turn: SimulatedTurn) -> str:
    match turn.moment:
        case "ringing":
            return "when the call rings"
        case "digits":
            return f"after key {turn.digits}" if turn.digits else "after no key"
        case "dial_ended":
            return "after the phone rang"
        case "message_left":
            return "after the message"
    return "when somebody answers"
