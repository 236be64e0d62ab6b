"""`hub calls`: who waits for a call back, and a call back; through Twilio's stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from cli_shop import CALLER, Shop
from typer.testing import Result

from hub.contracts.sandbox import SimulatedCall
from hub.delivery.place_calls import place_calls
from hub.flow.inbox import fold_inbox
from hub.flow.pipeline import process
from hub.model import AuditEntry, Call, OutgoingCall
from hub.platform.clock import utc_now

Refusal = Callable[[Result], str]
PRINT = "+13125550120"
AGENT = "+13125550191"


def miss_a_call(shop: Shop) -> Call:
    """Somebody called and nobody picked up."""
    shop.clock.now = utc_now()
    with shop.opened() as opened:
        call = SimulatedCall(
            caller_number=CALLER,
            tracking_number=PRINT,
            answering_number="+13125550190",
            started_at=utc_now() - timedelta(minutes=20),
            outcome="abandoned",
        )
        requests = [request for _, request in shop.carrier.webhooks(call, shop.address(opened.hub))]
        shop.receive(opened, requests)
        fold_inbox(opened.hub, opened.directory.current())
        process(opened.hub, opened.directory.current(), Call)
    (row,) = shop.rows(Call)
    return row


def place(shop: Shop) -> None:
    """The worker places what is queued."""
    shop.clock.now = utc_now() + timedelta(seconds=1)
    with shop.opened() as opened:
        place_calls(opened.hub, opened.directory.current(), "phone")


def test_a_missed_caller_is_listed_called_back_through_twilio_and_no_longer_listed(shop: Shop) -> None:
    missed = miss_a_call(shop)
    shop.run("users", "add", "anna", "--role", "receptionist", "--phone", AGENT)
    (waiting,) = json.loads(shop.run("calls", "missed", "--user", "anna", "--json").stdout)
    assert (waiting["call"], waiting["missed"]) == (missed.id, 1) and CALLER not in str(waiting)
    assert "Queued as" in shop.run("calls", "back", missed.id, "--user", "anna").stdout
    place(shop)
    (placed,) = shop.carrier.placed_calls()
    assert (placed["user_number"], placed["person_number"]) == (AGENT, CALLER)
    assert (placed["caller_id"], placed["person_caller_id"]) == (PRINT, PRINT)
    with shop.opened() as opened:
        shop.receive(opened, list(shop.carrier.play_call_back(placed["reference"], "answered")))
        shop.clock.now += timedelta(minutes=3)
        fold_inbox(opened.hub, opened.directory.current())
    (row,) = shop.rows(OutgoingCall)
    assert (row.status, row.duration, row.carrier_call_id) == ("completed", 60, placed["reference"])
    assert len(shop.rows(Call)) == 1, "our own call is no call that came in"
    assert json.loads(shop.run("calls", "missed", "--user", "anna", "--json").stdout) == []
    story = shop.run("call", missed.id).stdout
    assert "anna calls back" in story and "they spoke for 60 s" in story and CALLER not in story
    (entry,) = [each for each in shop.rows(AuditEntry) if each.action == "calls.back"]
    assert (entry.subject, entry.detail) == (missed.id, row.id)


def test_a_caller_called_from_an_own_phone_waits_no_longer_and_that_can_be_taken_back(
    shop: Shop, refusal: Refusal
) -> None:
    missed = miss_a_call(shop)
    shop.run("users", "add", "anna", "--role", "receptionist")
    shop.run("users", "add", "mark", "--role", "marketer")
    assert "may not do that" in refusal(shop.run("calls", "called-back", missed.id, "--user", "mark"))
    assert "take it back" in shop.run("calls", "called-back", missed.id, "--user", "anna").stdout
    (row,) = shop.rows(OutgoingCall)
    assert row.is_by_hand and json.loads(shop.run("calls", "missed", "--user", "anna", "--json").stdout) == []
    undo = ("calls", "called-back", missed.id, "--user", "anna", "--undo", row.id)
    assert "waits for a call back again" in shop.run(*undo).stdout
    assert len(json.loads(shop.run("calls", "missed", "--user", "anna", "--json").stdout)) == 1
    assert "no call back of yours" in refusal(shop.run(*undo))
    noted = [(each.action, each.subject, each.detail) for each in shop.rows(AuditEntry) if each.subject == missed.id]
    assert noted == [("calls.back_by_hand", missed.id, row.id), ("calls.back_undone", missed.id, row.id)]


def test_who_may_not_call_back_or_has_no_phone_is_told_so(shop: Shop, refusal: Refusal) -> None:
    missed = miss_a_call(shop)
    shop.run("users", "add", "mark", "--role", "marketer")
    assert "may not do that" in refusal(shop.run("calls", "back", missed.id, "--user", "mark"))
    shop.run("users", "add", "olga", "--role", "owner")
    assert "which phone is yours" in refusal(shop.run("calls", "back", missed.id, "--user", "olga"))
    assert shop.run("calls", "back", missed.id, "--user", "olga", "--phone", AGENT).exit_code == 0
