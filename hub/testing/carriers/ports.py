"""What a carrier plugin must prove of numbers that are ported from another carrier."""

from __future__ import annotations

import pytest

from hub.contracts.connector import Connector
from hub.contracts.ports import PortOrder, PortRequest, PortStatus
from hub.contracts.sandbox import Sandbox
from hub.hookspecs import PortHooks
from hub.testing import samples
from hub.testing.asking import ask
from hub.testing.secrecy import personal_texts
from hub.testing.switchboard import carrier_of, need_hooks
from hub.testing.wire import WireConformance

MOVES: tuple[PortStatus, ...] = ("submitted", "action_required", "ported", "cancelled")


def port_request() -> PortRequest:
    """An order with everything that any carrier requires."""
    return PortRequest(
        key=samples.key("port"),
        numbers=(samples.person_number(), samples.person_number()),
        business_name="Example Plumbing",
        authorized_person="Pat Doe",
        email="pat.doe@example.com",
        street="1 Example Street",
        city="Chicago",
        region="IL",
        postal_code="60601",
        account_number="EX-123456",
        pin="482915",
        bill=b"%PDF-1.4\n% an example bill\n",
    )


class PortConformance(WireConformance):
    """An order is placed one time, and listed with its status until it has ended."""

    def test_a_port_is_ordered_and_listed(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "order_port", "list_ports")
        request = port_request()
        order = ask(connector, PortHooks.order_port, request=request)
        assert order.order_id and set(order.numbers) == set(request.numbers)
        assert order.status in ("draft", "submitted"), "an order that was just placed has not moved"
        listed: list[PortOrder] = list(ask(connector, PortHooks.list_ports))
        assert order in listed, "the order is not in the list as it was told when it was placed"
        second = ask(connector, PortHooks.order_port, request=port_request())
        assert second.order_id != order.order_id
        assert {each.order_id for each in ask(connector, PortHooks.list_ports)} >= {order.order_id, second.order_id}

    @pytest.mark.parametrize("status", MOVES)
    def test_a_port_order_moves_on(self, connector: Connector, sandbox: Sandbox, status: PortStatus) -> None:
        need_hooks(connector, "order_port", "list_ports")
        order = ask(connector, PortHooks.order_port, request=port_request())
        carrier_of(sandbox).move_port(order.order_id, status, "The account number is not right.")
        (moved,) = [each for each in ask(connector, PortHooks.list_ports) if each.order_id == order.order_id]
        assert moved.status == status
        if status == "action_required":
            assert "account number" in moved.detail, "what the carrier asks for is lost"

    def test_a_port_order_is_cancelled(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "order_port", "list_ports", "cancel_port")
        order = ask(connector, PortHooks.order_port, request=port_request())
        other = ask(connector, PortHooks.order_port, request=port_request())
        for _ in range(2):
            ask(connector, PortHooks.cancel_port, order_id=order.order_id)
        listed = {each.order_id: each.status for each in ask(connector, PortHooks.list_ports)}
        assert listed.get(order.order_id, "cancelled") == "cancelled", "a cancelled order goes on"
        assert listed[other.order_id] != "cancelled", "another order was cancelled"

    def test_a_port_order_tells_nothing_personal(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "order_port", "list_ports")
        request = port_request()
        order = ask(connector, PortHooks.order_port, request=request)
        shown = repr([order, *ask(connector, PortHooks.list_ports)])
        assert not [text for text in personal_texts(request) if text in shown], "an order names a person or a PIN"
