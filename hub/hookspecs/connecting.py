"""Hooks for an account: whom a sign-in reaches, what conversions can go to, and whether the provider answers; and the process
that runs beside the hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.companions import CompanionProcess
from hub.contracts.connector import ConnectionReport
from hub.contracts.sign_in import AccountList, DestinationChoice
from hub.hookspecs.markers import hookspec


class ConnectHooks(Protocol):
    """Connecting: plugins that people connect by a sign-in, and ad networks that can list their conversion actions."""

    @hookspec(network=True, deadline=30, scheduled=False)
    def list_accounts(self) -> AccountList:
        """Who signed in, and the accounts that the sign-in reaches; those that cannot be used too, with the reason.

        Called after a sign-in, before an account is chosen: settings that choose one may still be None.
        """

    @hookspec(network=True, deadline=30, scheduled=False)
    def list_destinations(self) -> Sequence[DestinationChoice]:
        """What conversions can go to in the connector's account; unsuitable ones too, with the reason.

        Called while a person chooses the destination of a rule.
        """


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
