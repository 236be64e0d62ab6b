"""`hub numbers`: ours beside the carrier's, and a purchase that never costs more than agreed, nor happens twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from cli_shop import Shop
from typer.testing import Result

from hub.api.sandbox import Fault
from hub.model import TrackingNumber
from plugins.carriers.twilio.sandbox import api as sandbox_api

Refusal = Callable[[Result], str]
NUMBER = "+13125550130"
BUY = ("numbers", "buy", NUMBER, "--tracker", "north/pool")


def own(shop: Shop, number: str, voice_url: str = "https://old.example.com/voice") -> None:
    """A number of the account, bought by hand long ago."""
    sandbox_api.Api(shop.carrier).own(number, {"VoiceUrl": voice_url})


def owned(shop: Shop) -> dict[str, str]:
    """The account's numbers and their voice addresses."""
    return {number["phone_number"]: number["voice_url"] for number in shop.carrier.numbers.values()}


@contextmanager
def prices(monthly: dict[str, dict[str, str]]) -> Iterator[None]:
    """Twilio's price list is another one."""
    before = dict(sandbox_api.MONTHLY)
    sandbox_api.MONTHLY.clear()
    sandbox_api.MONTHLY.update(monthly)
    try:
        yield
    finally:
        sandbox_api.MONTHLY.clear()
        sandbox_api.MONTHLY.update(before)


def test_ours_and_the_carriers_numbers_stand_side_by_side(shop: Shop) -> None:
    own(shop, "+13125550100")
    own(shop, "+13125550188")
    (side,) = shop.json("numbers", "list")
    assert {each["number"]: (each["tracker"], each["standing"]) for each in side["numbers"]} == {
        "+13125550100": ("north/pool", "elsewhere"),
        "+13125550120": ("north/print", "not at the carrier"),
        "+13125550188": (None, "not in config.yaml"),
    }
    assert side["numbers"][0]["points_to"] == ["old.example.com/voice", "nowhere", "nowhere (texts' fallback)"]
    shown = shop.run("numbers", "list", "phone").stdout
    assert "old.example.com/voice" in shown
    assert "hub numbers configure --all" in shown


def test_a_carrier_that_does_not_answer_ends_the_list_with_1(shop: Shop) -> None:
    shop.carrier.fail_next(Fault("status", 503), 5)
    result = shop.run("numbers", "list")
    assert result.exit_code == 1
    assert "✗ phone" in result.stdout


def test_our_numbers_are_pointed_here_and_their_calls_answered(shop: Shop) -> None:
    own(shop, "+13125550100")
    own(shop, "+13125550120")
    result = shop.run("numbers", "configure", "--all")
    assert result.exit_code == 0
    assert set(owned(shop).values()) == {"https://calls.example.com/webhooks/phone/voice"}
    assert [each["standing"] for each in shop.json("numbers", "list")[0]["numbers"]] == ["well", "well"]
    assert shop.audited() == [("numbers.configure", "+13125550100"), ("numbers.configure", "+13125550120")]


def test_a_number_that_cannot_be_pointed_harms_no_other(shop: Shop) -> None:
    own(shop, "+13125550120")
    result = shop.run("numbers", "configure", "+13125550100", "+13125550120")
    assert result.exit_code == 1
    assert "✗ +13125550100" in result.stdout
    assert "✓ +13125550120" in result.stdout


def test_only_our_numbers_are_pointed_here(shop: Shop, refusal: Refusal) -> None:
    own(shop, "+13125550188")
    assert "not our tracking numbers" in refusal(shop.run("numbers", "configure", "+13125550188"))
    assert "--all" in refusal(shop.run("numbers", "configure"))
    assert owned(shop)["+13125550188"] == "https://old.example.com/voice"


