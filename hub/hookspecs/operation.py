"""The hooks that check a connection, and name the process that runs beside the hub."""

from __future__ import annotations

from typing import Protocol

from hub.contracts.companions import CompanionProcess
from hub.contracts.connector import ConnectionReport
from hub.hookspecs.markers import hookspec


class OperationHooks(Protocol):
    """Operation: every plugin."""

    @hookspec(network=True, deadline=60, scheduled=False)
    def check_connection(self) -> ConnectionReport:
        """Does the provider accept our credentials? Change nothing there.

        Called by `hub check` and before a paused connector is resumed.
        """

    @hookspec(network=False, deadline=1, scheduled=False)
    def companion_process(self, number: int) -> CompanionProcess | None:
        """A process of the plugin's own that must run beside the hub; None if there is none. `number` counts from 1, if each
        of several machines has one.

        Called by `hub run` for the first when it starts and when the configuration changes. It starts the process in a
        session of its own, and again within two seconds of its death; it leaves it running when the hub ends, unless
        Ctrl-C ended it. While there is one, `check_connection` is asked every minute, and what is wrong shows as the
        connector's trouble.
        """
