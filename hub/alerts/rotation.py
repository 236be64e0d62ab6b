"""Encrypts what alerts keep again, after the hub's key was replaced: webhooks, chats, browsers, the key of web push."""

from __future__ import annotations

from sqlmodel import Session, select

from hub.alerts.channels.chat import place_of_chats
from hub.alerts.channels.push import VAPID_PLACE, place_of_browser
from hub.alerts.channels.webhook import place_of_webhook
from hub.model import AlertPreference, PushSubscription, VapidKey
from hub.store.encryption.keyring import Keyring


def rotate_alert_secrets(session: Session, keyring: Keyring) -> int:
    """Re-encrypt everything with the newest key within `session`; returns how many were changed."""
    sealed: list[tuple[object, str, str]] = [
        *((row, "private_sealed", VAPID_PLACE) for row in session.exec(select(VapidKey))),
        *((row, "sealed", place_of_browser(row.id)) for row in session.exec(select(PushSubscription))),
        *(
            (row, column, place(row.user_id, row.company_id))
            for row in session.exec(select(AlertPreference))
            for column, place in (("webhook_sealed", place_of_webhook), ("chats_sealed", place_of_chats))
        ),
    ]
    changed = 0
    for row, column, place in sealed:
        value = getattr(row, column)
        if value is not None and Keyring.key_id(value) != keyring.newest:
            setattr(row, column, keyring.encrypt(keyring.decrypt(value, place), place))
            session.add(row)
            changed += 1
    return changed
