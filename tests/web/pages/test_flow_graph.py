"""Every flow that the checks accept can be drawn and edited: no boxes overlap, every way is a line, forms lose nothing."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

import pytest
from flow_samples import flow, of_steps
from flow_strategies import flows
from hypothesis import HealthCheck, given, settings

from hub.callflow.definition import STEP_TYPES, Flow
from hub.web.pages.flows.form.fields import fields_of_step
from hub.web.pages.flows.form.settings_form import settings_of
from hub.web.pages.flows.form.values import values_of, written_of
from hub.web.pages.flows.graph.layout import Layout, lay_out
from hub.web.pages.flows.graph.parts import Box
from hub.web.pages.flows.graph.svg import Shown, drawing

QUICK = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
SHOWN = Shown(lambda name: f"?step={name}")


def overlap(one: Box, other: Box) -> bool:
    across = abs(one.x - other.x) < (one.width + other.width) / 2
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def check(laid: Layout, wanted: Flow) -> None:
    assert {box.name for box in laid.boxes if box.kind == "step"} == set(wanted.steps)
    assert [(a.name, b.name) for a, b in combinations(laid.boxes, 2) if overlap(a, b)] == []
    led = {(name, target) for name, step in wanted.steps.items() for _, target in step.leads()}
    assert len(laid.ways) == len(led) + 1
    for way in laid.ways:
        points = laid.points(way)
        assert points[0][1] == way.source.y + way.source.height and points[-1][1] == way.target.y
        assert abs(points[0][0] - way.source.x - way.port) < 0.01 and abs(points[-1][0] - way.target.x) < 0.5
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points)), "only corners"
        assert all(0 <= x <= laid.tracks.width and 0 <= y <= laid.tracks.height for x, y in points)


@QUICK
@given(flows(max_steps=12))
def test_no_boxes_overlap_and_every_way_is_drawn(wanted: Flow) -> None:
    for narrow in (False, True):
        check(lay_out(wanted, narrow=narrow), wanted)
        drawn = str(drawing(wanted, SHOWN, narrow=narrow))
        assert drawn.count('<path class="way') == len(lay_out(wanted, narrow=narrow).ways)
        assert len(re.findall(r'<a class="step', drawn)) == len(wanted.steps)


@QUICK
@given(flows())
def test_a_step_survives_its_form_unchanged(wanted: Flow) -> None:
    for step in wanted.steps.values():
        do = step.do
        values = values_of(step)
        again = STEP_TYPES[do].model_validate({"do": do, **written_of(fields_of_step(do), values, "US")})
        assert again == step and values_of(again) == values
    tree = settings_of(wanted).written(wanted, "US")
    assert tree is not None and Flow.model_validate(tree) == wanted


def test_a_flow_of_200_steps_and_one_with_all_keys_are_laid_out() -> None:
    steps = {
        f"s{number}": {
            "do": "menu", "say": "Press.", "otherwise": f"s{max(0, number - 5)}",
            "keys": {str(key): f"s{min(199, number + 1 + key)}" for key in range(3)},
        }
        for number in range(199)
    }  # fmt: skip
    long = of_steps("s0", steps | {"s199": {"do": "hang_up"}})
    check(lay_out(long), long)
    leaves = {f"k{key}": {"do": "hang_up"} for key in range(10)}
    keys = {str(key): f"k{key}" for key in range(10)}
    wide = of_steps("menu", {"menu": {"do": "menu", "say": "Press.", "keys": keys, "otherwise": "end"}, **leaves})
    check(lay_out(wide, narrow=True), wide)


def test_the_drawing_says_what_it_shows_and_its_words_are_no_code() -> None:
    shown = Shown(lambda name: f"?step={name}", "menu", ("hours", "menu", "sales", "night"), frozenset({"sales"}))
    drawn = str(drawing(flow(), shown))
    assert "Call flow office: 6 steps" in drawn and "goes hours, then menu, then sales, then night." in drawn
    assert 'aria-label="menu: Menu.' in drawn and "press 2 leads to service" in drawn and 'aria-current="true"' in drawn
    assert "Has a problem" in drawn and drawn.count('class="nth"') == 4
    assert "style=" not in drawn and drawn.count('class="way walked"') == 4
    hostile = of_steps("a", {"a": {"do": "hang_up", "say": "<script>alert(1)</script>"}})
    assert "<script" not in str(drawing(hostile, SHOWN))
    lost = of_steps("a", {"a": {"do": "hang_up"}, "b": {"do": "hang_up"}})
    assert "No call comes here" in str(drawing(lost, SHOWN))


@pytest.mark.parametrize("narrow", [False, True])
def test_a_small_flow_fits_the_page(narrow: bool) -> None:
    assert lay_out(flow(), narrow=narrow).tracks.width <= (328 if narrow else 690)
