"""Numbers and ports at Bandwidth: orders that take their time, a location that holds the addresses, XML that is not trusted."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest
from bandwidth_stage import CLOCK, HUB

from hub.api import Rejected, RetryLater
from hub.api.carriers import NumberQuery, PortOrder
from hub.testing import connect, samples
from hub.testing.carriers.ports import port_request
from hub.testing.heard import heard
from plugins.carriers.bandwidth import Bandwidth, numbers, ports
from plugins.carriers.bandwidth.rest import errors_of, parsed
from plugins.carriers.bandwidth.sandbox import Sandbox

OURS = "+13125550143"
SETUP = samples.number_setup(OURS, HUB, "spring flyer")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (NumberQuery(area_code="415", limit=2), ["+14155550100", "+14155550101"]),
        (NumberQuery(contains="5*01*7", area_code="415"), ["+14155550107", "+14155550117"]),
        (NumberQuery(contains="55013", limit=3), ["+12125550130", "+12125550131", "+12125550132"]),
        (NumberQuery(kind="toll_free", limit=1), ["+18005550100"]),
        (NumberQuery(limit=1), ["+12125550100"]),
    ],
)
def test_numbers_are_searched_by_what_bandwidth_can_search(
    connector: Bandwidth, query: NumberQuery, found: list[str]
) -> None:
    offers = list(connector.search_numbers(query))
    assert [each.number for each in offers][: len(found)] == found and len(offers) <= query.limit


@pytest.mark.parametrize("query", [NumberQuery(country="DE"), NumberQuery(kind="mobile")])
def test_what_bandwidth_does_not_sell_is_said(connector: Bandwidth, query: NumberQuery) -> None:
    with pytest.raises(Rejected, match="United States and Canada"):
        connector.search_numbers(query)


def test_an_order_that_takes_long_is_not_placed_again(
    sandbox: Sandbox, connector: Bandwidth, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.looks_until_done = 3
    monkeypatch.setattr(numbers, "PAUSES", (0.0, 0.0))
    with pytest.raises(RetryLater, match="hub numbers list"):
        connector.buy_number(OURS, SETUP)
    assert len(sandbox.orders) == 1 and not sandbox.owned
    sandbox.looks_until_done = 2
    assert connector.buy_number(OURS, SETUP).voice_url == SETUP.voice_url


def test_a_number_that_is_gone_is_said_with_bandwidths_code(sandbox: Sandbox, connector: Bandwidth) -> None:
    sandbox.owned[OURS[2:]] = "1"
    with pytest.raises(Rejected, match="not available") as refused:
        connector.buy_number(OURS, SETUP)
    assert refused.value.code == "5041" and OURS not in str(refused.value)


def test_a_number_elsewhere_moves_into_the_location_and_both_applications_point_at_the_hub(
    sandbox: Sandbox, connector: Bandwidth
) -> None:
    sandbox.know_number(OURS)
    (before,) = connector.list_numbers()
    assert (before.number, before.voice_url, before.message_url) == (OURS, None, None)
    owned = connector.configure_number(SETUP)
    assert (owned.voice_url, owned.fallback_url, owned.status_url, owned.message_url) == (
        SETUP.voice_url,
        SETUP.fallback_url,
        SETUP.status_url,
        SETUP.message_url,
    )
    assert list(connector.list_numbers()) == [owned]
    assert sandbox.owned == {OURS[2:]: sandbox.location_id}
    assert sandbox.joined == {
        "origination": sandbox.application_id,
        "messaging": sandbox.messaging_application_id,
    }
    voice = sandbox.applications[sandbox.application_id]
    assert voice["AppName"] == "Sandbox voice", "what we do not set stays"
    assert voice["CallInitiatedCallbackUrl"].startswith(f"{SETUP.voice_url}?key=")
    assert voice["CallbackCreds"] == {"UserId": "ringfence", "Password": sandbox.password}
    assert sandbox.applications[sandbox.messaging_application_id]["OutboundCallbackUrl"].startswith(f"{HUB}/text?key=")
    with heard(sandbox) as requests:
        connector.configure_number(SETUP)
    assert {each.method for each in requests} == {"GET"}, "the same set-up twice changes nothing"


def test_a_number_of_nobody_is_neither_configured_nor_released(sandbox: Sandbox, connector: Bandwidth) -> None:
    with pytest.raises(Rejected, match="not in this Bandwidth account"):
        connector.configure_number(SETUP)
    connector.release_number(OURS)
    assert not sandbox.orders
    with pytest.raises(Rejected, match="United States or Canada"):
        connector.configure_number(replace(SETUP, number="+442079460000"))


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
        b"<a>",
        b"",
        b"{}",
    ],
)
def test_xml_with_a_document_type_and_what_is_no_xml_are_refused(content: bytes) -> None:
    with pytest.raises(RetryLater):
        parsed(content)


def test_codes_of_success_are_not_errors() -> None:
    error = b"<Errors><Error><Code>7205</Code><Description>No</Description></Error></Errors>"
    assert set(errors_of(parsed(b"<R><Status><Code>201</Code></Status>" + error + b"</R>"))) == {("7205", "No")}
    assert errors_of(parsed(b"<R><Status><Code>200</Code></Status></R>")) == []


# Ports


def test_a_second_try_continues_the_same_order_with_its_bill(sandbox: Sandbox, connector: Bandwidth) -> None:
    request = port_request()
    first = connector.order_port(request)
    assert connector.order_port(request) == first and list(sandbox.port_orders).count(first.order_id) == 1
    held = sandbox.port_orders[first.order_id]
    assert held["Subscriber"]["ServiceAddress"] | {"Country": ""} == {
        "HouseNumber": "1",
        "StreetName": "Example Street",
        "City": "Chicago",
        "StateCode": "IL",
        "Zip": "60601",
        "Country": "",
    }
    assert held["WirelessInfo"] == {"AccountNumber": "EX-123456", "PinNumber": "482915"}
    assert sandbox.bills[first.order_id] == request.bill and first.status == "draft" and "letter" in first.detail


def test_a_street_without_a_house_number_is_asked_for_again(connector: Bandwidth) -> None:
    with pytest.raises(Rejected, match="house number first"):
        connector.order_port(replace(port_request(), street="Example Street"))


def test_a_long_key_fits_bandwidths_field(sandbox: Sandbox, connector: Bandwidth) -> None:
    request = replace(port_request(), key="k" * 90)
    order = connector.order_port(request)
    assert len(sandbox.port_orders[order.order_id]["CustomerOrderId"]) == 40
    assert connector.order_port(request).order_id == order.order_id


@pytest.mark.parametrize("order_id", ["../../orders/1", "", "a b"])
def test_only_the_id_of_an_order_is_cancelled(connector: Bandwidth, order_id: str) -> None:
    with pytest.raises(Rejected):
        connector.cancel_port(order_id)


def test_a_date_is_shown_when_it_is_agreed(sandbox: Sandbox, connector: Bandwidth) -> None:
    order = connector.order_port(replace(port_request(), wanted_on=CLOCK().date()))
    assert order.ports_at is None
    sandbox.move_port(order.order_id, "scheduled")
    shown: PortOrder = next(each for each in connector.list_ports() if each.order_id == order.order_id)
    assert shown.ports_at is not None and shown.ports_at.date() == CLOCK().date()
    assert ports.port_order(order.order_id, Element("LnpOrderResponse")).status == "submitted"


def test_a_hub_without_https_gets_no_password(sandbox: Sandbox) -> None:
    live = connect(Bandwidth, sandbox, clock=CLOCK, api_url="https://api.example")
    with pytest.raises(Rejected, match="https"):
        live.configure_number(samples.number_setup(OURS, "http://calls.example.com/webhooks/bandwidth"))
