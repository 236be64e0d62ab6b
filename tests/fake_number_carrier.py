"""A carrier that sells, lists, takes back and brings numbers; a test scripts what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from fake_connectors import FakeCarrier, play

from hub.api import DataFlow, Money, Share, hookimpl
from hub.api.carriers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber, PortOrder, PortRequest, PortStatus


class FakeNumberCarrier(FakeCarrier):
    """Offers +1 312 555 0130 to 0139 for 1.15 USD; what is bought is listed from then on."""

    manifest = FakeCarrier.manifest.model_copy(
        update={
            "flows": (
                *FakeCarrier.manifest.flows,
                DataFlow(
                    hook="order_port",
                    use="essential.service",
                    shares=tuple(Share(field=each) for each in ("authorized_person", "email", "pin", "bill")),
                ),
            )
        }
    )

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.owned: dict[str, OwnedNumber] = {}
        self.asked: list[NumberQuery] = []
        self.orders: list[str] = []
        """Numbers that the hub ordered, also in vain."""
        self.price: Money | None = Money(Decimal("1.15"), "USD")
        self.buy_script: list[Any] = []
        """Answers of buy_number (an error, a function of the number); then it sells."""
        self.list_script: list[Any] = []
        self.released: list[str] = []
        self.ports: list[PortOrder] = []
        self.port_requests: list[PortRequest] = []
        self.port_script: list[Any] = []
        self.cancelled: list[str] = []

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        self.asked.append(query)
        numbers = [f"+131255501{last}" for last in range(30, 40)]
        return [
            NumberOffer(number=each, kind="local", country="US", place="Chicago, Illinois", monthly_price=self.price,
                        capabilities=("voice", "sms"))
            for each in numbers
            if each not in self.owned and (query.contains or "") in each
        ][: query.limit]  # fmt: skip

    @hookimpl
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        self.orders.append(number)
        if self.buy_script:
            play(self.buy_script, number)
        return self.sell(number, setup)

    def sell(self, number: str, setup: NumberSetup | None = None) -> OwnedNumber:
        """What a purchase does at the carrier."""
        self.owned[number] = OwnedNumber(
            number=number, provider_id=f"PN{number[-4:]}",
            **({"voice_url": setup.voice_url, "fallback_url": setup.fallback_url, "status_url": setup.status_url,
                "message_url": setup.message_url} if setup else {}),
        )  # fmt: skip
        return self.owned[number]

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        return self.sell(setup.number, setup)

    @hookimpl
    def release_number(self, number: str) -> None:
        self.released.append(number)
        self.owned.pop(number, None)

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        if self.list_script:
            play(self.list_script)
        return list(self.owned.values())

    @hookimpl
    def order_port(self, request: PortRequest) -> PortOrder:
        self.port_requests.append(request)
        if self.port_script:
            play(self.port_script, request)
        order = PortOrder(order_id=f"PO{len(self.port_requests):04}", numbers=request.numbers, status="submitted")
        self.ports.append(order)
        return order

    @hookimpl
    def list_ports(self) -> Sequence[PortOrder]:
        return list(self.ports)

    @hookimpl
    def cancel_port(self, order_id: str) -> None:
        self.cancelled.append(order_id)

    def move(self, order_id: str, status: PortStatus, detail: str = "", ports_at: datetime | None = None) -> None:
        """What the carrier reports of an order from now on."""
        self.ports = [
            replace(each, status=status, detail=detail, ports_at=ports_at) if each.order_id == order_id else each
            for each in self.ports
        ]
