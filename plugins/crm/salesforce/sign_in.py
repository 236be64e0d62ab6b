"""Tokens by OAuth: the JWT bearer flow and the refresh-token flow.

Salesforce's tokens have no stated lifetime; only a 401 shows that a session has ended.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from hub.api import ConfigError, Provider, Services
from hub.api.oauth import AccessTokens, OAuthGrant, Scope, SignIn, sign_assertion

from .settings import SalesforceSettings

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
ASSERTION_SECONDS = 120
"""Salesforce accepts an assertion that expires within three minutes."""
SIGN_IN = Provider(name="Salesforce", remedy="check client_id and the key or token in config.yaml, then reconnect")
ASKS = (
    Scope(
        name="api",
        title="Manage user data via APIs",
        purpose="Say who is calling, log finished calls, and learn which calls became customers",
    ),
    Scope(
        name="refresh_token",
        title="Perform requests at any time",
        purpose="Go on working after you have closed this browser",
    ),
)
NOTE = (
    "The hub can do in Salesforce what the person who signs in may do there. Sign in as an integration user who may read "
    "contacts, leads and opportunities, and create tasks."
)


def web_sign_in(settings: SalesforceSettings) -> SignIn | None:
    """Where a person signs in; None if the hub signs in with a key. Source: Salesforce Help, "OAuth 2.0 Web Server Flow"."""
    if settings.private_key is not None or not settings.client_id:
        return None
    base = settings.login_url.rstrip("/") + "/services/oauth2"
    return SignIn(
        authorize_url=f"{base}/authorize",
        token_url=settings.login_url.rstrip("/") + TOKEN_PATH,
        revoke_url=f"{base}/revoke",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        scopes=tuple(scope.name for scope in ASKS),
        parameters={"prompt": "login consent"},
        keeps=("instance_url", "id"),
    )


def access_tokens(settings: SalesforceSettings, services: Services) -> AccessTokens:
    """The connector's tokens; each also names the org's address."""
    granted = settings.refresh_token.get_secret_value() if settings.refresh_token else ""
    pem = settings.private_key.get_secret_value() if settings.private_key else ""

    def assertion(now: datetime) -> str:
        try:
            return sign_assertion(
                pem,
                issuer=settings.client_id,
                subject=settings.username,
                audience=audience(settings),
                now=now,
                seconds=ASSERTION_SECONDS,
            )
        except ValueError:
            raise ConfigError(
                "private_key is not an RSA private key in PEM; write it as ${file:/run/secrets/…}."
            ) from None

    return services.access_tokens(
        OAuthGrant(
            provider=SIGN_IN,
            token_url=settings.login_url.rstrip("/") + TOKEN_PATH,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value() if settings.client_secret else "",
            refresh_token=granted,
            assertion=assertion if pem else None,
            lifetime=None,
            keeps=("instance_url",),
            identity=(settings.login_url, settings.client_id, settings.username or "", granted),
        )
    )


def audience(settings: SalesforceSettings) -> str:
    """The audience of the assertion. Source: Salesforce Help, "OAuth 2.0 JWT Bearer Flow": the login or the test address, even
    if the token is fetched from a My Domain."""
    if settings.audience:
        return settings.audience
    host = urlsplit(settings.login_url).hostname or ""
    if host.endswith(".my.salesforce.com"):
        return "https://test.salesforce.com" if ".sandbox." in host else "https://login.salesforce.com"
    return settings.login_url.rstrip("/")
