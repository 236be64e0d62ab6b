"""The source of the bearer token: a fixed token, or OAuth with one thread that renews for all."""

from __future__ import annotations

from hub.api import AccountList, AuthError, OAuthGrant, Provider, ProviderAccount, Services, SignIn, as_text

from .client import Tokens
from .settings import HubSpotSettings

TOKEN_PATH = "/oauth/2026-03/token"  # noqa: S105
SIGN_IN = Provider(name="HubSpot", remedy="sign in again, which installs the app again")


def sign_in(settings: HubSpotSettings, scopes: tuple[str, ...]) -> SignIn | None:
    """Where a person installs the app; None if a private token is used.

    Source: HubSpot, "Manage OAuth tokens".
    """
    if settings.access_token is not None or not (settings.client_id and settings.client_secret):
        return None
    return SignIn(
        authorize_url=settings.authorize_url,
        token_url=settings.base_url.rstrip("/") + TOKEN_PATH,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        scopes=scopes,
    )


def introspected(settings: HubSpotSettings, services: Services, token: str) -> AccountList:
    """The account that a token is for, and who installed the app. Source: HubSpot, "Token introspection endpoint"."""
    secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
    answer = services.json(
        SIGN_IN,
        "POST",
        settings.base_url.rstrip("/") + TOKEN_PATH + "/introspect",
        data={"client_id": settings.client_id or "", "client_secret": secret, "token": token},
    )
    number = answer.get("hub_id")
    if answer.get("active") is not True or not number:
        raise AuthError("HubSpot does not recognize its own token; sign in again.")
    name = as_text(answer.get("hub_domain")) or f"HubSpot account {number}"
    account = ProviderAccount(id=str(number), name=name, details=(str(number),))
    return AccountList(accounts=(account,), signed_in_as=as_text(answer.get("user")))


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
