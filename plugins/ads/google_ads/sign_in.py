"""Access tokens for Google, from a service account's key or a refresh token, kept in the hub's token store."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.api import ConfigError, OAuthGrant, Provider, Services, sign_assertion
from plugins.ads.google_ads.settings import GoogleAdsSettings

SCOPES = ("https://www.googleapis.com/auth/datamanager", "https://www.googleapis.com/auth/adwords")
"""Both, so that an account can move from one API to the other without a new sign-in."""
GOOGLE = Provider(name="Google", remedy="reconnect this account")


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

    def _assertion(self, key: dict[str, Any], now: datetime) -> str:
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
