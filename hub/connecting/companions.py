"""The processes that run beside the hub: whether each works, asked every minute."""

from __future__ import annotations

import time

from hub.connecting.check import check_connection
from hub.hookspecs import OperationHooks
from hub.runtime import Hub
from hub.store.companion_troubles import note_companion, note_figures

SECOND_LOOK_SECONDS = 3.0


def check_companions(hub: Hub) -> None:
    """Ask each connector that has such a process whether all is well, and note what is not. What was mended is forgotten."""
    for name in hub.plugins.with_hook(OperationHooks.companion_process):
        if hub.config.connectors[name].in_sandbox:
            continue
        report = check_connection(hub.plugins, name)
        if not report.ok:
            # It may be starting, as it does after each start of the hub.
            time.sleep(SECOND_LOOK_SECONDS)
            report = check_connection(hub.plugins, name)
        note_figures(hub.store, name, report.figures, hub.clock())
        note_companion(hub.store, name, "" if report.ok else report.detail, hub.clock())
