"""Scheduler and worker: due slots are written once, however many nodes tick, and run once, however many work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from testbed import CONNECTORS, SHARED, TestHub, finished_call

from hub.api import AuthError, Connector, Manifest, PluginSettings, Receipt, Recipient, RetryLater, hookimpl
from hub.api.carriers import PortOrder
from hub.delivery.sync import next_retry, sync
from hub.model import Call, ConnectorState, Delivery, PortOrderRow, SyncSlot
from hub.store.claims import claim, complete
from hub.store.connectors import resume
from hub.worker import Worker, run_due_sync
from hub.worker.scheduler import schedules, tick

Factory = Callable[..., TestHub]


def ticked(stage: TestHub, connector: str = "network") -> Any:
    return tick(stage.hub, connector, schedules(stage.hub)[connector])


def run(stage: TestHub, connector: str = "network") -> bool:
    return run_due_sync(stage.hub, stage.live, connector) is not None


def test_only_connectors_with_something_to_sync_have_a_timetable(hub: Factory) -> None:
    stage = hub(common={"network": {"schedule": "every 5 minutes"}})
    assert {name: schedule.text for name, schedule in schedules(stage.hub).items()} == {
        "carrier": "every 15 minutes",
        "network": "every 5 minutes",
        "crm": "every 15 minutes",
    }


class PortsAlone(Connector):
    """A carrier account that numbers are brought to, and that lists no calls."""

    manifest = Manifest(
        name="ports_alone", kind="carrier", version="1", summary="-", recipient=Recipient(name="-", role="none")
    )
    Settings = PluginSettings

    @hookimpl
    def list_ports(self) -> list[PortOrder]:
        """The order has ended."""
        return [PortOrder(order_id="P1", numbers=("+13125550161",), status="ported")]


def test_an_open_port_order_is_followed_on_schedule_at_a_carrier_that_syncs_nothing_else(hub: Factory) -> None:
    stage = hub(connectors={**CONNECTORS, "ports": PortsAlone})
    with stage.hub.store.writing() as session:
        session.add(PortOrderRow(connector="ports", order_id="P1", numbers=["+13125550161"], ordered_at=stage.clock()))
    ticked(stage, "ports")
    assert run(stage, "ports")
    assert stage.one(PortOrderRow, order_id="P1").status == "ported"


def test_of_many_nodes_that_tick_at_once_one_writes_the_slot(hub: Factory) -> None:
    stage = hub()
    start = threading.Barrier(4)
    failures: list[BaseException] = []

    def node() -> None:
        try:
            start.wait(30)
            ticked(stage)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=node) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert failures == []
    assert stage.one(SyncSlot, connector="network").due_at == stage.clock()


def test_slots_that_were_missed_are_caught_up_once(hub: Factory) -> None:
    stage = hub()
    ticked(stage)
    stage.clock.advance(hours=5, minutes=3)
    assert ticked(stage) == stage.clock() - timedelta(minutes=3)
    assert ticked(stage) is None
    assert len(stage.rows(SyncSlot)) == 2


def test_a_clock_that_ran_ahead_and_was_set_right_loses_no_sync(hub: Factory) -> None:
    stage = hub()
    ticked(stage)
    stage.clock.advance(days=400)
    ticked(stage)
    stage.clock.advance(days=-400, minutes=15)
    assert ticked(stage) == stage.clock()
    assert run(stage)


def test_a_slot_runs_once_across_two_workers(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    ticked(stage)
    seen: list[bool] = []

    def meanwhile(batch: Any) -> list[Receipt]:
        seen.append(run(stage))  # another worker looks while this one uploads
        return [Receipt(key=batch[0].key, status="delivered")]

    stage.network.script = [meanwhile]
    assert run(stage)
    assert seen == [False]
    slot = stage.one(SyncSlot)
    assert slot.state == "done" and slot.result == "conversions: delivered 1"
    assert not run(stage)


def test_a_slot_that_comes_due_while_its_connector_is_synced_waits_for_the_end_of_that_sync(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    ticked(stage)
    seen: list[bool] = []

    def meanwhile(batch: Any) -> list[Receipt]:
        stage.clock.advance(seconds=1)
        stage.add(SyncSlot(connector="network", due_at=stage.clock(), why="retry"))
        stage.add(SyncSlot(connector="crm", due_at=stage.clock(), why="retry"))
        seen.extend([run(stage), run(stage, "crm")])
        return [Receipt(key=batch[0].key, status="delivered")]

    stage.network.script = [meanwhile]
    assert run(stage)
    assert seen == [False, True], "another connector does not wait"
    assert run(stage) and not run(stage)


def test_workers_that_claim_the_slots_of_a_connector_one_by_one_never_sync_it_twice_at_once(hub: Factory) -> None:
    stage = hub()
    for _ in range(40):
        ticked(stage)
        stage.clock.advance(minutes=15)
    at_it: list[str] = []
    clashes: list[str] = []
    ran: list[int] = []

    def work() -> None:
        for _ in range(25):
            mine = (SyncSlot.connector == "network",)
            token, rows = claim(stage.hub.store, SyncSlot, now=stage.clock(), limit=1, where=mine, alone=True)
            if rows:
                at_it.append(token)
                clashes.extend(other for other in list(at_it) if other != token)
                at_it.remove(token)
                with stage.hub.store.writing() as session:
                    ran.append(complete(session, SyncSlot, [rows[0].id], token, state="done"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert clashes == [] and ran and set(ran) == {1}


def test_the_sync_of_a_worker_that_died_is_run_by_another(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    ticked(stage)
    claim(stage.hub.store, SyncSlot, now=stage.clock(), limit=1)
    assert not run(stage)
    stage.clock.advance(seconds=21)
    assert run(stage) and stage.one(Delivery, connector="network").state == "delivered"


def test_several_due_slots_are_one_sync(hub: Factory) -> None:
    stage = hub()
    for _ in range(3):
        ticked(stage)
        stage.clock.advance(minutes=15)
    assert run(stage)
    assert {slot.state for slot in stage.rows(SyncSlot)} == {"done"} and len(stage.rows(SyncSlot)) == 3


def test_a_retry_gets_a_slot_of_its_own_before_the_next_scheduled_one(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    ticked(stage)
    stage.network.script = [RetryLater("busy", after=40)]
    run(stage)
    retry = stage.one(SyncSlot, why="retry")
    assert retry.due_at == stage.one(Delivery, connector="network").due_at == next_retry(stage.hub, "network")
    assert timedelta(seconds=40) <= retry.due_at - stage.clock() < timedelta(minutes=1)
    stage.clock.now = retry.due_at
    assert run(stage) and stage.one(Delivery, connector="network").state == "delivered"


def test_a_retry_slot_does_not_take_the_place_of_a_scheduled_one(hub: Factory) -> None:
    stage = hub()
    stage.add(SyncSlot(connector="network", due_at=stage.clock() - timedelta(minutes=1), why="retry"))
    assert ticked(stage) == stage.clock()


def test_diagnostics_that_are_awaited_get_a_slot(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    ticked(stage)
    stage.network.script = ["accepted"]
    run(stage)
    assert stage.one(SyncSlot, why="retry").due_at == stage.clock() + timedelta(minutes=1)


# A sync


def test_a_connector_whose_credentials_are_refused_is_paused_until_a_person_reconnects_it(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [AuthError("The key was revoked.")]
    report = sync(stage.hub, stage.directory, "network")
    assert report.paused and "The key was revoked." in str(report)
    assert stage.one(ConnectorState).reason == "The key was revoked."
    again = sync(stage.hub, stage.directory, "network")
    assert again.was_paused and len(stage.network.batches) == 1
    resume(stage.hub.store, "network")
    assert str(sync(stage.hub, stage.directory, "network")) == "conversions: delivered 1"


def test_trouble_in_one_task_of_a_sync_does_not_keep_the_others_from_running(hub: Factory) -> None:
    stage = hub()
    stage.call_in()
    stage.crm.script = [RetryLater("The card index is busy.")]
    report = sync(stage.hub, stage.directory, "crm")
    assert "The card index is busy." in str(report)
    assert stage.crm.asked_cursors == [None]


def test_a_sync_without_work_says_so(hub: Factory) -> None:
    stage = hub()
    assert str(sync(stage.hub, stage.directory, "network")) == "nothing was due"


# The worker as a whole


def test_a_worker_takes_a_call_from_the_carriers_list_to_the_network_by_itself(
    open_hub_on: Callable[..., TestHub], database_url: str
) -> None:
    stage = open_hub_on(database_url, common={name: {"schedule": "every 1 second"} for name in CONNECTORS})
    stage.carrier.listed = finished_call("CA1", SHARED, "+13125550142", True, 90, stage.clock())
    worker = Worker(stage.hub, stage.live)
    arrived = threading.Event()

    def take(batch: Any) -> list[Receipt]:
        arrived.set()
        return [Receipt(key=each.key, status="delivered") for each in batch]

    stage.network.script = [take]
    worker.start()
    try:
        for _ in range(400):
            stage.clock.advance(seconds=1)
            if stage.rows(Delivery, connector="network", state="ready"):
                break
            arrived.wait(0.02)
        assert arrived.wait(15)
    finally:
        worker.stop()
    assert stage.one(Call).found_by == "reconcile"


def test_a_worker_that_is_stopped_ends_and_has_caught_up_what_was_due(lite_hub: Factory) -> None:
    stage = lite_hub()
    worker = Worker(stage.hub, stage.live)
    worker.start()
    worker.stop(seconds=5)
    assert {slot.connector for slot in stage.rows(SyncSlot)} == {"network", "crm", "carrier"}
