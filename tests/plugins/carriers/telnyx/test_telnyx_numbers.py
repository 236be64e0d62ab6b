"""Numbers at Telnyx, each side against Telnyx' own client as the witness."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from telnyx_wire import HUB, TRACKING, setup

from hub.api import Money, Rejected, RetryLater
from hub.api.carriers import NumberOffer, NumberQuery
from hub.testing import connect
from plugins.carriers.telnyx import Telnyx, numbers
from plugins.carriers.telnyx.rest import Rest
from plugins.carriers.telnyx.sandbox import Sandbox

if TYPE_CHECKING:
    from telnyx import Telnyx as Client


def test_numbers_are_offered_with_place_and_price(telnyx: Telnyx) -> None:
    first, *rest = telnyx.search_numbers(NumberQuery(area_code="312", limit=3))
    assert len(rest) == 2
    assert first == NumberOffer(
        number="+13125550100",
        kind="local",
        country="US",
        place="Chicago, IL",
        monthly_price=Money(Decimal("1.00"), "USD"),
        capabilities=("voice", "sms", "mms"),
    )
    assert telnyx.search_numbers(NumberQuery(contains="*017*", limit=1))[0].number == "+13125550170"
    assert telnyx.search_numbers(NumberQuery(contains="5550*7", limit=2))[1].number == "+13125550171"
    with pytest.raises(Rejected, match="two capital letters"):
        telnyx.search_numbers(NumberQuery(country="usa"))


def test_telnyxs_client_sees_what_we_bought_and_pointed(telnyx: Telnyx, client: Client, sandbox: Sandbox) -> None:
    bought = telnyx.buy_number(TRACKING, setup(TRACKING))
    (seen,) = client.phone_numbers.list(filter={"phone_number": TRACKING[1:]})
    assert (seen.id, seen.phone_number, seen.customer_reference) == (bought.provider_id, TRACKING, "spring flyer")
    assert (seen.connection_id, seen.messaging_profile_id) == (sandbox.application_id, sandbox.profile_id)
    application = client.texml_applications.retrieve(sandbox.application_id).data
    assert application and application.inbound and application.inbound.shaken_stir_enabled
    assert (application.voice_url, application.voice_method) == (f"{HUB}/voice", "post")
    assert (application.voice_fallback_url, application.status_callback) == (f"{HUB}/fallback", f"{HUB}/status")
    profile = client.messaging_profiles.retrieve(sandbox.profile_id).data
    assert profile and profile.webhook_url == f"{HUB}/message"
    assert profile.webhook_failover_url == f"{HUB}/message_fallback"
    (listed,) = telnyx.list_numbers()
    assert listed == bought


def test_we_point_and_release_what_telnyxs_client_ordered(telnyx: Telnyx, client: Client) -> None:
    order = client.number_orders.create(phone_numbers=[{"phone_number": TRACKING}]).data
    assert order and order.id and order.status == "pending"
    assert client.number_orders.retrieve(order.id).data.status == "success"  # type: ignore[union-attr]
    (found,) = telnyx.list_numbers()
    assert (found.number, found.voice_url, found.message_url) == (TRACKING, None, None), "it belongs to no application"
    pointed = telnyx.configure_number(setup(TRACKING, label=""))
    assert pointed == telnyx.configure_number(setup(TRACKING, label=""))
    assert (pointed.voice_url, pointed.message_url) == (f"{HUB}/voice", f"{HUB}/message")
    telnyx.release_number(TRACKING)
    telnyx.release_number(TRACKING)
    assert list(client.phone_numbers.list()) == []


def test_an_order_that_is_filled_later_is_looked_at_again(
    telnyx: Telnyx, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.looks_until_filled = 3
    monkeypatch.setattr(numbers, "PAUSES", (0.0, 0.0))
    with pytest.raises(RetryLater, match="not filled the order yet"):
        telnyx.buy_number(TRACKING, setup(TRACKING))
    (order,) = sandbox.orders.values()
    assert order["status"] == "pending"
    monkeypatch.setattr(numbers, "PAUSES", (0.0, 0.0, 0.0))
    assert telnyx.buy_number("+13125550143", setup("+13125550143")).number == "+13125550143"


@pytest.mark.parametrize("number", ["+13129999999", "nonsense", "+1999"])
def test_a_number_that_cannot_be_had_is_refused_without_naming_it(telnyx: Telnyx, number: str) -> None:
    with pytest.raises(Rejected) as refused:
        telnyx.buy_number(number, setup(number))
    assert number not in str(refused.value)


def test_a_number_that_is_not_ours_is_not_configured(telnyx: Telnyx) -> None:
    for number in (TRACKING, "nonsense"):
        with pytest.raises(Rejected, match="not in this Telnyx account"):
            telnyx.configure_number(setup(number))


def test_without_a_messaging_profile_a_number_takes_calls_only(sandbox: Sandbox) -> None:
    bought = connect(Telnyx, sandbox, messaging_profile_id=None).buy_number(TRACKING, setup(TRACKING))
    assert (bought.voice_url, bought.message_url) == (f"{HUB}/voice", None)


def test_all_pages_are_read(telnyx: Telnyx, client: Client) -> None:
    for line in range(100, 107):
        order = client.number_orders.create(phone_numbers=[{"phone_number": f"+13125550{line}"}]).data
        client.number_orders.retrieve(str(order.id))  # type: ignore[union-attr]
    listed = list(Rest(telnyx.settings, telnyx.services).pages("/phone_numbers", {"page[size]": "3"}))
    assert len(listed) == len({item["id"] for item in listed}) == len(list(client.phone_numbers.list(page_size=3))) == 7
