"""`hub worker --listen` answers whether the threads and jobs of that worker go on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import httpx2
import pytest
from cli_shop import Shop
from typer.testing import Result

from hub.platform.loopback import free_port

pytestmark = pytest.mark.soak


def ready(address: str, worker: subprocess.Popen[bytes]) -> dict[str, dict[str, float]]:
    """What the worker says of itself, as soon as it answers."""
    with httpx2.Client(base_url=f"http://{address}", trust_env=False) as client:
        for _ in range(600):
            assert worker.poll() is None, f"the worker ended by itself with {worker.returncode}"
            try:
                return client.get("/readyz").raise_for_status().json()  # type: ignore[no-any-return]
            except httpx2.TransportError:
                time.sleep(0.05)
    raise AssertionError("the worker never answered")


def test_a_worker_without_a_web_edge_answers_for_its_threads_and_jobs(shop: Shop) -> None:
    shop.configure()
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "hub.cli", "worker", "--config", str(shop.folder / "config.yaml")]
    with subprocess.Popen([*command, "--listen", address]) as worker:
        try:
            said = ready(address, worker)
        finally:
            worker.send_signal(signal.SIGTERM)
    assert worker.returncode == 0
    assert {"flow", "recordings", "syncs", "housekeeping"} <= said["threads"].keys()
    assert "retention" in said["jobs"]


def test_an_address_that_is_none_is_refused_by_the_name_of_its_option(
    shop: Shop, refusal: Callable[[Result], str]
) -> None:
    shop.configure()
    said = refusal(shop.run("worker", "--listen", "nowhere"))
    assert said == "--listen is 'nowhere'; write a host and a port, like 127.0.0.1:8080."
