"""Whether a connector's provider accepts its credentials, asked now."""

from __future__ import annotations

from hub.contracts.connector import ConnectionReport
from hub.errors import RingfenceError
from hub.hookspecs import OperationHooks
from hub.plugin_host.registry import Plugins


def check_connection(plugins: Plugins, name: str) -> ConnectionReport:
    """Whether a connector's provider answers; any failure becomes a report too."""
    if not plugins.implements(name, OperationHooks.check_connection):
        return ConnectionReport(ok=True, detail="Its plugin has nothing to check.")
    try:
        report = plugins.call(name, OperationHooks.check_connection)
    except RingfenceError as error:
        return ConnectionReport(ok=False, detail=str(error))
    if not isinstance(report, ConnectionReport):
        return ConnectionReport(ok=False, detail="Its plugin gave no report; tell the plugin's author.")
    return report
