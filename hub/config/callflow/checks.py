"""Checks a flow before it is saved: every path continues and reaches an end, and every number can be dialed."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import phonenumbers

from hub.config.callflow.definition import (
    END,
    HASH,
    WAITING_STEPS,
    Asking,
    ConverseStep,
    Dialing,
    Flow,
    Greeting,
    HangUpStep,
    Messages,
    Queue,
    RoundRobin,
    Schedule,
    SignIn,
    Spoken,
    Step,
    Voicemail,
)
from hub.config.callflow.hours import holidays_known
from hub.config.callflow.step import AUDIO, GREETING
from hub.contracts.answers import (
    ACCEPT_KEY,
    OWN_PHONE,
    Ability,
    Converse,
    Dial,
    Gather,
    Instruction,
    Play,
    Say,
    TakeMessage,
    abilities_needed,
)
from hub.contracts.dialing import SATELLITE
from hub.contracts.time_zones import time_zone_problem

Place = tuple[str | int, ...]
Found = Iterator[tuple[Place, str]]


def flow_problems(flow: Flow, own_numbers: Collection[str] = ()) -> Found:
    """(place in the flow, a sentence) for each mistake in it. `own_numbers` are tracking numbers, which must not be
    dialed: the call would come back to the hub."""
    yield from _names(flow)
    known = [(place, target) for _, place, target in _ways(flow) if target in flow.steps or target == END]
    if len(known) == sum(1 for _ in _ways(flow)) and flow.start in flow.steps:
        yield from _reach(flow)
        yield from _loops(flow)
    yield from _numbers(flow, own_numbers)
    yield from _details(flow)


def _ways(flow: Flow) -> Iterator[tuple[str, Place, str]]:
    for name, step in flow.steps.items():
        for key, target in step.leads():
            yield name, ("steps", name, *_path(key)), target


def _path(key: str) -> Iterator[str | int]:
    """`cases.0.then` as the parts of a path; a place or key stays a text."""
    parts = key.split(".", 1)
    if parts[0] == "cases":
        _, index, last = key.split(".")
        yield from ("cases", int(index), last)
    else:
        yield from parts


def _names(flow: Flow) -> Found:
    if END in flow.steps:
        yield ("steps", END), "`end` is reserved for the end of a call; give the step another name"
    if flow.start not in flow.steps:
        yield ("start",), _unknown(flow.start, flow)
    for _, place, target in _ways(flow):
        if target != END and target not in flow.steps:
            yield place, _unknown(target, flow)


def _unknown(name: str, flow: Flow) -> str:
    near = difflib.get_close_matches(name, [*flow.steps, END], n=1, cutoff=0.6)
    hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join([*flow.steps, END])}"
    return f"no step is named {name!r}; {hint}"


def _reach(flow: Flow) -> Found:
    reached = _reachable(flow, flow.start)
    for name in flow.steps:
        if name not in reached:
            yield ("steps", name), "no call ever comes to this step; lead to it or remove it"


def _reachable(flow: Flow, start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in seen and name in flow.steps:
            seen.add(name)
            waiting += [target for _, target in flow.steps[name].leads()]
    return seen


def _loops(flow: Flow) -> Found:
    """A loop that waits for nobody repeats forever without a pause; a loop without an exit never lets its caller
    leave."""
    for name, step in flow.steps.items():
        ring = [target for _, target in step.leads()]
        if not isinstance(step, WAITING_STEPS) and name in _without_waiting(flow, ring):
            yield (
                ("steps", name),
                "the call would loop here forever without waiting for anyone; add a way out of the loop",
            )
        elif not _ends(flow, name):
            yield ("steps", name), "no path leads from here to an end; lead to a phone, a voicemail or `end`"


def _without_waiting(flow: Flow, start: list[str]) -> set[str]:
    """Every step that is reached from `start` without waiting for anybody."""
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        step = flow.steps.get(name)
        if name in seen or step is None or isinstance(step, WAITING_STEPS):
            continue
        seen.add(name)
        waiting += [target for _, target in step.leads()]
    return seen


def _ends(flow: Flow, name: str) -> bool:
    """Whether a path leads from a step to an end; a person who answers is one."""
    return any(
        isinstance(step, Dialing) or not list(step.leads()) or any(target == END for _, target in step.leads())
        for step in map(flow.steps.__getitem__, _reachable(flow, name))
    )


def _numbers(flow: Flow, own: Collection[str]) -> Found:
    for place, number in dialed(flow):
        problem = None if number.startswith(OWN_PHONE) else undialable(number, own, flow.allow)
        if problem:
            yield place, problem


def dialed(flow: Flow) -> Iterator[tuple[Place, str]]:
    """Every number that the flow may ring, with its place."""
    yield ("forward",), flow.forward
    yield from ((("agents", index, "phone"), agent.phone) for index, agent in enumerate(flow.agents))
    for name, step in flow.steps.items():
        if isinstance(step, Dialing):
            for key in ("number", "numbers", "also"):
                value = getattr(step, key, ())
                if isinstance(value, str):
                    yield ("steps", name, key), value
                else:
                    listed = isinstance(value, tuple)
                    yield from (
                        (("steps", name, key, index if listed else number), number)
                        for index, number in enumerate(value)
                    )


def undialable(number: str, own: Collection[str], allow: Collection[str] = ()) -> str | None:
    """Why a business's number (E.164) must not be dialed, in a sentence; None if it may be dialed."""
    if number in own:
        return f"{number} is one of your own tracking numbers; write the number of the phone to ring"
    kind = _kind_of(number)
    if kind == "nobody's":
        return f"{number} is not a working phone number; write the number of the phone to ring"
    if kind == "premium" and "premium" not in allow:
        return f"{number} is a premium-rate number, often used for fraud; write another, or `allow: [premium]`"
    if kind == "satellite" and "satellite" not in allow:
        return f"{number} is an expensive satellite or worldwide number; write another, or `allow: [satellite]`"
    return None


