"""The report of trends: whole weeks as lines and as a table, beside the weeks before, by company and by source."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_client import seen, signed_in
from test_reports_page import make_link, rows_of, strangers
from testbed import NORTH_SHARED, SHARED, YELLOW_PAGES, TestHub

from hub.access.scope import AccessScope
from hub.marks.leads import mark_leads
from hub.model import Attribution, Company, CostRow
from hub.web.pages.line_charts import axis_of, over_weeks, small_lines, spark


def weeks_of_calls(stage: TestHub) -> None:
    """One call of Lakeside a week for ten weeks and two in the last that is over, one of Northgate, and one today."""
    for week in range(10):
        stage.call_in(SHARED if week % 2 else YELLOW_PAGES, f"+13125550{150 + week}")
        stage.clock.advance(days=7)
    stage.clock.advance(days=-7)
    stage.call_in(NORTH_SHARED, "+13125550170")
    stage.call_in(SHARED, "+13125550171")
    stage.flow()
    stage.clock.advance(days=7)
    stage.call_in(SHARED, "+13125550172")


def test_weeks_are_lines_and_a_table_and_the_running_week_is_left_out(stage: TestHub) -> None:
    weeks_of_calls(stage)
    today = stage.clock().date()
    html = signed_in(stage).get("/reports/trend").text
    rows = rows_of(html)
    monday = today - timedelta(days=today.weekday() + 7)
    last = next(row for name, row in rows.items() if name.startswith(f"{monday:%b} {monday.day}"))
    assert last[0] == "3" and len(rows) == 8 + 1 and rows["All 8 weeks"][0] == "10", "today's call is in no week"
    assert f"first={monday}&amp;last={monday + timedelta(days=6)}" in html, "a week leads to its calls"
    text = seen(html)
    assert "10 calls, 400% more than in the 8 weeks before." in text
    assert "is left out" in text and "Show as a table" in text
    assert html.count('class="chart lines wide"') == html.count('class="chart lines narrow"') == 1
    assert re.findall(r'<svg class="chart small-line"[^>]*aria-label="Lakeside, calls a week: ([0-9, ]+)"', html)


def test_trends_are_split_by_source_and_for_one_company_always(stage: TestHub) -> None:
    weeks_of_calls(stage)
    browser = signed_in(stage)
    assert "Yellow Pages (print)" in browser.text("/reports/trend?by=source")
    assert "Yellow Pages (print)" not in browser.text("/reports/trend")
    one = browser.text("/reports/trend?company=lakeside&show=leads&weeks=13")
    assert "By source" in one and "13 weeks before" in one and "leads a week" in one


def test_who_is_limited_to_a_company_sees_its_weeks_alone(stage: TestHub) -> None:
    weeks_of_calls(stage)
    html = signed_in(stage, "marketer", "lakeside").get("/reports/trend").text
    assert rows_of(html)["All 8 weeks"][0] == "9" and "orthgate" not in html


def test_the_file_has_a_line_for_each_week(stage: TestHub) -> None:
    weeks_of_calls(stage)
    file = signed_in(stage).get("/reports/trend/csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(file)))
    assert len(rows) == 8 and rows[-1]["Calls"] == "3" and rows[-1]["Calls, before"] == "1"


def test_a_link_to_a_trend_goes_on_with_the_weeks(stage: TestHub) -> None:
    weeks_of_calls(stage)
    path = make_link(signed_in(stage), "/reports/trend/links?company=lakeside&show=answered")
    first = strangers(stage).get(path).text
    assert 'class="chart lines wide"' in first and "Northgate" not in first
    stage.clock.advance(days=6)
    weeks, later = (list(rows_of(each))[:-1] for each in (first, strangers(stage).get(path).text))
    assert later[:-1] == weeks[1:] and later[-1] not in weeks, "the week of the last call is over now"


values = st.lists(st.one_of(st.none(), st.integers(0, 10**6)), max_size=60)


@given(values, values)
def test_every_value_lies_on_the_axis_and_every_chart_is_drawn(now: list[int | None], before: list[int | None]) -> None:
    axis = axis_of(now, before)
    assert axis.low < axis.high and 2 <= len(axis.lines) <= 8
    assert all(axis.low - 1e-6 <= each <= axis.high + 1e-6 for each in [*now, *before] if each is not None)
    labels = [str(number) for number in range(len(now))]
    drawn = str(over_weeks((960, 250), labels, now, before, lambda value: f"<{value}>", "<b>", every=3))
    assert "<b>" not in drawn and "nan" not in drawn and "inf" not in drawn
    assert "nan" not in str(small_lines(now, before, "x")) + str(spark(now, "x"))


@pytest.mark.parametrize("size", [(960, 250), (330, 200)])
def test_the_last_value_and_the_axis_fit_beside_the_lines_however_long_they_are(size: tuple[int, int]) -> None:
    """A bold figure of 12 pixels is 8.4 wide, one of 11 pixels is 7 wide."""
    drawn = str(over_weeks(size, ["a", "b"], [500, 123456], [900, None], lambda _: "$1,234.56", "x", every=1))
    for x in re.findall(r'class="end" x="([\d.]+)"', drawn):
        assert float(x) + 8.4 * 9 <= size[0]
    for x in re.findall(r'<text x="([\d.]+)" y="[\d.]+" text-anchor="end">', drawn):
        assert float(x) - 7 * 9 >= 0
    assert drawn.count('class="end"') == 1 and drawn.count('text-anchor="end"') >= 2


def test_the_cost_per_lead_of_a_week_is_that_of_the_report_of_its_costs(stage: TestHub) -> None:
    """Leads of a source count only in the weeks in which its cost is known; forms and calls without cost never."""
    monday = stage.clock().date() - timedelta(days=stage.clock().date().weekday())
    lakeside = stage.one(Company, name="lakeside")
    calls: list[str] = []
    for week in range(3):
        for place in range(week + 1):
            call = stage.call_in(YELLOW_PAGES, f"+1312555{week}1{place:02}")
            calls.append(call.id)
        calls.append(stage.call_in(SHARED, f"+1312555{week}9{week:02}").id)
        stage.flow()
        if week != 1:
            source = stage.one(Attribution, subject_id=call.id)
            with stage.hub.store.writing() as session:
                about = {"company_id": lakeside.id, "account_id": lakeside.account_id, "saved_at": stage.clock()}
                about |= {"source": source.source, "medium": source.medium, "day": monday + timedelta(weeks=week)}
                session.add(CostRow(amount=Decimal(60), currency="USD", **about))
        stage.clock.advance(days=7)
    browser = signed_in(stage)
    assert browser.user is not None
    with stage.hub.store.writing() as session:
        mark_leads(session, AccessScope(browser.user), calls, "qualified", stage.clock())
    for query in ("show=per_lead", "show=per_lead&by=source", "show=per_lead&company=lakeside"):
        html = browser.get(f"/reports/trend?{query}").text
        rows = {name: figures for name, figures in rows_of(html).items() if any("$" in each for each in figures)}
        firsts = [f"{monday + timedelta(weeks=week):%b} {(monday + timedelta(weeks=week)).day}" for week in (0, 2)]
        prices = [next(cells[-1] for name, cells in rows.items() if name.startswith(first)) for first in firsts]
        assert (prices, rows["All 8 weeks"][-1]) == (["$60.00", "$20.00"], "$30.00"), "120 for 4 leads"
    for week, price in ((0, "$60.00"), (2, "$20.00")):
        first = monday + timedelta(weeks=week)
        costs = browser.text(f"/reports/costs?first={first}&last={first + timedelta(days=6)}&compare=none")
        assert price in costs