def test_numbers_are_searched_with_their_price(shop: Shop, refusal: Refusal) -> None:
    told = shop.json("numbers", "search", "--area-code", "415", "--limit", "2")
    assert [(each["number"], each["monthly_price"]) for each in told["offers"]] == [
        ("+14155550100", "1.15 USD"),
        ("+14155550101", "1.15 USD"),
    ]
    assert "+14155550100" in shop.run("numbers", "search", "--area-code", "415").stdout
    assert "No numbers match" in shop.run("numbers", "search", "--contains", "999999").stdout
    assert "not a kind of number" in refusal(shop.run("numbers", "search", "--kind", "vanity"))


def test_the_first_number_of_an_empty_pool_is_bought_and_shown_to_a_visitor(shop: Shop) -> None:
    config = shop.folder / "config.yaml"
    config.write_text(config.read_text().replace('numbers: ["+13125550100"]', "numbers: []"))
    with shop.opened() as opened:
        assert shop.visit(opened).number is None
    assert shop.run(*BUY, "--max-price", "2 USD", "--yes").exit_code == 0
    with shop.opened() as opened:
        assert shop.visit(opened).number == NUMBER


def test_a_number_is_bought_pointed_and_written_down(shop: Shop) -> None:
    result = shop.run(*BUY, "--max-price", "2 USD", "--yes")
    assert result.exit_code == 0, result.output
    assert owned(shop) == {NUMBER: "https://calls.example.com/webhooks/phone/voice"}
    (row,) = [each for each in shop.rows(TrackingNumber) if each.number == NUMBER]
    assert row.bought is True
    assert shop.audited() == [("numbers.buy", NUMBER)]
    assert {each["number"]: each["bought"] for each in shop.json("numbers", "list")[0]["numbers"]}[NUMBER] is True


def test_a_call_on_a_bought_number_counts_for_its_tracker(shop: Shop) -> None:
    shop.run(*BUY, "--yes")
    (call_id,) = shop.play({"tracking_number": NUMBER})
    assert shop.json("call", call_id)["tracker"] == "pool"


@pytest.mark.parametrize(
    ("monthly", "cap", "said"),
    [
        ({"US": {"local": "1.15"}}, "1 USD", "It costs 1.15 USD a month, more than 1 USD"),
        ({"US": {"local": "1.15"}}, "5 EUR", "The price is in USD"),
        ({}, "2 USD", "reports no price"),
    ],
)
def test_a_cap_is_kept_even_with_a_yes(
    shop: Shop, refusal: Refusal, monthly: dict[str, dict[str, str]], cap: str, said: str
) -> None:
    with prices(monthly):
        assert said in refusal(shop.run(*BUY, "--max-price", cap, "--yes"))
    assert owned(shop) == {}
    assert shop.audited() == []


def test_without_a_yes_a_person_is_told_the_price_and_asked(shop: Shop) -> None:
    result = shop.run(*BUY, typed="n\n")
    assert result.exit_code == 1
    assert "for 1.15 USD a month?" in result.stdout
    assert owned(shop) == {}
    with prices({}):
        result = shop.run(*BUY, typed="y\n")
    assert "though its price is not known?" in result.stdout
    assert list(owned(shop)) == [NUMBER]


def test_where_nobody_can_answer_nothing_is_bought(shop: Shop) -> None:
    assert shop.run(*BUY).exit_code == 1
    assert owned(shop) == {}


def test_a_purchase_whose_reply_got_lost_is_found_and_not_repeated(shop: Shop) -> None:
    """Twilio sells the number, but its reply never comes: the list tells."""
    own(shop, NUMBER)  # what the lost request did
    shop.carrier.numbers, sold = {}, shop.carrier.numbers
    begun = shop.carrier.next_fault
    asked: list[str] = []

    def lose_the_purchase() -> Fault | None:
        asked.append("")
        if len(asked) == 3:  # after the search and the price
            shop.carrier.numbers.update(sold)
            return Fault("status", 504)
        return begun()

    shop.carrier.next_fault = lose_the_purchase  # type: ignore[method-assign]
    try:
        result = shop.run(*BUY, "--max-price", "2 USD", "--yes")
    finally:
        del shop.carrier.next_fault
    assert result.exit_code == 0, result.output
    assert owned(shop) == {NUMBER: "https://calls.example.com/webhooks/phone/voice"}
    assert shop.audited() == [("numbers.buy", NUMBER)]


