"""The audit: what it finds is kept for page, command and alert, and gone once it is repaired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fake_number_carrier import FakeNumberCarrier
from pydantic import TypeAdapter
from testbed import CONNECTORS, NORTH_POOL, NORTH_SHARED, POOL, SHARED, YELLOW_PAGES, TestHub

from hub.config.sections.numbers import NumbersSection
from hub.contracts.values import Money
from hub.errors import RetryLater
from hub.model import Account, Company, NumberFinding, TrackingNumber
from hub.numbers.budget import set_cap
from hub.numbers.health.audit import audit_live_carriers, audit_numbers
from hub.numbers.health.rules import Found
from hub.numbers.pointing import point_here

STRANGE = "+13125550188"
EVERY = (*POOL, SHARED, YELLOW_PAGES, *NORTH_POOL, NORTH_SHARED)


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    """A hub whose carrier has all its numbers, pointed here."""
    stage = lite_hub(connectors={**CONNECTORS, "carrier": FakeNumberCarrier, "spare": FakeNumberCarrier})
    for number in EVERY:
        stage.carrier.sell(number)
        point_here(stage.hub, stage.directory.lines[number], "owner")
    return stage


def findings(stage: TestHub) -> set[tuple[str, str, str | None]]:
    titles = {each.id: each.name for each in stage.rows(Company)}
    return {(row.kind, row.number, titles.get(row.company_id or "")) for row in stage.rows(NumberFinding)}


def test_a_healthy_hub_has_no_findings_and_what_is_repaired_is_gone(stage: TestHub) -> None:
    audit_live_carriers(stage.hub)
    assert findings(stage) == set()
    stage.carrier.owned[SHARED] = replace(stage.carrier.owned[SHARED], voice_url="https://old.example.com/voice")
    del stage.carrier.owned[YELLOW_PAGES]
    stage.carrier.sell(STRANGE)
    stage.spare.sell(SHARED)
    audit_live_carriers(stage.hub)
    broken = {
        ("elsewhere", SHARED, "lakeside"),
        ("absent", YELLOW_PAGES, "lakeside"),
        ("unassigned", STRANGE, None),
        ("duplicate", SHARED, "lakeside"),
    }
    assert findings(stage) == broken
    assert stage.one(NumberFinding, kind="elsewhere").facts["points_to"] == ["old.example.com/voice"]
    first = stage.one(NumberFinding, kind="elsewhere")
    stage.clock.advance(hours=1)
    audit_numbers(stage.hub)
    assert findings(stage) == broken, "what only a carrier's list shows stays until it is asked again"
    assert stage.one(NumberFinding, kind="elsewhere") == first, "nothing is written anew"
    point_here(stage.hub, stage.directory.lines[SHARED], "owner")
    audit_numbers(stage.hub)
    assert ("elsewhere", SHARED, "lakeside") not in findings(stage), "repaired without asking the carrier"
    stage.carrier.sell(YELLOW_PAGES)
    point_here(stage.hub, stage.directory.lines[YELLOW_PAGES], "owner")
    stage.carrier.owned.pop(STRANGE), stage.spare.owned.clear()
    audit_live_carriers(stage.hub)
    assert findings(stage) == set()


def test_a_carrier_that_does_not_answer_is_named_and_its_findings_stay(stage: TestHub) -> None:
    stage.carrier.sell(STRANGE)
    audit_live_carriers(stage.hub)
    stage.carrier.owned.pop(STRANGE)
    stage.carrier.list_script = [RetryLater("busy")] * 9
    assert list(audit_numbers(stage.hub, ["carrier", "spare"]).troubles) == ["carrier"]
    assert findings(stage) == {("unassigned", STRANGE, None)}


def test_calls_on_a_number_without_a_tracker_are_found_until_it_has_one(stage: TestHub) -> None:
    for _ in range(2):
        stage.call_in(STRANGE, process=False)
    audit_numbers(stage.hub)
    (row,) = stage.rows(NumberFinding)
    assert (row.kind, row.number, row.facts["calls"]) == ("rings", STRANGE, 2)
    assert row.account_id == stage.one(Account).id and row.company_id is None
    tracker = stage.directory.lines[SHARED].tracker
    stage.add(TrackingNumber(tracker_id=tracker.id, number=STRANGE))
    audit_numbers(stage.hub)
    assert findings(stage) == set()


def test_a_number_that_nobody_calls_texts_or_is_shown_is_unused_after_the_time_of_config_yaml(stage: TestHub) -> None:
    stage.clock.advance(days=41)
    audit_numbers(stage.hub)
    assert findings(stage) == set()
    numbers = TypeAdapter(NumbersSection).validate_python({"unused_after": "40 days"})
    hub = replace(stage.hub, config=replace(stage.hub.config, numbers=numbers))
    stage.call_in(SHARED)
    shown = stage.visit("northgate").number
    audit_numbers(hub)
    quiet = {number for kind, number, _ in findings(stage) if kind == "unused"}
    assert quiet == set(EVERY) - {SHARED, shown}
    stage.call_in(YELLOW_PAGES)
    audit_numbers(hub)
    assert YELLOW_PAGES not in {number for _, number, _ in findings(stage)}


def test_numbers_above_the_cap_of_a_company_are_found_for_that_company(stage: TestHub) -> None:
    now, account = stage.clock(), stage.one(Account).id
    for number in EVERY:
        row = stage.one(TrackingNumber, number=number)
        row.monthly_price, row.price_currency = Money.parse("1.15 USD").amount, "USD"
        stage.add(row)
    north = stage.one(Company, name="northgate").id
    with stage.hub.store.writing() as session:
        set_cap(session, account, Money.parse("3 USD"), "owner", now, company_id=north)
        set_cap(session, account, Money.parse("30 USD"), "owner", now)
    audit_numbers(stage.hub)
    assert findings(stage) == {("over_cap", "", "northgate")}
    assert stage.one(NumberFinding).facts == {"costs": "3.45 USD", "cap": "3.00 USD"}


def test_a_number_whose_rest_is_over_goes_to_its_next_tracker_by_itself_or_may_be_given_back(stage: TestHub) -> None:
    row, print_ad = stage.one(TrackingNumber, number=POOL[0]), stage.directory.lines[YELLOW_PAGES].tracker
    stage.call_in(POOL[0]), stage.call_in(SHARED)
    row.retired_at, row.rest_reason = stage.clock(), "moved"
    gone = stage.one(TrackingNumber, number=SHARED)
    gone.retired_at, gone.rest_reason = stage.clock(), "removed"
    stage.add(row), stage.add(gone)
    companies = stage.hub.config.accounts[0].companies
    trackers = [
        each.model_copy(update={"numbers": (POOL[0], YELLOW_PAGES) if each.name == "yellow_pages" else POOL[1:]})
        for each in companies[0].trackers
        if each.name != "shared"
    ]
    company = companies[0].model_copy(update={"trackers": tuple(trackers)})
    account = stage.hub.config.accounts[0].model_copy(update={"companies": (company, companies[1])})
    hub = replace(stage.hub, config=replace(stage.hub.config, accounts=(account,)))
    audit_numbers(hub)
    assert findings(stage) == {("waits", POOL[0], "lakeside")}
    assert stage.one(NumberFinding).facts["waits_for"] == "lakeside/yellow_pages"
    stage.clock.advance(days=30)
    audit_numbers(hub)
    assert findings(stage) == set()
    assert stage.one(TrackingNumber, number=POOL[0]).tracker_id == print_ad.id
    stage.clock.advance(days=60)
    audit_numbers(hub)
    assert ("rest_over", SHARED, "lakeside") in findings(stage)


def test_a_key_names_what_it_concerns() -> None:
    one: Any = Found(kind="over_cap", account_id="a" * 36)
    assert one.dedup_key != replace(one, company_id="c" * 36).dedup_key
    assert one.dedup_key.startswith("over_cap/")
