"""What `isolation: process` costs: the time until a plugin host is ready, its memory, and what each call takes longer.

The same Twilio connector verifies and renders in a thread and in a process, through the hub's own way of calling hooks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from statistics import median, quantiles
from typing import Any

import psutil

from benchmarks.figures import Figure, at_most, spread
from hub.contracts.answers import AnswerPoint, Dial, Say
from hub.contracts.connector import Connector
from hub.contracts.costs import Cost
from hub.contracts.values import Money
from hub.contracts.webhooks import WebhookRequest
from hub.errors import BadSignature
from hub.hookspecs import CallHooks
from hub.plugin_host.discovery import discover
from hub.plugin_host.host.wire import LISTS, decode, encode
from hub.plugin_host.registry import Plugins
from hub.testing import connect

ROUNDS, CALLS, LONGEST_LIST = 5, 2_000, 35_000
SETTINGS = {"account_sid": "AC" + "0" * 32, "auth_token": "0" * 32}
NUMBER, CALLER = "+13125550100", "+13125550199"


def measure() -> list[Figure]:
    """Both ways, one after the other."""
    catalog = discover()
    starts, sizes = [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        plugins = _plugins(catalog.isolated("twilio", "process"))
        plugins.hosts["twilio"].await_first_start()
        starts.append(time.perf_counter() - begun)
        _verify(plugins)
        sizes.append(psutil.Process(plugins.hosts["twilio"].pid).memory_info().rss / 2**20)
        plugins.close()
    figures = [
        at_most("plugin host until it is ready", median(starts), 2.0, "s", spread(starts, "s")),
        at_most("memory of a plugin host", median(sizes), 80.0, "MB", spread(sizes, "MB")),
    ]
    for what, work in (("verify_webhook", _verify), ("render_answer", _render)):
        thread, process = (_latencies(catalog.isolated("twilio", way), work) for way in ("thread", "process"))
        for name, at in (("p50", 49), ("p99", 98)):
            detail = f"{thread[at]:.2f} ms in a thread, {process[at]:.2f} ms in a process"
            figures.append(at_most(f"{what} takes longer, {name}", process[at] - thread[at], 5.0, "ms", detail))
    return [*figures, _hold_up()]


def _hold_up() -> Figure:
    """How long the largest reply that a plugin host may send keeps another thread from running."""
    costs = [
        Cost(
            day=date(2026, 11, 1), source="google", medium="cpc", campaign="Spring", cost=Money(Decimal("12.34"), "USD")
        )
    ]
    frame, gaps, done = encode(costs * LONGEST_LIST, LISTS), [], threading.Event()

    def watch() -> None:
        before = time.perf_counter()
        while not done.is_set():
            time.sleep(0.001)
            gaps.append(time.perf_counter() - before)
            before = time.perf_counter()

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.perf_counter()
    decode(frame, LISTS)
    taken = time.perf_counter() - begun
    done.set()
    watcher.join()
    detail = f"{len(frame) / 1e6:.1f} MB, decoded in {taken:.1f} s"
    return at_most("another thread waits while a list is decoded, longest", max(gaps) * 1_000, 250.0, "ms", detail)


def _plugins(connector_class: type[Connector]) -> Plugins:
    return Plugins([connect(connector_class, name="twilio", **SETTINGS)])


def _latencies(connector_class: type[Connector], work: Callable[[Plugins], Any]) -> list[float]:
    """The percentiles of one call, in milliseconds."""
    plugins = _plugins(connector_class)
    work(plugins)
    taken = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        work(plugins)
        taken.append((time.perf_counter() - begun) * 1_000)
    plugins.close()
    return quantiles(taken, n=100)


def _verify(plugins: Plugins) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": "forged"}
    url = "https://calls.example.com/webhooks/twilio/voice"
    body = f"CallSid=CA{'1' * 32}&From=%2B{CALLER[1:]}&To=%2B{NUMBER[1:]}&CallStatus=ringing".encode()
    try:
        plugins.call("twilio", CallHooks.verify_webhook, WebhookRequest("POST", url, body, datetime.now(UTC), headers))
    except BadSignature:
        return


def _render(plugins: Plugins) -> None:
    point = AnswerPoint(moment="ringing", tracking_number=NUMBER, call_id="CA1", caller_number=CALLER)
    instructions = [Say(text="This call is recorded."), Dial(numbers=("+13125550142",))]
    plugins.call("twilio", CallHooks.render_answer, point, instructions)
