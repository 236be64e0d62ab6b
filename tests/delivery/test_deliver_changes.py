"""Deliver: changes go out in order, consent is asked again, and a late worker overwrites nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from testbed import TestHub

from hub.api import Conversion, Money, Receipt
from hub.delivery.deliver import deliver
from hub.model import Attempt, ConsentDecision, ConversionRow, Delivery, Disclosure, Person
from hub.model.columns import new_id
from hub.store.claims import claim

Factory = Callable[..., TestHub]
SECOND = timedelta(seconds=1)


# Changes of what was sent


def change(stage: TestHub, kind: str, amount: str | None = None) -> Delivery:
    """A restatement or retraction of the only conversion, as outcomes write it."""
    row = stage.one(ConversionRow)
    delivery = Delivery(
        connector="network",
        hook="upload_conversions",
        dedup_key=f"{row.key}:{kind}:{new_id()}",
        item_key=row.key,
        kind=kind,
        conversion_id=row.id,
        subject_id=row.subject_id,
        amount=Decimal(amount) if amount else None,
        currency="USD" if amount else None,
        destination={"action": 7},
        due_at=stage.clock(),
        made_at=stage.clock(),
    )
    stage.add(delivery)
    return delivery


def test_changes_go_out_one_after_the_other_behind_the_original(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    change(stage, "restate", "55")
    change(stage, "retract")
    stage.deliver()
    for _ in range(3):
        stage.clock.advance(seconds=30)
        stage.deliver()
    sent = stage.network.uploaded
    assert [each.kind for each in sent] == ["new", "restate", "retract"]
    assert len({each.key for each in sent}) == 1 and len({each.occurred_at for each in sent}) == 1
    assert sent[1].value == Money(Decimal(55), "USD") and sent[1].changed_at is not None
    assert all(len(batch) == 1 for batch in stage.network.batches)


def test_a_change_waits_while_the_original_awaits_its_diagnostics(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = ["accepted"]
    stage.deliver()
    change(stage, "restate", "55")
    assert stage.deliver() == {"ready": 1}
    assert len(stage.network.uploaded) == 1
    assert stage.delivery(kind="restate").attempts == 0, "waiting costs no try"


def test_a_change_of_what_never_arrived_is_not_sent(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = ["rejected"]
    stage.deliver()
    change(stage, "restate", "55")
    assert stage.deliver() == {"rejected": 1}
    row = stage.delivery(kind="restate")
    assert row.code == "original_not_delivered" and "ended as rejected" in (row.reason or "")
    assert row.attempts == 0 and stage.rows(Attempt, delivery_id=row.id) == [], "what was not sent was not tried"
    assert len(stage.network.uploaded) == 1


# Consent, again


def refuse(stage: TestHub, use: str = "marketing") -> None:
    """The only person says no."""
    stage.say(stage.one(Person), "refused", use, "web")


def test_an_opt_out_between_decision_and_upload_holds_the_item(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    assert stage.delivery().state == "ready"
    refuse(stage)
    assert stage.deliver() == {"held": 1}
    row = stage.delivery()
    assert (row.state, row.code, row.reason) == ("held", "paper.refused", "The person said no.")
    assert stage.network.batches == [] and stage.rows(Disclosure, connector="network") == []
    decision = stage.one(ConsentDecision, id=row.decision_id)
    assert (decision.moment, decision.verdict) == ("send", "deny"), "the item names the decision that holds it"


def test_an_opt_out_before_a_retry_holds_the_item(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = ["retry"]
    stage.deliver()
    refuse(stage)
    stage.clock.advance(days=1)
    assert stage.deliver() == {"held": 1}
    assert len(stage.network.batches) == 1


def test_only_the_persons_own_yes_is_told_to_the_network_as_a_yes(hub: Factory) -> None:
    stage = hub()
    stage.call_in(stage.visit(consent={"ads": "granted"}).number, "+13125550144")
    stage.call_in(stage.visit().number, "+13125550145")
    stage.deliver()
    assert [each.ad_user_data for each in stage.network.uploaded] == ["granted", "unknown"]


# Leases


def test_a_late_worker_cannot_overwrite_what_another_has_done(hub: Factory) -> None:
    stage = hub()
    stage.call_in()

    def slow(batch: list[Conversion]) -> list[Receipt]:
        # While this worker hangs beyond its lease, another one takes the item and delivers it.
        stage.clock.advance(minutes=5)
        stage.network.script = []
        assert stage.deliver() == {"delivered": 1}
        return [Receipt(key=batch[0].key, status="rejected", code="LATE", reason="Late.")]

    stage.network.script = [slow]
    stage.deliver()
    row = stage.delivery()
    assert (row.state, row.code, row.reason) == ("delivered", None, None)
    assert {attempt.result for attempt in stage.rows(Attempt)} == {"delivered", "rejected"}, "both tries are kept"


def test_after_a_crash_the_item_is_sent_again_under_the_same_key(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    claim(stage.hub.store, Delivery, now=stage.clock(), limit=10, counting=False)  # a worker claims it and dies
    assert stage.deliver() == {}
    stage.clock.advance(seconds=21)
    assert stage.deliver() == {"delivered": 1}
    assert stage.network.uploaded[0].key == stage.one(ConversionRow).key
    assert stage.delivery().attempts == stage.one(Attempt).number == 1


def test_a_try_of_a_worker_that_dies_while_it_sends_is_counted_and_kept(hub: Factory) -> None:
    stage = hub()
    stage.call_in()

    def die(longest: float) -> float:
        """The plugin has failed, and the worker ends before it writes down when to try again."""
        assert stage.delivery().attempts == len(stage.rows(Attempt)) == 1
        raise KeyboardInterrupt

    stage.network.script = [ConnectionError("no route")]
    with pytest.raises(KeyboardInterrupt):
        deliver(stage.hub, stage.directory, "network", "upload_conversions", jitter=die)
    stage.clock.advance(seconds=21)
    assert stage.deliver() == {"delivered": 1}
    assert [(attempt.number, attempt.result) for attempt in stage.rows(Attempt)] == [(1, "unknown"), (2, "delivered")]
    assert stage.delivery().attempts == 2


def test_a_try_is_written_down_before_anything_is_sent(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    seen: list[str] = []

    def look(batch: list[Conversion]) -> list[Receipt]:
        seen.extend(attempt.result for attempt in stage.rows(Attempt))
        return [Receipt(key=batch[0].key, status="delivered")]

    stage.network.script = [look]
    stage.deliver()
    assert seen == ["unknown"]


def test_an_item_whose_call_is_gone_is_dead_and_harms_no_other(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    now = stage.clock()
    stage.add(
        Delivery(
            connector="network", hook="upload_conversions", dedup_key="x", item_key="x", subject_id="gone",
            due_at=now, made_at=now,
        )
    )  # fmt: skip
    assert stage.deliver() == {"delivered": 1, "dead": 1}
