"""An alert arrives once, though workers are killed at any moment or work side by side."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alert_stage import AlertStage, DeadlyServer
from testbed import TestHub

from hub.alerts.send import send_due
from hub.alerts.spread import spread
from hub.worker import Worker

pytestmark = pytest.mark.soak

TESTS = Path(__file__).parents[1]
WORKER = """
import sys
import time
sys.path[:0] = [{tests!r}]
from dataclasses import replace
from datetime import datetime
from testbed import make_config
from hub.alerts.send import send_due
from hub.config.mail import MailSection
from hub.numbers.directory import LiveDirectory
from hub.startup.assembly import assemble
mail = MailSection.model_validate({{"smtp": "smtp://127.0.0.1:{port}", "from": "hub@example.org"}})
now = datetime.fromisoformat({now!r})
hub = assemble(replace(make_config({database!r}), mail=mail), lambda: now)
send_due(hub, LiveDirectory(hub.store).current(), "email")
print("done")
"""


@pytest.mark.parametrize(("step", "state"), [("greeted", "sent"), ("taken", "unknown")])
def test_a_mail_arrives_once_though_its_worker_was_killed(
    lite_hub: Callable[..., TestHub], deadly_server: DeadlyServer, step: str, state: str
) -> None:
    alerting = AlertStage.of(lite_hub(), deadly_server)
    maria = alerting.user()
    alerting.wants(maria, "missed_call")
    alerting.stage.call_in(answered=False)
    alerting.stage.clock.advance(minutes=2)
    spread(alerting.hub)
    deadly_server.step = step
    script = WORKER.format(
        tests=str(TESTS), port=deadly_server.port, database=alerting.hub.config.hub.database,
        now=alerting.stage.clock().isoformat(),
    )  # fmt: skip
    worker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    deadly_server.victim = worker.pid
    output, _ = worker.communicate(timeout=60)
    assert (worker.returncode, output) == (-signal.SIGKILL, b"")
    alerting.run()
    assert [row.state for row in alerting.deliveries(maria)] == ["leased"]
    alerting.after(seconds=30)  # the lease of the dead worker has ended
    (row,) = alerting.deliveries(maria)
    assert (row.state, len(deadly_server.letters)) == (state, 1)
    alerting.after(hours=1)
    assert len(deadly_server.letters) == 1


def test_workers_side_by_side_make_and_send_each_alert_once(alerting: AlertStage) -> None:
    users = [alerting.user(name) for name in ("ada", "bea", "cleo")]
    for user in users:
        alerting.wants(user, "missed_call")
    for number in range(5):
        alerting.stage.call_in(caller=f"+131255501{number:02}", answered=False)
    alerting.stage.clock.advance(minutes=2)

    def work(_: int) -> None:
        while spread(alerting.hub):
            pass
        while send_due(alerting.hub, alerting.stage.directory, "email"):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    work(0)
    assert len(alerting.mail.letters) == 15
    assert len({str(letter["Message-ID"]) for letter in alerting.mail.letters}) == 15


def test_a_running_worker_sends_alerts_by_itself(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, "missed_call")
    alerting.stage.call_in(answered=False)
    alerting.stage.clock.advance(minutes=2)
    worker = Worker(alerting.hub, alerting.stage.live)
    worker.start()
    try:
        until = time.monotonic() + 90
        while not alerting.mail.letters and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        worker.stop(5.0)
    assert alerting.mail.subjects == ["Missed call of a first-time caller for Lakeside"]
