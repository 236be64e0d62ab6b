"""`/numbers/buy`: what is offered, what it will cost, and orders that are placed once, whatever the carrier answers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from page_client import PageClient, signed_in
from sqlmodel import select
from testbed import SHARED, TestHub

from hub.api import Money, Rejected, RetryLater
from hub.model import AuditEntry, NumberPurchase, TrackingNumber
from hub.numbers.health.audit import audit_live_carriers
from hub.numbers.purchases import settle_old

WANTED = "+13125550130"
OTHER = "+13125550131"
SEARCH = "/numbers/buy?for=lakeside/website&area=312"


def order(*numbers: str, price: str = "1.15 USD", tracker: str = "lakeside/website") -> dict[str, Any]:
    """The form that the page of consequences sends."""
    return {"for": tracker, "number": list(numbers), "price": [f"{each}={price}" for each in numbers]}


def ours(stage: TestHub, number: str) -> TrackingNumber | None:
    with stage.hub.store.reading() as session:
        return session.exec(select(TrackingNumber).where(TrackingNumber.number == number)).first()


@pytest.fixture
def owner(stage: TestHub) -> PageClient:
    return signed_in(stage)


def test_a_place_is_searched_by_its_area_code_and_dear_numbers_are_left_out(stage: TestHub, owner: PageClient) -> None:
    assert "+1 312 555 0130" in owner.text("/numbers/buy?for=lakeside/website&area=Chicago")
    assert "312" in {query.area_code for query in stage.carrier.asked}
    assert "Nothing on offer" in owner.text(SEARCH + "&most=$1.00")
    refused = owner.get("/numbers/buy?for=lakeside/website&area=Atlantis")
    assert (refused.status_code, "No place in North America" in refused.text) == (422, True)
    stage.carrier.price = None
    assert "+1 312 555 0130" in owner.text(SEARCH)


def test_the_last_step_says_what_it_costs_and_what_follows(owner: PageClient) -> None:
    owner.post("/numbers/cap", {"amount": "40", "currency": "USD"})
    text = owner.text(f"{SEARCH}&review=yes&number={WANTED[1:]}".replace("number=", "number=%2B"))
    assert "1 number for $1.15 a month, Lakeside, pool Website" in text
    assert "All numbers then cost $1.15 of at most $40.00 a month, and 8 more of unknown cost" in text
    assert "Paper Carrier charges your account there." in text
    assert "The pool has 4 numbers within a minute; each can be given back, after a rest of 90 days" in text
    assert "Buy 1 number" in text


def test_numbers_are_bought_once_even_if_the_form_is_sent_twice(stage: TestHub, owner: PageClient) -> None:
    for _ in range(2):
        assert owner.post("/numbers/buy", order(WANTED, OTHER)).status_code == 303
    assert stage.carrier.orders == [WANTED, OTHER]
    row = ours(stage, WANTED)
    assert row is not None
    assert (row.bought, row.monthly_price, row.price_currency) == (True, Decimal("1.15"), "USD")
    assert {each.subject for each in stage.rows(AuditEntry, action="numbers.buy")} == {WANTED, OTHER}
    assert "for $2.30 a month" in owner.text("/numbers")


def test_a_price_that_changed_is_shown_again_before_anything_is_bought(stage: TestHub, owner: PageClient) -> None:
    stage.carrier.price = Money(Decimal("9.99"), "USD")
    answer = owner.post("/numbers/buy", order(WANTED))
    assert (answer.status_code, "Its price is now $9.99 a month" in answer.text) == (422, True)
    assert stage.carrier.orders == []


def test_above_the_cap_nothing_is_bought(stage: TestHub, owner: PageClient) -> None:
    owner.post("/numbers/cap", {"amount": "2.00", "currency": "USD"})
    answer = owner.post("/numbers/buy", order(WANTED, OTHER))
    assert answer.status_code == 422
    assert "All numbers would cost 2.30 USD a month, more than the cap of 2.00 USD" in answer.text
    assert stage.carrier.orders == [WANTED]
    stage.carrier.price = None
    assert "the cap of 2.00 USD a month cannot be kept" in owner.post("/numbers/buy", order(OTHER, price="")).text
    assert stage.carrier.orders == [WANTED]


def test_the_carriers_refusal_is_shown_in_its_words_and_may_be_tried_again(stage: TestHub, owner: PageClient) -> None:
    stage.carrier.buy_script = [Rejected("The address of your business is missing.")]
    answer = owner.post("/numbers/buy", order(WANTED))
    assert (answer.status_code, "The address of your business is missing." in answer.text) == (422, True)
    assert stage.one(NumberPurchase).state == "refused"
    assert ours(stage, WANTED) is None
    assert owner.post("/numbers/buy", order(WANTED)).status_code == 303


def test_an_order_without_an_answer_is_never_placed_again_and_settled_from_the_carriers_list(
    stage: TestHub, owner: PageClient
) -> None:
    def sell_without_a_word(number: str) -> None:
        raise RetryLater("Paper Carrier did not answer.")

    stage.carrier.buy_script = [sell_without_a_word]
    stage.carrier.list_script = [RetryLater("Paper Carrier did not answer.")]
    answer = owner.post("/numbers/buy", order(WANTED))
    assert "Outcome unknown" in answer.text
    again = owner.post("/numbers/buy", order(WANTED))
    assert "being bought already" in again.text
    assert stage.carrier.orders == [WANTED]
    assert "Outcome unknown" in owner.text("/numbers")
    purchase = stage.one(NumberPurchase)
    early = owner.post(f"/numbers/orders/{purchase.id}/look")
    assert (early.status_code, "in two minutes" in early.text) == (422, True)
    stage.carrier.sell(WANTED)
    for _ in range(2):
        assert owner.post(f"/numbers/orders/{purchase.id}/look").status_code == 303
    assert ours(stage, WANTED) is not None
    assert len(stage.rows(AuditEntry, action="numbers.buy")) == 1
    assert "Outcome unknown" not in owner.text("/numbers")


def test_an_order_that_the_carrier_does_not_list_was_not_placed(stage: TestHub, owner: PageClient) -> None:
    stage.carrier.buy_script = [RetryLater("Paper Carrier did not answer.")]
    assert "Outcome unknown" in owner.post("/numbers/buy", order(WANTED)).text
    stage.clock.advance(minutes=3)
    assert owner.post(f"/numbers/orders/{stage.one(NumberPurchase).id}/look").status_code == 303
    assert stage.one(NumberPurchase).state == "refused"
    assert owner.post("/numbers/buy", order(WANTED)).status_code == 303


def test_a_bought_number_whose_calls_do_not_come_here_yet_says_so(stage: TestHub, owner: PageClient) -> None:
    stage.carrier.buy_script = [RetryLater("no answer")]
    stage.carrier.sell(WANTED)  # listed without addresses
    del stage.carrier.owned[WANTED]
    stage.carrier.list_script = [lambda: stage.carrier.sell(WANTED)]
    answer = owner.post("/numbers/buy", order(WANTED))
    assert answer.status_code == 303, answer.text  # found in the list, then pointed here
    assert stage.carrier.owned[WANTED].voice_url.endswith("/webhooks/carrier/voice")


def test_a_form_that_is_not_complete_buys_nothing(stage: TestHub, owner: PageClient) -> None:
    for data in ({}, order(), order(WANTED, tracker="other/website"), {"for": "lakeside/website"}):
        assert owner.post("/numbers/buy", data).status_code == 422, data
        assert stage.carrier.orders == [], data


def test_only_owners_and_admins_of_the_whole_account_buy(stage: TestHub) -> None:
    for browser in (signed_in(stage, "marketer"), signed_in(stage, "admin", "lakeside")):
        assert browser.post("/numbers/buy", order(WANTED)).status_code == 403
        assert browser.get("/numbers/buy").status_code == 403
    assert stage.carrier.orders == []


def test_the_worker_settles_an_order_without_an_answer_by_itself(stage: TestHub, owner: PageClient) -> None:
    stage.carrier.buy_script = [RetryLater("Paper Carrier did not answer.")]
    owner.post("/numbers/buy", order(WANTED))
    stage.carrier.sell(WANTED)
    settle_old(stage.hub)
    assert stage.one(NumberPurchase).state == "unknown"  # the list may lag
    stage.clock.advance(minutes=3)
    for _ in range(2):
        settle_old(stage.hub)
    assert stage.one(NumberPurchase).state == "bought"
    assert [each.subject for each in stage.rows(AuditEntry, action="numbers.buy")] == [WANTED]


def test_the_carriers_list_brings_prices(stage: TestHub, owner: PageClient) -> None:
    stage.carrier.sell(SHARED)
    stage.carrier.owned[SHARED] = replace(stage.carrier.owned[SHARED], monthly_price=Money(Decimal("1.15"), "USD"))
    audit_live_carriers(stage.hub)
    assert "for $1.15 a month" in owner.text("/numbers")
