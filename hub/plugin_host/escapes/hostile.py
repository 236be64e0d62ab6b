"""A hostile plugin: it tries every escape while it is imported and again in a hook, or as a stand-in while it serves a request,
with the audit hook and without.

It is loaded only by `hub.plugin_host.escapes.prove`, into a plugin host of its own.
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hub.contracts.connector import ConnectionReport, Connector, PluginSettings
from hub.contracts.manifest import Manifest, Recipient
from hub.contracts.sandbox import ASGI, HttpSandbox
from hub.contracts.untrusted import JsonObject
from hub.hookspecs import hookimpl
from hub.plugin_host.escapes import file_escapes, network_escapes, process_escapes, rights_escapes
from hub.plugin_host.escapes.table import ESCAPES, Targets, attempt
from hub.plugin_host.host import audit_hook

TARGETS = Path("targets.json")
"""In the plugin's own folder."""
AREAS = (file_escapes, network_escapes, process_escapes, rights_escapes)


def without_audit_hook() -> None:
    """Undo the audit hook, as two lines of a plugin can."""
    for name, value in list(vars(audit_hook.Policy).items()):
        if callable(value) and name.startswith("_") and not name.startswith("__"):
            setattr(audit_hook.Policy, name, lambda *arguments, **named: None)
    sys.modules.pop("_posixsubprocess", None)
    importlib.import_module("_posixsubprocess")


class Hostile(Connector):
    """Tries to escape; for `hub plugins prove-walls`."""

    manifest = Manifest(
        name="hostile",
        kind="carrier",
        version="1",
        summary="Tries to escape.",
        recipient=Recipient(name="-", role="none"),
    )
    Settings = PluginSettings

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """What came of each escape, first while the plugin was imported, then in this hook, as JSON."""
        return ConnectionReport(ok=True, detail=json.dumps([*AT_IMPORT, *tried("in a hook")]))


class Sandbox(HttpSandbox):
    """Tries to escape from the process of a stand-in."""

    def settings(self) -> JsonObject:
        """No connector is pointed at it."""
        return {}

    def app(self) -> ASGI:
        """What came of each escape, first while the plugin was imported, then in this request, as JSON."""

        async def serve(scope: Any, receive: ASGI, send: ASGI) -> None:
            body = json.dumps([*AT_IMPORT, *tried("in a request")]).encode()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body})

        return serve


def tried(when: str) -> list[dict[str, object]]:
    """Try every escape one time. What they aim at is in the plugin's folder; without it there is nothing to try."""
    if not TARGETS.exists():
        return []
    aims = json.loads(TARGETS.read_text())
    if not aims["audit_hook"]:
        without_audit_hook()
    targets = Targets(**aims["targets"])
    return [asdict(attempt(each, targets)) | {"when": when, "audit_hook": aims["audit_hook"]} for each in ESCAPES]


AT_IMPORT = tried("at import")
