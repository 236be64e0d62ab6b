"""`hub calls list`, `hub leads` and `hub visits`: what came in, with filters; and ids that need not be typed in full."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from cli_shop import CALLER, Shop
from shop_copies import once
from typer.testing import Result

from hub.model import Call, Visit

Refusal = Callable[[Result], str]
PRINT = "+13125550120"
OTHER = "+13125550148"


@pytest.fixture
def filled(shop: Shop) -> Shop:
    """A shop with a visitor who called and was answered, a missed call to the printed number, and a voicemail."""
    fill(shop)
    return shop


@once
def fill(shop: Shop) -> None:
    shop.play(
        {},
        {"tracking_number": PRINT, "caller_number": OTHER, "outcome": "abandoned"},
        {"tracking_number": PRINT, "caller_number": OTHER, "outcome": "voicemail"},
        visit={},
        send=False,
    )
    shop.run("users", "add", "anna", "--role", "owner")
    shop.run("users", "add", "bob", "--role", "agent", "--phone", "+13125550191")


def ids(shop: Shop, *words: str) -> list[str]:
    """The ids that a list prints as JSON, in its order."""
    return [each["id"] for each in shop.json("calls", "list", *words)["calls"]]


def test_calls_are_listed_by_each_filter_page_by_page_and_masked(filled: Shop, refusal: Refusal) -> None:
    answered, missed, voicemail = (
        next(row.id for row in filled.rows(Call) if check(row))
        for check in (
            lambda row: row.answered_at is not None,
            lambda row: row.answered_at is None and not row.voicemail,
            lambda row: row.voicemail,
        )
    )
    everything = ids(filled)
    assert sorted(everything) == sorted([answered, missed, voicemail])
    assert ids(filled, "--status", "answered") == [answered]
    assert ids(filled, "--status", "voicemail") == [voicemail]
    assert sorted(ids(filled, "--status", "unanswered")) == sorted([missed, voicemail])
    filled.run("calls", "spam", missed, "--user", "anna")
    assert ids(filled, "--spam", "yes") == [missed] and ids(filled, "--spam", "all") == everything
    assert ids(filled, "--spam", "no") == [each for each in everything if each != missed]
    assert "spam" in filled.run("calls", "--spam", "yes").stdout
    assert ids(filled, "--tracker", "north/pool") == ids(filled, "--source", "google / cpc") == [answered]
    assert ids(filled, "--search", CALLER) == [answered] and ids(filled, "--since", "2030-01-01") == []
    assert ids(filled, "--since", "7d", "--until", "today") == everything == ids(filled, "--user", "anna")
    assert ids(filled, "--signal", "booked") == [], "no transcript was read"
    filled.run("users", "add", "mia", "--role", "marketer")
    assert "may not filter by signal" in refusal(filled.run("calls", "list", "--signal", "booked", "--user", "mia"))
    assert ids(filled, "--user", "bob") == [], "an agent sees the calls that the agent answered"
    first = filled.json("calls", "list", "--limit", "2")
    assert ids(filled, "--limit", "2", "--after", first["next"][-8:]) == everything[2:]
    printed = filled.run("calls").stdout
    assert answered[-8:] in printed and "…47" in printed and CALLER not in printed
    assert filled.run("calls", "--status", "answered").stdout.count("google / cpc") == 1
    in_full = filled.run("calls", "list", "--show-personal").stdout
    assert CALLER in in_full and [each for each, _ in filled.audited()].count("calls.show_personal") == 1
    rows = list(csv.DictReader(io.StringIO(filled.run("calls", "list", "--csv").stdout)))
    assert [row["id"] for row in rows] == everything and {row["company"] for row in rows} == {"north"}
    assert "choose one of" in refusal(filled.run("calls", "list", "--status", "mised"))
    assert "choose one of yes, no, all" in refusal(filled.run("calls", "list", "--spam", "maybe"))
    assert "not a time" in refusal(filled.run("calls", "list", "--since", "soon"))
    assert "'north'" in refusal(filled.run("calls", "list", "--company", "nort"))


def test_what_is_marked_is_listed_as_a_lead_and_visits_say_who_called(filled: Shop) -> None:
    answered = next(row.id for row in filled.rows(Call) if row.answered_at is not None)
    assert "Nothing matches" in filled.run("leads").stdout
    assert (
        filled.run("calls", "mark", answered[-8:], "--user", "anna", "--lead", "booked", "--value", "240").exit_code
        == 0
    )
    (lead,) = filled.json("leads")["leads"]
    assert (lead["id"], lead["lead"], lead["value"]) == (answered, "booked", "240.00")
    assert filled.json("leads", "--status", "new")["leads"] == []
    assert answered not in ids(filled, "--lead", "none")
    (visit,) = filled.json("visits")["visits"]
    assert (visit["called"], visit["number"], visit["tracker"]) == (True, "+13125550100", "pool")
    assert visit["click_ids"] == ["gclid"] and "Cj0KEQ" not in str(visit)
    assert filled.json("visits", "--status", "silent")["visits"] == []
    assert filled.json("visits", "--source", "google", "--search", "north.example")["visits"] == [visit]
    assert filled.json("visits", "--after", filled.rows(Visit)[0].id[-8:])["visits"] == []


def test_an_id_may_be_shortened_and_one_that_several_share_is_refused_with_the_candidates(
    filled: Shop, refusal: Refusal
) -> None:
    rows = sorted(row.id for row in filled.rows(Call))
    assert rows[0] in filled.run("call", rows[0][-8:]).stdout
    said = refusal(filled.run("call", rows[0][:6]))
    assert "give more of it" in said and all(each in said for each in rows)
