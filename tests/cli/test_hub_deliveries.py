"""`hub deliveries`: what went, why it did not, and another try; `hub sync`: now, or only a look."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from decimal import Decimal

import pytest
from cli_shop import CALLER, Shop
from rich.text import Text
from sqlmodel import update
from typer.testing import Result

from hub.model import Attempt, ConsentDecision, ConversionRow, Delivery, SyncSlot
from hub.platform.clock import utc_now
from hub.store.claims import claim
from hub.store.engine import Store
from hub.store.rows import write_slot

Refusal = Callable[[Result], str]


def test_deliveries_are_counted_by_destination_state_and_code(shop: Shop) -> None:
    shop.configure(action=8)
    shop.play({}, {"tracking_number": "+13125550120", "caller_number": "+13125550143"})
    shop.configure(action=7)
    shop.play({"tracking_number": "+13125550120"})
    told = shop.json("deliveries", "list")
    assert told["counts"] == [
        {"connector": "ads", "state": "delivered", "code": None, "count": 1},
        {"connector": "ads", "state": "rejected", "code": "BAD_ACTION", "count": 2},
    ]
    assert [row["state"] for row in told["deliveries"]] == ["delivered", "rejected", "rejected"]
    shown = shop.run("deliveries", "list").stdout
    assert "There is no such action." in shown
    assert all(row["id"][-8:] in shown for row in told["deliveries"])


def test_a_narrow_terminal_gets_a_table_of_what_fits_with_its_ids_in_one_piece(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.play()
    (row,) = shop.rows(Delivery)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    lines = Text.from_ansi(shop.run("deliveries", "list").stdout).plain.splitlines()
    (line,) = [each for each in lines if each.startswith(row.id[-8:])]
    assert "ads" in line and "delivered" in line
    assert all(len(line) <= 80 for line in lines)


def test_deliveries_are_filtered(shop: Shop, refusal: Refusal) -> None:
    shop.play()
    assert len(shop.json("deliveries", "list", "--state", "delivered", "--since", "2h")["deliveries"]) == 1
    assert shop.json("deliveries", "list", "--since", "30 minutes")["deliveries"] == []
    assert shop.json("deliveries", "list", "--connector", "elsewhere")["counts"] == []
    assert "No deliveries match." in shop.run("deliveries", "list", "--state", "dead").stdout
    [row] = shop.json("deliveries", "list", "--rule", "answered call", "--code", "none", "--until", "today")[
        "deliveries"
    ]
    assert shop.json("deliveries", "list", "--call", row["subject"][-8:])["deliveries"] == [row]
    for option, value in (("--rule", "another"), ("--code", "BAD_ACTION"), ("--state", "open"), ("--until", "2h")):
        assert shop.json("deliveries", "list", option, value) == {"counts": [], "deliveries": []}
    assert "cannot be used here" in refusal(shop.run("deliveries", "list", "--state", "gone"))
    assert "is not a time" in refusal(shop.run("deliveries", "list", "--since", "soon"))


def test_why_tells_conversion_consent_tries_and_the_providers_words(shop: Shop) -> None:
    shop.configure(action=8)
    shop.play(visit={})
    (row,) = shop.rows(Delivery)
    shown = shop.run("deliveries", "why", row.id).stdout
    for part in ("answered call, 40 USD", "and the person's word says allow", "try 1", "BAD_ACTION There is no such action.",
                 "Adco Inc. got", f"hub call {row.subject_id}"):  # fmt: skip
        assert part in shown
    for part in (row.item_key, row.item_key[:10], row.id[-8:]):
        assert shop.json("deliveries", "why", part)[0]["id"] == row.id
    assert CALLER not in shown


def test_why_names_the_rule_that_withheld_it(shop: Shop) -> None:
    shop.play(visit={"gpc": True})
    (told,) = shop.json("deliveries", "why", shop.rows(Delivery)[0].id)
    assert (told["state"], told["code"], told["attempts"]) == ("held", "signals.gpc", 0)
    assert told["next_at"] is None


def test_why_says_when_the_next_try_is_due(shop: Shop) -> None:
    shop.configure(account="busy")
    shop.play()
    (row,) = shop.rows(Delivery)
    (told,) = shop.json("deliveries", "why", row.id)
    assert (told["state"], told["reason"]) == ("ready", "Adco is busy.")
    assert told["next_at"] == row.due_at.isoformat()
    assert "goes at the first sync after" in shop.run("deliveries", "why", row.id).stdout


def test_what_a_network_counts_differently_is_listed_by_rule_with_both_values(shop: Shop) -> None:
    shop.play()
    assert "The networks count what the hub counts." in shop.run("deliveries", "drift").stdout
    with closing(Store(shop.database)) as store, store.writing() as session:
        session.exec(update(ConversionRow).values(amount=Decimal(55), revision=2))
    [told] = shop.json("deliveries", "drift")
    assert (told["rule"], told["count"], told["retracted"]) == ("answered call", 1, False)
    assert (Decimal(told["here"]["USD"]), Decimal(told["there"]["USD"])) == (55, 40)
    assert "did not take the change" in shop.run("deliveries", "drift", "--connector", "ads").stdout


def test_a_replay_only_shows_what_it_would_do(shop: Shop) -> None:
    shop.configure(action=8)
    shop.play()
    result = shop.run("deliveries", "replay", "--state", "rejected")
    assert result.exit_code == 0
    assert "Nothing was changed." in result.stdout
    assert shop.rows(Delivery)[0].state == "rejected"
    assert shop.audited() == []


def test_a_replayed_delivery_goes_again_under_the_same_key_and_keeps_its_tries(shop: Shop) -> None:
    shop.configure(action=8)
    shop.play()
    (before,) = shop.rows(Delivery)
    result = shop.run("deliveries", "replay", before.item_key, "--yes")
    assert "1 will be tried again" in result.stdout
    (ready,) = shop.rows(Delivery)
    assert (ready.state, ready.attempts, ready.code, ready.finished_at) == ("ready", 0, None, None)
    assert shop.audited() == [("deliveries.replay", before.item_key)]
    result = shop.run("sync", "ads")
    assert result.exit_code == 0
    (after,) = shop.rows(Delivery)
    assert (after.item_key, after.state, after.attempts) == (before.item_key, "rejected", 1)
    assert [row.result for row in shop.rows(Attempt)] == ["rejected", "rejected"]
    assert [row.moment for row in shop.rows(ConsentDecision)] == ["decide", "send", "send"]


def test_consent_is_asked_again_for_what_is_replayed(shop: Shop) -> None:
    person = ("--company", "north", "--phone", CALLER, "--use", "marketing.advertising", "--channel", "agent")
    shop.run("consent", "record", *person, "--state", "refused")
    shop.clock.now = utc_now() - timedelta(minutes=10)
    shop.play()
    (held,) = shop.rows(Delivery)
    assert (held.state, held.code) == ("held", "signals.refused")
    assert shop.run("deliveries", "replay", held.id, "--yes").exit_code == 0
    assert shop.run("sync", "ads").exit_code == 0
    assert shop.rows(Delivery)[0].state == "held"
    asked_again = "They called from the number and asked for it."
    assert shop.run("consent", "record", *person, "--state", "given", "--evidence", asked_again).exit_code == 0
    assert shop.run("deliveries", "replay", "--connector", "ads", "--yes").exit_code == 0
    assert shop.run("sync", "ads").exit_code == 0
    assert shop.rows(Delivery)[0].state == "delivered"


def test_what_was_delivered_is_never_replayed(shop: Shop, refusal: Refusal) -> None:
    shop.play()
    (row,) = shop.rows(Delivery)
    assert "there is nothing to do" in shop.run("deliveries", "replay", row.id, "--yes").stdout
    assert shop.rows(Delivery)[0].state == "delivered"
    assert "choose one of dead" in refusal(shop.run("deliveries", "replay", "--state", "delivered", "--yes"))
    assert "Choose deliveries" in refusal(shop.run("deliveries", "replay", "--yes"))


def test_a_sync_runs_now_and_tells_what_it_did(shop: Shop) -> None:
    shop.play(send=False)
    told = shop.json("sync", "ads")
    assert told == {"connector": "ads", "counts": {"conversions": {"delivered": 1}}, "troubles": [], "paused": False}
    assert "nothing was due" in shop.run("sync", "ads").stdout


def test_a_connector_that_another_process_is_syncing_is_not_synced_a_second_time(shop: Shop, refusal: Refusal) -> None:
    with shop.opened() as opened:
        write_slot(opened.hub.store, "ads", utc_now(), "schedule")
        claim(opened.hub.store, SyncSlot, now=utc_now(), limit=1)
    assert "Another process is syncing ads" in refusal(shop.run("sync", "ads"))
    assert "nothing was due" in shop.run("sync", "places").stdout


@pytest.mark.parametrize(("account", "paused"), [("busy", False), ("locked", True)])
def test_a_sync_with_trouble_ends_with_1(shop: Shop, account: str, paused: bool) -> None:
    shop.configure(account=account)
    shop.play(send=False)
    result = shop.run("sync", "ads")
    assert result.exit_code == 1
    assert f"Adco {'refuses' if paused else 'is busy'}" in result.stdout
    assert ("hub connectors resume ads" in result.stdout) is paused


def test_an_unknown_connector_is_one_sentence_with_the_nearest(shop: Shop, refusal: Refusal) -> None:
    assert "did you mean 'ads'?" in refusal(shop.run("sync", "adds"))


def test_a_dry_run_shows_each_item_with_consent_and_the_providers_word(shop: Shop) -> None:
    shop.configure(action=8)
    shop.play(send=False)
    before = shop.rows(Delivery)
    told = shop.json("sync", "ads", "--dry-run", status=1)
    (item,) = told["items"]
    assert (item["verdict"], item["rule"], item["status"]) == ("allow", "signals.no_objection", "rejected")
    assert (item["code"], item["amount"]) == ("BAD_ACTION", "40.0000")
    shown = shop.run("sync", "ads", "--dry-run")
    assert "There is no such action." in shown.stdout
    assert shop.rows(Delivery) == before
    assert shop.rows(Attempt) == []


def test_a_dry_run_shows_what_consent_would_withhold(shop: Shop) -> None:
    shop.play(send=False)
    said = ("--company", "north", "--phone", CALLER, "--state", "withdrawn")
    shop.run("consent", "record", *said, "--use", "marketing.advertising", "--channel", "agent")
    assert (shop.rows(Delivery)[0].state, shop.rows(Delivery)[0].code) == ("held", "consent.withdrawn")
    shop.run("deliveries", "replay", shop.rows(Delivery)[0].id, "--yes")
    told = shop.json("sync", "ads", "--dry-run")
    (item,) = told["items"]
    assert (item["verdict"], item["would_be_sent"], item["status"]) == ("deny", False, "held")
    assert "signals.withdrawn" in shop.run("sync", "ads", "--dry-run").stdout
    assert shop.rows(Delivery)[0].state == "ready"


def test_a_dry_run_of_what_delivers_nothing_is_refused(shop: Shop, refusal: Refusal) -> None:
    assert "nothing to preview" in refusal(shop.run("sync", "places", "--dry-run"))
