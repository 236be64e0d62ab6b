"""Diagnose: what a network has only accepted is asked about until it says so, or a week has passed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from testbed import TestHub

from hub.api import AuthError, Receipt, RetryLater
from hub.delivery.poll_receipts import diagnose
from hub.model import Delivery

Factory = Callable[..., TestHub]


@pytest.fixture
def accepted(hub: Factory) -> TestHub:
    """A hub with one item that the network has accepted a minute ago."""
    stage = hub()
    stage.call_in()
    stage.network.script = ["accepted"]
    stage.deliver()
    stage.clock.advance(minutes=1)
    return stage


def ask(stage: TestHub) -> dict[str, int]:
    return dict(diagnose(stage.hub, "network", jitter=lambda longest: longest))


def item(stage: TestHub) -> Delivery:
    return stage.one(Delivery, connector="network")


def test_an_accepted_item_is_asked_about_by_its_reference_and_its_destination(accepted: TestHub) -> None:
    before = item(accepted)
    assert ask(accepted) == {"delivered": 1}
    [[pending]] = accepted.network.polled
    assert (pending.key, pending.reference, pending.destination) == (before.item_key, "upload-1", {"action": 7})
    assert pending.accepted_at == before.accepted_at
    row = item(accepted)
    assert (row.state, row.finished_at) == ("delivered", accepted.clock())
    assert ask(accepted) == {}


def test_it_is_not_asked_about_before_its_time(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [lambda batch: [Receipt(key=batch[0].key, status="accepted", retry_after=900)]]
    stage.deliver()
    stage.clock.advance(seconds=899)
    assert ask(stage) == {}
    stage.clock.advance(seconds=1)
    assert ask(stage) == {"delivered": 1}


@pytest.mark.parametrize(
    ("receipt", "state", "code", "reason"),
    [
        ({"status": "delivered"}, "delivered", None, None),
        ({"status": "duplicate", "code": "DUP"}, "delivered", "DUP", None),
        ({"status": "rejected", "code": "NO", "reason": "No."}, "rejected", "NO", "No."),
        ({"status": "rejected"}, "rejected", None, "The provider gave no reason."),
        ({"status": "unmatched", "code": "NO_CLICK", "reason": "No click."}, "unmatched", "NO_CLICK", "No click."),
        ({"status": "accepted"}, "accepted", None, None),
        ({"status": "retry", "code": "LOST", "reason": "Lost."}, "ready", "LOST", "Lost."),
    ],
)
def test_each_diagnosis_ends_in_its_state(
    accepted: TestHub, receipt: dict[str, Any], state: str, code: str | None, reason: str | None
) -> None:
    accepted.network.poll_script = [lambda pending: [Receipt(key=pending[0].key, **receipt)]]
    assert ask(accepted) == {state: 1}
    row = item(accepted)
    assert (row.state, row.code, row.reason) == (state, code, reason)
    assert (row.finished_at is None) == (state in ("accepted", "ready"))


def test_what_the_network_lost_is_sent_again_under_the_same_key(accepted: TestHub) -> None:
    accepted.network.poll_script = ["retry"]
    ask(accepted)
    accepted.clock.advance(days=1)
    assert accepted.deliver() == {"delivered": 1}
    first, second = accepted.network.uploaded
    assert first.key == second.key


def test_the_longer_it_takes_the_rarer_it_is_asked_about_up_to_an_hour(accepted: TestHub) -> None:
    waits = []
    for _ in range(12):
        accepted.network.poll_script = ["accepted"]
        ask(accepted)
        waits.append((item(accepted).due_at - accepted.clock()).total_seconds())
        accepted.clock.now = item(accepted).due_at
    assert waits == sorted(waits) and waits[0] == 60 and waits[-1] == 3_600


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize("after", [float("inf"), float("nan"), -5.0, 1e12])
def test_a_senseless_wait_does_no_harm(accepted: TestHub, after: float) -> None:
    accepted.network.poll_script = [lambda pending: [Receipt(key=pending[0].key, status="accepted", retry_after=after)]]
    ask(accepted)
    assert accepted.clock() < item(accepted).due_at <= accepted.clock() + timedelta(hours=1)


def test_an_item_that_is_not_mentioned_stays_accepted(accepted: TestHub) -> None:
    accepted.network.poll_script = [[]]
    assert ask(accepted) == {"accepted": 1}


def test_after_a_week_without_a_word_it_is_given_up(accepted: TestHub) -> None:
    accepted.clock.advance(days=7)
    accepted.network.poll_script = ["accepted"]
    assert ask(accepted) == {"dead": 1}
    row = item(accepted)
    assert row.code == "no_diagnostics" and "7 days" in (row.reason or "")


@pytest.mark.parametrize("trouble", [RetryLater("busy"), AuthError("refused")])
def test_trouble_changes_nothing(accepted: TestHub, trouble: Exception) -> None:
    before = item(accepted)
    accepted.network.poll_script = [trouble]
    with pytest.raises(type(trouble)):
        ask(accepted)
    assert item(accepted) == before
