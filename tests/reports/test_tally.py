"""Tally: contacts are divided by model and dimension, in whole numbers; journeys join a contact with its visit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.reports.credits import MODELS, WHOLE, Touch
from hub.reports.gains import Gains
from hub.reports.tally import AMOUNT, MAX_DIMENSION_CHARACTERS, MEASURES, WON, Key, add_up, page, value_of
from hub.reports.touches import Contact, journeys

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def visit(hours: float, name: str, source: str = "google") -> Touch:
    return Touch(NOON + timedelta(hours=hours), "visit", name, source, "cpc")


def call(hours: float, name: str, visit_id: str | None = None, source: str = "google") -> Contact:
    at = NOON + timedelta(hours=hours)
    return Contact(at, "call", name, "kim", visit_id, source, "cpc", None, None, None, answered=True, talk_seconds=90)


def paths(contacts: list[Contact], visits: list[Touch]) -> dict[str, list[str]]:
    return {contact.id: [touch.id for touch in path] for contact, path in journeys(contacts, visits)}


def test_a_visit_and_the_call_that_came_of_it_are_one_touch() -> None:
    assert paths([call(1, "c", "v")], [visit(0, "v")]) == {"c": ["v"]}
    assert paths([call(1, "c", "v"), call(2, "d", "v")], [visit(0, "v")]) == {"c": ["v"], "d": ["v"]}


def test_a_call_on_a_remembered_number_after_another_visit_is_a_touch_of_its_own() -> None:
    assert paths([call(2, "c", "v")], [visit(0, "v"), visit(1, "w")]) == {"c": ["v", "w", "c"]}


def test_a_call_without_a_visit_is_a_touch_and_later_touches_do_not_count_for_it() -> None:
    assert paths([call(1, "c"), call(3, "d")], [visit(0, "v"), visit(2, "w")]) == {
        "c": ["v", "c"],
        "d": ["v", "c", "w", "d"],
    }


def test_a_visit_that_seems_to_begin_a_moment_after_its_call_led_to_it_all_the_same() -> None:
    assert paths([call(0, "c", "v")], [visit(1 / 3_600, "v")]) == {"c": ["v"]}


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("https://WWW.Example.com/Repair?gclid=x#top", "www.example.com/Repair"),
        ("http://kim:secret@example.com:8080/a/b", "example.com/a/b"),
        ("https://example.com", "example.com/"),
        ("/repair?x=1", "/repair"),
        ("https://[broken/page", "https://[broken/page"),
    ],
)
def test_a_landing_page_is_its_host_and_path(address: str, wanted: str) -> None:
    assert page(address) == wanted


@given(st.text(max_size=700))
def test_any_address_is_a_value_that_a_column_holds(text: str) -> None:
    touch = Touch(NOON, "visit", "v", "google", "cpc", text, text, text)
    for dimension in ("campaign", "keyword", "landing_page"):
        assert len(value_of(touch, dimension)) <= MAX_DIMENSION_CHARACTERS  # type: ignore[arg-type]


amounts = st.tuples(st.decimals(-9_999, 9_999, places=4), st.sampled_from(["USD", "CAD", None]))


@given(st.integers(1, 6), st.lists(amounts, max_size=4))
def test_counts_and_amounts_are_divided_wholly_in_every_model(
    touches: int, worth: list[tuple[Decimal, str | None]]
) -> None:
    gains = Gains(conversions=worth, deals=[("won", each) for each in worth], status="qualified")
    visits = [visit(number * 31, f"v{number}", f"source {number % 3}") for number in range(touches)]
    [(contact, path)] = journeys([call(999, "c", f"v{touches - 1}")], visits)
    tally = add_up([(contact, path, gains)])
    for model in MODELS:
        rows = [(key, row) for key, row in tally.items() if (key.model, key.dimension) == (model, "source")]
        counts = {
            name: count
            for index, name in enumerate(MEASURES)
            if (count := sum(row[index] for key, row in rows if not key.currency))
        }
        won = {"conversions": len(worth) * WHOLE, "customers": WHOLE} if worth else {}
        talked = {"talk_seconds": 90 * WHOLE}
        assert counts == {"calls": WHOLE, "answered": WHOLE, "leads": WHOLE, **talked, **won}
        for currency in ("USD", "CAD", None):
            wanted = sum(amount for amount, code in worth if code == currency) * 10_000
            for measure in (AMOUNT, WON):
                assert sum(row[measure] for key, row in rows if key.currency == (currency or "XXX")) == wanted


def test_amounts_of_two_currencies_are_never_added_up() -> None:
    contact = call(0, "c")
    gains = Gains(conversions=[(Decimal(40), "USD"), (Decimal(5), "CAD")])
    tally = add_up([(contact, [contact.touch()], gains)], ["last"], ["source"])
    found = {key: row[AMOUNT] for key, row in tally.items() if key.currency}
    assert found == {
        Key("last", "source", "google / cpc", "USD"): 400_000,
        Key("last", "source", "google / cpc", "CAD"): 50_000,
    }


@pytest.mark.parametrize(
    ("gains", "lead", "customer", "bought"),
    [
        (Gains(), False, False, []),
        (Gains(status="new"), False, False, []),
        (Gains(status="qualified", marked=(Decimal(9), "USD")), True, False, []),
        (Gains(status="booked", marked=(Decimal(9), "USD")), True, True, [(Decimal(9), "USD")]),
        (Gains(deals=[("Appointment made", (None, None))]), True, False, []),
        (Gains(deals=[("lost", (Decimal(5), "USD"))]), True, False, []),
        (Gains(deals=[("won", (Decimal(5), "USD"))], status="booked", marked=(Decimal(9), "USD")), True, True,
         [(Decimal(5), "USD")]),
        (Gains(deals=[("won", (Decimal(5), "USD"))], status="not_a_lead"), False, False, []),
    ],
)  # fmt: skip
def test_a_lead_is_marked_or_has_a_deal_and_a_customer_booked_or_won(
    gains: Gains, lead: bool, customer: bool, bought: list[object]
) -> None:
    assert (gains.is_lead, gains.is_customer, gains.bought) == (lead, customer, bought)
