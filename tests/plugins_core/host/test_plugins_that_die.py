"""A plugin whose process ends again and again is disabled, which people see; a hook that hangs is ended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest
from testbed import TestHub

from hub.api import WebhookRequest
from hub.api.carriers import NumberQuery
from hub.connecting.pausing import resume_connector
from hub.errors import PluginDied, PluginFailure, RingfenceError
from hub.hookspecs import CallHooks, NumberHooks
from hub.plugin_host.discovery import discover
from hub.plugin_host.guard import POOL_THREADS
from hub.plugin_host.host import process, restarts, supervisor
from hub.plugin_host.host.restarts import Restarts
from hub.store.connectors import disabled_connectors
from hub.web.health import readiness

pytestmark = pytest.mark.soak
PATIENCE = 120.0

MORTAL = """
    import os, socket, struct, sys, threading
    from hub.api import ConnectionReport, Connector, Manifest, PluginSettings, Recipient, VerifiedWebhook, hookimpl

    RANG = threading.Event()
    EMPTY = []

    class Mortal(Connector):
        manifest = Manifest(name="mortal", kind="carrier", version="1", summary="-",
                            recipient=Recipient(name="-", role="none"))
        Settings = PluginSettings

        @hookimpl
        def verify_webhook(self, request):
            if not request.body:
                EMPTY.append(request)
            if request.body == b"count":
                return VerifiedWebhook(str(len(EMPTY)))
            if request.body == b"exit":
                os._exit(3)
            while request.body == b"spin":
                pass
            if request.body == b"half":
                for descriptor in sys.argv[2:]:
                    os.write(int(descriptor), struct.pack("!I", 1_000) + b"half an answer")
                threading.Event().wait()
            if request.body == b"ring":
                RANG.set()
            if request.body == b"evil":
                socket.create_connection(("evil.example", 443), 1)
            return VerifiedWebhook(str(os.getpid()))

        @hookimpl
        def check_connection(self):
            return ConnectionReport(ok=True, detail="Fine.")

        @hookimpl
        def search_numbers(self, query):
            if query.contains == "exit":
                os._exit(3)
            if query.contains == "ring":
                RANG.wait()
            return []
"""


@pytest.fixture
def mortal(tmp_path: Path, lite_hub: Callable[..., TestHub]) -> TestHub:
    file = tmp_path / "mortal.py"
    file.write_text(dedent(MORTAL))
    return lite_hub(connectors={"mortal": discover([file]).classes["mortal"]}, conversions=(), accounts=())


def ask(stage: TestHub, word: str) -> str:
    host = stage.hub.plugins.hosts["mortal"]
    ends = time.monotonic() + PATIENCE
    while host.pid is None and not host.why_off and time.monotonic() < ends:
        host.warm()
        time.sleep(0.01)
    for breaker in stage.hub.plugins.guards["mortal"].breakers.values():
        breaker.record(True)
    return stage.hub.plugins.call_within(PATIENCE, "mortal", CallHooks.verify_webhook, webhook(word)).event_key


def webhook(word: str) -> WebhookRequest:
    return WebhookRequest("POST", "https://calls.example.com/", word.encode(), datetime.now(UTC))


def ended(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    ends = time.monotonic() + 90
    while time.monotonic() < ends:
        try:
            os.kill(pid, 0)
        except OSError:
            return True
        time.sleep(0.01)
    return False


def failure_of(mortal: TestHub, word: str) -> str:
    """How a call fails that the plugin gets, or never will: not one while it is being restarted."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        with pytest.raises(PluginFailure) as failed:
            ask(mortal, word)
        if "is being restarted" not in str(failed.value):
            return str(failed.value)
        time.sleep(0.01)
    raise AssertionError("the plugin is being restarted all the time")


