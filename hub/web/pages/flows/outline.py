"""A call flow as a nested list: each step once, with the ways out of it as branches below it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hub.config.callflow.definition import Flow, Step
from hub.config.callflow.editing import ways_to
from hub.web.pages.flows.flow_labels import exit_words

MAX_DEPTH = 6
"""Deeper branches continue at the left edge, so that their words fit a phone of 360 px."""
BEGINNING, UNREACHED = "A call comes in", "No call comes here"


@dataclass
class Branch:
    """One way out of a step, and the steps that follow without another choice."""

    words: str
    """What the call does to come here; empty if it is the only way on."""
    leads_to: str
    """Where the call goes after `steps`: a step that is listed elsewhere, `end`, or empty if the last step branches."""
    steps: list[ListedStep] = field(default_factory=list)
    is_back: bool = False
    """Whether the step to which it leads is listed above it."""

    @property
    def first(self) -> str:
        """The step to which the way leads at once, or `end`."""
        return self.steps[0].name if self.steps else self.leads_to


@dataclass
class ListedStep:
    """A step with the ways out of it."""

    name: str
    branches: Sequence[Branch] = ()


def outline(flow: Flow) -> list[Branch]:
    """The beginning of the call, branches that are too deep for their place, and steps to which no call comes.

    A step to which several ways lead is listed at the one that is nearest to the beginning; the others refer to it.
    """
    listed: set[str] = set()
    starts, found = [flow.start], list[Branch]()
    for name in starts:  # grows while it is read
        if name not in listed:
            words = f"From {', '.join(ways_to(flow, name))}" if found else BEGINNING
            found.append(_grown(flow, Branch(words, name), listed, starts))
    for name in flow.steps:
        if name not in listed:
            found.append(_grown(flow, Branch(UNREACHED, name), listed, []))
    _mark_backward(found, set())
    return found


def ways_of(step: Step) -> list[Branch]:
    """The ways out of a step, one for each place to which they lead."""
    words: dict[str, list[str]] = {}
    for key, target in step.leads():
        words.setdefault(target, []).append(exit_words(step, key))
    return [Branch(" / ".join(filter(None, each)), target) for target, each in words.items()]


def _grown(flow: Flow, root: Branch, listed: set[str], too_deep: list[str]) -> Branch:
    """The branch with all steps below it, breadth first."""
    waiting = deque([(root, 0)])
    while waiting:
        branch, depth = waiting.popleft()
        if branch.leads_to not in flow.steps or branch.leads_to in listed:
            continue
        if depth > MAX_DEPTH:
            too_deep.append(branch.leads_to)
            continue
        step = ListedStep(branch.leads_to)
        listed.add(step.name)
        branch.steps.append(step)
        ways = ways_of(flow.steps[step.name])
        if len(ways) == 1 and not ways[0].words:
            branch.leads_to = ways[0].leads_to
            waiting.append((branch, depth))
        else:
            branch.leads_to, step.branches = "", ways
            waiting.extend((way, depth + 1) for way in ways)
    return root


def _mark_backward(branches: Iterable[Branch], above: set[str]) -> None:
    for branch in branches:
        for step in branch.steps:
            above.add(step.name)
            _mark_backward(step.branches, above)
        branch.is_back = branch.leads_to in above
