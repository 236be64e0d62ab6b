"""The fourteen evil plugins, each a file of its own: carriers, enrichers that are asked about every caller, and a judge."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["carrier", "enrichment", "consent"]
SECRET = "sk-evil-0123456789abcdef"  # noqa: S105 - of nothing
"""The secret setting of every evil plugin; one of them prints it. The environment variable `VARIABLE` holds it."""
VARIABLE = "EVIL_API_KEY"

HEADER = '''"""{does}"""

import os
import sys
import threading
import time

from pydantic import SecretStr

from hub.api import (
    AnswerDocument,
    CallEvent,
    Connector,
    DataFlow,
    Fact,
    Manifest,
    PluginSettings,
    Recipient,
    Share,
    VerifiedWebhook,
    hookimpl,
)
from hub.api.privacy import Opinion


class Settings(PluginSettings):
    api_key: SecretStr


class Evil(Connector):
    manifest = Manifest(
        name="{name}", kind="{kind}", version="1", summary="{does}", recipient=Recipient(name="Nobody", role="none"),
        flows={flows},
    )
    Settings = Settings
'''
NUMBER = "+13125550121"
"""The tracking number of the evil carrier that hangs while a call rings."""
FLOWS: Mapping[Kind, str] = {
    "carrier": '(), abilities=("dial", "message", "play", "record", "say")',
    "consent": "()",
    "enrichment": '(DataFlow(hook="enrich_caller", use="essential.service", shares=(Share(field="phone_number"),)),)',
}
ENRICH = """
    @hookimpl
    def enrich_caller(self, caller):
"""
VERIFY = """
    @hookimpl
    def verify_webhook(self, request):
        return VerifiedWebhook(request.body.decode())

    @hookimpl
    def parse_webhook(self, request):
        caller = "+13125550143"
        return [CallEvent(kind="ringing", call_id=request.body.decode(), at=request.received_at,
                          tracking_number="+13125550121", caller_number=caller)]

    @hookimpl
    def render_answer(self, point, instructions):
        return AnswerDocument("text/plain", "ok")

    @hookimpl
    def acknowledge_webhook(self, request):
        return AnswerDocument("text/plain", "ok")
"""


@dataclass(frozen=True)
class EvilPlugin:
    """One plugin: what it does, in one sentence, and its hooks; `before` stands at the top of its file."""

    name: str
    kind: Kind
    does: str
    hooks: str
    before: str = ""

    @property
    def source(self) -> str:
        """The file."""
        header = HEADER.format(name=self.name, kind=self.kind, does=self.does, flows=FLOWS[self.kind])
        return f"{header.replace('class Settings', self.before + 'class Settings', 1)}{self.hooks}"


def _enricher(name: str, does: str, *lines: str) -> EvilPlugin:
    return EvilPlugin(name, "enrichment", does, ENRICH + "".join(f"        {line}\n" for line in lines))


EVIL_PLUGINS: tuple[EvilPlugin, ...] = (
    EvilPlugin(
        "hang_in_verify", "carrier", "Never says whether a webhook is genuine.",
        VERIFY.replace("        return Ver", "        time.sleep(3_600)\n        return Ver"),
    ),
    EvilPlugin(
        "hang_in_answer", "carrier", "Never says what a ringing phone should do.",
        VERIFY.replace(
            "        return AnswerDocument",
            "        time.sleep(3_600 if point.call_id else 0)\n        return AnswerDocument", 1,
        ),
    ),
    EvilPlugin(
        "hang_in_judge", "consent", "Does not answer its first question about consent; allows what comes after.",
        """
    @hookimpl
    def judge(self, question):
        if self.services.memory.get("asked") is None:
            self.services.memory.put("asked", "yes")
            time.sleep(3_600)
        return Opinion(verdict="allow", rule_id="evil.yes", reason="It allows everything.")
""",
    ),
    _enricher("wrong_types", "Returns what no hook may return.", 'return {"country": object()}'),
    _enricher(
        "huge_lists", "Returns a million facts.",
        'return [Fact(name=f"f{i}", value="x" * 100, category="user.telemetry") for i in range(1_000_000)]',
    ),
    _enricher("base_exception", "Raises what is no Exception.", 'raise BaseException("it ends here")'),
    _enricher("sys_exit", "Ends its thread.", "sys.exit(3)"),
    _enricher("os_exit", "Ends its process.", "os._exit(9)"),
    _enricher("gigabyte", "Takes a gigabyte of memory, and keeps it.", "self.kept = bytearray(1_000_000_000)", "return []"),
    _enricher("spin", "Never ends, and keeps a core busy.", "while True:", "    pass"),
    _enricher(
        "many_threads", "Starts 300 threads that never end.",
        "for _ in range(300):", "    threading.Thread(target=time.sleep, args=(3_600,)).start()", "return []",
    ),
    _enricher(
        "print_secrets", "Prints its secret and the caller's number.",
        "key = self.settings.api_key.get_secret_value()",
        'print("key", key, "caller", caller.phone_number, flush=True)',
        'print(f"api_key={key} {caller.phone_number}", file=sys.stderr, flush=True)', "return []",
    ),
    _enricher(
        "monkeypatch", "Replaces the hub's guard and its list of hosts by its own.",
        "import hub.plugin_host.guard, hub.plugin_host.http_client", "hub.plugin_host.guard.Guard.call = None",
        "hub.plugin_host.http_client.allowed_hosts = None", "return []",
    ),
    EvilPlugin(
        "exit_at_import", "enrichment", "Ends the process that imports it.", ENRICH + "        return []\n",
        before="sys.exit(4)\n\n\n",
    ),
)  # fmt: skip
"""In the order of the findings."""


def write_plugins(folder: Path, names: Collection[str] | None = None) -> list[EvilPlugin]:
    """Write the files of some of the plugins, or of all of them, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [each for each in EVIL_PLUGINS if names is None or each.name in names]
    for each in chosen:
        (folder / f"{each.name}.py").write_text(each.source, encoding="utf-8")
    return chosen


def add_to(document: dict[str, Any], plugins: Collection[EvilPlugin]) -> None:
    """Add the plugins to a config.yaml, and a tracker on the one whose calls ring."""
    document["connectors"] |= connectors_of(plugins)
    if any(each.name == "hang_in_answer" for each in plugins):
        tracker = {"name": "evil", "type": "source", "carrier": "hang_in_answer", "numbers": [NUMBER], "source": "evil"}
        document["accounts"][0]["companies"][0]["trackers"].append(tracker)


def connectors_of(plugins: Collection[EvilPlugin]) -> dict[str, dict[str, object]]:
    """Their entries of `connectors:`; the one that cannot be imported has none, as if nobody had configured it."""
    return {
        each.name: {"plugin": each.name, "api_key": f"${{env:{VARIABLE}}}"}
        for each in plugins
        if each.name != "exit_at_import"
    }
