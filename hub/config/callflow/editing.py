"""Changes to a call flow as it is written: save a step, give it another name, insert one, delete one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.config.callflow.definition import END, Flow
from hub.config.callflow.written import written_flow
from hub.errors import CannotDo

Tree = dict[str, Any]
"""A flow or a step as keys and plain values."""
LEADING = ("open", "closed", "holiday", "otherwise", "busy", "no_answer", "unanswered", "leave", "then", "box")
"""The keys of a step that name another one."""
MAPPED = ("keys", "places", "zips", "ways", "may")
"""The keys whose values each name one."""


def ways_to(flow: Flow, name: str) -> list[str]:
    """The steps that lead to a step, each once."""
    return [other for other, step in flow.steps.items() if any(target == name for _, target in step.leads())]


def save_step(flow: Flow, name: str, written: Mapping[str, object], new_name: str) -> Tree:
    """The flow with another content, and perhaps another name, of one step. All ways to it follow the name.

    CannotDo if the name is taken.
    """
    tree = written_flow(flow)
    if new_name != name and (new_name in flow.steps or new_name == END):
        raise CannotDo(f"There is a step {new_name!r} already; choose another name.")
    steps = {
        new_name if each == name else each: written if each == name else step for each, step in tree["steps"].items()
    }
    if new_name != name:
        steps = {each: _led(step, lambda to: new_name if to == name else to) for each, step in steps.items()}
        tree["start"] = new_name if tree["start"] == name else tree["start"]
    return {**tree, "steps": steps}


def insert_step(flow: Flow, after: str | None, way: str, name: str, written: Mapping[str, object]) -> Tree:
    """The flow with a new step on one way out of the step `after`, or before its first step if that is None.

    `way` is a key as `Step.leads` gives it. CannotDo if the name is taken.
    """
    tree = written_flow(flow)
    if name in flow.steps or name == END:
        raise CannotDo(f"There is a step {name!r} already; choose another name.")
    if after is None:
        return {**tree, "start": name, "steps": {name: written, **tree["steps"]}}
    steps = {}
    for each, step in tree["steps"].items():
        steps[each] = _lead_by(step, way, name) if each == after else step
        if each == after:
            steps[name] = written
    return {**tree, "steps": steps}


def delete_step(flow: Flow, name: str) -> Tree:
    """The flow without a step. CannotDo while something leads to it, and says what."""
    before = [each for each in ways_to(flow, name) if each != name]
    if flow.start == name:
        raise CannotDo("Calls begin here. Let them begin at another step first.")
    if before:
        leads = "leads" if len(before) == 1 else "lead"
        raise CannotDo(
            f"{', '.join(before)} {leads} here. Lead {'it' if len(before) == 1 else 'them'} elsewhere first."
        )
    tree = written_flow(flow)
    return {**tree, "steps": {each: step for each, step in tree["steps"].items() if each != name}}


def _led(step: Mapping[str, Any], to: Callable[[str], str]) -> Tree:
    """A written step, each of whose targets is replaced."""
    led: Tree = {key: to(value) if key in LEADING else value for key, value in step.items()}
    for key in MAPPED:
        if key in led:
            led[key] = {each: to(target) for each, target in led[key].items()}
    if "cases" in led:
        led["cases"] = [{**case, "then": to(case["then"])} for case in led["cases"]]
    return led


def _lead_by(step: Mapping[str, Any], way: str, to: str) -> Tree:
    """A written step, one of whose ways leads elsewhere."""
    head, _, rest = way.partition(".")
    if head in MAPPED:
        return {**step, head: {**step[head], rest: to}}
    if head == "cases":
        index = int(rest.partition(".")[0])
        return {
            **step,
            "cases": [{**case, "then": to} if at == index else case for at, case in enumerate(step["cases"])],
        }
    return {**step, head: to}
