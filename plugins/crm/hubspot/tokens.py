"""HubSpot's sign-in: where a person installs the app, which account a token is for, and access tokens by OAuth."""

from __future__ import annotations

from hub.api import AuthError, Provider, Services, as_text
from hub.api.oauth import AccessTokens, AccountList, OAuthGrant, ProviderAccount, SignIn
from plugins.crm.hubspot.settings import HubSpotSettings

TOKEN_PATH = "/oauth/2026-09/token"  # noqa: S105
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
    answer = services.json(
        SIGN_IN,
        "POST",
        settings.base_url.rstrip("/") + TOKEN_PATH + "/introspect",
        data={"client_id": settings.client_id or "", "client_secret": _secret(settings), "token": token},
    )
    number = answer.get("hub_id")
    if answer.get("active") is not True or not number:
        raise AuthError("HubSpot does not recognize its own token; sign in again.")
    name = as_text(answer.get("hub_domain")) or f"HubSpot account {number}"
    account = ProviderAccount(id=str(number), name=name, details=(str(number),))
    return AccountList(accounts=(account,), signed_in_as=as_text(answer.get("user")))


def access_tokens(settings: HubSpotSettings, services: Services) -> AccessTokens:
    """Access tokens of 30 minutes from a refresh token."""
    refresh_token = settings.refresh_token.get_secret_value() if settings.refresh_token else ""
    return services.access_tokens(
        OAuthGrant(
            provider=SIGN_IN,
            token_url=settings.base_url.rstrip("/") + TOKEN_PATH,
            client_id=settings.client_id or "",
            client_secret=_secret(settings),
            refresh_token=refresh_token,
            lifetime=1800.0,
            identity=(refresh_token,),
        )
    )


def _secret(settings: HubSpotSettings) -> str:
    return settings.client_secret.get_secret_value() if settings.client_secret else ""
