"""A sync of 2,000 conversions through Google's own client, receipts stored.

Google's stand-in, a real gRPC server, runs in another process. What it takes for a request is its CPU time, for it
works on one request at a time and waits for nothing; the rest of the sync, the wire included, is counted as ours.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import func
from sqlmodel import select

from benchmarks.days import Clock, configuration
from benchmarks.figures import Figure, at_most, print_figures, spread
from benchmarks.stand_in import StandIn, stand_in
from hub.config.models import Config
from hub.contracts.events import CallEvent
from hub.delivery.sync import sync
from hub.flow.fold.events import EventBatch, keep_events
from hub.flow.pipeline import process
from hub.model import Call, Delivery
from hub.startup.opening import open_hub
from hub.store.encryption.keyring import new_key

ROUNDS = 5
CONVERSIONS = 2_000
GOOGLE = "google_northgate"
PRINTED = "+13125550122"
KEY = new_key()
"""Of every copy of the database."""


def measure() -> list[Figure]:
    """The figures of the sync."""
    totals, theirs, own, cpus = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        template, clock = Path(folder) / "ready.db", Clock()
        _make_ready(template, clock)
        for number in range(ROUNDS + 1):
            copy = Path(folder) / f"{number}.db"
            shutil.copy(template, copy)
            # A stand-in of its own each time, or it would know the conversions already.
            with stand_in("google_ads") as google:
                took, busy, cpu = _sync(_configuration(copy, google), clock, google)
            totals.append(took)
            theirs.append(busy)
            own.append(took - busy)
            cpus.append(cpu)
    cold, own = own[0], own[1:]
    parts = f"{median(totals[1:]):.2f} s in all, {median(theirs[1:]):.2f} s at the stand-in"
    detail = f"{spread(own, 's')}; {parts}, {median(cpus[1:]):.2f} s of our CPU"
    return [
        at_most(f"sync of {CONVERSIONS:,} conversions to Google Ads, our time", median(own), 1.0, "s", detail, row=14),
        Figure(what="the same, the first since the start (the library is imported)", measured=f"{cold:.2f} s"),
    ]


def _configuration(database: Path, google: StandIn | None = None) -> Config:
    """The repository's configuration, in which every finished call is a conversion for one Google Ads account."""
    config = configuration(f"sqlite:///{database}", key=KEY)
    rule = next(rule for rule in config.conversions if GOOGLE in rule.send_to and rule.when.event == "call")
    when = rule.when.model_copy(update={"company": None, "answered": None, "min_duration": None})
    entry = config.connectors[GOOGLE]
    entry = replace(entry, common=entry.common.model_copy(update={"companies": None}))
    if google is not None:
        entry = replace(entry.with_sandbox(google.settings), in_sandbox=False)
    return replace(
        config,
        hub=config.hub.model_copy(update={"private_hosts": ("127.0.0.1",)}),
        conversions=(rule.model_copy(update={"when": when}),),
        connectors={**config.connectors, GOOGLE: entry},
    )


def _make_ready(database: Path, clock: Clock) -> None:
    """Calls on a printed number, straight from the carrier's call list, taken through the flow to the outbox."""
    with open_hub(_configuration(database), clock) as opened:
        hub, directory = opened.hub, opened.directory.latest
        with hub.store.writing() as session:
            keep_events(session, hub, directory, [EventBatch("twilio", _events(clock, CONVERSIONS))], "reconcile")
        while process(hub, directory, Call):
            pass
        with hub.store.reading() as session:
            waiting = Delivery.connector == GOOGLE, Delivery.state == "ready"
            ready = session.exec(select(func.count()).where(*waiting)).one()
    if ready != CONVERSIONS:
        raise RuntimeError(f"{ready} conversions are ready instead of {CONVERSIONS}")


def _events(clock: Clock, calls: int) -> list[CallEvent]:
    events = []
    for number in range(calls):
        caller, at = f"+1312555{number % 10_000:04}", clock() + timedelta(seconds=number)
        ringing = CallEvent(
            kind="ringing", call_id=f"CA{number:032x}", at=at, tracking_number=PRINTED, caller_number=caller
        )
        events += [ringing, replace(ringing, kind="completed", at=at + timedelta(seconds=90), duration=90)]
    clock.now += timedelta(days=1)
    return events


def _sync(config: Config, clock: Clock, google: StandIn) -> tuple[float, float, float]:
    """Seconds that a sync took, those that the stand-in worked meanwhile, and those that our own processor worked."""
    with open_hub(config, clock) as opened:
        directory, busy = opened.directory.latest, google.cpu_seconds()
        begun, cpu = time.perf_counter(), time.process_time()
        report = sync(opened.hub, directory, GOOGLE)
        took, cpu = time.perf_counter() - begun, time.process_time() - cpu
        busy = google.cpu_seconds() - busy
        with opened.hub.store.reading() as session:
            delivered = session.exec(
                select(func.count()).where(Delivery.connector == GOOGLE, Delivery.state == "delivered")
            ).one()
    if delivered != CONVERSIONS:
        raise RuntimeError(f"{delivered} of {CONVERSIONS} conversions were delivered: {report}")
    return took, busy, cpu


if __name__ == "__main__":
    print_figures(measure())
