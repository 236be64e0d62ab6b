"""What callers say leaves the memory of plugins' processes: ten minutes after one got it, another takes its place."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from process_memory import PATIENCE, holds, next_pid

from hub.api import AgentReply, Conversation, SpokenAudio, Talk, TranscriptPart
from hub.hookspecs import AgentHooks, InsightHooks, TranscriptionHooks
from hub.plugin_host.discovery import discover
from hub.plugin_host.host import supervisor
from hub.plugin_host.registry import Plugins
from hub.testing import connect

pytestmark = pytest.mark.soak
CANARY = "Quetzalcoatlus"
SAID = (TranscriptPart(start=0, end=1, text=f"I saw a {CANARY} fly.", channel="caller"),)
WHY = {"hoarder": "", "scripted": "all"}
HOARDER = """
    import threading
    from hub.api import AgentReply, Connector, Insight, Manifest, PluginSettings, Recipient, Share, Transcript, hookimpl

    KEPT = []
    GO_ON = threading.Event()

    class Hoarder(Connector):
        manifest = Manifest(name="hoarder", kind="agent", version="1", summary="-",
                            recipient=Recipient(name="-", role="none"), shares=(Share(field="lines"),))
        Settings = PluginSettings

        @hookimpl
        def answer_caller(self, talk):
            KEPT.append(talk)
            return AgentReply(say="Go on.")

        @hookimpl
        def read_conversation(self, conversation):
            KEPT.append(conversation)
            return Insight(model="m")

        @hookimpl
        def transcribe(self, audio):
            KEPT.append(audio)
            GO_ON.wait(2.0 if audio.audio == b"slow" else 0)
            return Transcript(language="en", model="m")
"""


@contextmanager
def opened(folder: Path) -> Iterator[Plugins]:
    """The plugins, each in a process of its own that runs."""
    file = folder / "hoarder.py"
    file.write_text(dedent(HOARDER))
    scripted = connect(discover().isolated("scripted", "process"), rules=[{"name": "all", "say": "Go on."}])
    made = Plugins([connect(discover([file]).classes["hoarder"]), scripted])
    try:
        for host in made.hosts.values():
            host.await_first_start()
        yield made
    finally:
        made.close()


@pytest.mark.parametrize(
    ("name", "hook", "given"),
    [
        ("hoarder", AgentHooks.answer_caller, Talk(lines=SAID)),
        ("hoarder", InsightHooks.read_conversation, Conversation(lines=SAID)),
        ("hoarder", TranscriptionHooks.transcribe, SpokenAudio(audio=CANARY.encode() * 100)),
        ("scripted", AgentHooks.answer_caller, Talk(lines=SAID)),
    ],
)
def test_another_process_without_the_words_takes_the_place_of_one_that_got_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, hook: Any, given: Any
) -> None:
    with opened(tmp_path) as plugins:
        pid = plugins.hosts[name].pid
        assert pid is not None and not holds(pid, CANARY)
        plugins.call(name, hook, given)
        assert plugins.hosts[name].pid == pid
        assert holds(pid, CANARY), "words stay in a process that goes on, so this test would find them"
    monkeypatch.setattr(supervisor, "REPLACE_SECONDS", 0.0)
    with opened(tmp_path) as plugins:
        before = plugins.hosts[name].pid
        assert before is not None
        plugins.call(name, hook, given)
        after = next_pid(plugins, name, before)
        assert not Path(f"/proc/{before}").exists() and not holds(after, CANARY)
        assert plugins.call(name, AgentHooks.answer_caller, Talk(lines=SAID)) == AgentReply(say="Go on.", why=WHY[name])
        assert not plugins.hosts[name].why_off, "it is no death"


def test_a_call_that_is_under_way_ends_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "REPLACE_SECONDS", 0.0)
    with opened(tmp_path) as plugins, ThreadPoolExecutor() as threads:
        before = plugins.hosts["hoarder"].pid
        assert before is not None
        slow = threads.submit(plugins.call, "hoarder", TranscriptionHooks.transcribe, SpokenAudio(audio=b"slow"))
        time.sleep(0.2)
        plugins.call("hoarder", AgentHooks.answer_caller, Talk(lines=SAID))
        assert slow.result(PATIENCE).model == "m"
        next_pid(plugins, "hoarder", before)
