"""Replay with fresh data: the present destination and value go out under the same key, and nothing counts twice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from fake_connectors import FakeNetwork
from testbed import CONNECTORS, EVERY_CALL, TestHub

from hub.api import Money, Receipt
from hub.delivery.replay_fresh import FreshPayload, fresh_payload, replay_all_fresh, replay_fresh
from hub.errors import CannotDo
from hub.model import AuditEntry, ConversionRow, Delivery, Person

Factory = Callable[..., TestHub]
DEARER: dict[str, Any] = {**EVERY_CALL, "value": "55 USD"}
ELSEWHERE: dict[str, Any] = {**EVERY_CALL, "send_to": {"network": {"action": 9}}}


class SteadyNetwork(FakeNetwork):
    """A network that cannot change what it has."""

    manifest = FakeNetwork.manifest.model_copy(update={"abilities": ()})


def replay(stage: TestHub, row: Delivery | None = None) -> FreshPayload:
    wanted = row or stage.delivery()
    with stage.hub.store.writing() as session:
        return replay_fresh(stage.hub, session, stage.directory, wanted.id, actor="dana")


def refused(stage: TestHub, row: Delivery | None = None) -> str:
    with pytest.raises(CannotDo) as error:
        replay(stage, row)
    return str(error.value)


def call_with(stage: TestHub, *answers: Any) -> None:
    """A call whose conversion the network answers in this way."""
    stage.call_in()
    stage.network.script = list(answers)
    stage.deliver()
    stage.clock.advance(minutes=1)


def test_what_the_network_refused_goes_to_the_present_destination_with_the_present_value(hub: Factory) -> None:
    old = hub()
    call_with(old, "rejected")
    stage = hub(conversions=[{**DEARER, **{"send_to": ELSEWHERE["send_to"]}}])
    assert replay(stage).step == "rebuilt"
    assert stage.deliver() == {"delivered": 1}
    again = stage.network.uploaded[-1]
    assert (again.value, again.destination, again.kind) == (Money(Decimal(55), "USD"), {"action": 9}, "new")
    assert again.key == old.network.uploaded[0].key
    assert stage.one(ConversionRow).amount == Decimal(55), "reports show the value that was sent"
    assert [row.action for row in stage.rows(AuditEntry, actor="dana")] == [
        "deliveries.replay",
        "deliveries.replay_fresh",
    ]


def test_what_the_network_has_is_restated_behind_it(hub: Factory) -> None:
    call_with(hub())
    stage = hub(conversions=[DEARER])
    assert replay(stage).step == "restated"
    assert stage.deliver() == {"delivered": 1}
    sent = stage.network.uploaded[-1]
    assert (sent.kind, sent.value) == ("restate", Money(Decimal(55), "USD"))
    assert refused(stage, stage.delivery(kind="new")).startswith("Paper Network has exactly this already")


def test_a_network_that_cannot_restate_gets_no_second_value(hub: Factory) -> None:
    call_with(hub())
    stage = hub(conversions=[DEARER], connectors={**CONNECTORS, "network": SteadyNetwork})
    assert refused(stage) == "Paper Network cannot change the value of a conversion that it has or may have."
    assert stage.deliver() == {}


def test_what_counts_under_one_destination_is_not_sent_to_another(hub: Factory) -> None:
    call_with(hub())
    stage = hub(conversions=[ELSEWHERE])
    assert "under the new one it would count twice" in refused(stage)


def gave_up(hub: Factory) -> None:
    """A conversion whose uploads were lost until the hub gave up: nobody knows whether the network counts it."""
    stage = hub()
    stage.call_in()
    stage.network.script = ["retry"] * 100
    while stage.delivery().state == "ready":
        stage.deliver()
        stage.clock.advance(days=2)
    assert stage.delivery().state == "dead"


def test_what_may_have_arrived_goes_again_as_it_was_and_its_new_value_behind_it(hub: Factory) -> None:
    gave_up(hub)
    stage = hub(conversions=[DEARER])
    assert replay(stage).step == "repeated_and_restated"
    stage.network.script = [lambda batch: [Receipt(key=batch[0].key, status="duplicate")]]
    stage.deliver()
    stage.clock.advance(minutes=1)
    stage.deliver()
    assert [(each.kind, each.value) for each in stage.network.uploaded] == [
        ("new", Money(Decimal(40), "USD")),
        ("restate", Money(Decimal(55), "USD")),
    ]


def test_what_may_have_arrived_does_not_change_its_destination(hub: Factory) -> None:
    gave_up(hub)
    assert "may count it, under its former destination" in refused(hub(conversions=[ELSEWHERE]))


def test_what_consent_held_is_asked_about_again_before_it_goes(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.say(stage.one(Person), "refused", "marketing", "web")
    stage.deliver()
    assert stage.delivery().state == "held"
    dearer = hub(conversions=[DEARER])
    replay(dearer)
    assert dearer.deliver() == {"held": 1}
    assert dearer.delivery().code == "paper.refused" and dearer.network.batches == []


def test_a_replay_that_makes_no_sense_is_refused_with_the_reason(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    assert "still under way" in refused(stage)
    stage.network.script = ["rejected"]
    stage.deliver()
    assert "no rule 'every call' sends to Paper Network" in refused(hub(conversions=[]))
    answered = {**EVERY_CALL, "when": {"event": "call", "min_duration": "10m"}}
    assert "conditions of the rule 'every call' no longer hold" in refused(hub(conversions=[answered]))
    assert "log entry of a call is always built" in refused(stage, stage.delivery("crm"))
    taken_back = stage.one(ConversionRow)
    with stage.hub.store.writing() as session:
        session.get_one(ConversionRow, taken_back.id).retracted = True
    assert "was taken back" in refused(stage)


def test_several_are_replayed_and_each_refusal_is_counted(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.call_in(caller="+13125550143")
    stage.network.script = [
        lambda batch: [Receipt(key=each.key, status="rejected" if n else "delivered") for n, each in enumerate(batch)]
    ]
    stage.deliver()
    ids = [row.id for row in stage.rows(Delivery, connector="network")]
    with stage.hub.store.writing() as session:
        assert fresh_payload(stage.hub, session, stage.directory, stage.delivery(state="rejected")).step == "rebuilt"
        sent, reasons = replay_all_fresh(stage.hub, session, stage.directory, ids, actor="dana")
    assert sent == 1 and list(reasons.values()) == [1]
    assert stage.deliver() == {"delivered": 1}
