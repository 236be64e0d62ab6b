"""Access tokens for Google, from a service account's key or a refresh token, kept in the hub's token store."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from hub.api import ConfigError, JsonObject, Provider, Services
from hub.api.oauth import OAuthGrant, Scope, sign_assertion
from hub.api.oauth import SignIn as WebSignIn
from plugins.ads.google_ads.settings import GoogleAdsSettings

SCOPES = ("https://www.googleapis.com/auth/datamanager", "https://www.googleapis.com/auth/adwords")
"""Both, so that an account can move from one API to the other without a new sign-in."""
EMAIL = ("openid", "https://www.googleapis.com/auth/userinfo.email")
ASKS = (
    Scope(
        name=SCOPES[0],
        title="Send conversions to Google Ads (Data Manager)",
        purpose="Upload conversions, and ask later what became of them",
    ),
    Scope(
        name=SCOPES[1],
        title="Manage your Google Ads campaigns",
        purpose="List your accounts and conversion actions; read what campaigns cost; upload conversions by the older API",
    ),
    Scope(
        name=" ".join(EMAIL),
        title="See your email address",
        purpose="Show here who signed in, so that you know which sign-in to renew",
        without="“Signed in by” stays empty",
        required=False,
    ),
)
NOTE = (
    "Google has no smaller permission: its scope for Google Ads also allows changing campaigns. Ringfence never does; the "
    "plugin has no code for it."
)
GOOGLE = Provider(name="Google", remedy="reconnect this account")


def web_sign_in(settings: GoogleAdsSettings) -> WebSignIn | None:
    """Where a person signs in; None if a service account does.

    `access_type=offline` and `prompt=consent` make Google issue a refresh token each time; `select_account` lets the person
    choose. Source: OAuth 2.0 for web server applications, developers.google.com/identity/protocols/oauth2/web-server.
    """
    credentials = settings.credentials
    if credentials.service_account is not None or not credentials.client_id:
        return None
    return WebSignIn(
        authorize_url=settings.authorize_url,
        token_url=settings.token_url,
        revoke_url=settings.token_url.removesuffix("/token") + "/revoke",
        client_id=credentials.client_id,
        client_secret=credentials.client_secret,
        scopes=(*SCOPES, *EMAIL),
        optional=EMAIL,
        parameters={"access_type": "offline", "prompt": "select_account consent", "include_granted_scopes": "false"},
    )


class SignIn:
    """The connector's access to Google."""

    def __init__(self, settings: GoogleAdsSettings, services: Services) -> None:
        self._token_url = settings.token_url
        credentials = settings.credentials
        client_secret, refresh_token = credentials.client_secret, credentials.refresh_token
        grant = OAuthGrant(
            provider=GOOGLE,
            token_url=settings.token_url,
            client_id=credentials.client_id or "",
            client_secret=client_secret.get_secret_value() if client_secret else "",
            refresh_token=refresh_token.get_secret_value() if refresh_token else "",
        )
        if credentials.service_account is not None:
            key = json.loads(credentials.service_account.get_secret_value())
            grant = replace(grant, assertion=lambda now: self._assertion(key, now))
        self._tokens = services.access_tokens(grant)

    def token(self, refused: str | None = None) -> str:
        """An access token that is valid for at least a minute and is not the one that Google `refused`."""
        return self._tokens.current(refused)

    def _assertion(self, key: JsonObject, now: datetime) -> str:
        try:
            return sign_assertion(
                key["private_key"],
                issuer=key["client_email"],
                audience=self._token_url,
                now=now,
                seconds=3600,
                claims={"scope": " ".join(SCOPES)},
                key_id=str(key.get("private_key_id") or ""),
            )
        except (ValueError, TypeError) as error:
            raise ConfigError(
                "The service account's private key cannot be read; download its JSON key again."
            ) from error
