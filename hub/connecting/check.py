"""Whether a connector's provider accepts its credentials, asked now."""

from __future__ import annotations

from dataclasses import replace

from hub.contracts.connector import ConnectionReport
from hub.errors import RingfenceError
from hub.hookspecs import OperationHooks
from hub.platform.line_figures import known_figures
from hub.plugin_host.registry import Plugins

ASKS_NOBODY = ConnectionReport(ok=True, detail="It asks no provider, so there is nothing to check.")
FAILED = "The test failed, so nothing was saved: {}"
"""Why a new connector is not saved, until a person says that it shall be."""
NOT_TRIED = ConnectionReport(
    ok=True, tried=False, detail="Not tried: its plugin has no check, so a wrong key shows only when it is first used."
)
"""The report of a connector whose provider cannot be asked: nobody knows whether its key works."""


def warning_of(report: ConnectionReport) -> str:
    """What a person should know of a connector whose test failed or was impossible, and that was saved; empty if it is good."""
    if report.ok and report.tried:
        return ""
    return f"{'It could not be tested' if report.ok else 'Its test failed'}: {report.detail}"


def check_connection(plugins: Plugins, name: str) -> ConnectionReport:
    """Whether a connector's provider answers; any failure becomes a report too."""
    if not plugins.implements(name, OperationHooks.check_connection):
        is_local = plugins.connectors[name].manifest.recipient.role == "none"
        return ASKS_NOBODY if is_local else NOT_TRIED
    try:
        report = plugins.call(name, OperationHooks.check_connection)
    except RingfenceError as error:
        return ConnectionReport(ok=False, detail=str(error))
    if not isinstance(report, ConnectionReport):
        return ConnectionReport(ok=False, detail="Its plugin gave no report; tell the plugin's author.")
    return replace(report, figures=known_figures(report.figures))
