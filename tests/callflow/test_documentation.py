"""The page for customers: the flow that it shows is right, and every step that there is stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from hub.config.callflow.checks import flow_problems
from hub.config.callflow.definition import STEP_TYPES, Flow

PAGE = (Path(__file__).parents[2] / "docs" / "flows.md").read_text(encoding="utf-8")


def test_the_flow_that_the_page_shows_may_be_saved() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (written,) = yaml.safe_load(shown)["flows"]
    assert list(flow_problems(Flow.model_validate(written))) == []


def test_the_page_tells_every_kind_of_step() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(STEP_TYPES)
