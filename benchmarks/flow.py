"""CPU of a call through the flow: folded from the inbox, and then from attribution to the outbox; and how often one passes.

Each round works on a fresh copy of the same filled database, in one process, with the carrier's stand-in that the webhooks
came from, so that recordings are taken. It is all that the configuration asks of a call but the CRMs' look-ups.
"""

from __future__ import annotations

import gc
import shutil
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import func, insert
from sqlmodel import col, select

from benchmarks.days import CRMS, OTHER_NETWORKS, PRINTED, Clock, Inbox, configuration, fill
from benchmarks.figures import Figure, at_least, at_most, print_figures, spread
from benchmarks.postgres import postgres
from hub.contracts.sandbox import CarrierSandbox, SimulatedCall
from hub.flow.inbox import INBOX_BATCH_SIZE, fold_inbox
from hub.flow.pipeline import PIPELINE_BATCH_SIZE, process
from hub.model import Call, Delivery, InboxWebhook, Lease, Tracker, TrackingNumber, Visit
from hub.model.columns import new_id
from hub.runtime import Hub
from hub.startup.opening import Opened, open_hub
from hub.store.encryption.keyring import new_key

ROUNDS = 5
CALLS = 800
FEW = 10
"""Calls in a batch of a hub that is not behind."""
WEBHOOKS_OF_CALL = 6
LEASES_OF_NUMBER = 2_000
"""Earlier visitors who were lent each number: those of some months. Leases are kept for 396 days."""


@dataclass
class _Rounds:
    """What was measured in each round: calls a second, and milliseconds of CPU a call."""

    fold_rates: list[float] = field(default_factory=list)
    flow_rates: list[float] = field(default_factory=list)
    folds: list[float] = field(default_factory=list)
    flows: list[float] = field(default_factory=list)
    deliveries: int = 0

    @property
    def costs(self) -> list[float]:
        """Both together, in each round."""
        return [fold + flow for fold, flow in zip(self.folds, self.flows, strict=True)]

    def __str__(self) -> str:
        parts = f"fold {median(self.folds):.2f}, pipeline {median(self.flows):.2f}"
        return f"{spread(self.costs, 'ms')}: {parts}; {self.deliveries / CALLS:.1f} deliveries a call"


def measure() -> list[Figure]:
    """The flow's figures on both databases."""
    small = _on_sqlite((*CRMS, *OTHER_NETWORKS), ROUNDS)
    few = _on_sqlite((*CRMS, *OTHER_NETWORKS), 3, FEW)
    large = _on_sqlite(CRMS, 3)
    past = _on_sqlite((*CRMS, *OTHER_NETWORKS), 3, past=LEASES_OF_NUMBER)
    with postgres() as server:
        there = _measured(
            server.create("filled"), lambda n: server.copy("filled", f"n{n}"), (*CRMS, *OTHER_NETWORKS), 3
        )
    return [
        at_most("CPU of a call through fold and flow, SQLite", median(small.costs), 1.6, "ms", str(small), row=6),
        at_most("CPU of a call in batches of 10, SQLite", median(few.costs), 2, "ms", str(few), row=6),
        at_most("CPU of a call with six ad networks, SQLite", median(large.costs), 2.2, "ms", str(large), row=6),
        at_most(
            f"a call with {LEASES_OF_NUMBER:,} earlier visitors of each number, times one without",
            median(past.costs) / median(small.costs),
            1.1,
            detail=str(past),
            row=6,
        ),
        at_most("CPU of a call through fold and flow, PostgreSQL", median(there.costs), 3, "ms", str(there), row=6),
        at_most("passes of one call through the pipeline", _passes(), 2, row=6),
        at_least("calls through the flow, SQLite", median(small.flow_rates), 500, "/s", spread(small.flow_rates, "/s")),
        Figure(what="calls folded from six webhooks each, SQLite", measured=spread(small.fold_rates, "/s")),
        Figure(what="calls through the flow, PostgreSQL", measured=spread(there.flow_rates, "/s")),
        Figure(what="calls folded from six webhooks each, PostgreSQL", measured=spread(there.fold_rates, "/s")),
    ]


def _on_sqlite(without: Collection[str], rounds: int, batch: int = PIPELINE_BATCH_SIZE, *, past: int = 0) -> _Rounds:
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "filled.db"

        def copied(number: int) -> str:
            copy = Path(folder) / f"{number}.db"
            shutil.copy(template, copy)
            return f"sqlite:///{copy}"

        return _measured(f"sqlite:///{template}", copied, without, rounds, batch, past=past)


