"""Passkeys (WebAuthn), with py_webauthn: what a browser is asked, and the check of what it answers.

The relying party is the host of `hub.public_url`, and answers count only from that origin. A passkey must be discoverable
(so that no name is typed) and must verify its user (so that it is two factors in one).
Source: https://www.w3.org/TR/webauthn-3/, 7.1 and 7.2.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session, select

from hub.access.users import AccessRefused
from hub.model import Passkey, User

RP_NAME = "Ringfence"
TIMEOUT_MS = 300_000
MAX_PASSKEYS_PER_USER = 20
MAX_NAME_LENGTH = 64


@dataclass(frozen=True)
class RelyingParty:
    """The hub as browsers know it."""

    id: str
    origin: str

    @classmethod
    def of(cls, public_url: str) -> RelyingParty:
        """The relying party of a public address."""
        url = urlsplit(public_url)
        return cls(url.hostname or "", f"{url.scheme}://{url.netloc}")

    @property
    def possible(self) -> bool:
        """Whether browsers permit passkeys here: they need a domain name, and https except on localhost."""
        try:
            ipaddress.ip_address(self.id)
        except ValueError:
            return self.origin.startswith("https://") or self.id == "localhost" or self.id.endswith(".localhost")
        return False


def registration_options(session: Session, party: RelyingParty, user: User) -> tuple[str, str]:
    """What a browser is asked to make a new passkey for `user`, as JSON, and its challenge in base64url."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    known = passkeys_of(session, user)
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=RP_NAME,
        user_id=user.id.encode(),
        user_name=user.name,
        user_display_name=user.name,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in known
        ],
    )
    return options_to_json(options), bytes_to_base64url(options.challenge)


def register_passkey(
    session: Session, party: RelyingParty, user: User, challenge: str, answer: dict[str, Any], name: str, now: datetime
) -> Passkey:
    """Store the passkey that a browser has made, within `session`. AccessRefused if its answer is not valid."""
    from webauthn import verify_registration_response
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise AccessRefused("The browser's answer is not valid; try again.") from None
    credential_id = bytes_to_base64url(made.credential_id)
    known = session.exec(select(Passkey.id).where(Passkey.credential_id == credential_id)).first()
    if known is not None or len(passkeys_of(session, user)) >= MAX_PASSKEYS_PER_USER:
        raise AccessRefused("This passkey is stored already, or you have too many; remove one first.")
    transports = answer.get("response", {}).get("transports") or []
    row = Passkey(
        account_id=user.account_id,
        user_id=user.id,
        credential_id=credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=[str(each)[:16] for each in transports[:8]] if isinstance(transports, list) else [],
        backed_up=made.credential_backed_up,
        name=passkey_name(name),
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row


def authentication_options(party: RelyingParty) -> tuple[str, str]:
    """What a browser is asked to sign in with any of its passkeys, as JSON, and its challenge in base64url."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=party.id, timeout=TIMEOUT_MS, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(options), bytes_to_base64url(options.challenge)


def passkey_user(
    session: Session, party: RelyingParty, challenge: str, answer: dict[str, Any], now: datetime
) -> User | None:
    """The user whose passkey signed the challenge, within `session`; None if the answer is not valid or the user is
    disabled."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    row = session.exec(select(Passkey).where(Passkey.credential_id == str(answer.get("id", "")))).first()
    user = session.get(User, row.user_id) if row else None
    if row is None or user is None or user.disabled_at is not None:
        return None
    try:
        handle = answer["response"].get("userHandle")
        if handle is not None and base64url_to_bytes(handle) != user.id.encode():
            return None
        proven = verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        return None
    row.sign_count, row.backed_up, row.used_at = proven.new_sign_count, proven.credential_backed_up, now
    session.add(row)
    return user


def passkeys_of(session: Session, user: User) -> list[Passkey]:
    """The user's passkeys, oldest first."""
    return list(session.exec(select(Passkey).where(Passkey.user_id == user.id).order_by(Passkey.id)))


def passkey_name(reported: str) -> str:
    """A passkey's name as it is stored."""
    name = " ".join("".join(each if each.isprintable() else " " for each in reported).split())
    return name[:MAX_NAME_LENGTH] or "Passkey"
