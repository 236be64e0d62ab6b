"""`conversions_from`: what the service before this hub has sent is sent from here on no road."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from testbed import ACCOUNTS, TestHub

from hub.config.models import CompanySection
from hub.delivery.replay import replay
from hub.delivery.replay_fresh import replay_fresh
from hub.errors import CannotDo
from hub.model import Attempt

Factory = Callable[..., TestHub]
CUT_OVER = datetime(2026, 11, 24, 6, tzinfo=UTC)
"""Midnight in Chicago."""


def taking_over(day: str | None) -> list[dict[str, object]]:
    """The accounts of a hub whose companies have `day` as `conversions_from`."""
    return [
        {
            **account,
            "companies": [
                {**each, "time_zone": "America/Chicago", "conversions_from": day} for each in account["companies"]
            ],
        }
        for account in ACCOUNTS
    ]


def called_before(lite_hub: Factory) -> TestHub:
    stage = lite_hub(accounts=taking_over("2026-11-24"))
    stage.call_in(at=CUT_OVER - timedelta(minutes=1))
    return stage


def test_a_call_from_before_the_day_is_held_for_good_and_one_from_after_it_is_sent(lite_hub: Factory) -> None:
    stage = called_before(lite_hub)
    assert stage.deliver() == {"held": 1}
    row = stage.delivery()
    assert (row.state, row.code, row.attempts) == ("held", "before_cut_over", 0)
    assert row.reason == (
        "It came in before 2026-11-24, and the service before this hub has sent it (conversions_from in config.yaml)."
    )
    assert stage.network.batches == [] and stage.rows(Attempt) == []
    stage.call_in(at=CUT_OVER + timedelta(minutes=1))
    assert stage.deliver() == {"delivered": 1}


def test_no_replay_sends_it_either(lite_hub: Factory) -> None:
    stage = called_before(lite_hub)
    stage.deliver()
    row = stage.delivery()
    with stage.hub.store.writing() as session:
        assert replay(session, [row.id], stage.clock(), actor="pat", about=row.id) == 1
    assert stage.deliver() == {"held": 1}
    with stage.hub.store.writing() as session, pytest.raises(CannotDo, match="service before this hub has sent it"):
        replay_fresh(stage.hub, session, stage.directory, row.id, actor="pat")
    assert stage.network.batches == []


def test_a_hub_without_the_day_sends_everything_and_a_day_that_is_none_is_refused(lite_hub: Factory) -> None:
    stage = lite_hub(accounts=taking_over(None))
    stage.call_in()
    assert stage.deliver() == {"delivered": 1}
    with pytest.raises(ValueError, match="write it like 2026-12-01"):
        CompanySection.model_validate({"name": "a_b", "title": "A", "conversions_from": "tomorrow"})
