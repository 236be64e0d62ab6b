"""A stand-in of the gateway: its control address on loopback, and simulated calls as signed webhooks."""

from __future__ import annotations

from typing import Any, Literal

from plugins.carriers.sip.sandbox.account import Account


class Sandbox(Account):
    """A gateway with its trunk: the control address over its state, and the webhooks of calls."""

    def refuse_calls(self, number: str, why: Literal["caller_id", "country", "number"]) -> None:
        """Refuse calls from or to a number with the gateway's own code."""
        self.refused_numbers[number] = why

    def know_number(self, number: str) -> None:
        """Add a customer's own number to the trunk."""
        self.known_numbers.add(number)

    def app(self) -> Any:
        from plugins.carriers.sip.sandbox.api import app

        return app(self)
