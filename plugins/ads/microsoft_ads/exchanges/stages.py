"""The stages of Microsoft's recorded exchanges."""

from __future__ import annotations

from typing import Any


def signed_in(sandbox: Any) -> dict[str, str]:
    """An access token of the account."""
    return {"oauth_token": str(sandbox.sign_in.issue("pat@example.com")["access_token"])}
