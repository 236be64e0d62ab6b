"""The steps of a simulated call in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.config.callflow.context import NUMBER, phones_rung
from hub.config.callflow.definition import Dialing, Flow, Growing, Spoken, Step
from hub.contracts.titles import titled
from hub.platform.formats import phone
from hub.queries.flow_simulation import SimulatedTurn

LEADS_TO = re.compile(r"(?P<why>.+): (?P<step>[a-z0-9_-]+)")
OF_NOTICE: Mapping[str, str] = {
    "asks whether the call may be recorded": "Hears the recording notice, and is asked for a yes.",
    "offers a line that is not recorded": "Hears the recording notice, and how to refuse.",
    "may be recorded": "Does not refuse.",
    "not to be recorded": "Is not recorded.",
    "agreed to the recording": "Agrees.",
}
"""Results that the record of the recording notice shows, too."""
CHOICES = {
    **OF_NOTICE,
    "nobody picked up": "Nobody answers.",
    "was busy": "The phone is busy.",
    "nobody took the call": "Nobody takes the call with the key.",
}
PLAIN: Mapping[tuple[str, str], str] = {
    ("greeting", "was said"): "Hears the greeting.",
    ("menu", "asks for a key"): "Hears the menu.",
    ("menu", "asks again"): "Hears the menu again.",
    ("messages", "asks for a key"): "Is asked for the PIN.",
    ("messages", "asks again"): "Is asked for it again.",
    ("sign_in", "asks for a key"): "Is asked for the PIN.",
    ("sign_in", "asks again"): "Is asked for it again.",
    ("zip_route", "asks for a key"): "Is asked for the ZIP code.",
    ("zip_route", "asks again"): "Is asked for it again.",
    ("voicemail", "takes a message"): "Is asked for a message.",
    (
        "text_back",
        "a text to the caller",
    ): "A text is sent to the caller, if the law and the caller's own word allow it.",
}
"""What happened at a step of a call of which only the record is known, by what the step does."""


@dataclass
class Stop:
    """One step of the call, and what happens there."""

    step: str
    said: list[str] = field(default_factory=list)


def stops_of(flow: Flow, turns: Sequence[SimulatedTurn]) -> list[Stop]:
    """The steps in order; what happens at one step in a row is one stop."""
    stops: list[Stop] = []
    for turn in turns:
        if turn.moment == "whisper" and stops:
            said = [each for one in turn.instructions for each in (one, *one.get("prompts", ()))]
            heard = " ".join(str(each["text"]) for each in said if "text" in each)
            stops[-1].said.append(f"Whoever answers first hears “{heard}”.")
        if turn.said and stops:
            stops[-1].said += map(spoken_line, turn.said)
        for taken in turn.steps:
            if not stops or stops[-1].step != taken["step"]:
                stops.append(Stop(taken["step"]))
            announced = turn.notice and turn.notice["choice"] == "announced" and taken["result"].startswith("rings")
            stops[-1].said += ["Hears the recording notice."] if announced else []
            stops[-1].said += filter(None, [sentence(flow.steps.get(taken["step"]), taken)])
    return stops


def spoken_line(line: Mapping[str, Any]) -> str:
    """What assistant or caller said, and what was decided."""
    who = "Caller" if line["channel"] == "caller" else "Assistant"
    decided = f" Decided: {line['decided']}." if line["decided"] else ""
    return f"{who}: “{line['text']}”{decided}" if line["text"] else f"{who}:{decided}"


def sentence(step: Step | None, taken: dict[str, object]) -> str:
    """What happens at a step, in words; empty if another sentence says it already."""
    result = str(taken["result"])
    if isinstance(step, Dialing) and result.startswith("rings "):
        phones = ", ".join(map(phone, phones_rung(result)))
        recorded = ", and the conversation is recorded" if result.endswith(", recorded") else ""
        rings = "rings" if "," not in phones else "ring"
        at_first = isinstance(step, Growing) and step.also and phones_rung(result) == list(step.first())
        seconds = step.seconds(0) if at_first else step.seconds(step.attempts - 1)
        return f"{phones} {rings} for {seconds} seconds{recorded}."
    if result in CHOICES:
        return CHOICES[result]
    match taken["do"]:
        case "greeting" if isinstance(step, Spoken):
            return f"Hears {_heard(step)}{_stop(step)}"
        case "menu" | "zip_route" if isinstance(step, Spoken):
            return _menu(step, result)
        case "voicemail" if isinstance(step, Spoken):
            return f"Hears {_heard(step)}, and leaves a message." if result == "takes a message" else ""
        case "hang_up":
            text = getattr(step, "say", None)
            return f"Hears “{text}”. The call ends." if text else "The call ends."
        case "text_back":
            return f"“{taken['text_back']}” is sent to the caller, if the law and the caller's own word allow it."
        case "forward":
            return f"No step leads on, so the phone of last resort rings: {phone(result.rpartition(' ')[2])}."
    return step_words(taken)


def step_words(taken: Mapping[str, object]) -> str:
    """What happened at a step, by its record alone."""
    result = NUMBER.sub(lambda found: phone(found[0]), str(taken["result"]))
    if said := CHOICES.get(result) or PLAIN.get((str(taken["do"]), result)):
        return said
    if leads := LEADS_TO.fullmatch(result):
        to = "the call ends" if leads["step"] == "end" else f"the call goes to “{titled('step', leads['step'])}”"
        return f"{leads['why'][0].upper()}{leads['why'][1:]}: {to}."
    return f"{result[0].upper()}{result[1:]}."


def _menu(step: Spoken, result: str) -> str:
    if result == "asks for a key":
        return f"Hears {_heard(step)}{_stop(step)}"
    if result == "asks again":
        return "Hears it again."
    pressed, _, _ = result.partition(":")
    if pressed.startswith(("no ZIP", "ZIP")):
        return f"Enters {pressed}."
    return "Presses nothing." if pressed == "no key" else f"Presses {pressed.removeprefix('key ')}."


def _heard(step: Spoken) -> str:
    return f"“{step.say}”" if step.say else f"the file {(step.play or '').rpartition('/')[2]}"


def _stop(step: Spoken) -> str:
    """A full stop, unless the text ends with one."""
    return "" if (step.say or "").endswith((".", "!", "?")) else "."


def ending(flow: Flow, turns: Sequence[SimulatedTurn], answers: bool) -> str:
    """How the call ends: the caller leaves a message."""
    last = next(_backwards(turns), None)
    step = flow.steps.get(last["step"]) if last else None
    if last and last["do"] == "forward":
        return "the call is only forwarded"
    if last and last["do"] == "voicemail":
        return "the caller leaves a message"
    return "somebody answers" if isinstance(step, Dialing) and answers else "the call ends"


def _backwards(turns: Sequence[SimulatedTurn]) -> Iterator[dict[str, Any]]:
    for turn in reversed(turns):
        yield from reversed(turn.steps)
