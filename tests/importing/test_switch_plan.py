"""The switch-over plan follows what numbers stand for, how often people call them, and where their port orders are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from import_stage import Ours, hub_to_fill
from recorded_callrail import KEY, PRINT, RecordedCallRail, call

from hub.importing.callrail.account import open_account
from hub.importing.callrail.client import CallRail, Pace
from hub.importing.switch_over.plan import SwitchPlan, switch_plan, switch_text
from hub.model import PortOrderRow
from hub.testing import FrozenClock

PRINTED, EXTENSION, POOL, QUIET_POOL = "+14045550103", "+14045550105", "+14045550101", "+14045550102"


@pytest.fixture(scope="module")
def moved(databases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ours]:
    clock = FrozenClock(datetime(2026, 2, 1, tzinfo=UTC))
    calls = [call(n, tracker_id=PRINT, tracking_phone_number=PRINTED) for n in range(3)]
    calls += [call(10 + n, first_call=n == 0) for n in range(7)]
    with hub_to_fill(databases, tmp_path_factory.mktemp("plan"), clock) as ours:
        ours.bring(open_account(CallRail(KEY, pace=Pace(0), transport=RecordedCallRail(calls=calls)), None))
        yield ours


def plan_of(ours: Ours) -> SwitchPlan:
    file = ours.stage.config_file
    assert file is not None
    with ours.stage.hub.store.reading() as session:
        return switch_plan(session, file.check(file.read().text), ours.stage.clock())


def test_source_numbers_are_ported_pools_are_replaced_and_what_nobody_calls_is_left(moved: Ours) -> None:
    plan = plan_of(moved)
    assert [each.number for each in plan.waves["rehearsal"]] == [PRINTED]
    assert [(each.number, each.calls, each.repeat_calls) for each in plan.pools] == [(POOL, 7, 6)]
    assert [each.number for each in plan.remembered] == [POOL]
    assert {each.number for each in plan.unused} == {EXTENSION, QUIET_POOL}
    assert plan.cannot_port == ("carrier",)
    text = switch_text(plan)
    assert f"| {PRINTED} | Lakeside Plumbing | yellow_pages | yellow_pages / offline | 3 | 0 | 0 |" in text
    assert f"hub numbers port --connector carrier --number {PRINTED}\n" in text
    assert "cannot order a port" in text and "letter of authorization" in text and "\n\n\n\n" not in text


def test_a_number_with_an_open_order_waits_and_one_that_has_moved_is_done(moved: Ours) -> None:
    now = moved.stage.clock()
    moved.stage.add(
        PortOrderRow(connector="carrier", numbers=[PRINTED], status="scheduled", ordered_at=now),
        PortOrderRow(connector="carrier", numbers=[EXTENSION], status="ported", ordered_at=now),
    )
    plan = plan_of(moved)
    assert plan.waves["rehearsal"] == ()
    assert [each.number for each in plan.under_way] == [PRINTED]
    assert [each.number for each in plan.arrived] == [EXTENSION]
    assert f"{PRINTED} (scheduled)" in switch_text(plan)
