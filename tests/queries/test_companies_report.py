"""The companies side by side: each row is what its own reports say, totals are the sum of the rows, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, SQLModel
from test_report_queries import Month
from testbed import TestHub

from hub.model import Call, Company, ConversionRow, CostRow, Delivery, Lead
from hub.queries.reports.activity import count_deliveries
from hub.queries.reports.companies import WEEKS, CompaniesReport, compare_companies
from hub.queries.reports.costs import cost_report
from hub.reports.calendar import own_days
from hub.reports.dirty_days import mark_company
from hub.reports.report import report_within
from hub.reports.rollups import roll_up
from hub.reports.weeks import monday_of, weeks_within

FIRST, LAST = date(2026, 3, 3), date(2026, 3, 18)
BEFORE = (date(2026, 2, 15), date(2026, 3, 2))


@pytest.fixture(scope="module")
def month(shared_hub: Callable[..., TestHub]) -> Month:
    """Random calls with leads, conversions and costs of two companies, of which some days are rolled up and some are not."""
    stage = shared_hub()
    month, draw = Month(stage, 5), Random(9)
    rows: list[SQLModel] = []
    deliveries: list[SQLModel] = []
    for number, call in enumerate(month.calls):
        assert call.company_id is not None
        if call.id in month.sources and draw.random() < 0.3:
            lead = {"subject_id": call.id, "company_id": call.company_id, "marked_at": call.started_at}
            rows.append(Lead(**lead, status="qualified", marked_by="mia"))
        if draw.random() < 0.2:
            made, of_call = (
                call.started_at + timedelta(minutes=5),
                {"subject_id": call.id, "company_id": call.company_id},
            )
            conversion = ConversionRow(
                key=f"rf-{number}", rule="every call", occurred_at=made, made_at=made, revision=1, **of_call
            )
            rows.append(conversion)
            work = {"connector": "network", "hook": "upload_conversions", "due_at": made, "made_at": made}
            state = draw.choice(("delivered", "held", "rejected", "dead"))
            keys = {"item_key": conversion.key, "dedup_key": conversion.key, "conversion_id": conversion.id}
            deliveries.append(Delivery(**work, **keys, **of_call, state=state))
    stage.add(*rows)
    stage.add(*deliveries)
    with stage.hub.store.writing() as session:
        for company in stage.rows(Company):
            mark_company(session, company, stage.clock())
    roll_up(stage.hub.store, 25)
    for company in stage.rows(Company)[:1]:
        for day in (FIRST, LAST):
            stage.add(
                CostRow(
                    account_id=company.account_id, company_id=company.id, day=day, source="google", medium="cpc",
                    amount=Decimal("40.5"), currency="USD", saved_at=stage.clock(),
                )
            )  # fmt: skip
    return month


def read(stage: TestHub, question: Callable[[Session, list[Company]], Any]) -> Any:
    companies = sorted(stage.rows(Company), key=lambda each: each.name)
    with stage.hub.store.snapshot() as session:
        return question(session, companies)


def compared(stage: TestHub) -> CompaniesReport:
    found: CompaniesReport = read(
        stage, lambda session, all_: compare_companies(session, all_, FIRST, LAST, BEFORE, with_account=True)
    )
    return found


def test_a_row_is_what_the_reports_of_its_company_say(month: Month) -> None:
    stage = month.stage
    report = compared(stage)
    assert [company.name for company, _ in report.lines] == ["lakeside", "northgate"]
    for company, figures in report.lines:
        alone = read(stage, lambda session, _, one=company: report_within(session, one, "source", "last", FIRST, LAST))
        old = read(stage, lambda session, _, one=company: report_within(session, one, "source", "last", *BEFORE))
        spent = read(stage, lambda session, _, one=company: cost_report(session, [one], "source", "last", FIRST, LAST))
        sent = read(stage, lambda session, _, one=company: count_deliveries(session, own_days([one], FIRST, LAST)))
        assert figures.brought == alone.total and figures.former == old.total
        assert figures.brought.number("calls") > 50 and figures.brought.number("leads") > 10
        assert figures.costs.returns == spent.total.returns
        assert (figures.delivered, figures.held) == (sent["delivered"], sent["held"])
        assert figures.rejected == sent["rejected"] + sent["dead"]


def test_the_total_is_the_sum_of_the_rows(month: Month) -> None:
    stage = month.stage
    report = compared(stage)
    for measure in ("calls", "answered", "leads"):
        assert report.total.brought.number(measure) == sum(row.brought.number(measure) for _, row in report.lines)
    assert report.total.delivered == sum(row.delivered for _, row in report.lines)
    assert report.total.weeks == tuple(map(sum, zip(*(row.weeks for _, row in report.lines), strict=True)))
    (spent,) = report.total.costs.returns.values()
    assert spent.cost == 81 and spent.leads == report.lines[0][1].costs.returns["USD"].leads


def test_weeks_begin_on_mondays_of_the_companys_time_zone_and_are_all_over(month: Month) -> None:
    for company, figures in compared(month.stage).lines:
        assert len(figures.weeks) == WEEKS and sum(figures.weeks) > 0
        zone, begins = ZoneInfo(company.time_zone), monday_of(date(2026, 3, 16)) - timedelta(weeks=WEEKS)
        calls = [
            call for call in month.calls if call.company_id == company.id and call.id in month.sources
        ]  # only what is attributed counts
        by_week = Counter((call.started_at.astimezone(zone).date() - begins).days // 7 for call in calls)
        assert figures.weeks == tuple(by_week[week] for week in range(WEEKS))


def test_weeks_by_source_add_up_to_the_weeks_of_the_companies(month: Month) -> None:
    stage = month.stage
    begins, measures = date(2026, 2, 23), ("calls", "leads")
    by_company, by_source = (
        read(stage, lambda session, all_, by=by: weeks_within(session, all_, begins, 4, measures, by))
        for by in ("company", "source")
    )
    assert len(by_company) == 2 and len(by_source) > 2
    for week in range(4):
        whole, parts = (
            tuple(map(sum, zip(*(rows[week].credits for rows in found.values()), strict=True)))
            for found in (by_company, by_source)
        )
        assert whole == parts and whole[0] > 0


def test_costs_of_the_whole_account_are_in_no_row(lite_stage: TestHub) -> None:
    company = lite_stage.rows(Company)[0]
    at = datetime(2026, 3, 4, tzinfo=UTC)
    lite_stage.add(
        CostRow(account_id=company.account_id, day=at.date(), source="radio", medium="spot", amount=Decimal(9),
                currency="USD", saved_at=at)
    )  # fmt: skip
    report = compared(lite_stage)
    assert report.unassigned == {"USD": 9} and not report.total.costs.returns
    alone = read(lite_stage, lambda session, all_: compare_companies(session, all_, FIRST, LAST))
    assert alone.unassigned == {} and not lite_stage.rows(Call)
