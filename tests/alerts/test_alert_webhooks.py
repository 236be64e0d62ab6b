"""Alerts by webhook: signed, repeated with the same id, and never to an address inside the network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from alert_stage import AlertStage
from receivers import HOST, Receiver

from hub.alerts.settings import set_webhook
from hub.contracts.addresses import is_public
from hub.errors import Rejected
from hub.model import User
from hub.plugin_host.public_post import PublicPost


def hooked(alerting: AlertStage, **more: object) -> tuple[User, str]:
    maria = alerting.user()
    alerting.wants(maria, "missed_call", channels=["webhook"], **more)
    with alerting.hub.store.writing() as session:
        secret = set_webhook(session, alerting.hub, maria, alerting.company(), f"https://{HOST}/calls?key=1")
    return maria, secret


def test_a_webhook_is_signed_and_says_what_happened_without_the_caller(
    alerting: AlertStage, receiver: Receiver
) -> None:
    _, secret = hooked(alerting)
    call = alerting.stage.call_in(answered=False)
    alerting.stage.clock.advance(minutes=2)
    alerting.run(post=receiver.post)
    (request,) = receiver.received
    told = json.loads(request.body)
    assert request.path == "/calls?key=1" and told["type"] == "alert"
    assert told["alerts"][0]["kind"] == "missed_call" and told["alerts"][0]["url"].endswith(call.id)
    assert "0142" not in request.body.decode()
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{wanted}"
    assert int(request.headers["webhook-timestamp"]) == int(alerting.stage.clock().timestamp())


def test_a_webhook_never_names_the_caller_because_no_use_and_no_recipient_are_declared_for_it(
    alerting: AlertStage, receiver: Receiver
) -> None:
    hooked(alerting, names_caller=True)
    alerting.stage.call_in(answered=False, caller_name="Pat Smith")
    alerting.stage.clock.advance(minutes=2)
    alerting.run(post=receiver.post)
    (request,) = receiver.received
    assert "0142" not in request.body.decode() and "Pat" not in request.body.decode()


def test_a_webhook_that_fails_is_repeated_with_the_same_id(alerting: AlertStage, receiver: Receiver) -> None:
    maria, _ = hooked(alerting)
    receiver.answers = [(503, {"Retry-After": "120"}), (200, {})]
    alerting.stage.call_in(answered=False)
    alerting.stage.clock.advance(minutes=2)
    alerting.run(post=receiver.post)
    alerting.stage.clock.advance(seconds=60)
    alerting.run(post=receiver.post)
    assert len(receiver.received) == 1
    alerting.stage.clock.advance(seconds=70)
    alerting.run(post=receiver.post)
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1 and len(receiver.received) == 2
    assert [row.state for row in alerting.deliveries(maria)] == ["sent"]


@pytest.mark.parametrize(("status", "said"), [(302, "redirects are not followed"), (403, "answered 403")])
def test_a_redirect_or_a_refusal_ends_it(alerting: AlertStage, receiver: Receiver, status: int, said: str) -> None:
    maria, _ = hooked(alerting)
    receiver.answers = [(status, {"Location": "https://169.254.169.254/"})]
    alerting.stage.call_in(answered=False)
    alerting.stage.clock.advance(minutes=2)
    alerting.run(post=receiver.post)
    (row,) = alerting.deliveries(maria)
    assert row.state == "failed" and said in str(row.reason) and len(receiver.received) == 1


def test_what_quiet_hours_held_comes_as_one_summary(alerting: AlertStage, receiver: Receiver) -> None:
    hooked(alerting, quiet=(14 * 60, 17 * 60))
    for number in range(3):
        alerting.stage.call_in(caller=f"+1312555010{number}", answered=False)
    alerting.stage.clock.advance(minutes=2)
    alerting.run(post=receiver.post)
    assert receiver.received == []
    alerting.stage.clock.advance(hours=2)
    alerting.run(post=receiver.post)
    (request,) = receiver.received
    told = json.loads(request.body)
    assert told["type"] == "summary" and told["text"] == "3 alerts while it was quiet" and len(told["alerts"]) == 3


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "fd00::1",
     "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "fec0::1"],
)  # fmt: skip
def test_no_address_inside_a_network_gets_anything(address: str, receiver: Receiver) -> None:
    assert not is_public(address)
    post = PublicPost(resolve=lambda host, port: [("8.8.8.8", port), (address, receiver.port)])
    with pytest.raises(Rejected, match="private network"):
        post.deliver(f"https://{HOST}/", {}, b"{}")
    assert receiver.received == []


def test_public_addresses_are_public() -> None:
    assert is_public("8.8.8.8") and is_public("2606:4700:4700::1111")
