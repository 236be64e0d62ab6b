"""`hub inbox`: what came in, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable

from cli_shop import Shop
from typer.testing import Result

Refusal = Callable[[Result], str]


def test_a_webhook_that_nobody_can_read_is_listed_with_the_reason(shop: Shop) -> None:
    shop.play()
    shop.park()
    told = shop.json("inbox", "list")
    assert told["counts"]["parked"] == 1
    assert told["counts"]["done"] == 6
    (row,) = told["webhooks"]
    assert (row["connector"], row["reason"]) == ("phone", "CallStatus is not a call status.")
    shown = shop.run("inbox", "list").stdout
    assert row["id"][-8:] in shown
    assert "CallStatus is not a call status." in shown


def test_webhooks_in_another_state_can_be_listed(shop: Shop, refusal: Refusal) -> None:
    shop.play()
    assert len(shop.json("inbox", "list", "--state", "done", "--limit", "2")["webhooks"]) == 2
    assert "choose one of ready" in refusal(shop.run("inbox", "list", "--state", "lost"))


def test_a_parked_webhook_is_read_again_after_a_replay(shop: Shop) -> None:
    shop.park()
    (row,) = shop.json("inbox", "list")["webhooks"]
    result = shop.run("inbox", "replay", row["id"][-8:])
    assert result.exit_code == 0
    assert "1 parked webhook will be read again" in result.stdout
    assert shop.json("inbox", "list")["counts"] == {"ready": 1}
    assert shop.audited() == [("inbox.replay", row["id"])]
    shop.clock.advance(hours=2)
    with shop.opened() as opened:
        shop.work(opened)
    assert shop.json("inbox", "list")["counts"] == {"parked": 1}


def test_all_parked_webhooks_are_replayed_at_once_and_nothing_else(shop: Shop) -> None:
    shop.play()
    shop.park()
    assert "1 parked webhook will" in shop.run("inbox", "replay", "--all").stdout
    assert shop.json("inbox", "list")["counts"] == {"done": 6, "ready": 1}
    assert "0 parked webhooks will" in shop.run("inbox", "replay", "--all").stdout


def test_a_replay_of_what_is_not_parked_says_so(shop: Shop, refusal: Refusal) -> None:
    result = shop.run("inbox", "replay", "nothing-of-ours")
    assert result.exit_code == 1
    assert "Not parked: 1 of the ids" in result.stdout
    assert "--all" in refusal(shop.run("inbox", "replay"))
    assert shop.audited() == []
