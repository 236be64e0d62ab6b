"""The words for steps of a call flow and for the ways out of them."""

from __future__ import annotations

from collections.abc import Mapping

from hub.config.callflow.definition import (
    ZIP_DIGITS,
    AttributionRoute,
    Case,
    ConverseStep,
    Dialing,
    Flow,
    GeoRoute,
    HangUpStep,
    Menu,
    Messages,
    Queue,
    RoundRobin,
    Schedule,
    SignIn,
    Spoken,
    Step,
    TagStep,
    TextBack,
    ZipRoute,
)
from hub.config.callflow.hours import hours_in_words
from hub.config.callflow.route import ROUTE_STEP
from hub.config.callflow.written import written_hours
from hub.contracts.titles import came_from, medium_title, titled, titles, tracker_title
from hub.platform.formats import phone

KINDS: Mapping[str, str] = {step: title for (kind, step), title in titles().items() if kind == "step"}
"""What a step does, as people call it; in the order in which they are offered."""
EXITS: Mapping[str, str] = {
    "then": "",
    "busy": "busy",
    "no_answer": "rings in vain",
    "unanswered": "nobody answers",
    "leave": "leaves the queue",
    "open": "open",
    "closed": "closed",
    "holiday": "holiday",
}
OTHERWISE: Mapping[type[Step], str] = {
    Menu: "nothing or another key",
    ZipRoute: "another or none",
    Messages: "a wrong PIN",
    SignIn: "a wrong PIN or another key",
    GeoRoute: "anywhere else",
    AttributionRoute: "no case matches",
    ConverseStep: "any doubt, error or limit, or the caller asks for a person",
}


def flow_title(flow: Flow) -> str:
    """What people call a flow; one that a route stands for has no name of its own."""
    if flow.name == ROUTE_STEP:
        return "All calls"
    route, _, tracker = flow.name.partition("-")
    return (
        f"Calls of {tracker_title(tracker)}"
        if route == ROUTE_STEP and tracker
        else flow.title or titled("flow", flow.name)
    )


def exit_words(step: Step, key: str) -> str:
    """What a call does to leave a step by this way; empty if there is no other way."""
    head, _, rest = key.partition(".")
    if head == "keys":
        return f"press {rest}"
    if head in ("places", "ways", "may"):
        return rest
    if head == "zips":
        return f"ZIP {rest}{'…' if len(rest) < ZIP_DIGITS else ''}"
    if head == "cases" and isinstance(step, AttributionRoute):
        return case_words(step.cases[int(rest.partition(".")[0])])
    if head == "otherwise":
        return OTHERWISE[type(step)]
    return EXITS[head]


def case_words(case: Case) -> str:
    """The conditions of a case in short."""
    source = came_from(case.source, case.medium) if case.source else medium_title(case.medium or "")
    caller = {"first_time": "first call", "repeat": "called before", None: ""}[case.caller]
    said = (
        source,
        case.campaign,
        case.landing_page and f"page {case.landing_page}",
        caller,
        case.tag and f"tag {case.tag}",
        case.caller_list and f"on the list {case.caller_list}",
        case.owner and f"contact of {case.owner}",
    )
    return ", ".join(filter(None, said)) or "every call"


def gist(step: Step) -> str:
    """What a step does, in a line or two."""
    match step:
        case Queue():
            wanted = f"agents with {' and '.join(step.skills)}" if step.skills else "the agents of the flow"
            keys = ", call back by a key" if step.call_back_key else ""
            return f"{wanted}, {step.longest_wait // 60} min at most{keys}{', recorded' if step.record else ''}"
        case Spoken():
            return f"“{step.say}”" if step.say else f"Plays {(step.play or '').rpartition('/')[2]}"
        case Dialing():
            rings = ", ".join(map(_phone, step.phones()))
            rings += f" for {step.ring_seconds} s"
            rings += ", known callers first" if isinstance(step, RoundRobin) and step.sticky else ""
            rings += ", taken with a key" if step.accept == "key" else ""
            return f"{rings}, recorded" if step.record else rings
        case Schedule():
            week = written_hours(step.hours).items()
            hours = ", ".join(f"{days.title().replace('-', '–')} {hours_in_words(spans)}" for days, spans in week)
            more = f", holidays {step.holidays}" if step.holidays else ""
            return f"{hours}{more}" or "always closed"
        case GeoRoute():
            return ", ".join(step.places)
        case AttributionRoute():
            return "; ".join(map(case_words, step.cases))
        case TagStep():
            return ", ".join(step.tags)
        case TextBack():
            return f"“{step.text}”"
        case ConverseStep():
            return f"“{step.opening}” {step.agent} answers, {step.most_turns} turns at most"
        case HangUpStep():
            return f"“{step.say}”" if step.say else ""
    return ""


def _phone(number: str) -> str:
    """A number whose parts stay on one line."""
    return phone(number).replace(" ", "\u00a0")
