"""The commands of `hub` in groups, of each the modules that make it; and what a listing says of each, so that a listing loads
none. The first module has the command as `commands`, or as the function behind the colon; others add to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "Start and run": {
        "init": ("init.init_commands:init",),
        "import": ("importing.import_commands",),
        "check": ("check:check",),
        "run": ("serve:run",),
        "web": ("serve:web",),
        "worker": ("serve:worker",),
        "reload": ("reload:reload",),
        "demo": ("hub.proof.cli.demo:demo",),
        "trigger": ("trigger.trigger_commands",),
        "snippet": ("snippet:snippet",),
    },
    "Calls and people": {
        "calls": ("calls.call_commands", "calls.marks", "lists.contacts"),
        "call": ("calls.timeline:call",),
        "leads": ("lists.contacts:leads",),
        "texts": ("texts.text_commands",),
        "recordings": ("recordings.recording_commands",),
        "visits": ("lists.visits:visits",),
        "listen": ("lists.listen:listen",),
        "report": ("report", "costs.report", "costs.company_reports", "report_mails"),
        "costs": ("costs.cost_commands",),
        "sources": ("sources",),
    },
    "Numbers": {
        "numbers": ("numbers.number_commands",),
        "pools": ("numbers.pools:pools",),
        "blocks": ("numbers.blocks",),
        "flows": ("flows",),
        "greetings": ("numbers.greetings",),
        "queues": ("calls.queues",),
        "sip": ("plugins.companions",),
    },
    "Connectors and deliveries": {
        "connectors": ("plugins.connectors",),
        "plugins": ("plugins.packages", "plugins.prove_walls"),
        "sync": ("plugins.sync:sync",),
        "record": ("plugins.record:record",),
        "deliveries": ("deliveries",),
        "webhooks": ("webhooks_out",),
        "inbox": ("inbox.inbox_commands",),
        "quarantine": ("inbox.quarantine",),
        "mcp": ("operation.mcp:mcp",),
    },
    "Privacy": {
        "privacy": ("privacy.privacy_commands",),
        "consent": ("consent",),
        "policy": ("policy.policy_commands",),
        "audit": ("audit",),
    },
    "Operation": {
        "companies": ("companies.company_commands",),
        "users": ("users.user_commands", "users.sign_in", "users.assistants"),
        "alerts": ("alerts",),
        "config": ("config",),
        "secrets": ("secrets",),
        "backup": ("operation.backup", "operation.drill"),
        "restore": ("operation.backup:restore",),
        "upgrade": ("operation.upgrade:upgrade",),
        "store": ("operation.store_plan",),
    },
    "Development": {
        "docs": ("docs:docs",),
        "new-plugin": ("plugins.new_plugin:new_plugin",),
        "certify": ("plugins.certify:certify",),
        "dev": ("plugins.dev:dev",),
        "chaos": ("hub.proof.cli.chaos:chaos",),
    },
}
COMMANDS: dict[str, tuple[str, ...]] = {name: each for group in GROUPS.values() for name, each in group.items()}
SUMMARIES_FILE = Path(__file__).with_name("summaries.json")
"""Written by `python -m hub.proof.docs`."""
SUMMARIES: Mapping[str, Any] = json.loads(SUMMARIES_FILE.read_text(encoding="utf-8"))
"""Command → its summary, or of a group that only lists its commands its help at `""` and the summaries of these."""


def to_load(words: Sequence[str]) -> list[str]:
    """The command whose modules are needed for a command line; none if it only asks for a listing."""
    listed: Any = SUMMARIES
    for at, word in enumerate(words):
        if not isinstance(listed, Mapping) or word not in listed:
            asks = isinstance(listed, Mapping) and words[at:] == ["--help"]
            return [] if asks else [name for name in words[:1] if name in COMMANDS]
        listed = listed[word]
    return [] if isinstance(listed, Mapping) else [*words[:1]]
