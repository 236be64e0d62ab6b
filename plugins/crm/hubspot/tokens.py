"""Where the bearer token comes from: a fixed one, or OAuth's, renewed by one thread for all."""

from __future__ import annotations

from hub.api import OAuthGrant, Provider, Services

from .client import Tokens
from .settings import HubSpotSettings

TOKEN_PATH = "/oauth/2026-03/token"  # noqa: S105
SIGN_IN = Provider(name="HubSpot", remedy="install the app again and put the new refresh token into config.yaml")


def tokens_for(settings: HubSpotSettings, services: Services) -> Tokens:
    """The tokens of a connector, by what the customer wrote."""
    if settings.access_token is not None:
        return FixedToken(settings.access_token.get_secret_value())
    return OAuthTokens(settings, services)


class FixedToken:
    """A service key's or a private app's token: it cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def current(self) -> str:
        """The token."""
        return self._token

    def renew(self, refused: str) -> bool:
        """Never."""
        return False


class OAuthTokens:
    """Access tokens of 30 minutes from a refresh token."""

    def __init__(self, settings: HubSpotSettings, services: Services) -> None:
        secret, granted = settings.client_secret, settings.refresh_token
        refresh_token = granted.get_secret_value() if granted else ""
        self._tokens = services.access_tokens(
            OAuthGrant(
                provider=SIGN_IN,
                token_url=settings.base_url.rstrip("/") + TOKEN_PATH,
                client_id=settings.client_id or "",
                client_secret=secret.get_secret_value() if secret else "",
                refresh_token=refresh_token,
                lifetime=1800.0,
                identity=(refresh_token,),
            )
        )

    def current(self) -> str:
        """A token that is still good for a minute."""
        return self._tokens.current()

    def renew(self, refused: str) -> bool:
        """Another token than `refused`: someone else's by now, or a new one."""
        return self._tokens.current(refused) != refused
