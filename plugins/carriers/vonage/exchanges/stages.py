"""What Vonage holds before some recorded requests."""

from __future__ import annotations

from hub.api.oauth import key_token
from plugins.carriers.vonage.sandbox import Sandbox
from plugins.carriers.vonage.sandbox.numbers import Numbers


def signed_in(sandbox: Sandbox) -> dict[str, str]:
    """A token of the application, as its key signs it."""
    settings, now = sandbox.settings(), int(sandbox.clock().timestamp())
    claims = {"application_id": settings["application_id"], "iat": now, "exp": now + 300, "jti": "exchange"}
    return {"token": key_token(claims, str(settings["private_key"]))}


def an_owned_number(sandbox: Sandbox) -> dict[str, str]:
    """The account owns a number."""
    Numbers(sandbox).own("+13125550143", "US")
    return {}
