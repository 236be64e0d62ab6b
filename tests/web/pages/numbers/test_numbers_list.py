"""`/numbers`: each number with its tracker, calls, cost and state; pools as one row; and the cap."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from page_client import signed_in
from sqlmodel import select
from testbed import NORTH_SHARED, POOL, SHARED, YELLOW_PAGES, TestHub

from hub.model import Account, AuditEntry, PoolHour, TrackingNumber


def change(stage: TestHub, number: str, **values: object) -> None:
    """Set columns of one number."""
    with stage.hub.store.writing() as session:
        row = session.exec(select(TrackingNumber).where(TrackingNumber.number == number)).one()
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


def test_a_pool_is_one_row_that_opens_and_each_number_says_when_it_was_last_called(stage: TestHub) -> None:
    stage.call_in(number=YELLOW_PAGES)
    stage.clock.advance(days=47)
    stage.call_in(number=SHARED)
    browser = signed_in(stage)
    text = browser.text("/numbers")
    assert "+1 312 555 0100 and 2 more · Chicago, IL Website , pool of 3" in text
    assert "+1 312 555 0101" not in text
    assert "Quiet no call for 47 days" in text
    assert "+1 312 555 0101" in browser.text("/numbers?each=yes")
    assert "+1 312 555 0101" in browser.text("/numbers?company=lakeside&tracker=website&each=yes")


def test_filters_and_order_are_in_the_address(stage: TestHub) -> None:
    stage.call_in(number=SHARED)
    browser = signed_in(stage)
    assert "+1 313 555 0120" not in browser.text("/numbers?q=yellow")
    assert "No number matches" in browser.text("/numbers?q=nowhere")
    busiest = browser.text("/numbers?sort=-calls")
    assert busiest.index("+1 312 555 0120") < busiest.index("+1 312 555 0100")
    stage.clock.advance(days=40)
    quiet = signed_in(stage).text("/numbers?state=quiet")
    assert "+1 312 555 0120" in quiet
    assert "+1 312 555 0122" not in quiet


def test_a_resting_number_says_from_when_it_may_be_given_back(stage: TestHub) -> None:
    stage.call_in(number=YELLOW_PAGES)
    change(stage, YELLOW_PAGES, retired_at=stage.clock())
    browser = signed_in(stage)
    assert "was Yellow pages" in browser.text("/numbers?state=resting")
    assert "may be given back on" in browser.text("/numbers")
    change(stage, YELLOW_PAGES, released_at=stage.clock())
    assert "+1 312 555 0122" not in browser.text("/numbers")


def test_the_costs_stand_beside_the_cap_and_the_cap_is_changed_with_an_audit_entry(stage: TestHub) -> None:
    change(stage, SHARED, monthly_price=Decimal("1.15"), price_currency="USD")
    browser = signed_in(stage)
    assert "8 numbers for $1.15 a month. The cost of 7 is not known." in browser.text("/numbers")
    for _ in range(2):
        answer = browser.post("/numbers/cap", {"amount": "$40", "currency": "USD"})
        assert answer.status_code == 303
    assert "for $1.15 of at most $40.00 a month" in browser.text("/numbers")
    assert stage.rows(AuditEntry, action="numbers.cap")[0].detail == "40.00 USD"
    account = stage.one(Account)
    assert stage.rows(AuditEntry, action="numbers.cap")[0].chain == account.id
    wrong = browser.post("/numbers/cap", {"amount": "forty", "currency": "USD"})
    assert (wrong.status_code, "like 40.00" in wrong.text) == (422, True)
    assert browser.post("/numbers/cap", {"amount": ""}).status_code == 303
    assert stage.one(Account).number_cap is None


def test_who_is_limited_to_a_company_sees_its_numbers_and_no_cap(stage: TestHub) -> None:
    signed_in(stage).post("/numbers/cap", {"amount": "40", "currency": "USD"})
    limited = signed_in(stage, "marketer", "northgate")
    text = limited.text("/numbers?company=lakeside")
    assert "+1 313 555 0120" in text
    assert "+1 312" not in text
    assert "40.00" not in text
    assert "Change the cap" not in text
    assert signed_in(stage, "admin", "northgate").post("/numbers/cap", {"amount": "1"}).status_code == 403


@pytest.mark.parametrize("number", [NORTH_SHARED])
def test_a_call_of_another_company_is_not_the_numbers_last_call(stage: TestHub, number: str) -> None:
    """A number that moved from one company to the other: the calls stay with the first."""
    stage.call_in(number=number)
    with stage.hub.store.writing() as session:
        rows = {each.number: each for each in session.exec(select(TrackingNumber))}
        rows[number].tracker_id = rows[SHARED].tracker_id
        session.add(rows[number])
    text = signed_in(stage, "marketer", "lakeside").text(f"/numbers?q={number[2:]}")
    assert "no call yet" in text


def test_a_visitor_of_the_hour_that_is_not_over_counts(stage: TestHub) -> None:
    stage.visit()
    text = signed_in(stage).text("/numbers?company=lakeside")
    assert "No visitor was lent a number" not in text and "Buy" not in text.partition("Pools")[2], "no false alarm"


def test_a_pool_says_who_found_no_number_and_how_many_to_buy(stage: TestHub) -> None:
    pool = stage.one(TrackingNumber, number=POOL[0]).tracker_id
    hour = stage.clock().replace(minute=0) - timedelta(hours=2)
    browser = signed_in(stage)
    assert "No visitor was lent a number in the last 7 days" in browser.text("/numbers?company=lakeside")
    stage.add(PoolHour(tracker_id=pool, hour=hour, size=3, most_held=3, lent=10, overflows=4, held_seconds=3 * 3600))
    text = browser.text("/numbers?company=lakeside")
    assert "Full at times" in text
    assert "4 of 14 visitors found none free and saw the default number" in text
    assert "With 10 numbers it would be hardly anybody a week. Buy 7" in text
    assert "Buy 7" not in signed_in(stage, "marketer").text("/numbers")
    assert 'class="b full"' in browser.get("/numbers").text
