"""Hooks for connecting an account: whom a sign-in reaches, and what conversions can go to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

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
