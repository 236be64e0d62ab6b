"""A hostile plugin: it tries every escape while it is imported and again in a hook, with the audit hook and without.

It is loaded only by `hub.plugin_host.escapes.prove`, into a plugin host of its own.
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from hub.contracts.connector import ConnectionReport, Connector, PluginSettings
from hub.contracts.manifest import Manifest, Recipient
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
