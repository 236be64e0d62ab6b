"""Costs in reports: each is in one line, found by source or by the campaign's name or id; currencies stay apart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.reports.costs import CostLine, Spent, match_costs, total_of
from hub.reports.credits import WHOLE
from hub.reports.report import Line
from hub.reports.tally import MEASURES


def line(value: str | None, calls: int, leads: int = 0, customers: int = 0, **won: int) -> Line:
    counts = {"calls": calls, "leads": leads, "customers": customers}
    credits = tuple(counts.get(name, 0) * WHOLE for name in MEASURES)
    return Line(value, credits, won_units=tuple((currency, units * 10_000) for currency, units in won.items()))


def spent(campaign: str | None, amount: str, currency: str = "USD", **changes: Any) -> Spent:
    values = {"source": "google", "medium": "cpc", "campaign_id": None, "visit_campaign": None, "clicks": 2}
    return Spent(campaign=campaign, amount=Decimal(amount), currency=currency, **(values | changes))


def found(lines: list[CostLine]) -> dict[str | None, CostLine]:
    return {each.value or each.spend_of or None: each for each in lines}


words = st.sampled_from(["brand", "Brand", "spring", "21", "22", None])
currencies = st.sampled_from(["USD", "EUR"])
costs = st.builds(
    Spent,
    source=st.sampled_from(["google", "Bing", "mail"]),
    medium=st.sampled_from(["cpc", ""]),
    campaign=words,
    campaign_id=words,
    visit_campaign=words,
    currency=currencies,
    amount=st.decimals(0, 9_999, places=4),
    clicks=st.integers(0, 9),
    impressions=st.integers(0, 99),
)
credits_ = st.builds(
    lambda value, calls, leads, **won: line(value, calls, leads, **won),
    st.sampled_from([None, "brand", "BRAND", "spring", "21", "google / cpc", "bing / cpc", "bing / organic"]),
    st.integers(0, 9), st.integers(0, 9), USD=st.integers(0, 99), EUR=st.integers(0, 99),
)  # fmt: skip


@settings(max_examples=60)
@example([], [spent(None, "0", visit_campaign="brand"), spent(None, "0", visit_campaign="spring")])
@given(st.lists(credits_, max_size=6, unique_by=lambda each: each.value), st.lists(costs, max_size=8))
@pytest.mark.parametrize("by", ["source", "campaign"])
def test_what_was_spent_and_what_came_is_the_sum_of_the_lines(
    by: Any, lines: list[Line], all_costs: list[Spent]
) -> None:
    matched = match_costs(lines, all_costs, by)
    total = total_of(matched)
    for currency in {each.currency for each in all_costs}:
        wanted = sum(each.amount for each in all_costs if each.currency == currency)
        assert total.returns[currency].cost == wanted
        assert sum(each.returns[currency].cost for each in matched if currency in each.returns) == wanted
    assert (total.clicks, total.impressions) == (
        sum(each.clicks for each in all_costs), sum(each.impressions for each in all_costs)
    )  # fmt: skip
    for measure in ("calls", "leads"):
        assert sum(each.credits.number(measure) for each in matched) == sum(each.number(measure) for each in lines)
    values = [(each.value, each.spend_of) for each in matched]
    assert len(set(values)) == len(values), "no two lines have one name"


def test_a_campaign_is_known_by_its_name_its_id_and_what_its_links_call_it() -> None:
    lines = [line("Emergency", 4), line("21", 1), line("drains", 5), line(None, 9)]
    all_costs = [
        spent("emergency", "30", campaign_id="21"),
        spent("Drains: search", "10", campaign_id="22", visit_campaign="drains"),
        spent("Drains: display", "5", campaign_id="23", visit_campaign="drains"),
        spent("Unknown", "7", campaign_id="24"),
        spent(None, "2"),
    ]
    rows = found(match_costs(lines, all_costs, "campaign"))
    assert rows["Emergency"].credits.number("calls") == 5 and rows["Emergency"].returns["USD"].per_call == 6
    assert rows["drains"].returns["USD"].cost == 15 and rows["drains"].names == ("Drains: search", "Drains: display")
    assert rows["Unknown"].returns["USD"].per_call is None, "nobody called from it, and it is not lost"
    assert rows["google / cpc"].returns["USD"].cost == 2 and not rows[None].returns


def test_a_source_without_a_medium_is_the_one_that_is_paid_for() -> None:
    lines = [line("yellow_pages / print", 2), line("bing / cpc", 3), line("bing / organic", 3), line("mail / a", 1)]
    lines.append(line("mail / b", 1))
    all_costs = [spent(None, "8", source=name, medium="") for name in ("Yellow_Pages", "bing", "mail", "radio")]
    rows = found(match_costs(lines, all_costs, "source"))
    costs = {value: each.returns["USD"].cost for value, each in rows.items() if each.returns}
    assert costs == dict.fromkeys(("yellow_pages / print", "bing / cpc", "mail", "radio"), 8)


def test_return_on_spend_is_only_told_in_the_currency_of_the_cost() -> None:
    lines = [line("a", 4, 2, 1, USD=300), line("b", 4, 1, 1, EUR=90), line("c", 4), line("d", 4, 2, 2, USD=50)]
    all_costs = [spent("a", "100"), spent("b", "50"), spent("c", "25"), spent("a", "10", "EUR")]
    rows = found(match_costs(lines, all_costs, "campaign"))
    usd = {value: each.returns["USD"] for value, each in rows.items() if "USD" in each.returns}
    assert {value: each.on_spend for value, each in usd.items()} == {"a": 3, "b": None, "c": 0}
    assert (usd["a"].per_call, usd["a"].per_lead, usd["a"].per_customer) == (25, 50, 100)
    total = total_of(list(rows.values())).returns
    assert total["USD"].on_spend == Decimal(300) / 175 and total["EUR"].on_spend is None
    assert total["USD"].per_call == Decimal(175) / 12, "calls that cost nothing do not make others cheaper"
