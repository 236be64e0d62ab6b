"""The fake org's sign-in page, and the forms that its token endpoint gets."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from hub.api.sandbox import SandboxSignIn, reply

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey
    from starlette.requests import Request
    from starlette.responses import Response

CLIENT_ID = "3MVG9sandboxConsumerKey"
CLIENT_SECRET = "sandbox-consumer-secret"  # noqa: S105 - of the stand-in


@lru_cache(maxsize=1)
def new_key() -> str:
    """A private key for the fake's app (PEM), made once per process."""
    from joserfc.jwk import RSAKey

    return str(RSAKey.generate_key(2048, private=True).as_pem(private=True).decode())


@cache
def imported(key: str) -> RSAKey:
    """A private key read from PEM, once: checking its numbers takes longer than a request."""
    from joserfc.jwk import RSAKey

    return RSAKey.import_key(key)


class OrgSignIn(SandboxSignIn):
    """The org's sign-in page."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(
            clock,
            provider="Salesforce",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            refresh_token=f"5Aep{secrets.token_urlsafe(24)}",
            accounts=("robin@example.com",),
            lifetime=None,
            code_prefix="aPrx",
        )

    def gives_refresh_token(self, request: Mapping[str, str], account: str) -> bool:
        return "refresh_token" in request["scope"].split()


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


async def consent_page(sign_in: OrgSignIn, request: Request) -> Response:
    """The authorization endpoint."""
    return reply(*sign_in.page_reply(request.method, dict(request.query_params), await request.body()))
