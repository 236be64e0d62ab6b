"""A carrier's stand-in answers the calls back that it is asked to place, so that a trial shows how they go on."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from commands import CliRunner
from served import serving
from testbed import TestHub

from hub.access.users import add_user
from hub.cli import app
from hub.contracts.call_backs import CallBack
from hub.hookspecs import CallHooks
from hub.model import Account, Company, OutgoingCall, TrackingNumber
from hub.model.columns import new_id
from hub.platform.clock import utc_now
from hub.platform.loopback import free_port
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock
from hub.worker.stand_in_call_backs import StandInCallBacks


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[TestHub]:
    """The hub of `hub init`, whose carrier is a stand-in."""
    port = free_port()
    made = CliRunner().invoke(app, ["init", "--yes", "--port", str(port), "--folder", str(tmp_path)])
    assert made.exit_code == 0, made.output
    clock = FrozenClock(utc_now())
    with (
        open_hub(read_config(tmp_path / "config.yaml"), clock) as opened,
        serving(opened, socket.create_server(("127.0.0.1", port))),
    ):
        yield TestHub(opened.hub, opened.directory, clock)


def placed(stage: TestHub, is_named: bool) -> OutgoingCall:
    """A call back that the stand-in has taken, and given its id if it `is_named`, as Telnyx does not."""
    number, company = stage.rows(TrackingNumber)[0], stage.rows(Company)[0]
    with stage.hub.store.writing() as session:
        user = add_user(session, stage.rows(Account)[0], "anna", "receptionist", stage.clock())
    row = OutgoingCall(
        id=new_id(), connector="twilio", company_id=company.id, user_id=user.id, user_number="+13125550190",
        tracking_number=number.number, person_number="+12025550124", status="placed", state="accepted",
        made_at=stage.clock(), placed_at=stage.clock(), due_at=stage.clock() + timedelta(hours=5),
    )  # fmt: skip
    order = CallBack(
        key=row.id, tracking_number=row.tracking_number, user_number="+13125550190", person_number="+12025550124"
    )
    reference = stage.hub.plugins.call("twilio", CallHooks.place_call, order).reference
    row.carrier_call_id = reference if is_named else None
    stage.add(row)
    return row


@pytest.mark.soak
@pytest.mark.parametrize("is_named", [True, False])
def test_a_call_back_at_a_stand_in_is_answered_and_ends_as_time_passes(trial: TestHub, is_named: bool) -> None:
    row, stand_ins = placed(trial, is_named), StandInCallBacks(trial.hub)
    states = []
    # The stand-in has the machine's clock, which is some seconds ahead of the hub's frozen one.
    for seconds in (0, 45, 90):
        trial.clock.advance(seconds=seconds)
        stand_ins.look()
        trial.flow()
        now = trial.one(OutgoingCall, id=row.id)
        states.append((now.status, now.duration))
    assert states == [("placed", None), ("answered", None), ("completed", 60)]


def test_a_hub_whose_carriers_are_live_has_no_such_job(hub: Callable[..., TestHub]) -> None:
    assert not StandInCallBacks(hub().hub).has_work