def test_after_five_deaths_it_is_disabled_until_a_person_resumes_it(
    mortal: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "FIRST_DELAY_SECONDS", 0.001)
    # However busy the machine is, nothing ends the process but the plugin.
    monkeypatch.setattr(supervisor, "START_SECONDS", PATIENCE)
    monkeypatch.setattr(process, "GRACE_SECONDS", PATIENCE)
    first = ask(mortal, "who")
    for _ in range(5):
        failure_of(mortal, "exit")
    assert "ended 5 times in 10 minutes; the last time it ended itself with status 3" in failure_of(mortal, "who")
    with mortal.hub.store.reading() as session:
        assert "mortal" in disabled_connectors(session)
    assert readiness(mortal.hub)[0]["reasons"] == ["plugins that ended too often: mortal"]
    reports = (resume_connector(mortal.hub, "mortal", "somebody") for _ in range(20))
    assert any(report is not None and report.ok for report in reports)
    assert ask(mortal, "who") != first
    assert readiness(mortal.hub)[0]["status"] == "ok"


@pytest.mark.usefixtures("own_deadlines")
def test_a_hook_that_spins_is_ended_and_the_next_call_gets_a_new_process(
    mortal: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.0)
    pid = int(ask(mortal, "who"))
    with pytest.raises(RingfenceError):
        mortal.hub.plugins.call_within(
            0.1,
            "mortal",
            CallHooks.verify_webhook,
            WebhookRequest("POST", "https://calls.example.com/", b"spin", datetime.now(UTC)),
        )
    assert ended(pid)
    assert int(ask(mortal, "who")) != pid


def test_of_calls_in_one_message_only_the_one_that_ends_the_plugin_fails(mortal: TestHub) -> None:
    first = ask(mortal, "who")
    queries = [(NumberQuery(contains=word),) for word in (None, "exit", None)]
    before, fatal, after = mortal.hub.plugins.call_each("mortal", NumberHooks.search_numbers, queries)
    assert isinstance(fatal, PluginDied)
    assert before == after == [], "a new process took the rest"
    assert ask(mortal, "who") != first


def test_a_plugin_that_writes_half_an_answer_is_ended_in_time(mortal: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.0)
    pid = int(ask(mortal, "who"))
    with pytest.raises(PluginFailure):
        ask(mortal, "half")
    assert ended(pid)
    assert int(ask(mortal, "who")) != pid


def test_a_plugin_has_looked_at_an_empty_webhook_before_the_first_call_rings(mortal: TestHub) -> None:
    assert ask(mortal, "count") == "1"


def test_hooks_that_wait_for_the_provider_keep_no_ringing_call_waiting(mortal: TestHub) -> None:
    ask(mortal, "who")
    plugins, query = mortal.hub.plugins, NumberQuery(contains="ring")
    waiting = [plugins.submit_each("mortal", NumberHooks.search_numbers, [(query,)]) for _ in range(POOL_THREADS)]
    ask(mortal, "ring")
    assert [each.result(20) for each in waiting] == [[[]]] * POOL_THREADS, "the call that rang ended their wait"


def test_a_host_that_it_does_not_declare_is_counted_for_the_data_map_and_it_ends_with_the_hub(mortal: TestHub) -> None:
    pid = int(ask(mortal, "who"))
    with pytest.raises(PluginFailure):
        ask(mortal, "evil")
    assert [(name, kind, host) for name, kind, host, _ in mortal.hub.refusals.take()] == [
        ("mortal", "host", "evil.example")
    ]
    mortal.hub.plugins.close()
    assert ended(pid)


def test_restarts_wait_longer_each_time_and_old_deaths_are_forgotten() -> None:
    now = [0.0]
    counted = Restarts(lambda: now[0])
    assert [counted.died() for _ in range(4)] == [0.5, 1.0, 2.0, 4.0]
    now[0] += 601
    assert counted.died() == 0.5
    assert [counted.died() for _ in range(4)][-1] is None
    counted.forget()
    assert counted.died() == 0.5
