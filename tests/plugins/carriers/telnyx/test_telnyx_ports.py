"""Numbers that are brought to Telnyx: from the draft to the day they move, with Telnyx' own client as the witness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import get_args

import pytest

from hub.api import Rejected
from hub.api.carriers import PortRequest
from hub.testing import FrozenClock, connect
from plugins.carriers.telnyx import Telnyx, ports
from plugins.carriers.telnyx.sandbox import Sandbox

REQUEST = PortRequest(
    key="port-1",
    numbers=("+13125550142", "+13125550143"),
    business_name="Example Plumbing",
    authorized_person="Pat Doe",
    email="pat.doe@example.com",
    street="1 Example Street",
    city="Chicago",
    region="IL",
    postal_code="60601",
    account_number="A-77",
    pin="0000",
    wanted_on=date(2026, 12, 15),
    bill=b"%PDF-1.4 example",
)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(FrozenClock(), letter_on_file=True) as running:
        assert isinstance(running, Sandbox)
        yield running


@pytest.fixture
def telnyx(sandbox: Sandbox) -> Telnyx:
    return connect(Telnyx, sandbox)


def test_a_complete_order_is_filled_in_and_submitted(telnyx: Telnyx, sandbox: Sandbox) -> None:
    placed = telnyx.order_port(REQUEST)
    assert (placed.status, placed.numbers, placed.detail) == ("submitted", REQUEST.numbers, "")
    from telnyx import DefaultHttpxClient
    from telnyx import Telnyx as Client

    with DefaultHttpxClient(trust_env=False) as http:
        client = Client(api_key=sandbox.api_key, base_url=f"{sandbox.url}/v2", http_client=http)
        shown = client.porting_orders.retrieve(placed.order_id).data
    assert shown and shown.end_user and shown.end_user.admin and shown.end_user.location
    assert (shown.end_user.admin.entity_name, shown.end_user.admin.pin_passcode) == ("Example Plumbing", "0000")
    assert (shown.end_user.location.locality, shown.end_user.location.country_code) == ("Chicago", "US")
    assert shown.phone_number_configuration and shown.phone_number_configuration.connection_id == sandbox.application_id
    assert shown.activation_settings and shown.activation_settings.foc_datetime_requested == datetime(
        2026, 12, 15, 16, tzinfo=UTC
    )
    assert list(sandbox.documents.values()) == [b"%PDF-1.4 example"]


def test_an_order_without_a_letter_waits_and_says_so(sandbox: Sandbox, telnyx: Telnyx) -> None:
    sandbox.letter_on_file = False
    placed = telnyx.order_port(REQUEST)
    assert placed.status == "draft" and "letter of authorization" in placed.detail
    assert telnyx.list_ports() == [placed]


def test_a_second_try_goes_on_with_the_same_order(sandbox: Sandbox, telnyx: Telnyx) -> None:
    sandbox.letter_on_file = False
    first = telnyx.order_port(replace(REQUEST, bill=b""))
    sandbox.letter_on_file = True
    second = telnyx.order_port(REQUEST)
    assert (first.order_id, first.status, second.order_id, second.status) == (
        first.order_id,
        "draft",
        first.order_id,
        "submitted",
    )
    assert telnyx.order_port(REQUEST) == second and len(sandbox.port_orders) == 1


def test_numbers_that_telnyx_does_not_take_are_refused(telnyx: Telnyx) -> None:
    for numbers in ((), ("nonsense",)):
        with pytest.raises(Rejected) as refused:
            telnyx.order_port(replace(REQUEST, numbers=numbers))
        assert "nonsense" not in str(refused.value)


@pytest.mark.parametrize("status", ["draft", "submitted", "action_required", "scheduled", "ported", "cancelled"])
def test_where_an_order_stands_is_told(sandbox: Sandbox, telnyx: Telnyx, status: str) -> None:
    placed = telnyx.order_port(REQUEST)
    sandbox.move_port(placed.order_id, status, "The account number does not match.")  # type: ignore[arg-type]
    (told,) = telnyx.list_ports()
    assert (told.status, told.detail, told.numbers) == (status, "The account number does not match.", REQUEST.numbers)
    assert (told.ports_at == datetime(2026, 12, 15, 16, tzinfo=UTC)) is (status in ("scheduled", "ported"))


def test_nothing_of_the_end_user_is_told(telnyx: Telnyx) -> None:
    shown = str(telnyx.order_port(REQUEST))
    assert not [word for word in ("Pat Doe", "Example Street", "0000", "A-77") if word in shown]


def test_every_status_of_telnyxs_client_is_known_and_another_is_a_step_on_the_way() -> None:
    from telnyx.types.shared.porting_order_status import PortingOrderStatus

    literal = get_args(PortingOrderStatus.model_fields["value"].annotation)[0]
    assert set(get_args(literal)) == set(ports.STATUSES)
    odd = {"id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "status": {"value": "activation-in-progress"}}
    assert ports.port_order(odd).status == "submitted"


def test_an_order_that_cannot_be_read_does_not_hide_the_others(telnyx: Telnyx, sandbox: Sandbox) -> None:
    placed = telnyx.order_port(REQUEST)
    odd = sandbox.port_orders[placed.order_id]
    sandbox.port_orders |= {"odd": odd | {"id": None}, "odder": odd | {"id": "x", "status": 7}}
    assert telnyx.list_ports() == [placed]


def test_an_order_that_is_split_says_so(telnyx: Telnyx, sandbox: Sandbox) -> None:
    placed = telnyx.order_port(REQUEST)
    twin = sandbox.port_orders[placed.order_id] | {"id": sandbox.new_id("port")}
    sandbox.port_orders[twin["id"]] = twin
    assert "split the numbers into 2 orders" in telnyx.order_port(REQUEST).detail
