"""Alerts by webhook: a JSON document, signed as Standard Webhooks 1.0 says, so that receivers can use its libraries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from hub.alerts.wording import Message, summary_title
from hub.errors import Rejected
from hub.model import AlertPreference
from hub.plugin_host.public_post import PublicPost, checked_url
from hub.store.encryption.keyring import Keyring
from hub.store.encryption.webhook_secrets import signature


def seal_webhook(keyring: Keyring, user_id: str, company_id: str, url: str, secret: str) -> bytes:
    """The address and the secret, encrypted; CannotDo if the address is none that a webhook may go to."""
    plain = json.dumps({"url": checked_url(url), "secret": secret}).encode()
    return keyring.encrypt(plain, place_of_webhook(user_id, company_id))


def open_webhook(keyring: Keyring, preference: AlertPreference | None) -> tuple[str, str] | None:
    """Address and secret; None if none is set."""
    if preference is None or preference.webhook_sealed is None:
        return None
    place = place_of_webhook(preference.user_id, preference.company_id)
    plain = json.loads(keyring.decrypt(preference.webhook_sealed, place))
    return plain["url"], plain["secret"]


def send_webhook(
    post: PublicPost, webhook: tuple[str, str] | None, delivery_id: str, messages: Sequence[Message], now: datetime
) -> None:
    """Send one message, or several as one summary. A repetition has the same `webhook-id`, by which the receiver knows it."""
    if webhook is None:
        raise Rejected("There is no webhook address any more.")
    url, secret = webhook
    document = {
        "type": "alert" if len(messages) == 1 else "summary",
        "text": messages[0].sentence if len(messages) == 1 else summary_title(messages),
        "alerts": [
            {
                "id": each.alert_id,
                "kind": each.kind,
                "company": each.company,
                "at": each.at.isoformat(),
                "title": each.title,
                "lines": list(each.lines),
                "url": each.url,
            }
            for each in messages
        ],
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    stamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Ringfence",
        "webhook-id": delivery_id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(secret, delivery_id, stamp, body),
    }
    post.deliver(url, headers, body)


def place_of_webhook(user_id: str, company_id: str) -> str:
    """To what an encrypted webhook is bound."""
    return f"alert_webhook/{user_id}/{company_id}"