def test_a_purchase_that_failed_is_not_repeated(shop: Shop, refusal: Refusal) -> None:
    begun = shop.carrier.next_fault
    asked: list[str] = []

    def refuse_the_purchase() -> Fault | None:
        asked.append("")
        return Fault("status", 503) if len(asked) == 3 else begun()

    shop.carrier.next_fault = refuse_the_purchase  # type: ignore[method-assign]
    try:
        assert "most likely not bought" in refusal(shop.run(*BUY, "--yes"))
    finally:
        del shop.carrier.next_fault
    assert len(asked) == 4  # search, price, purchase, list
    assert shop.audited() == []


def test_what_cannot_be_bought_is_one_sentence(shop: Shop, refusal: Refusal) -> None:
    assert "is already ours" in refusal(shop.run("numbers", "buy", "+13125550100", "--tracker", "north/pool"))
    assert "did you mean 'pool'?" in refusal(shop.run("numbers", "buy", NUMBER, "--tracker", "north/pol"))
    assert "with its company" in refusal(shop.run("numbers", "buy", NUMBER, "--tracker", "pool"))
    assert "not a phone number" in refusal(shop.run("numbers", "buy", "555-0130", "--tracker", "north/pool"))
    assert "write it like 40 USD" in refusal(shop.run(*BUY, "--max-price", "two dollars"))


def test_a_bought_number_is_given_back_only_after_a_yes(shop: Shop) -> None:
    shop.run(*BUY, "--yes")
    assert shop.run("numbers", "release", NUMBER, typed="n\n").exit_code == 1
    assert list(owned(shop)) == [NUMBER]
    assert shop.run("numbers", "release", NUMBER, "--yes").exit_code == 0
    assert owned(shop) == {}
    (row,) = [each for each in shop.rows(TrackingNumber) if each.number == NUMBER]
    assert row.retired_at is not None
    assert shop.audited()[-1] == ("numbers.release", NUMBER)
    assert shop.run(*BUY, "--yes").exit_code == 0  # and it may be bought again


def test_a_number_that_config_yaml_names_is_not_given_back(shop: Shop, refusal: Refusal) -> None:
    own(shop, "+13125550100")
    assert "remove it there first" in refusal(shop.run("numbers", "release", "+13125550100", "--yes"))
    assert list(owned(shop)) == ["+13125550100"]


def test_a_number_of_the_account_that_was_never_ours_needs_its_carrier_named(shop: Shop, refusal: Refusal) -> None:
    own(shop, "+13125550188")
    assert "--connector" in refusal(shop.run("numbers", "release", "+13125550188", "--yes"))
    assert shop.run("numbers", "release", "+13125550188", "--connector", "phone", "--yes").exit_code == 0
    assert owned(shop) == {}


def test_the_accounts_cap_is_shown_set_kept_and_lifted(shop: Shop, refusal: Refusal) -> None:
    assert "There is no cap." in shop.run("numbers", "cap").stdout
    assert "The cap is 1.00 USD a month." in shop.run("numbers", "cap", "1 USD").stdout
    assert "more than the cap of 1.00 USD" in refusal(shop.run(*BUY, "--yes"))
    assert owned(shop) == {}
    assert "not both" in refusal(shop.run("numbers", "cap", "2 USD", "--lift"))
    assert "There is no cap." in shop.run("numbers", "cap", "--lift").stdout
    assert shop.run(*BUY, "--yes").exit_code == 0
    assert "3 numbers for 1.15 USD a month; the price of 2 is not known." in shop.run("numbers", "cap").stdout


