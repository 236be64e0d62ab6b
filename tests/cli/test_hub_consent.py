"""`hub consent`: a person's own word counts from the moment it is recorded."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cli_shop import CALLER, Shop
from typer.testing import Result

from hub.model import ConsentEntry, Delivery, Person
from hub.platform.clock import utc_now

Refusal = Callable[[Result], str]
PERSON = ("--company", "north", "--phone", CALLER)


def record(shop: Shop, state: str, use: str = "marketing.advertising", *more: str) -> Result:
    return shop.run("consent", "record", *PERSON, "--state", state, "--use", use, "--channel", "agent", *more)


def test_a_word_of_somebody_new_makes_the_person_and_holds_their_calls_back(shop: Shop) -> None:
    result = record(shop, "refused")
    assert result.exit_code == 0, result.output
    assert "was not known before" in result.stdout
    assert CALLER not in result.stdout
    shop.clock.now = utc_now()
    shop.play()
    assert (shop.rows(Delivery)[0].state, shop.rows(Delivery)[0].code) == ("held", "signals.refused")
    assert len(shop.rows(Person)) == 1


def test_a_word_is_written_down_by_reference_in_the_audit(shop: Shop) -> None:
    record(shop, "given", "marketing.advertising.third_party.targeted", "--evidence", "ticket 77")
    (person,) = shop.rows(Person)
    (word,) = shop.rows(ConsentEntry)
    assert (word.person_id, word.state, word.evidence) == (person.id, "given", None)
    (said,) = shop.json("consent", "show", *PERSON)["said"]
    assert said["evidence"] == "ticket 77", "sealed under the person's key, and shown to who may ask"
    assert shop.audited() == [("consent.record", person.id)]


def test_words_and_signals_are_shown_in_the_order_in_which_they_were_said(shop: Shop) -> None:
    shop.play(visit={"gpc": True})
    record(shop, "given")
    record(shop, "withdrawn")
    said = shop.json("consent", "show", *PERSON)["said"]
    assert [each["state"] for each in said] == ["gpc", "given", "withdrawn"]
    shown = shop.run("consent", "show", "--company", "north", "--phone", "(312) 555-0147").stdout
    assert "withdrawn" in shown
    assert CALLER not in shown


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--company": "nord"}, "did you mean 'north'?"),
        ({"--phone": "anonymous"}, "not a phone number"),
        ({"--state": "maybe"}, "choose one of given"),
        ({"--use": "marketing.adverts"}, "no data use with that name"),
        ({"--channel": "Agent Pat Doe!"}, "one short lowercase word"),
    ],
)
def test_a_word_that_makes_no_sense_is_one_sentence(
    shop: Shop, refusal: Refusal, changed: dict[str, str], said: str
) -> None:
    words = {"--company": "north", "--phone": CALLER, "--state": "given", "--use": "sales", "--channel": "agent"}
    flat = [part for pair in (words | changed).items() for part in pair]
    sentence = refusal(shop.run("consent", "record", *flat))
    assert said in sentence
    assert CALLER not in sentence
    assert shop.rows(ConsentEntry) == []


def test_nobody_is_shown_where_nobody_is_known(shop: Shop, refusal: Refusal) -> None:
    sentence = refusal(shop.run("consent", "show", *PERSON))
    assert sentence == "Nobody with this number is known at the company."
