"""Data that a person owns at a provider, such as an address book: what they agree to, and how they let a connector read it."""

from __future__ import annotations

from dataclasses import dataclass

from hub.contracts.sign_in import SignIn


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnerSignIn(SignIn):
    """What the owner reads and agrees to, and where they sign in.

    `consent_text` is shown and stored word for word. It names what is read, why, who receives what, and how to revoke.
    """

    consent_text: str
