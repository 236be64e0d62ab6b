"""Every flow that the checks accept is listed whole and edited: each step once, every way out of it, forms lose nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flow_samples import flow, of_steps
from flow_strategies import flows
from hypothesis import HealthCheck, given, settings

from hub.config.callflow.definition import END, STEP_TYPES, Flow
from hub.config.callflow.written import written_step
from hub.web.forms.values import read
from hub.web.pages.flows.outline import BEGINNING, MAX_DEPTH, UNREACHED, Branch, outline
from hub.web.pages.flows.settings_form import settings_of, with_settings
from hub.web.pages.flows.step_fields import fields_of_step
from hub.web.pages.flows.step_form import values_of

QUICK = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def ways(branches: Iterable[Branch], source: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Each way that the list shows: from a step, to a step."""
    assert depth <= MAX_DEPTH + 1
    for branch in branches:
        here = source
        for step in branch.steps:
            yield here, step.name
            here = step.name
            yield from ways(step.branches, step.name, depth + 1)
        if branch.leads_to:
            yield here, branch.leads_to


def listed(branches: Iterable[Branch]) -> list[str]:
    """The steps in the order of the page."""
    return [name for branch in branches for step in branch.steps for name in (step.name, *listed(step.branches))]


def check(wanted: Flow) -> None:
    shown = outline(wanted)
    assert sorted(listed(shown)) == sorted(wanted.steps)
    from_steps = {way for way in ways(shown) if way[0]}
    assert from_steps == {(name, target) for name, step in wanted.steps.items() for _, target in step.leads()}


@QUICK
@given(flows(max_steps=12))
def test_each_step_is_listed_once_and_every_way_is_shown(wanted: Flow) -> None:
    check(wanted)


def without_closed_days(step: dict[str, Any]) -> dict[str, Any]:
    """A day that is written as closed is the same as one that is not written."""
    if step["do"] != "schedule":
        return step
    return {**step, "hours": {days: spans for days, spans in step["hours"].items() if spans != "closed"}}


@QUICK
@given(flows())
def test_a_step_survives_its_form_unchanged(wanted: Flow) -> None:
    for step in wanted.steps.values():
        do = step.do
        values = values_of(step)
        again = STEP_TYPES[do].model_validate({"do": do, **read(fields_of_step(do), values, "US")})
        assert written_step(again) == without_closed_days(written_step(step)) and values_of(again) == values
    tree = with_settings(settings_of(wanted), wanted)
    assert tree is not None and Flow.model_validate(tree) == wanted


def test_a_flow_of_200_steps_and_one_with_all_keys_are_listed() -> None:
    steps = {
        f"s{number}": {
            "do": "menu", "say": "Press.", "otherwise": f"s{max(0, number - 5)}",
            "keys": {str(key): f"s{min(199, number + 1 + key)}" for key in range(3)},
        }
        for number in range(199)
    }  # fmt: skip
    check(of_steps("s0", steps | {"s199": {"do": "hang_up"}}))
    row = {f"s{number}": {"do": "greeting", "say": "Hi.", "then": f"s{number + 1}"} for number in range(199)}
    check(of_steps("s0", row | {"s199": {"do": "hang_up"}}))
    leaves = {f"k{key}": {"do": "hang_up"} for key in range(10)}
    keys = {str(key): f"k{key}" for key in range(10)}
    check(of_steps("menu", {"menu": {"do": "menu", "say": "Press.", "keys": keys, "otherwise": END}, **leaves}))


def test_a_step_that_two_ways_reach_stands_at_the_nearer_one_and_the_other_names_it() -> None:
    shown = outline(flow())
    assert [branch.words for branch in shown] == [BEGINNING]
    assert listed(shown) == ["hours", "menu", "sales", "service", "missed", "night"]
    [hours] = shown[0].steps
    opened, closed = hours.branches
    assert (opened.words, closed.words) == ("open", "closed")
    assert [step.name for step in closed.steps] == ["night"] and closed.leads_to == END
    sales, service = opened.steps[0].branches
    assert (sales.words, service.words) == ("press 1 / nothing or another key", "press 2")
    [unanswered] = sales.steps[0].branches
    assert (unanswered.leads_to, unanswered.is_back, unanswered.steps) == ("night", False, [])


def test_a_loop_leads_back_up_and_a_step_without_callers_stands_apart() -> None:
    menu = {"do": "menu", "say": "Press 1.", "keys": {"1": "menu"}, "otherwise": "gone"}
    shown = outline(of_steps("menu", {"menu": menu, "lost": {"do": "hang_up"}}))
    again, gone = shown[0].steps[0].branches
    assert (again.leads_to, again.is_back) == ("menu", True) and gone.leads_to == "gone"
    assert shown[1].words == UNREACHED and listed(shown[1:]) == ["lost"]
