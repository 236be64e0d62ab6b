"""Port orders at Twilio, with the fields that Twilio's own client knows as the witness."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from twilio.rest import Client
from twilio.rest.numbers.v1.porting_port_in import PortingPortInList

from hub.api import Rejected, RetryLater
from hub.api.sandbox import Fault
from hub.testing.carriers.ports import port_request
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio import ports as plugin_ports
from plugins.carriers.twilio.sandbox import Sandbox


def test_twilios_client_sees_the_order_that_we_placed(twilio: Twilio, client: Client) -> None:
    order = twilio.order_port(port_request())
    seen = client.numbers.v1.porting_port_ins(order.order_id).fetch()
    assert seen.port_in_request_status == "Waiting for Signature" and order.status == "draft"
    assert [each["phone_number"] for each in seen.phone_numbers] == list(order.numbers)  # type: ignore[index, union-attr]
    assert [each.port_in_request_sid for each in client.numbers.v1.porting_all_port_ins.list()] == [order.order_id]
    client.numbers.v1.porting_port_ins(order.order_id).delete()
    assert [each.status for each in twilio.list_ports()] == ["cancelled"]


def test_an_order_says_what_twilios_client_would_say(twilio: Twilio, sandbox: Sandbox) -> None:
    request = replace(port_request(), wanted_on=date(2026, 12, 24))
    body = plugin_ports._body(request, "RD" + "1" * 32, sandbox.account_sid)
    known = PortingPortInList.NumbersV1PortingPortInCreate(body).to_dict()
    losing = known["losing_carrier_information"]
    assert losing["address"] | {"street_2": None} == {
        "street": "1 Example Street", "street_2": None, "city": "Chicago", "state": "IL", "zip": "60601", "country": "USA",
    }  # fmt: skip
    assert (losing["customer_type"], losing["authorized_representative"]) == ("Business", "Pat Doe")
    assert known["phone_numbers"] == body["phone_numbers"] and known["target_port_in_date"] == "2026-12-24"

    def unknown(given: dict[str, object], kept: dict[str, object]) -> list[str]:
        return [name for name in given if name not in kept]

    assert unknown(body, known) == unknown(body["losing_carrier_information"], losing) == []


def test_the_bill_is_handed_over_first(twilio: Twilio, sandbox: Sandbox) -> None:
    request = port_request()
    order = twilio.order_port(request)
    (sid,) = sandbox.port_orders[order.order_id]["documents"]
    assert request.bill in sandbox.documents[sid]


def test_all_pages_of_orders_are_listed_newest_first(twilio: Twilio) -> None:
    orders = [twilio.order_port(port_request()).order_id for _ in range(23)]
    assert sorted(each.order_id for each in twilio.list_ports()) == sorted(orders)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"country": "GB"}, "US numbers only"),
        ({"bill": b""}, "latest bill"),
        ({"bill": b"GIF89a"}, "must be a PDF"),
        ({"numbers": ()}, "between one and 1000"),
        ({"numbers": ("+4420",)}, "21421"),
        ({"email": None}, "20422"),
    ],
)
def test_an_order_that_twilio_cannot_take_is_refused(
    twilio: Twilio, sandbox: Sandbox, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(Rejected, match=sentence):
        twilio.order_port(replace(port_request(), **changes))  # type: ignore[arg-type]
    assert sandbox.port_orders == {}


def test_an_order_whose_reply_is_unreadable_is_looked_for_by_the_hub(twilio: Twilio, sandbox: Sandbox) -> None:
    sandbox.fail_next(Fault("garbage"))
    with pytest.raises(RetryLater):
        twilio.order_port(port_request())


def test_a_number_that_cannot_be_brought_over_says_why(twilio: Twilio, sandbox: Sandbox) -> None:
    order = twilio.order_port(port_request())
    sandbox.port_orders[order.order_id]["phone_numbers"][0]["not_portability_reason"] = "Number is with a reseller"
    assert twilio.list_ports()[0].detail == "Number is with a reseller"


def test_an_order_that_cannot_be_read_does_not_hide_the_others(twilio: Twilio, sandbox: Sandbox) -> None:
    order, odd = twilio.order_port(port_request()), twilio.order_port(port_request())
    sandbox.port_orders[odd.order_id] |= {"phone_numbers": {}}
    sandbox.port_orders["gone"] = sandbox.port_orders[odd.order_id] | {"port_in_request_sid": "KW" + "0" * 32}
    assert twilio.list_ports() == [order]


@pytest.mark.parametrize("word", ["In Progress", "in-progress", "IN_PROGRESS", "something new"])
def test_a_status_that_is_written_otherwise_is_understood(twilio: Twilio, sandbox: Sandbox, word: str) -> None:
    order = twilio.order_port(port_request())
    sandbox.port_orders[order.order_id]["port_in_request_status"] = word
    assert twilio.list_ports()[0].status == "submitted"
