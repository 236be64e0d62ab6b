"""HubSpot's signed webhooks."""

from __future__ import annotations

import dataclasses
import json
import time
from datetime import UTC, datetime

import pytest
from hubspot.utils.signature import Signature
from hypothesis import given
from hypothesis import strategies as st

from hub.api import BadPayload, BadSignature, WebhookRequest
from hub.testing import FrozenClock, connect
from plugins.crm.hubspot import HubSpot
from plugins.crm.hubspot.sandbox import Sandbox
from plugins.crm.hubspot.signature import DECODED, decoded, event_key, signature

URL = "https://calls.example.com/webhooks/hubspot/events"


@pytest.fixture
def stand_in(clock: FrozenClock) -> Sandbox:
    return Sandbox(clock)


@pytest.fixture
def connector(clock: FrozenClock) -> HubSpot:
    return connect(HubSpot, clock=clock, access_token="token", client_secret="sandbox-client-secret")


def deal_webhook(stand_in: Sandbox, **changes: int) -> WebhookRequest:
    deal = stand_in.add("deals", dealstage="closedwon")
    return stand_in.deal_webhook(deal, URL, **changes)


def test_a_genuine_webhook_is_known_and_holds_no_call(connector: HubSpot, stand_in: Sandbox) -> None:
    request = deal_webhook(stand_in)
    assert connector.verify_webhook(request).answer is None
    assert connector.parse_webhook(request) == ()
    assert connector.acknowledge_webhook(WebhookRequest("POST", URL, b"", request.received_at)).body == ""


def test_a_forged_webhook_is_refused(connector: HubSpot, stand_in: Sandbox) -> None:
    request = deal_webhook(stand_in)
    other = stand_in.signed(request.body.replace(b"closedwon", b"closedlost"), URL)
    forgeries = [
        dataclasses.replace(request, body=other.body),
        dataclasses.replace(request, url=URL + "?x=1"),
        dataclasses.replace(request, method="PUT"),
        dataclasses.replace(request, headers={}),
        dataclasses.replace(request, headers={**request.headers, "x-hubspot-signature-v3": "ü€\ud800"}),
        *(
            dataclasses.replace(request, headers={**request.headers, "x-hubspot-request-timestamp": timestamp})
            for timestamp in (
                "",
                "0",
                "-1",
                "1" * 20,
                "1e3",
                "١٢٣",
                str(int(other.headers["x-hubspot-request-timestamp"]) + 1),
            )
        ),
    ]
    for forgery in forgeries:
        with pytest.raises(BadSignature):
            connector.verify_webhook(forgery)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_webhook_from_the_past_or_the_future_is_refused(
    connector: HubSpot, stand_in: Sandbox, clock: FrozenClock, seconds: int
) -> None:
    request = deal_webhook(stand_in)
    clock.advance(seconds=seconds)
    with pytest.raises(BadSignature):
        connector.verify_webhook(request)
    clock.advance(seconds=1 if seconds < 0 else -1)
    connector.verify_webhook(request)


def test_without_a_secret_every_webhook_is_refused(stand_in: Sandbox, clock: FrozenClock) -> None:
    with pytest.raises(BadSignature):
        connect(HubSpot, clock=clock, access_token="token").verify_webhook(deal_webhook(stand_in))


def test_while_the_secret_is_rotated_both_count(stand_in: Sandbox, clock: FrozenClock) -> None:
    connector = connect(
        HubSpot, clock=clock, access_token="t", client_secret="new", previous_client_secret="sandbox-client-secret"
    )
    connector.verify_webhook(deal_webhook(stand_in))


def test_a_webhook_sent_again_is_the_same_event_and_another_is_not(connector: HubSpot, stand_in: Sandbox) -> None:
    deal = stand_in.add("deals", dealstage="closedwon")
    first, again = (stand_in.deal_webhook(deal, URL, attempt=n, event_id=7) for n in (0, 3))
    other = stand_in.deal_webhook(deal, URL, event_id=8)
    keys = [connector.verify_webhook(request).event_key for request in (first, again, other)]
    assert keys[0] == keys[1] != keys[2]


NONSENSE = [b"", b"{}", b"[{", b"[1]", b"[{}]", b"\xff\xfe", b"[" * 100_000, b'[{"subscriptionType": 5}]', b"null"]


@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: repr(body[:12]))
def test_nonsense_has_a_key_and_is_parked(connector: HubSpot, stand_in: Sandbox, body: bytes) -> None:
    request = stand_in.signed(body, URL)
    assert connector.verify_webhook(request).event_key
    with pytest.raises(BadPayload):
        connector.parse_webhook(request)


@given(st.binary())
def test_any_body_has_a_key(body: bytes) -> None:
    assert len(event_key(body)) == 64


@given(
    st.text(min_size=1), st.text(), st.sampled_from(["POST", "GET"]), st.from_regex(r"[a-z0-9/?=&._-]*", fullmatch=True)
)
def test_the_signature_is_the_one_of_hubspots_own_library(secret: str, body: str, method: str, tail: str) -> None:
    timestamp, url = str(int(time.time() * 1000)), f"https://calls.example.com/{tail}"
    body, secret = body.encode(errors="replace").decode(), secret.encode(errors="replace").decode()
    ours = signature(secret, method, url, body.encode(), timestamp)
    assert Signature.is_valid(ours, secret, body, url, method, "v3", timestamp)


def test_hubspots_own_library_takes_the_future_and_we_do_not(stand_in: Sandbox, clock: FrozenClock) -> None:
    clock.now = datetime(2099, 1, 1, tzinfo=UTC)
    request = deal_webhook(stand_in)
    given, timestamp = (request.headers[f"x-hubspot-{name}"] for name in ("signature-v3", "request-timestamp"))
    assert Signature.is_valid(given, stand_in.client_secret, request.body.decode(), URL, "POST", "v3", timestamp)
    clock.now = datetime(2026, 11, 24, tzinfo=UTC)
    with pytest.raises(BadSignature):
        connect(HubSpot, clock=clock, access_token="t", client_secret=stand_in.client_secret).verify_webhook(request)


@given(st.lists(st.sampled_from([*DECODED, *map(str.lower, DECODED), "%20", "%25", "%2", "%253A", "a", "?", "/"])))
def test_only_hubspots_escapes_are_decoded_and_only_once(parts: list[str]) -> None:
    wanted = "".join(DECODED.get(part.upper(), part) for part in parts)
    ends_with_half = any(one == "%2" for one in parts) or "%253A" in parts
    assert ends_with_half or decoded("".join(parts)) == wanted
    assert decoded("%253A%20%3a") == "%253A%20:"


def test_an_escaped_address_is_signed_as_hubspot_signs_it(connector: HubSpot, stand_in: Sandbox) -> None:
    told = json.dumps([{"subscriptionType": "deal.creation"}]).encode()
    escaped, plain = URL + "?next=a%3Ab%20c", URL + "?next=a:b%20c"
    request = dataclasses.replace(stand_in.signed(told, plain), url=escaped)
    connector.verify_webhook(request)