def _measured(
    template: str,
    copied: Callable[[int], str],
    without: Collection[str],
    rounds: int,
    batch: int = PIPELINE_BATCH_SIZE,
    *,
    past: int = 0,
) -> _Rounds:
    clock, key, result = Clock(), new_key(), _Rounds()
    config = configuration(template, without, key)
    from hub.plugin_host.sandboxes import start_sandboxes

    sandboxes = start_sandboxes(
        {name: entry.connector_class for name, entry in config.connectors.items() if entry.in_sandbox}, clock
    )
    with sandboxes:
        with open_hub(config, clock, sandboxes) as opened:
            fill(opened, clock, CALLS)
            if past:
                _add_visitors(opened.hub, past)
        for number in range(rounds):
            with open_hub(configuration(copied(number), without, key), clock, sandboxes) as opened:
                gc.freeze()  # as in `hub run`
                _round(opened, result, batch)
    return result


def _add_visitors(hub: Hub, each: int) -> None:
    """Earlier visitors of every number of a pool, one after the other, before the first of the days."""
    with hub.store.writing() as session:
        model = session.exec(select(Visit).order_by(col(Visit.started_at))).first()
        assert model is not None
        lent = select(TrackingNumber.id).join(Tracker, col(Tracker.id) == TrackingNumber.tracker_id)
        for number in session.exec(lent.where(Tracker.type == "session")).all():
            times = [model.started_at - timedelta(hours=3 * place + 1) for place in range(each)]
            visits = [{**model.model_dump(), "id": new_id(), "started_at": at, "last_seen_at": at} for at in times]
            leases = [
                {"id": new_id(), "tracking_number_id": number, "visit_id": visit["id"], "granted_at": at,
                 "expires_at": at + timedelta(minutes=30), "viewed_at": at}
                for at, visit in zip(times, visits, strict=True)
            ]  # fmt: skip
            session.execute(insert(Visit), visits)
            session.execute(insert(Lease), leases)


def _round(opened: Opened, result: _Rounds, batch: int) -> None:
    hub, directory = opened.hub, opened.directory.latest
    begun, cpu = time.perf_counter(), time.process_time()
    while fold_inbox(hub, directory, min(INBOX_BATCH_SIZE, WEBHOOKS_OF_CALL * batch)):
        pass
    folded, folded_cpu = time.perf_counter(), time.process_time()
    while process(hub, directory, Call, batch):
        pass
    result.fold_rates.append(CALLS / (folded - begun))
    result.flow_rates.append(CALLS / (time.perf_counter() - folded))
    result.folds.append((folded_cpu - cpu) / CALLS * 1e3)
    result.flows.append((time.process_time() - folded_cpu) / CALLS * 1e3)
    result.deliveries = _checked(hub)


def _checked(hub: Hub) -> int:
    """How many deliveries there are; an error if a call or a webhook was left out."""
    with hub.store.reading() as session:
        done = session.exec(select(func.count()).where(Call.state == "done")).one()
        parked = session.exec(select(func.count()).where(InboxWebhook.state != "done")).one()
        deliveries = session.exec(select(func.count()).select_from(Delivery)).one()
    if done != CALLS or parked:
        raise RuntimeError(f"{done} calls of {CALLS} are done, and {parked} webhooks are not")
    return deliveries


def _passes() -> int:
    """How often a call is taken through the pipeline whose webhooks come one by one, each at its own time."""
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        with open_hub(configuration(f"sqlite:///{folder}/one.db"), clock) as opened, Inbox(opened.hub) as inbox:
            twilio = opened.sandboxes.of("twilio")
            assert isinstance(twilio, CarrierSandbox)
            call = SimulatedCall(
                caller_number="+12125550101",
                tracking_number=PRINTED[0],
                answering_number="+13125550190",
                started_at=clock.now,
                talk=timedelta(seconds=90),
            )
            url = f"{str(opened.hub.config.hub.public_url).rstrip('/')}/webhooks/twilio"
            for at, request in twilio.webhooks(call, url):
                clock.now = max(clock.now, at)
                inbox.keep(request)
                inbox.settle()
                fold_inbox(opened.hub, opened.directory.latest)
                process(opened.hub, opened.directory.latest, Call)
            with opened.hub.store.reading() as session:
                return session.exec(select(Call.attempts)).one()


if __name__ == "__main__":
    print_figures(measure())
