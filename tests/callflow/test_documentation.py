"""The page for customers: the flow that it shows is right, and every step that there is stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from hub.config.callflow.checks import flow_problems
from hub.config.callflow.definition import STEP_TYPES, Flow

PAGE = (Path(__file__).parents[2] / "docs" / "flows.md").read_text(encoding="utf-8")


def test_the_flow_that_the_page_shows_may_be_saved_and_so_may_its_example_of_a_step() -> None:
    shown = [yaml.safe_load(each) for each in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    whole, callers, boxes, example, queue, talk = shown
    (written,) = whole["flows"]
    assert list(flow_problems(Flow.model_validate(written))) == []
    steps = written["steps"] | {"emergency": example["team"], "second": written["steps"]["office"]}
    dial = written["steps"]["office"]
    steps |= {**callers, **boxes, **dict.fromkeys(("front_desk", "maria", "detroit", "midtown"), dial)}
    steps["emergency"] = {**steps["emergency"], "unanswered": "who"}
    steps["front_desk"] = {**dial, "unanswered": "anna", "busy": "anna_messages"}
    assert list(flow_problems(Flow.model_validate(written | {"steps": steps}))) == []
    hours = {**written["steps"]["hours"], "closed": "night_desk"}
    steps = {**written["steps"], **talk, "hours": hours, "bye": {"do": "hang_up"}}
    assert list(flow_problems(Flow.model_validate(written | {"steps": steps}))) == []
    steps = written["steps"] | {"office": queue["steps"]["line"] | {"play": None}}
    waits = {"steps": {**steps, "night": steps["night"], "sorry": steps["sorry"]}, "agents": queue["agents"]}
    problems = list(flow_problems(Flow.model_validate(written | waits)))
    assert {place for place, _ in problems} <= {("steps", "sorry")}, problems


def test_the_page_tells_every_kind_of_step() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(STEP_TYPES)