@lru_cache(maxsize=1024)
def _kind_of(number: str) -> Literal["nobody's", "premium", "satellite", "plain"]:
    parsed = phonenumbers.parse(number)
    if not phonenumbers.is_valid_number(parsed):
        return "nobody's"
    if phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        return "premium"
    return "satellite" if parsed.country_code in SATELLITE else "plain"


def _details(flow: Flow) -> Found:
    for name, step in flow.steps.items():
        place = ("steps", name)
        if isinstance(step, Dialing | ConverseStep) and step.record and flow.recording is None:
            yield (
                (*place, "record") if isinstance(step, Dialing) else place,
                "nobody may be recorded without notice; write `recording:` with its `notice:`, or remove it",
            )
        if isinstance(step, Schedule):
            yield from _schedule(step, place)
        if isinstance(step, Messages) and not isinstance(flow.steps.get(step.box), Voicemail):
            yield (*place, "box"), f"{step.box} is not a voicemail of this flow; name the step whose messages are heard"
        if isinstance(step, SignIn) and not any(each.pin for each in flow.agents):
            yield place, "no agent has a PIN; write `pin:` at each of the `agents:`, as `hub flows pin` prints it"
        if (play := getattr(step, "play", None)) and (problem := audio_problem(Path(play), isinstance(step, Queue))):
            yield (*place, "play"), problem
        if isinstance(step, Queue) and not step.takers(flow.agents):
            wanted = f"with all of {', '.join(step.skills)} " if step.skills else ""
            yield (*place, "skills"), f"nobody {wanted}takes calls; write `agents:` at the flow, with name and phone"
    phones = [each.phone for each in flow.agents]
    for index, phone in enumerate(phones):
        if phone in phones[:index]:
            yield ("agents", index, "phone"), f"{phone} is the phone of another agent; each agent needs an own one"


