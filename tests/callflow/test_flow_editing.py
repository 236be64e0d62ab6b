"""Flows as they are written, edits of them, and the edits of config.yaml that publish them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from flow_samples import OFFICE, flow
from flow_strategies import flows
from hypothesis import HealthCheck, given, settings

from hub.config.callflow.definition import Flow
from hub.config.callflow.editing import delete_step, insert_step, save_step, ways_to
from hub.config.callflow.written import written_flow
from hub.config.edit import edited, tree_of
from hub.errors import CannotDo
from hub.numbers.flow_changes import flow_changes

COMPANY = ("accounts", "agency", "companies", "lakeside")
QUICK = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def config_with(wanted: Flow) -> str:
    """A config.yaml with one flow."""
    company = {"name": "lakeside", "flow": wanted.name, "flows": [written_flow(wanted)]}
    return str(yaml.safe_dump({"accounts": [{"name": "agency", "companies": [company]}]}, sort_keys=False))


def test_a_flow_is_written_as_a_person_writes_it() -> None:
    assert written_flow(flow()) == yaml.safe_load(OFFICE)
    hours = {"mon": "8:00-17:00", "tue": "8:00-17:00", "thu": ["9:00-12:00", "13:00-24:00"], "sun": "closed"}
    odd = flow(steps={**yaml.safe_load(OFFICE)["steps"], "hours": {
        "do": "schedule", "hours": hours, "dates": {"2026-12-24": "closed"}, "open": "menu", "closed": "night"}})  # fmt: skip
    written = written_flow(odd)["steps"]["hours"]
    assert written["hours"] == {"mon-tue": "8:00-17:00", "thu": ["9:00-12:00", "13:00-24:00"], "sun": "closed"}
    assert written["dates"] == {"2026-12-24": "closed"}


@QUICK
@given(flows())
def test_what_is_written_is_the_same_flow(wanted: Flow) -> None:
    assert Flow.model_validate(yaml.safe_load(yaml.safe_dump(written_flow(wanted)))) == wanted


@QUICK
@given(flows(), flows())
def test_the_edits_of_config_yaml_make_exactly_the_new_flow(old: Flow, new: Flow) -> None:
    text = edited(config_with(old), flow_changes(COMPANY, old, new, Path("/srv")))
    (company,) = tree_of(text)["accounts"][0]["companies"]
    assert [Flow.model_validate(each) for each in company["flows"]] == [new]


def test_only_the_lines_that_differ_are_edited() -> None:
    text = config_with(flow()).replace("start: hours", "start: hours   # the clock first")
    tree = written_flow(flow())
    tree["steps"]["night"]["say"] = "Leave your number."
    changed = edited(text, flow_changes(COMPANY, flow(), Flow.model_validate(tree), Path("/srv")))
    different = [(a, b) for a, b in zip(text.splitlines(), changed.splitlines(), strict=True) if a != b]
    assert [b.strip() for _, b in different] == ["say: Leave your number."]


def test_a_step_with_another_name_is_found_by_all_that_led_to_it() -> None:
    office = flow()
    tree = save_step(office, "night", written_flow(office)["steps"]["night"], "message")
    renamed = Flow.model_validate(tree)
    assert list(renamed.steps)[-1] == "message" and ways_to(renamed, "message") == ways_to(office, "night")
    assert Flow.model_validate(save_step(office, "hours", tree["steps"]["hours"], "clock")).start == "clock"
    with pytest.raises(CannotDo, match="There is a step 'menu' already"):
        save_step(office, "night", {}, "menu")


def test_a_step_comes_on_one_way_out_of_another() -> None:
    new = {"do": "tag", "tags": ["sales"], "then": "sales"}
    tagged = Flow.model_validate(insert_step(flow(), "menu", "keys.1", "mark", new))
    assert dict(tagged.steps["menu"].leads()) == {"keys.1": "mark", "keys.2": "service", "otherwise": "sales"}
    assert list(tagged.steps)[1:3] == ["menu", "mark"]
    first = Flow.model_validate(insert_step(flow(), None, "", "mark", {**new, "then": "hours"}))
    assert first.start == "mark"


def test_a_step_is_deleted_once_nothing_leads_to_it() -> None:
    with pytest.raises(CannotDo, match=r"hours, sales, missed lead here\. Lead them elsewhere first"):
        delete_step(flow(), "night")
    with pytest.raises(CannotDo, match="Calls begin here"):
        delete_step(flow(), "hours")
    lonely = Flow.model_validate(insert_step(flow(), None, "", "mark", {"do": "tag", "tags": ["a"], "then": "hours"}))
    assert delete_step(lonely.model_copy(update={"start": "hours"}), "mark") == written_flow(flow())
