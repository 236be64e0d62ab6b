"""Access tokens from the refresh token of the owner's sign-in."""

from __future__ import annotations

from hub.api import AccessTokens, OAuthGrant, Provider, Services

from .settings import GoogleContactsSettings

RECONNECT = "Google refuses the owner's permission; have the owner sign in again with hub connectors connect."


def access_tokens(settings: GoogleContactsSettings, services: Services) -> AccessTokens:
    """The connector's access to one person's contacts."""
    return services.access_tokens(
        OAuthGrant(
            provider=Provider(
                name="The owner of the contacts at Google",
                remedy="let the owner sign in again with hub connectors connect",
            ),
            token_url=settings.token_url,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
        )
    )
