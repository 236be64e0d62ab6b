"""Data that a person owns at a provider, such as an address book: what they agree to, and how they let a connector read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnerSignIn:
    """What the owner reads and agrees to, and the provider's addresses of OAuth 2.0's authorization code grant.

    `consent_text` is shown and stored word for word. It names what is read, why, who receives what, and how to revoke. The hub
    adds PKCE (S256), a state and a redirect to this machine; after that the connector's token store holds `access_token`,
    `refresh_token`, `expires_at` (seconds since 1970) and `scope`.
    """

    consent_text: str
    authorize_url: str
    token_url: str
    revoke_url: str
    client_id: str
    client_secret: SecretStr
    scopes: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Additional parameters that the provider needs, such as `access_type: offline` for a refresh token."""
