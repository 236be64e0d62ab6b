"""How people connect an account at a provider: where they sign in, which accounts the sign-in reaches, and what of an
account conversions can go to.

Sources: RFC 6749 4.1 (authorization code), RFC 7636 (PKCE).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from hub.contracts.values import plugin_text


@dataclass(frozen=True, kw_only=True, slots=True)
class SignIn:
    """The provider's addresses of OAuth 2.0's authorization code grant. The hub adds PKCE (S256), a state and the redirect;
    after that the connector's token store holds `access_token`, `refresh_token`, `expires_at` (seconds since 1970), `scope`,
    and what the grant `keeps`."""

    authorize_url: str
    token_url: str
    client_id: str
    client_secret: SecretStr | None = None
    """None for a public client."""
    scopes: tuple[str, ...]
    optional: tuple[str, ...] = ()
    """Those of the scopes that a person may leave out."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Additional parameters that the provider needs, such as `access_type: offline` for a refresh token."""
    revoke_url: str = ""
    """Where a token is revoked (RFC 7009); empty if the provider has no such address."""
    keeps: tuple[str, ...] = ()
    """Text fields of the token's answer that are needed besides the tokens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderAccount:
    """One account that a sign-in reaches."""

    id: str
    """The provider's own id, which stays the same when the account is renamed."""
    name: str
    details: tuple[str, ...] = ()
    """What distinguishes it: its kind, its currency, its time zone."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The plugin's settings that choose this account."""
    unusable: str = plugin_text("")
    """Why it cannot be used, in a few words; empty if it can."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountList:
    """Who signed in, and the accounts that this sign-in reaches."""

    accounts: tuple[ProviderAccount, ...]
    signed_in_as: str = ""
    """The provider's name for the person, often an email address; empty if it does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DestinationChoice:
    """One thing in an account that conversions can go to, as the provider lists it."""

    destination: Mapping[str, Any]
    """The value below `send_to:` that chooses it."""
    name: str
    details: str = ""
    """What distinguishes it, in a few words: its id, whether bidding uses it."""
    unusable: str = plugin_text("")
    """Why it takes no conversions, and what to choose instead; empty if it does."""
