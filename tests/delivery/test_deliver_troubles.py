"""Deliver: whatever goes wrong, nothing is lost, and it is tried again as its schedule says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fake_connectors import FakeNetwork
from hypothesis import given
from hypothesis import strategies as st
from testbed import CONNECTORS, TestHub

from hub.api import AuthError, ConfigError, Conversion, Limits, NotSupported, Receipt, Rejected, RetryLater
from hub.errors import CircuitOpen, PluginFailure
from hub.model import Attempt, Delivery, Disclosure
from hub.numbers.directory import LiveDirectory
from hub.platform.backoff import DELAYS, MAX_RETRY_AFTER_SECONDS, full_jitter, next_try
from hub.proof.demo.past import PastWorker
from hub.startup.opening import Opened
from hub.testing import FrozenClock

Factory = Callable[..., TestHub]
SECOND = timedelta(seconds=1)


# Trouble of the whole batch


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        (RetryLater("busy"), RetryLater),
        (RetryLater("busy", after=600), RetryLater),
        (ValueError("a bug of the plugin"), PluginFailure),
        (None, PluginFailure),
        ([{"key": "no receipt"}], PluginFailure),
    ],
    ids=["busy", "busy-for-a-while", "crash", "nothing", "nonsense"],
)
def test_trouble_of_the_batch_is_told_and_its_items_are_tried_again(
    hub: Factory, trouble: Any, raised: type[Exception]
) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [(lambda _: trouble) if not isinstance(trouble, BaseException) else trouble]
    with pytest.raises(raised):
        stage.deliver()
    row = stage.delivery()
    assert row.state == "ready" and row.attempts == 1 and row.reason
    assert row.due_at == stage.clock() + (600 if getattr(trouble, "after", None) else DELAYS[1]) * SECOND
    assert stage.one(Attempt).result == "ready"
    assert len(stage.rows(Disclosure, connector="network")) == 1, "it may have arrived"


def test_trouble_leaves_the_batches_behind_it_untouched(hub: Factory) -> None:
    stage = hub()
    for index in range(5):
        stage.call_in(caller=f"+131255501{index:02}", process=False)
    stage.flow()
    stage.network.script = [RetryLater("busy")]
    with pytest.raises(RetryLater):
        stage.deliver()
    assert len(stage.network.batches) == 1
    assert [row.attempts for row in stage.rows(Delivery, connector="network")] == [1, 1, 1, 0, 0]


def test_a_refusal_of_the_batch_ends_its_items_and_the_next_batch_goes_on(hub: Factory) -> None:
    stage = hub()
    for index in range(4):
        stage.call_in(caller=f"+131255501{index:02}", process=False)
    stage.flow()
    stage.network.script = [Rejected("Unknown account.", code="NO_ACCOUNT")]
    assert stage.deliver() == {"rejected": 3, "delivered": 1}
    [row, *_] = stage.rows(Delivery, connector="network", state="rejected")
    assert (row.code, row.reason) == ("NO_ACCOUNT", "Unknown account.")


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize("trouble", [AuthError("refused"), ConfigError("wrong"), NotSupported("no")])
def test_what_a_person_must_mend_costs_no_try(hub: Factory, trouble: Exception) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [trouble]
    with pytest.raises(type(trouble)):
        stage.deliver()
    row = stage.delivery()
    assert (row.state, row.attempts, row.lease_token) == ("ready", 0, None)
    assert stage.one(Attempt).result == "untried"
    assert stage.rows(Disclosure, connector="network") == []
    assert stage.deliver() == {"delivered": 1}


def test_a_resting_connector_costs_no_try_and_is_asked_again_after_its_rest(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [RetryLater("down")] * 10
    for _ in range(10):
        stage.clock.advance(days=1)
        with pytest.raises(RetryLater):
            stage.deliver()
    stage.clock.advance(days=1)
    before = stage.delivery()
    with pytest.raises(CircuitOpen) as caught:
        stage.deliver()
    row = stage.delivery()
    assert row.attempts == before.attempts and row.state == "ready"
    assert row.due_at - stage.clock() == pytest.approx(timedelta(seconds=caught.value.after), abs=SECOND)
    assert len(stage.network.batches) == 10, "nothing was sent while it rests"


def test_the_demo_goes_on_while_a_connector_rests(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.call_in()
    stage.network.script = [RetryLater("The limit of this second is reached.")] * 10
    worker = PastWorker(cast(Opened, SimpleNamespace(hub=stage.hub, directory=LiveDirectory(stage.hub.store))))
    for _ in range(11):
        stage.clock.advance(days=1)
        worker.sync()
    assert len(stage.network.batches) == 10 and stage.delivery().state == "ready"


# The retry schedule


def test_an_item_is_given_up_after_the_whole_schedule(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.call_in()
    waits = []
    while stage.delivery().state == "ready":
        stage.network.script = ["retry"]
        before = stage.clock()
        stage.deliver()
        waits.append((stage.delivery().due_at - before).total_seconds())
        stage.clock.now = stage.delivery().due_at
        if len(waits) > 20:
            break
    row = stage.delivery()
    assert row.state == "dead" and row.reason == "Given up after 11 tries: no reason was given"
    assert row.attempts == len(DELAYS) == 11
    assert waits[:-1] == list(DELAYS[1:])
    assert [attempt.number for attempt in stage.rows(Attempt)] == list(range(1, 12))
    assert sum(DELAYS) > 86_400, "a provider may be down for a day"


@given(
    tries=st.integers(1, 30),
    retry_after=st.none() | st.floats(0, 1e9),
    age=st.floats(0, 200),
    max_age=st.none() | st.integers(1, 100),
    luck=st.floats(0, 1),
)
def test_the_next_try_is_never_early_never_after_the_age_limit_and_ends(
    tries: int, retry_after: float | None, age: float, max_age: int | None, luck: float
) -> None:
    now = FrozenClock()()
    born, limit = now - timedelta(days=age), timedelta(days=max_age) if max_age else None
    due = next_try(
        now, tries, retry_after=retry_after, event_time=born, max_age=limit, jitter=lambda longest: luck * longest
    )
    if tries >= len(DELAYS):
        assert due is None
        return
    asked = min(retry_after or 0.0, MAX_RETRY_AFTER_SECONDS)
    if due is None:
        assert limit is not None and now + max(DELAYS[tries], asked) * SECOND - born > limit
        return
    wait = (due - now).total_seconds()
    assert wait >= asked - 1e-6 and wait <= max(DELAYS[tries], asked) + 1e-6
    assert limit is None or due - born <= limit


@given(longest=st.floats(0, 86_400))
def test_full_jitter_lies_between_nothing_and_the_whole_delay(longest: float) -> None:
    assert 0 <= full_jitter(longest) <= longest


def test_a_conversion_ahead_of_the_clock_waits_for_its_time_and_costs_no_try(lite_hub: Factory) -> None:
    stage = lite_hub()
    call = stage.call_in(at=stage.clock() + timedelta(hours=1))
    assert stage.deliver() == {"ready": 1}
    row = stage.delivery()
    assert (row.code, row.attempts, row.due_at >= call.started_at) == ("ahead_of_clock", 0, True)
    assert stage.network.batches == []
    stage.clock.advance(hours=2)
    assert stage.deliver() == {"delivered": 1}


def test_a_clock_that_is_set_back_while_a_conversion_is_sent_makes_no_verdict_final(lite_hub: Factory) -> None:
    stage = lite_hub()
    call = stage.call_in()
    stage.clock.advance(minutes=2)

    def refuses_the_future(conversions: Sequence[Conversion]) -> str:
        stage.clock.advance(hours=-1)
        assert all(each.occurred_at > stage.clock() for each in conversions)
        return "rejected"

    stage.network.script = [refuses_the_future]
    assert stage.deliver() == {"ready": 1}
    row = stage.delivery()
    assert (row.state, row.code, row.due_at >= call.started_at) == ("ready", "ahead_of_clock", True)
    stage.clock.advance(hours=2)
    assert stage.deliver() == {"delivered": 1}


def test_an_item_beyond_the_networks_age_limit_is_rejected_and_never_sent(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.clock.advance(days=91)
    assert stage.deliver() == {"rejected": 1}
    row = stage.delivery()
    assert (row.code, row.reason) == ("too_old", "It is 91 days old; 90 are taken.")
    assert stage.network.batches == [] and row.attempts == 0 and stage.rows(Attempt) == []


class NetworkOfADay(FakeNetwork):
    """A network that takes nothing older than a day."""

    manifest = FakeNetwork.manifest.model_copy(update={"limits": Limits(batch_size=3, max_age=timedelta(days=1))})


def test_no_try_is_planned_beyond_the_networks_age_limit(lite_hub: Factory) -> None:
    stage = lite_hub(connectors={**CONNECTORS, "network": NetworkOfADay})
    stage.call_in()
    stage.clock.advance(hours=23)
    stage.network.script = [RetryLater("busy", after=7_200)]
    with pytest.raises(RetryLater):
        stage.deliver()
    row = stage.delivery()
    assert row.state == "dead" and (row.reason or "").startswith("Given up after 1 tries: busy")


def test_a_person_whom_the_network_cannot_tie_to_an_ad_is_no_failure_and_not_sent_again(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.call_in()
    stage.network.script = [lambda batch: [Receipt(key=batch[0].key, status="unmatched", code="NO_CLICK")]]
    assert stage.deliver() == {"unmatched": 1}
    row = stage.delivery()
    assert row.reason == "The network cannot tie the person to an ad." and row.finished_at is not None
    stage.clock.advance(days=1)
    assert stage.deliver() == {}
