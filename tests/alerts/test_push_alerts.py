"""Alerts as notifications: encrypted for one browser, signed by the hub, forgotten when the browser is gone."""

from __future__ import annotations

import json
from dataclasses import replace

from alert_stage import AlertStage
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from receivers import HOST, FakeBrowser, Receiver, decoded

from hub.alerts.channels.push import public_key, subscribe
from hub.alerts.rotation import rotate_alert_secrets
from hub.alerts.settings import set_webhook
from hub.model import PushSubscription, User, VapidKey
from hub.store.encryption.keyring import Keyring, new_key


def subscribed(alerting: AlertStage, user: User, *browsers: FakeBrowser) -> None:
    with alerting.hub.store.writing() as session:
        for browser in browsers:
            subscribe(session, alerting.hub, user, browser.subscription, "Chrome on Android")


def missed(alerting: AlertStage, receiver: Receiver) -> None:
    alerting.stage.call_in(answered=False)
    alerting.stage.clock.advance(minutes=2)
    alerting.run(post=receiver.post)


def test_only_the_browser_can_read_a_notification_and_it_names_nobody(alerting: AlertStage, receiver: Receiver) -> None:
    maria, browser, other = alerting.user(), FakeBrowser(), FakeBrowser("two")
    alerting.wants(maria, "missed_call", channels=["push"])
    subscribed(alerting, maria, browser, other)
    missed(alerting, receiver)
    first, second = sorted(receiver.received, key=lambda each: each.path)
    told = browser.read(first.body)
    assert told["title"] == "Missed call of a first-time caller for Lakeside" and told["url"].startswith("/calls/")
    assert "0142" not in json.dumps(told) and b"Lakeside" not in first.body
    assert other.read(second.body)["title"] == told["title"]
    assert first.headers["urgency"] == "high" and len(first.headers["topic"]) <= 32 and int(first.headers["ttl"]) > 0
    assert [row.state for row in alerting.deliveries(maria)] == ["sent", "sent"]


def test_the_push_service_can_check_who_sends(alerting: AlertStage, receiver: Receiver) -> None:
    maria = alerting.user()
    alerting.wants(maria, "missed_call", channels=["push"])
    subscribed(alerting, maria, FakeBrowser())
    missed(alerting, receiver)
    scheme, _, rest = receiver.received[0].headers["authorization"].partition(" ")
    parts = dict(each.strip().split("=", 1) for each in rest.split(","))
    assert scheme == "vapid" and parts["k"] == public_key(alerting.hub)
    signed, _, signature = parts["t"].rpartition(".")
    raw = decoded(signature)
    pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), decoded(parts["k"]))
    key.verify(pair, signed.encode(), ECDSA(SHA256()))
    claims = json.loads(decoded(signed.partition(".")[2]))
    now = alerting.stage.clock().timestamp()
    assert claims["aud"] == "https://push.example.net" and now < claims["exp"] <= now + 86_400
    assert claims["sub"] == "mailto:hub@example.org"
    assert decoded(parts["k"]) not in alerting.stage.one(VapidKey).private_sealed


def test_a_browser_that_is_gone_is_forgotten(alerting: AlertStage, receiver: Receiver) -> None:
    maria = alerting.user()
    alerting.wants(maria, "missed_call", channels=["push"])
    subscribed(alerting, maria, FakeBrowser())
    receiver.answers = [(410, {})]
    missed(alerting, receiver)
    assert alerting.stage.rows(PushSubscription) == []
    assert [row.state for row in alerting.deliveries(maria)] == ["failed"]


def test_a_busy_push_service_is_asked_again_with_the_same_topic(alerting: AlertStage, receiver: Receiver) -> None:
    maria = alerting.user()
    alerting.wants(maria, "missed_call", channels=["push"])
    subscribed(alerting, maria, FakeBrowser())
    receiver.answers = [(429, {"Retry-After": "30"})]
    missed(alerting, receiver)
    alerting.stage.clock.advance(minutes=5)
    alerting.run(post=receiver.post)
    assert len(receiver.received) == 2 and len({each.headers["topic"] for each in receiver.received}) == 1


def test_a_browser_belongs_to_the_user_who_signed_in_there_last(alerting: AlertStage) -> None:
    maria, lena, browser = alerting.user(), alerting.user("lena"), FakeBrowser()
    subscribed(alerting, maria, browser)
    subscribed(alerting, lena, browser)
    assert alerting.stage.one(PushSubscription).user_id == lena.id


def test_webhooks_browsers_and_the_hubs_own_key_are_encrypted_again_after_a_key_was_replaced(
    alerting: AlertStage, receiver: Receiver
) -> None:
    maria, browser = alerting.user(), FakeBrowser()
    alerting.wants(maria, "missed_call", channels=["push", "webhook"])
    subscribed(alerting, maria, browser)
    with alerting.hub.store.writing() as session:
        set_webhook(session, alerting.hub, maria, alerting.company(), f"https://{HOST}/")
    public, fresh = public_key(alerting.hub), new_key()
    old = str(alerting.hub.config.hub.secret_keys[0].get_secret_value())
    with alerting.hub.store.writing() as session:
        assert rotate_alert_secrets(session, Keyring([fresh, old])) == 3
        assert rotate_alert_secrets(session, Keyring([fresh, old])) == 0
    alerting.hub = replace(alerting.hub, keyring=Keyring([fresh]))
    missed(alerting, receiver)
    assert {row.state for row in alerting.deliveries(maria)} == {"sent"} and public_key(alerting.hub) == public
