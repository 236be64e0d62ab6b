"""A whole hub with a line of its own and the scripted assistant, in processes of their own, for spoken calls on loopback."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.processes import free_port, hub

HOST = "127.0.0.1"
NUMBER, CALLER = "+13125550120", "+14155550142"
OPENING = "Lakeside Plumbing. We are closed. What happened?"
QUESTION = (
    "I am sorry to hear that. Is the water running right now, or did you manage to close the valve in the basement?"
)
CONNECTING, NIGHT, NOTICE = (
    "I am connecting you now.",
    "Please leave a message after the tone.",
    "This call is recorded.",
)
DISCLOSURE = "You are talking with an automated assistant that has an artificial voice, not with a person."
RULES = [
    {"name": "flooding", "hear": ["flooding|flooded|flood", "basement"], "say": QUESTION},
    {"name": "running", "after": ["flooding"], "hear": ["yes|running"], "say": CONNECTING, "choose": "emergency"},
    {"name": "message", "hear": ["message"], "say": "One moment.", "choose": "message"},
]
PATIENCE = 60.0


class AssistantLine:
    """The hub with its gateway."""

    def __init__(self, folder: Path, isolation: str = "thread", **step: Any) -> None:
        self.folder = folder
        self.http, self.control, self.sip, self.trunk = (free_port() for _ in range(4))
        self.config = folder / "config.yaml"
        (folder / "secret").write_text("a-secret-of-this-line-and-of-nothing-else")
        self.config.write_text(json.dumps(self._config(isolation, step), indent=1))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the hub, and wait until its gateway takes calls."""
        with (self.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(hub("run", "-c", str(self.config)), cwd=self.folder, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE
        while not (self._listens(self.http) and self._takes_calls()):
            said = (self.folder / "hub.log").read_text()[-3000:]
            assert self.process.poll() is None and time.monotonic() < end, said
            time.sleep(0.05)

    def _takes_calls(self) -> bool:
        log = self.folder / "gateway" / "gateway.log"
        return self._listens(self.control) and log.exists() and "the gateway takes calls" in log.read_text()

    def gateway(self) -> psutil.Process:
        """The gateway's process, which its lock names."""
        return psutil.Process(json.loads((self.folder / "gateway" / "gateway.lock").read_text())["pid"])

    def stop(self) -> None:
        """End the hub, and the gateway with it."""
        gateway = self.gateway()
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for each in [*gateway.children(recursive=True), gateway]:
            each.kill()

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the hub's database says."""
        connection = sqlite3.connect(f"file:{self.folder / 'hub.db'}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    @staticmethod
    def _listens(port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, port)) == 0

    def _config(self, isolation: str, step: Mapping[str, Any]) -> dict[str, Any]:
        desk = {"do": "converse", "agent": "desk", "opening": OPENING, "otherwise": "night",
                "may": {"emergency": "on_call", "message": "night"}, "silence_seconds": 4} | step  # fmt: skip
        steps = {
            "desk": desk,
            "on_call": {"do": "greeting", "say": "Nobody is on call in this test.", "then": "end"},
            "night": {"do": "voicemail", "say": NIGHT, "longest": 10},
        }
        flow = {
            "name": "night",
            "forward": "+13125550140",
            "start": "desk",
            "steps": steps,
            "recording": {"notice": NOTICE},
        }
        company = {
            "name": "lakeside", "title": "Lakeside Plumbing", "time_zone": "America/Chicago", "country": "US",
            "region": "IL", "flow": "night", "flows": [flow],
            "trackers": [{"name": "flyer", "type": "source", "carrier": "line", "numbers": [NUMBER], "source": "flyer",
                          "medium": "print", "flow": "night"}],
        }  # fmt: skip
        line = {
            "plugin": "sip", "secret": f"${{file:{self.folder / 'secret'}}}",
            "trunk": {"host": HOST, "port": self.trunk, "addresses": [f"{HOST}/32"]}, "numbers": [NUMBER],
            "gateways": [f"http://{HOST}:{self.control}"], "listen": f"{HOST}:{self.sip}", "rtp_ports": "31000-31399",
            "folder": str(self.folder / "gateway"),
        }  # fmt: skip
        return {
            "hub": {"public_url": f"http://{HOST}:{self.http}", "listen": f"{HOST}:{self.http}", "disk_reserve": 0,
                    "database": f"sqlite:///{self.folder / 'hub.db'}", "private_hosts": [HOST]},
            "recordings": {"storage": str(self.folder / "recordings")},
            "connectors": {"line": line, "signals": {"plugin": "signals"},
                           "jurisdictions": {"plugin": "jurisdictions", "trades_in": ["US"]},
                           "desk": {"plugin": "scripted", "isolation": isolation, "rules": RULES}},
            "accounts": [{"name": "agency", "title": "Agency", "companies": [company]}],
        }  # fmt: skip


@contextmanager
def assistant_line(folder: Path, **how: Any) -> Iterator[AssistantLine]:
    """A line that takes calls."""
    made = AssistantLine(folder, **how)
    made.start()
    try:
        yield made
    finally:
        made.stop()
