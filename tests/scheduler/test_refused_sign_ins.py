"""A provider that refuses the sign-in is asked again a few times, as after the hub's clock was wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from testbed import TestHub

from hub.api import AuthError
from hub.connecting.pausing import resume_connector
from hub.model import ConnectorState, SyncSlot
from hub.queries.connector_health import connector_health
from hub.worker import run_due_sync
from hub.worker.scheduler import schedules, tick

Factory = Callable[..., TestHub]
REVOKED = AuthError("The key was revoked.")


def sync(stage: TestHub) -> bool:
    """Whether a sync was due and has run."""
    return run_due_sync(stage.hub, stage.live, "network") is not None


@pytest.fixture
def refused(hub: Factory) -> TestHub:
    """A hub whose ad network has just refused the sign-in."""
    stage = hub()
    stage.call_in()
    tick(stage.hub, "network", schedules(stage.hub)["network"])
    stage.network.script = [REVOKED]
    assert sync(stage)
    return stage


def state(stage: TestHub) -> ConnectorState:
    return stage.one(ConnectorState)


def test_a_refused_sign_in_is_tried_again_after_a_minute_and_a_sign_in_that_is_taken_ends_the_pause(
    refused: TestHub,
) -> None:
    (health,) = (each for each in _health(refused) if each.name == "network")
    assert health.reason == "The key was revoked. The hub tries it again by itself."
    refused.clock.advance(seconds=59)
    assert not sync(refused) and state(refused).paused_at is not None
    refused.clock.advance(seconds=1)
    assert sync(refused)
    assert state(refused).paused_at is None and len(refused.network.batches) == 2
    assert refused.rows(SyncSlot)[-1].result == "conversions: delivered 1"


def test_a_sign_in_that_is_refused_each_time_is_tried_five_times_in_a_day_and_then_waits_for_a_person(
    refused: TestHub,
) -> None:
    refused.network.script = [REVOKED] * 20
    began = refused.clock()
    tries: list[timedelta] = []
    while refused.clock() < began + timedelta(days=3):
        refused.clock.advance(minutes=1)
        if sync(refused):
            tries.append(refused.clock() - began)
    assert [round(each / timedelta(minutes=1)) for each in tries] == [1, 6, 36, 216, 936]
    assert len(refused.network.batches) == 6
    assert (state(refused).reason, state(refused).probe_at) == ("The key was revoked.", None)
    resume_connector(refused.hub, "network", "operator")
    assert state(refused).paused_at is None and state(refused).refusals == 0


def test_a_provider_that_refuses_long_after_it_accepted_again_is_tried_from_the_beginning(refused: TestHub) -> None:
    refused.clock.advance(minutes=1)
    assert sync(refused)
    refused.clock.advance(minutes=30)
    refused.call_in()
    tick(refused.hub, "network", schedules(refused.hub)["network"])
    refused.network.script = [REVOKED]
    assert sync(refused)
    assert state(refused).refusals == 1
    assert state(refused).probe_at == refused.clock() + timedelta(minutes=1)


def test_a_sign_in_that_was_refused_by_a_clock_that_was_ahead_is_tried_as_soon_as_it_is_set_back(
    refused: TestHub,
) -> None:
    refused.clock.advance(hours=-1)
    tick(refused.hub, "network", schedules(refused.hub)["network"])
    assert sync(refused)
    assert state(refused).paused_at is None


def _health(stage: TestHub) -> object:
    with stage.hub.store.reading() as session:
        companies = [each.name for each in stage.hub.config.companies]
        return connector_health(session, stage.hub.config, stage.hub.plugins, companies)
