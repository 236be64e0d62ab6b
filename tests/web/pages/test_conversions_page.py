"""The pages of conversions: the rules with what they made, and the dry run of a week."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from page_client import signed_in
from testbed import ACCOUNTS, CALLER, EVERY_CALL, NORTH_SHARED, OTHER_CALLER, TestHub, company

from hub.access.permissions import TABLE
from hub.api import Receipt
from hub.model import AuditEntry, Person
from hub.web.pages.conversions import dry_run as page_module

Factory = Callable[..., TestHub]
HOSTILE = "<img src=x onerror=alert(1)>"
RIVAL = {"name": "rival", "title": "Rival", "companies": [company("southside", ("+13145550100",), "+13145550120")]}
SOUTH = {"name": "south only", "when": {"event": "call", "company": "southside"}, "send_to": {"network": {"action": 5}}}
RUN = "/conversions/dry-run?week=7d"


@pytest.fixture
def stage(lite_hub: Factory) -> TestHub:
    """A hub with two accounts."""
    return lite_hub(accounts=[*ACCOUNTS, RIVAL], conversions=[EVERY_CALL, SOUTH])


def test_each_rule_stands_in_words_with_what_it_made_and_links_to_it(stage: TestHub) -> None:
    stage.call_in()
    stage.deliver()
    stage.call_in(caller=OTHER_CALLER)
    stage.network.script = [lambda batch: [Receipt(key=each.key, status="rejected", code="X") for each in batch]]
    stage.deliver()
    browser = signed_in(stage)
    text = browser.text("/conversions")
    assert "A call counts as “every call”, worth $40.00." in text and "Paper Network action 7" in text
    assert re.search(r"2 1 1 by the network", text), "matched, sent, refused"
    assert "south only" not in text, "it concerns another account's company"
    assert 'href="/deliveries?rule=every+call&amp;period=30d&amp;state=delivered"' in browser.get("/conversions").text
    assert "south only" in signed_in(stage, account="rival").text("/conversions")


def test_a_hub_without_rules_says_what_a_rule_is(lite_hub: Factory) -> None:
    assert "No rule yet A rule says which calls" in signed_in(lite_hub(conversions=[])).text("/conversions")


def test_the_dry_run_shows_figures_reasons_and_each_payload_and_sends_nothing(stage: TestHub) -> None:
    stage.visit()
    stage.call_in("+13125550100")
    stage.call_in(NORTH_SHARED, OTHER_CALLER)
    stage.say(stage.rows(Person)[1], "refused", "marketing")
    stage.call_in(caller=None)
    text = signed_in(stage).text(RUN)
    assert "Nothing was sent" in text and "in the last 7 days" in text
    assert re.search(r"Paper Network Paper Network every call 3 2 1 \$80.00 click id, caller's number \(hash\)", text)
    assert re.search(r"Why 1 was refused .*The person said no. 1 paper.refused connector law", text)
    assert re.search(
        r"\+1 312 555 0142 Illinois every call Paper Network \$40.00 Nobody minds. paper.allowed Would be sent", text
    )
    assert "Click id gclid Cj0KCQjw12…56789, clicked on" in text and "Action 7" in text
    assert re.search(r"Caller's number SHA-256 \w{10}…\w{5} ", text)
    assert "Kept back time of the click, country, landing page: the plugin does not declare them." in text
    assert stage.network.batches == stage.network.dry_runs == []


def test_filters_and_pages_of_the_dry_run_are_in_the_address(stage: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "ROWS", 2)
    for minutes in range(5):
        stage.call_in(at=stage.clock() - timedelta(minutes=minutes))
    stage.call_in(NORTH_SHARED, OTHER_CALLER)
    stage.say(stage.one(Person, phone_number=OTHER_CALLER), "refused", "marketing")
    browser = signed_in(stage)
    counts = {
        query: len(re.findall(r'class="main-link"', browser.get(RUN + query).text))
        for query in ("", "&after=4", "&after=99", "&after=-1", "&after=x", "&result=refused", "&reason=paper.refused",
                      "&rule=nothing", "&to=network", "&company=northgate", "&week=1999-01-01")
    }  # fmt: skip
    assert counts == {
        "": 2, "&after=4": 2, "&after=99": 2, "&after=-1": 2, "&after=x": 2, "&result=refused": 1, "&reason=paper.refused": 1,
        "&rule=nothing": 0, "&to=network": 2, "&company=northgate": 1, "&week=1999-01-01": 2,
    }  # fmt: skip
    assert "1 to 2 of 6 Older" in browser.text(RUN)
    assert "No conversion of this run matches the filters" in browser.text(RUN + "&rule=nothing")


def test_an_empty_week_says_so_and_leads_on(stage: TestHub) -> None:
    stage.call_in()
    assert "What would have been sent in the last 7 days" in signed_in(stage).text("/conversions/dry-run")
    text = signed_in(stage).text("/conversions/dry-run?week=2026-11-16")
    assert "No rule matches anything of this time" in text and "Look at the last 7 days" in text
    stage.clock.advance(days=7)
    last = signed_in(stage).text("/conversions/dry-run?week=2026-11-23")
    assert "What would have been sent last week" in last and "+1 312 555 0142" in last


def test_every_role_that_sees_the_dry_run_may_see_people_and_calls() -> None:
    assert all({"people", "calls"} <= actions.keys() for actions in TABLE.values() if "setup" in actions)


def test_a_user_of_one_company_sees_only_its_part(stage: TestHub) -> None:
    stage.call_in()
    stage.call_in(NORTH_SHARED, OTHER_CALLER)
    browser = signed_in(stage, "marketer", "northgate")
    text = browser.text(RUN)
    assert "555 0143" in text and "555 0142" not in text
    assert "555 0142" not in browser.get("/conversions/dry-run.csv?week=7d").text
    assert re.search(r"action 7 1 0 0", browser.text("/conversions"))
    rival = signed_in(stage, account="rival")
    assert "No rule matches anything" in rival.text(RUN)


def test_other_roles_see_no_conversions(stage: TestHub) -> None:
    for role in ("receptionist", "agent", "privacy_officer", "auditor"):
        browser = signed_in(stage, role)
        answers = {browser.get(path).status_code for path in ("/conversions", RUN, "/conversions/dry-run.csv")}
        assert answers == {403}, role


def test_the_file_has_the_chosen_rows_no_formula_and_an_audit_entry(lite_hub: Factory) -> None:
    rule = {**EVERY_CALL, "name": "=cmd()"}
    stage = lite_hub(conversions=[rule])
    stage.call_in()
    stage.call_in(NORTH_SHARED, OTHER_CALLER)
    stage.say(stage.one(Person, phone_number=OTHER_CALLER), "refused", "marketing")
    answer = signed_in(stage).get("/conversions/dry-run.csv?week=7d&result=sent")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["rule"], row["result"], row["amount"]) == ("'=cmd()", "would be sent", "40.00")
    assert "Caller's number: SHA-256" in row["what it would get"] and CALLER not in answer.text
    assert stage.one(AuditEntry, action="conversions.dry_run_export").detail == "week 7d result"


def test_hostile_names_are_escaped(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[{**EVERY_CALL, "name": HOSTILE}])
    stage.call_in()
    for path in ("/conversions", RUN, RUN + "&reason=" + HOSTILE):
        html = signed_in(stage).get(path).text
        assert HOSTILE not in html and "&lt;img" in html, path