def test_a_number_that_was_called_rests_before_it_is_released(shop: Shop, refusal: Refusal) -> None:
    shop.run(*BUY, "--yes")
    shop.play({"tracking_number": NUMBER})
    assert shop.run("numbers", "rest", NUMBER).exit_code == 0
    assert "after a rest of 90 days" in refusal(shop.run("numbers", "release", NUMBER, "--yes"))
    assert shop.run("numbers", "rest", NUMBER, "--undo").exit_code == 0
    assert shop.run("numbers", "release", NUMBER, "--yes", "--early").exit_code == 0
    assert owned(shop) == {}
    assert [action for action, _ in shop.audited()] == ["numbers.buy", "numbers.rest", "numbers.use", "numbers.release"]


def test_the_audit_lists_what_is_wrong_and_what_mends_it_and_ends_with_1_until_nothing_is(shop: Shop) -> None:
    own(shop, "+13125550100")
    own(shop, "+13125550188")
    result = shop.run("numbers", "audit")
    assert result.exit_code == 1
    for said in (
        "Points elsewhere",
        "Not at the carrier",
        "Paid for, without a tracker",
        "hub numbers configure NUMBER",
    ):
        assert said in result.stdout
    result = shop.run("numbers", "audit", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["wrong"], told["troubles"]) == (1, 3, {})
    assert {(each["kind"], each["number"], each["company"]) for each in told["findings"]} == {
        ("elsewhere", "+13125550100", "north"),
        ("absent", "+13125550120", "north"),
        ("unassigned", "+13125550188", None),
    }
    own(shop, "+13125550120")
    assert shop.run("numbers", "configure", "--all").exit_code == 0
    assert shop.run("numbers", "release", "+13125550188", "--connector", "phone", "--yes").exit_code == 0
    result = shop.run("numbers", "audit")
    assert result.exit_code == 0, result.stdout
    assert "Nothing is wrong with the numbers." in result.stdout


def test_an_audit_whose_carrier_does_not_answer_ends_with_1_and_says_so(shop: Shop) -> None:
    shop.carrier.fail_next(Fault("status", 503), 5)
    result = shop.run("numbers", "audit")
    assert result.exit_code == 1
    assert "✗ phone" in result.stdout


def test_a_rest_is_ended_only_after_a_yes(shop: Shop, refusal: Refusal) -> None:
    shop.run(*BUY, "--yes")
    shop.play({"tracking_number": NUMBER})
    assert shop.run("numbers", "rest", NUMBER).exit_code == 0
    assert "not both" in refusal(shop.run("numbers", "rest", NUMBER, "--end", "--undo"))
    assert shop.run("numbers", "rest", NUMBER, "--end", typed="n\n").exit_code == 1
    assert "does not rest any more" in shop.run("numbers", "rest", NUMBER, "--end", "--yes").stdout
    assert shop.run("numbers", "release", NUMBER, "--yes").exit_code == 0


def test_a_company_has_a_cap_of_its_own_beside_the_accounts(shop: Shop, refusal: Refusal) -> None:
    assert "The cap is 1.00 USD a month." in shop.run("numbers", "cap", "1 USD", "--company", "north").stdout
    assert "There is no cap." in shop.run("numbers", "cap").stdout
    assert "The numbers of North would cost 1.15 USD a month" in refusal(shop.run(*BUY, "--yes"))
    assert "did you mean 'north'?" in refusal(shop.run("numbers", "cap", "--company", "nort"))
    shop.run("numbers", "cap", "--lift", "--company", "north")
    assert shop.run(*BUY, "--yes").exit_code == 0
    (month,) = shop.json("numbers", "spending", "--months", "1")
    assert (month["held"], month["unpriced"], month["bought"]) == (3, 2, 1)
    shown = shop.run("numbers", "spending", "--company", "north").stdout
    assert "1.15 USD (3, 2 without a price)" in shown and "Minutes have no price" in shown
