"""The form of a conversion rule: drafts that are tried before they are saved, and edits of config.yaml."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from config_on_disk import ANOTHER_ACCOUNT, CONFIG, open_config_stage, written
from fake_connectors import FakeNetwork
from page_client import signed_in
from testbed import CONNECTORS, NORTH_SHARED, OTHER_CALLER, TestHub

from hub.api import AuthError, hookimpl
from hub.api.oauth import DestinationChoice
from hub.config.models import ConversionRule
from hub.config.rule_checks import has_condition, rule_problems
from hub.config.sections.conversion_values import When
from hub.model import AuditEntry, ConfigVersion, ConversionRow
from hub.testing import FrozenClock
from hub.web.pages.conversions.fields import EVENTS, rule_fields, rule_texts, rule_tree

FORM = "/conversions/rule"
SECOND = """\

  # Only the north pays for these.
  - name: north
    when: {{event: call, company: northgate, min_duration: 1 minute}}
    send_to: {{network: {{action: 9}}}}
"""
TWO_RULES = CONFIG.replace("      network: {{action: 7}}\n", "      network: {{action: 7}}\n" + SECOND)
CHANGED = {
    "was": "north", "name": "north", "when.event": "call", "when.company": "northgate", "when.min_duration": "60s",
    "when.answered": "true", "value": "amount", "amount": "12.50", "currency": "usd", "send": "network",
    "send.network.action": "9", "deed": "save",
}  # fmt: skip


@pytest.fixture
def stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    with open_config_stage(sqlite_url, clock, tmp_path, TWO_RULES) as opened:
        yield opened


def changed_lines(stage: TestHub, tmp_path: Path) -> list[str]:
    before = written(str(stage.hub.config.hub.database), TWO_RULES).splitlines()
    lines = difflib.ndiff(before, (tmp_path / "config.yaml").read_text().splitlines())
    return [line for line in lines if line[0] in "+-"]


def test_a_change_is_an_edit_of_the_lines_it_is_about(stage: TestHub, tmp_path: Path) -> None:
    answer = signed_in(stage).post(FORM, CHANGED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/conversions"), answer.text
    assert changed_lines(stage, tmp_path) == [
        "-     when: {event: call, company: northgate, min_duration: 1 minute}",
        "+     when: {event: call, company: northgate, min_duration: 1 minute, answered: true}",
        "+     value: 12.50 USD",
    ]
    assert [row.number for row in stage.rows(ConfigVersion)][-1] == 2
    assert "config.apply" in {row.action for row in stage.rows(AuditEntry)}


def test_saving_without_a_change_writes_nothing(stage: TestHub, tmp_path: Path) -> None:
    answer = signed_in(stage).post(FORM, {**texts_of_rule(stage, 1), "was": "north", "deed": "save"})
    assert answer.status_code == 303 and changed_lines(stage, tmp_path) == []


def test_a_new_rule_stands_at_the_end_of_the_list(stage: TestHub, tmp_path: Path) -> None:
    new = {
        "name": "booked", "when.event": "lead", "when.status": ["booked", "qualified"], "value": "from lead",
        "send": "network", "send.network.action": "3", "deed": "save",
    }  # fmt: skip
    assert signed_in(stage, "admin").post(FORM, new).status_code == 303
    rules = stage.config_file.check((tmp_path / "config.yaml").read_text()).conversions
    assert rules[-1] == ConversionRule.model_validate(
        {"name": "booked", "when": {"event": "lead", "status": ["booked", "qualified"]}, "value": "from lead",
         "send_to": {"network": {"action": 3}}}
    )  # fmt: skip
    assert all(line.startswith("+") for line in changed_lines(stage, tmp_path))


def test_a_rule_is_renamed_moved_and_deleted_with_its_comments(stage: TestHub, tmp_path: Path) -> None:
    browser = signed_in(stage)
    assert browser.post(FORM, {"was": "north", "deed": "up"}).status_code == 303
    text = (tmp_path / "config.yaml").read_text()
    assert text.index("# Only the north pays") < text.index("name: north") < text.index("name: every call")
    assert browser.post(FORM, {"was": "every call", "deed": "delete"}).status_code == 303
    text = (tmp_path / "config.yaml").read_text()
    assert "every call" not in text and "# Only the north pays" in text


def test_the_form_shows_what_it_would_have_matched_before_it_is_saved(stage: TestHub) -> None:
    stage.call_in()
    stage.call_in(NORTH_SHARED, OTHER_CALLER, seconds=300)
    made = len(stage.rows(ConversionRow))
    browser = signed_in(stage, "marketer")
    draft = "?draft=1&name=long&when.event=call&when.min_duration=2+min&value=amount&amount=5&send=network"
    draft += "&send.network.action=1"
    text = browser.text(FORM + draft)
    assert "A call, 2 min or longer, counts as “long”, worth $5.00." not in text, "2 min is not a duration"
    assert "Write it like 30 minutes, 2h or 7 days." in text
    text = browser.text(FORM + draft.replace("2+min", "2m"))
    assert "A call, 2 min or longer, counts as “long”, worth $5.00." in text
    assert re.search(r"In the last 7 days 1 matches. network 1 would be sent, \$5.00", text)
    assert len(stage.rows(ConversionRow)) == made and stage.network.batches == []
    run = browser.text("/conversions/dry-run" + draft.replace("2+min", "2m") + "&week=7d")
    assert "What “long” would have sent in the last 7 days" in run and "Draft of “long”" in run
    assert "every call" not in run and "+1 312 555 0143" in run
    bad = browser.get("/conversions/dry-run" + draft)
    assert bad.status_code == 422 and "The draft cannot run yet" in bad.text
    assert browser.get("/conversions/dry-run.csv" + draft.replace("2+min", "2m") + "&week=7d").text.count("long") >= 1


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(stage: TestHub, tmp_path: Path) -> None:
    browser = signed_in(stage)
    for field, value, says in (
        ("name", "", "Fill this in."),
        ("name", "every call", "There is already one of this name"),
        ("when.min_duration", "soon", "Write it like 30 minutes, 2h or 7 days."),
        ("when.company", "southside", "No company is named"),
        ("amount", "much", "is not an amount"),
        ("value", "from lead", "A call has no lead to take a value from"),
        ("send.network.action", "x", "expected a whole number"),
        ("when.event", "weather", "is not allowed"),
    ):
        answer = browser.post(FORM, {**CHANGED, field: value})
        assert answer.status_code == 422 and says in answer.text, (field, value)
        assert changed_lines(stage, tmp_path) == [], (field, value)


def test_only_owners_and_admins_of_the_whole_account_save(stage: TestHub, tmp_path: Path) -> None:
    for browser in (signed_in(stage, "marketer"), signed_in(stage, "admin", "northgate")):
        for deed in ("save", "delete", "up"):
            assert browser.post(FORM, {**CHANGED, "deed": deed}).status_code == 403
    assert changed_lines(stage, tmp_path) == []
    assert ">Save<" not in signed_in(stage, "marketer").get(FORM).text


def test_a_read_only_file_gives_the_change_to_carry_elsewhere(
    stage: TestHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    answer = signed_in(stage).post(FORM, CHANGED)
    assert answer.status_code == 422 and "cannot be written here" in answer.text
    assert "+    value: 12.50 USD" in answer.text and changed_lines(stage, tmp_path) == []
    assert 'value="up"' not in signed_in(stage).get("/conversions").text


def test_a_rule_of_all_accounts_is_not_one_accounts_to_change(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    with open_config_stage(sqlite_url, clock, tmp_path, TWO_RULES + ANOTHER_ACCOUNT) as stage:
        before = (tmp_path / "config.yaml").read_text()
        browser = signed_in(stage, account="rival")
        answer = browser.post(FORM, {**CHANGED, "was": "every call", "name": "every call", "when.company": ""})
        assert answer.status_code == 422 and "other rules belong to the whole hub" in answer.text
        assert browser.post(FORM, {"was": "north", "deed": "delete"}).status_code == 422
        assert (tmp_path / "config.yaml").read_text() == before


def test_hostile_fields_are_escaped(stage: TestHub) -> None:
    hostile = '"><img src=x onerror=alert(1)>'
    answer = signed_in(stage).get(
        FORM, params={"draft": "1", "name": hostile, "when.source": hostile, "amount": hostile}
    )
    assert answer.status_code == 200 and "<img" not in answer.text


def test_a_rule_that_is_gone_is_said_to_be_gone(stage: TestHub) -> None:
    answer = signed_in(stage).post(FORM, {"was": "gone", "deed": "delete"})
    assert answer.status_code == 422 and "no longer in config.yaml" in answer.text


def unfit(event: str, condition: str, value: Any) -> bool:
    rule = ConversionRule.model_validate({"name": "x", "when": {"event": event, condition: value}})
    return any(path == ("when", condition) for path, _ in rule_problems(rule, ["a"], ["a"]))


def test_the_form_offers_exactly_the_conditions_that_an_event_has() -> None:
    values = {"first_time_caller": True, "answered": True, "min_duration": "9s", "status": "new", "confidence": 0.5}
    names = [name for name in When.model_fields if name != "event"]
    found = {(event, name) for event in EVENTS for name in names if not unfit(event, name, values.get(name, "a"))}
    assert found == {(event, name) for event in EVENTS for name in names if has_condition(event, name)}


def texts_of_rule(stage: TestHub, index: int) -> dict[str, Any]:
    """What the form of a saved rule shows."""
    rule = stage.hub.config.conversions[index]
    return rule_texts(fields_of_rule(stage, rule), rule)


def fields_of_rule(stage: TestHub, rule: ConversionRule) -> Any:
    return rule_fields({"network": type(stage.network).Destination}, rule.when.event, {}, [])


def test_every_rule_of_the_example_survives_its_form(stage: TestHub) -> None:
    takers = {"network": type(stage.network).Destination}
    for index, rule in enumerate(stage.hub.config.conversions):
        tree = rule_tree(fields_of_rule(stage, rule), texts_of_rule(stage, index), takers)
        assert ConversionRule.model_validate(tree) == rule


def test_a_rule_of_another_account_cannot_be_opened_by_its_name(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    with open_config_stage(sqlite_url, clock, tmp_path, TWO_RULES + ANOTHER_ACCOUNT) as stage:
        rival = signed_in(stage, account="rival")
        html = rival.get(FORM + "?was=north").text
        assert "New rule" in html and 'value="1 minute"' not in html and "northgate" not in html
        assert rival.post(FORM, {"was": "north", "deed": "up"}).status_code == 422


class ListingNetwork(FakeNetwork):
    """A network that lists what conversions can go to, once it is asked."""

    asked = 0

    @hookimpl
    def list_destinations(self) -> Sequence[DestinationChoice]:
        type(self).asked += 1
        if self.script:
            raise AuthError("Sign in again.")
        return [
            DestinationChoice(destination={"action": 9}, name="Calls", details="id 9"),
            DestinationChoice(destination={"action": 4}, name="Old", unusable="It is closed."),
        ]


def test_a_destination_is_chosen_from_the_providers_own_list_on_request(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub(connectors={**CONNECTORS, "network": ListingNetwork})
    owner, path = signed_in(stage), FORM + "?was=every+call"
    assert "Choose from the list at Paper Network" in owner.text(path) and ListingNetwork.asked == 0
    html = owner.get(FORM + "?draft=1&was=every+call&name=x&send=network&send.network.action=7&list=network").text
    assert re.findall(r'<option value="(\d+)"( selected)?>([^<]+)</option>', html) == [
        ("7", " selected", "7"), ("9", "", "Calls, id 9"), ("4", "", "Old, It is closed."),
    ]  # fmt: skip
    stage.network.script = ["down"]
    assert "Paper Network gave no list: Sign in again." in owner.text(path + "&list=network")
    asked = ListingNetwork.asked
    assert "gave no list" not in signed_in(stage, "marketer").text(path + "&list=network")
    assert ListingNetwork.asked == asked, "who may not change rules asks no provider"
