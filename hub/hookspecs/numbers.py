"""Hooks for phone numbers: search, buy, configure, release, and port them from another carrier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.contracts.numbers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber
from hub.contracts.ports import PortOrder, PortRequest
from hub.hookspecs.markers import hookspec


class NumberHooks(Protocol):
    """Number provisioning: carriers."""

    @hookspec(network=True, deadline=60, scheduled=False)
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers that can be bought now.

        Called by `hub numbers search`. Return at most `query.limit` offers. An error is reported; nothing is retried.
        """

    @hookspec(network=True, deadline=60, scheduled=False, once=True)
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Buy `number` (E.164) and point its webhooks as `setup` says, in one step if the carrier can.

        Called by `hub numbers buy`, after a person agreed to the price. Called only one time: after a time-out the hub
        never buys again but asks `list_numbers` whether the number is ours.
        """

    @hookspec(network=True, deadline=60, scheduled=False)
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Point the webhooks and the fallback of an owned number at the hub. Repeating the call changes nothing.

        Called by `hub numbers configure` and when a tracker's numbers change.
        """

    @hookspec(network=True, deadline=60, scheduled=False)
    def release_number(self, number: str) -> None:
        """Return a number (E.164) to the carrier; it cannot be recovered. A number that is not owned is not an error.

        Called by `hub numbers release`, after a person agreed.
        """

    @hookspec(network=True, deadline=60, scheduled=False)
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account, through all pages.

        Called by `hub numbers list` and by `hub check`, to find numbers whose webhooks point elsewhere.
        """


class PortHooks(Protocol):
    """Porting numbers from another carrier: carriers."""

    @hookspec(network=True, deadline=60, scheduled=False, once=True)
    def order_port(self, request: PortRequest) -> PortOrder:
        """Order the porting of numbers. Raise `Rejected` with the carrier's words if it cannot take them.

        Called one time by `hub numbers port`, after a person agreed. After a time-out the hub asks `list_ports` instead.
        """

    @hookspec(network=True, deadline=60, scheduled=True)
    def list_ports(self) -> Sequence[PortOrder]:
        """All port orders of the account with their statuses, newest first.

        Called by `hub numbers ports` and on the connector's schedule while an order is open.
        """

    @hookspec(network=True, deadline=60, scheduled=False)
    def cancel_port(self, order_id: str) -> None:
        """Cancel an order that has not ended. Raise `Rejected` with the carrier's words if it is too late; an order that is
        cancelled already is not an error.

        Called by `hub numbers ports --cancel` and the page of numbers, after a person agreed.
        """
