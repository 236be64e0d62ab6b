"""The source of the bearer token: a fixed token, or OAuth with one thread that renews for all."""

from __future__ import annotations

from hub.api import OAuthGrant, Provider, Services

from .client import Tokens
from .settings import HubSpotSettings

TOKEN_PATH = "/oauth/2026-03/token"  # noqa: S105
SIGN_IN = Provider(name="HubSpot", remedy="install the app again and put the new refresh token into config.yaml")


def tokens_for(settings: HubSpotSettings, services: Services) -> Tokens:
    """The token source of a connector, by its settings."""
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
        """A token that is valid for at least another minute."""
        return self._tokens.current()

    def renew(self, refused: str) -> bool:
        """A token other than `refused`: one that another thread got meanwhile, or a new one."""
        return self._tokens.current(refused) != refused
