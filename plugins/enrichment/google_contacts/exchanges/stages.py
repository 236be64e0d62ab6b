"""What Google holds before an exchange."""

from __future__ import annotations

from typing import Any


def signed_in(google: Any) -> dict[str, str]:
    """The owner has signed in."""
    google.forget()
    return {"refresh_token": google.owner_token()["refresh_token"]}
