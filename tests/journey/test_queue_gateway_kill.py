"""Callers wait in a queue and talk while the gateway of the line is killed: nobody is lost, and who comes next is served."""

from __future__ import annotations

import base64
import itertools
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

pytest.importorskip("baresip", reason="no wheel of baresip-python for this platform")

from benchmarks.sip_peers import Leg, Trunk
from hub.access.scope import scope_of_operator
from hub.model import Call, Company, QueueEntry
from hub.platform.loopback import free_port
from hub.queries.activity.queues import queues_now
from hub.startup.reading import read_config
from hub.store.engine import Store

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]
PATIENCE = 120.0
"""Seconds of the real clock until something must have happened. No assertion depends on it."""
NUMBER, FORWARD, AGENTS = "+13125550120", "+13125550199", ("+13125550181", "+13125550182")


def config_of(folder: Path, database: str, sip: int, trunk: int) -> dict[str, Any]:
    address = f"127.0.0.1:{free_port()}"
    queue = {"do": "queue", "unanswered": "end", "announce_seconds": 0, "pause_seconds": 0}
    flow = {
        "name": "office", "forward": FORWARD, "start": "line", "steps": {"line": queue},
        "agents": [{"name": f"Agent {phone[-1]}", "phone": phone} for phone in AGENTS],
    }  # fmt: skip
    tracker = {
        "name": "print",
        "type": "source",
        "carrier": "line",
        "numbers": [NUMBER],
        "source": "print",
        "flow": "office",
    }
    company = {"name": "lakeside", "title": "Lakeside Plumbing", "country": "US", "region": "IL", "flow": "office",
               "flows": [flow], "trackers": [tracker]}  # fmt: skip
    line = {
        "plugin": "sip", "schedule": "every 6 hours", "secret": f"${{file:{folder / 'secret'}}}",
        "trunk": {"host": "127.0.0.1", "port": trunk, "addresses": ["127.0.0.1/32"]}, "numbers": [NUMBER],
        "gateways": [f"http://127.0.0.1:{free_port()}"], "listen": f"127.0.0.1:{sip}", "rtp_ports": "31000-31399",
        "folder": str(folder / "gateway"), "limits": {"silent_seconds": 60},
    }  # fmt: skip
    return {
        "hub": {"public_url": f"http://{address}", "listen": address, "database": database, "disk_reserve": 0,
                "secret_keys": [f"${{file:{folder / 'key'}}}"],
                "private_hosts": ["127.0.0.1"], "spool": str(folder / "spool.db"), "tombstones": str(folder / "tombstones")},
        "recordings": {"storage": str(folder / "recordings")},
        "connectors": {"line": line, "jurisdictions": {"plugin": "jurisdictions", "trades_in": ["US"]},
                       "signals": {"plugin": "signals"}},
        "accounts": [{"name": "agency", "title": "Agency", "companies": [company]}],
    }  # fmt: skip


class Office:
    """`hub run` with its gateway, and the trunk with callers and agents."""

    def __init__(self, folder: Path, database: str) -> None:
        sip, trunk = free_port(), free_port()
        self.config, self._log, self._lock = (
            folder / "config.yaml",
            folder / "hub.log",
            folder / "gateway" / "gateway.lock",
        )
        (folder / "key").write_text(base64.b64encode(secrets.token_bytes(32)).decode())
        (folder / "secret").write_text("a-secret-of-this-test-and-of-nothing-else")
        self.config.write_text(json.dumps(config_of(folder, database, sip, trunk)))
        self.trunk, self.store, self._numbers = Trunk(trunk, sip), Store(database), itertools.count(160)
        self.trunk.start()
        command = [sys.executable, "-m", "hub.cli", "run", "-c", str(self.config)]
        with self._log.open("ab") as log:
            self._hub = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)

    def gateway(self) -> int | None:
        """The id of the gateway's process, which its lock names."""
        try:
            found = int(json.loads(self._lock.read_text())["pid"])
            os.kill(found, 0)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None
        return found

    def until(self, holds: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end and self._hub.poll() is None, self._log.read_text()[-3000:]
            time.sleep(0.1)

    def waits(self) -> list[tuple[str, str]]:
        """The state of each wait, and that of its call; without those who gave up at once."""
        with self.store.reading() as session:
            calls = {call.carrier_call_id: call for call in session.exec(select(Call))}
            rows = session.exec(select(QueueEntry).order_by(col(QueueEntry.entered_at))).all()
            known = [(row.state, _state(calls.get(row.carrier_call_id))) for row in rows]
            return [each for each in known if each != ("abandoned", "completed")]

    def caller(self) -> Leg:
        """A caller who has come into the queue. One whom a busy hub answered too late rings the forward, and calls again."""
        before = len(self.waits())
        while True:
            leg = self.trunk.call(next(self._numbers))
            self.until(lambda leg=leg: _over(leg) or len(self.waits()) > before)
            if not _over(leg):
                return leg

    def close(self) -> None:
        gateway = self.gateway()
        self._hub.kill()
        self._hub.wait()
        if gateway is not None:
            os.kill(gateway, signal.SIGKILL)
        self.trunk.close()
        self.store.close()


def _over(leg: Leg) -> bool:
    return leg.ended or any(each.isdigit() and each >= "300" for each in leg.asked)


def _state(call: Call | None) -> str:
    if call is None:
        return ""
    return "talks" if call.answered and not call.over else call.status


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url)
    yield made
    made.close()


def test_a_gateway_that_is_killed_loses_no_caller_of_a_queue_and_the_next_one_gets_an_agent(office: Office) -> None:
    trunk = office.trunk
    trunk.statuses |= dict.fromkeys(AGENTS, "200 OK") | {FORWARD: "486 Busy Here"}
    office.until(lambda: trunk.pinged)
    talk, wait = ("ringing", "talks"), ("waiting", "ringing")
    callers: list[Leg] = []

    def all_are_there() -> bool:
        callers[:] = [leg for leg in callers if not _over(leg)]
        while len(callers) < 4:
            callers.append(office.caller())
        return office.waits() == [talk, talk, wait, wait]

    office.until(all_are_there)
    office.until(lambda: all("200" in leg.asked for leg in callers))  # they hear the music, or an agent
    killed = office.gateway()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    office.until(lambda: office.gateway() not in (None, killed))
    office.until(lambda: all(leg.ended for leg in callers) and sum(leg.ended for leg in trunk.legs.values()) >= 6)
    office.until(lambda: [state for _, state in office.waits()] == ["failed"] * 4)
    office.caller()
    office.until(lambda: office.waits()[4:] == [talk])
    office.until(lambda: [state for state, _ in office.waits()][:4] == ["answered", "answered", "failed", "failed"])
    with office.store.reading() as session:
        companies, config = [session.exec(select(Company)).one()], read_config(office.config)
        found = queues_now(session, scope_of_operator(), companies, config, (None, None), datetime.now(UTC))
    (figures,) = found.figures
    assert (figures.came - figures.abandoned, figures.answered, figures.failed, len(found.waits)) == (4, 2, 2, 1)
