"""How long `hub run` takes until it answers, and how much memory it and a small hub hold while nothing happens.

Every plugin of the repository's configuration is enabled, with real settings that point at stand-ins in this process, so
that none of their memory is the hub's. Each start is on an empty database, and the first syncs are in the figures.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import yaml

from benchmarks.figures import Figure, at_most, print_figures, spread
from benchmarks.processes import START_TIMEOUT_SECONDS, free_port, hub
from hub.plugin_host.discovery import discover
from hub.plugin_host.sandboxes import RunningSandboxes, start_sandboxes
from hub.store.encryption.keyring import new_key

ROUNDS = 5
IDLE = 20.0
"""Seconds before the memory is read."""
ROOT = Path(__file__).parent.parent
COMPANY = {"name": "lakeside", "title": "Lakeside", "time_zone": "America/Chicago", "country": "US"}
SMALL = [
    {"name": "lakeside", "title": "Lakeside", "companies": [COMPANY | {"route": {"dial": "+13125550190"}}]},
]
"""The account of a small hub."""


def measure() -> list[Figure]:
    """The start and the size of a hub."""
    plugins = yaml.safe_load((ROOT / "config.yaml").read_text())["connectors"]
    classes = discover().classes
    seconds, sizes = [], []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stand_ins = stack.enter_context(
            start_sandboxes({name: classes[entry["plugin"]] for name, entry in plugins.items()})
        )
        hubs = []
        for number in range(ROUNDS):
            process, took = _start(folder / str(number), stand_ins)
            stack.callback(_end, process)
            hubs.append(psutil.Process(process.pid))
            seconds.append(took)
            time.sleep(2)  # its first syncs must not be in the next one's way
        small, small_took = _start(folder / "small", stand_ins, SMALL)
        stack.callback(_end, small)
        time.sleep(IDLE)
        small_size = psutil.Process(small.pid).memory_info().rss / 2**20
        sizes = [each.memory_info().rss / 2**20 for each in hubs]
    return [
        at_most("hub run until its first answer", median(seconds), 1.5, "s", spread(seconds, "s"), row=9),
        at_most(f"memory of hub run after {IDLE:.0f} s idle", median(sizes), 130.0, "MB", spread(sizes, "MB"), row=11),
        at_most(
            "a small hub run until its first answer", small_took, 1.0, "s", "Twilio and jurisdictions alone", row=9
        ),
        at_most("memory of a small hub run", small_size, 100.0, "MB", "Twilio and jurisdictions alone", row=11),
    ]


def _start(
    folder: Path, stand_ins: RunningSandboxes, accounts: list[dict[str, Any]] | None = None
) -> tuple[subprocess.Popen[bytes], float]:
    """A running hub, and the seconds from its process's start to its first answer."""
    folder.mkdir()
    port = free_port()
    config, secrets = _configuration(folder, port, stand_ins)
    if accounts:
        connectors = {name: config["connectors"][name] for name in ("twilio", "jurisdictions")}
        config = {"hub": config["hub"], "connectors": connectors, "accounts": accounts}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    command = hub("run", "--config", str(folder / "config.yaml"))
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | secrets, stderr=(folder / "log").open("w"))
    while not _answers(port):
        if process.poll() is not None or time.perf_counter() - begun > START_TIMEOUT_SECONDS:
            raise RuntimeError(f"hub run does not answer: {(folder / 'log').read_text()[-500:]}")
        time.sleep(0.01)
    return process, time.perf_counter() - begun


def _configuration(folder: Path, port: int, stand_ins: RunningSandboxes) -> tuple[dict[str, Any], dict[str, str]]:
    """The repository's configuration with real settings instead of `sandbox: true`, and the environment with its secrets."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    secrets = {"BENCH_KEY": new_key()}

    def hidden(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: hidden(each) for name, each in value.items()}
        if not isinstance(value, str):
            return value
        secrets[f"BENCH_{len(secrets)}"] = value
        return f"${{env:BENCH_{len(secrets) - 1}}}"

    for name, entry in config["connectors"].items():
        if entry.pop("sandbox", False):
            entry |= hidden(stand_ins.settings(name))
            entry["schedule"] = "every 15 minutes"
    config["hub"] = {
        "public_url": f"http://127.0.0.1:{port}",
        "listen": f"127.0.0.1:{port}",
        "database": f"sqlite:///{folder}/hub.db",
        "secret_keys": ["${env:BENCH_KEY}"],
        "private_hosts": ["127.0.0.1"],
    }
    return config, secrets


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    print_figures(measure())
