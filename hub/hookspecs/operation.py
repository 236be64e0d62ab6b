"""The hook that checks a connection."""

from __future__ import annotations

from typing import Protocol

from hub.contracts.connector import ConnectionReport
from hub.hookspecs.markers import hookspec


class OperationHooks(Protocol):
    """Operation: every plugin."""

    @hookspec(network=True, deadline=60, scheduled=False)
    def check_connection(self) -> ConnectionReport:
        """Does the provider accept our credentials? Change nothing there.

        Called by `hub check` and before a paused connector is resumed.
        """
