"""Costs are pulled a few times a day, replace what was known of their days, and belong to whom config.yaml says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from testbed import TestHub

from hub.api import AuthError, Money, NotSupported, RetryLater
from hub.api.ads import Cost, Days
from hub.delivery.sync import sync
from hub.errors import PluginFailure
from hub.model import ConnectorNote, CostRow
from hub.sources.costs.pull import pull_costs

Factory = Callable[..., TestHub]
TODAY = date(2026, 11, 24)


def cost(amount: str = "10", day: date = TODAY, campaign: str | None = "emergency", **changes: Any) -> Cost:
    values = {"source": "google", "medium": "cpc", "campaign_id": "21", "cost": Money(Decimal(amount), "USD")}
    return Cost(day=day, campaign=campaign, **(values | changes))  # type: ignore[arg-type]


def pull(stage: TestHub) -> int:
    return pull_costs(stage.hub, stage.directory, "network")["rows"]


@pytest.fixture
def stage(lite_hub: Factory) -> TestHub:
    return lite_hub(common={"network": {"companies": ["lakeside"]}})


def test_the_first_pull_reads_90_days_and_the_next_only_what_may_have_changed(stage: TestHub) -> None:
    stage.network.costs = [cost(day=TODAY - timedelta(days=number)) for number in range(95)]
    assert pull(stage) == 90
    assert [(each.last - each.first).days for each in stage.network.cost_days] == [29, 29, 29]
    stage.clock.advance(hours=2)
    assert pull(stage) == 0, "too early"
    stage.clock.advance(hours=1)
    assert pull(stage) == 3
    stage.clock.advance(days=1)
    assert pull(stage) == 29 and stage.network.cost_days[-1] == Days(date(2026, 10, 27), date(2026, 11, 25))
    assert len(stage.rows(CostRow)) == 90


def test_a_restated_day_replaces_its_rows_and_a_day_without_costs_empties_it(stage: TestHub) -> None:
    stage.network.costs = [cost("10"), cost("7", campaign="brand"), cost("5", TODAY - timedelta(days=1))]
    pull(stage)
    stage.network.costs = [cost("9.5")]
    stage.clock.advance(hours=3)
    pull(stage)
    assert [(row.day, row.amount, row.campaign) for row in stage.rows(CostRow)] == [
        (TODAY, Decimal("9.5"), "emergency")
    ]


@pytest.mark.parametrize("error", [NotSupported("No access."), AuthError("No access.")])
def test_an_account_without_reports_is_noted_once_and_its_uploads_go_on(stage: TestHub, error: Exception) -> None:
    stage.network.cost_script = [error, error]
    stage.call_in()
    stage.flow()
    report = sync(stage.hub, stage.directory, "network")
    assert not report.paused and not report.troubles and len(stage.network.uploaded) == 1
    assert stage.one(ConnectorNote, name="costs").value == "No access."
    stage.clock.advance(hours=23)
    sync(stage.hub, stage.directory, "network")
    assert len(stage.network.cost_days) == 1, "asked again only after a day"
    stage.clock.advance(hours=1)
    pull(stage)
    stage.network.costs = [cost()]
    stage.clock.advance(days=1)
    assert pull(stage) == 1 and stage.one(ConnectorNote, name="costs").value == ""


def test_a_pull_that_fails_in_between_is_made_again_and_changes_nothing_twice(stage: TestHub) -> None:
    stage.network.costs = [cost(day=TODAY - timedelta(days=number)) for number in range(90)]
    stage.network.cost_script = [stage.network.costs[:30], RetryLater("Busy.")]
    with pytest.raises(RetryLater):
        pull(stage)
    assert len(stage.rows(CostRow)) == 30
    assert pull(stage) == 90 and len(stage.rows(CostRow)) == 90


@pytest.mark.parametrize(
    "wrong",
    [{"cost": Money(Decimal("-1"), "USD")}, {"cost": Money(Decimal("NaN"), "USD")}, {"cost": Money(Decimal(1), "usd")},
     {"day": None}, {"source": ""}],
)  # fmt: skip
def test_a_network_that_reports_nonsense_changes_nothing(stage: TestHub, wrong: Any) -> None:
    stage.network.cost_script = [[cost(**wrong)]]
    with pytest.raises(PluginFailure):
        pull(stage)
    assert not stage.rows(CostRow)


def test_days_nobody_asked_for_are_left_out(stage: TestHub) -> None:
    stage.network.cost_script = [[cost(), cost(day=TODAY + timedelta(days=1))], [], []]
    assert pull(stage) == 1


def test_a_shared_account_s_costs_belong_to_the_company_whose_pattern_names_the_campaign(lite_hub: Factory) -> None:
    patterns = {"lakeside": ["Lakeside*"], "northgate": ["*north*", "77"]}
    stage = lite_hub(common={"network": {"costs": patterns}})
    stage.network.costs = [
        cost("1", campaign="LAKESIDE | emergency"),
        cost("2", campaign="Drains (North)"),
        cost("4", campaign="Brand", campaign_id="77"),
        cost("8", campaign="Brand"),
        cost("16", campaign=None, campaign_id=None),
    ]
    pull(stage)
    names = {company.id: company.name for company in stage.directory.companies.values()}
    owners = {int(row.amount): names.get(row.company_id or "") for row in stage.rows(CostRow)}
    assert owners == {1: "lakeside", 2: "northgate", 4: "northgate", 8: None, 16: None}
    assert all(row.account_id for row in stage.rows(CostRow))


def test_costs_pulled_earlier_follow_a_changed_config(lite_hub: Factory) -> None:
    before = lite_hub()
    before.network.costs = [cost(campaign="Lakeside A", day=TODAY - timedelta(days=60)), cost(campaign="Other")]
    pull(before)
    assert [row.company_id for row in before.rows(CostRow)] == [None, None]
    after = lite_hub(common={"network": {"costs": {"lakeside": ["Lakeside*"]}}})
    after.clock.advance(hours=3)
    pull(after)
    lakeside = after.directory.companies["lakeside"].id
    assert {row.campaign: row.company_id for row in after.rows(CostRow)} == {"Lakeside A": lakeside}


def test_a_campaign_is_named_as_its_links_call_it_once_visits_came_with_both(stage: TestHub) -> None:
    stage.network.costs = [cost(campaign="Lakeside | Search"), cost("3", campaign="Display", campaign_id="22")]
    pull(stage)
    page = "https://lakeside.example.com/?utm_source=google&utm_medium=cpc&utm_campaign"
    for name, number in (("drains", "21"), ("drains", "21"), ("old", "21"), ("22", "22")):
        shown = stage.visit(landing_page=f"{page}={name}&gad_campaignid={number}", visitor_id=f"{name}{number}")
        stage.call_in(shown.number)
        stage.flow()
        stage.clock.advance(minutes=10)
    assert pull(stage) == 0
    assert {row.campaign: row.visit_campaign for row in stage.rows(CostRow)} == {
        "Lakeside | Search": "drains", "Display": None
    }  # fmt: skip
