"""Codes of an authenticator app (TOTP): the secret is encrypted with the hub's key, and no code works twice.

Source: RFC 6238 (30-second steps; 5.2: a verifier must not accept a code a second time).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime

import pyotp
from sqlmodel import Session, select

from hub.errors import ConfigError
from hub.model import User, UserSecret
from hub.store.encryption.keyring import Keyring

ISSUER = "Ringfence"
STEP_SECONDS = 30
ALLOWED_DRIFT_STEPS = 1
"""Steps before and after the current one whose codes are accepted, because clocks of phones differ."""
SECRET_LENGTH = 32
"""In base32 characters: 160 bits."""


def new_secret() -> str:
    """A new secret in base32, as authenticator apps take it."""
    return pyotp.random_base32(SECRET_LENGTH)


def provisioning_uri(secret: str, user: User, host: str) -> str:
    """The `otpauth:` address for a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=f"{user.name}@{host}", issuer_name=ISSUER)


def accepted_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The time step of a correct code; None if the code is wrong, or if it is not newer than `last_step`."""
    digits = "".join(code.split())
    current, totp = int(now.timestamp()) // STEP_SECONDS, pyotp.TOTP(secret)
    for step in range(current - ALLOWED_DRIFT_STEPS, current + ALLOWED_DRIFT_STEPS + 1):
        right = totp.at(step * STEP_SECONDS)
        if hmac.compare_digest(right.encode(), digits.encode("utf-8", "replace")) and step > last_step:
            return step
    return None


def seal_secret(keyring: Keyring, user: User, secret: str) -> bytes:
    """The secret, encrypted for this user's row."""
    return keyring.encrypt(secret.encode(), _where(user.id))


def opened_secret(keyring: Keyring, row: UserSecret) -> str:
    """The secret of a user's row."""
    return keyring.decrypt(row.totp_sealed, _where(row.user_id)).decode()


def proposal(keyring: Keyring, place: str, secret: str) -> str:
    """A new secret for a form's hidden field: encrypted, and valid in `place` only, such as one set-up link."""
    return base64.urlsafe_b64encode(keyring.encrypt(secret.encode(), f"totp_proposal/{place}")).decode()


def proposed_secret(keyring: Keyring, place: str, reported: str) -> str | None:
    """The secret of a form's hidden field; None if the hub did not make it for `place`."""
    try:
        return keyring.decrypt(base64.urlsafe_b64decode(reported.encode("ascii")), f"totp_proposal/{place}").decode()
    except (ConfigError, ValueError, binascii.Error):
        return None


def rotate_totp_secrets(session: Session, keyring: Keyring) -> int:
    """Re-encrypt every stored secret with the newest key within `session`; returns how many were changed."""
    changed = 0
    for row in session.exec(select(UserSecret)):
        if row.totp_sealed and Keyring.key_id(row.totp_sealed) != keyring.newest:
            row.totp_sealed = keyring.encrypt(opened_secret(keyring, row).encode(), _where(row.user_id))
            session.add(row)
            changed += 1
    return changed


def _where(user_id: str) -> str:
    return f"user_secret/{user_id}"