def _schedule(step: Schedule, place: Place) -> Found:
    if step.time_zone is not None and (problem := time_zone_problem(step.time_zone)):
        yield (*place, "time_zone"), problem
    if step.holidays is not None and not holidays_known(step.holidays):
        yield (
            (*place, "holidays"),
            f"no holiday calendar is known for {step.holidays!r}; list the days under `dates:`",
        )


def audio_problem(file: Path, is_music: bool = False) -> str | None:
    """Why a carrier could not play this file, in a sentence; None if it could. Music is cut into pieces, which needs a WAV."""
    if is_music and file.suffix.lower() != ".wav":
        return f"{file.name} is not a WAV file; the music of a queue is cut into pieces, so save it as WAV"
    if GREETING.fullmatch(str(file)):
        return None
    beginnings = AUDIO.get(file.suffix.lower())
    if beginnings is None:
        return f"{file.name} is not a WAV or MP3 file; carriers play nothing else"
    try:
        with file.open("rb") as opened:
            start = opened.read(4)
    except OSError:
        return f"{file.name} does not exist; put the file next to config.yaml"
    return (
        None
        if start.startswith(beginnings)
        else f"{file.name} does not contain what its name says; save it as WAV or MP3"
    )


def abilities_of(step: Step, flow: Flow) -> frozenset[Ability]:
    """What a carrier must be able to do for a step, in every case."""
    return frozenset().union(*map(abilities_needed, _instructions(step, flow)))


def _instructions(step: Step, flow: Flow) -> Iterator[Instruction]:
    """Instructions that need all abilities that the step may need."""
    spoken: Say | Play = Play(url="") if isinstance(step, Spoken) and step.play else Say(text="")
    match step:
        case Messages():
            yield Gather(prompts=(spoken, Play(url="")), most_digits=step.most_digits)
        case Asking():
            yield Gather(prompts=(spoken,), most_digits=step.most_digits, hash_key=step.hash_key)
        case Voicemail():
            yield from (spoken, TakeMessage())
        case Greeting():
            yield spoken
        case ConverseStep():
            yield from (Say(text=""), Gather(prompts=(Say(text=""),)), Converse())
        case HangUpStep() if step.say:
            yield Say(text=step.say)
        case Dialing():
            phones = (
                tuple(each.phone for each in step.takers(flow.agents)) if isinstance(step, Queue) else step.phones()
            )
            if isinstance(
                step, Queue | RoundRobin
            ):  # one at a time; a phone of the business is what a carrier may lack
                phones = tuple(sorted(phones, key=lambda each: not each.startswith(OWN_PHONE)))[:1]
            record = step.record and flow.recording is not None
            yield Dial(
                numbers=phones or ("",),
                record=record,
                whisper=step.whisper is not None or step.accept == "key",
                end_key="9" if flow.recording is not None and flow.recording.end else "",
                accept_key=ACCEPT_KEY if step.accept == "key" else "",
                time_limit=step.time_limit,
            )
            if record:
                # The law may require that the caller has a choice.
                yield Gather(prompts=(Say(text=""),))
            if isinstance(step, Queue):
                hash_key = HASH in (step.leave_key, step.call_back_key)
                yield Gather(prompts=(Play(url=""), Say(text="")), hash_key=hash_key)
            if step.whisper or step.accept == "key":
                yield Say(text=step.whisper or "")


def lacking(flow: Flow, abilities: Collection[str]) -> Mapping[str, frozenset[Ability]]:
    """Each step with the abilities that it needs and that a carrier with `abilities` lacks; `forward` stands for the
    flow's own forward."""
    wanted = {name: abilities_of(step, flow) for name, step in flow.steps.items()}
    wanted |= {"forward": frozenset({"dial"})} if "forward" not in wanted else {}
    return {name: missing for name, need in wanted.items() if (missing := need.difference(abilities))}
