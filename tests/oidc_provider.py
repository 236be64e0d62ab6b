"""An OpenID provider as a process of its own: discovery, real keys, the code flow with PKCE. `python oidc_provider.py PORT`.

Whom it signs in, and how it lies, is set by POST /as; nothing else tells it apart from a real one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "ringfence hub", "se:cret/of the hub"


class Provider:
    """The provider's state."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.keys = [RSAKey.generate_key(2048, parameters={"kid": "first", "use": "sig", "alg": "RS256"})]
        self.person: dict[str, Any] = {}
        self.lie: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}

    async def become(self, request: Request) -> Response:
        """Sign in as `person`, and say what `lie` has in place of the truth."""
        told = await request.json()
        self.person, self.lie = told["person"], told.get("lie", {})
        if self.lie.get("new_key"):
            self.keys = [
                RSAKey.generate_key(2048, parameters={"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})
            ]
        return JSONResponse({})

    async def discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.lie.get("discovered_issuer", self.issuer),
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )

    async def jwks(self, _: Request) -> Response:
        return JSONResponse(KeySet(self.keys).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if asked.get("code_challenge_method") != "S256" or asked.get("client_id") != CLIENT_ID:
            return Response("bad request", 400)
        if "openid" not in asked["scope"].split() or not asked.get("nonce"):
            return Response("bad request", 400)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer, **self.lie.get("answer", {})}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    async def token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        scheme, _, told = request.headers.get("authorization", "").partition(" ")
        name, _, secret = base64.b64decode(told).decode().partition(":")
        if scheme.lower() != "basic" or (unquote(name), unquote(secret)) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proved = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or proved != asked["code_challenge"] or form.get("redirect_uri") != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "at", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])})

    def id_token(self, nonce: str) -> str:
        now = int(self.person["now"])
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        claims |= self.lie.get("claims", {})
        del claims["now"]
        key = RSAKey.generate_key(2048) if self.lie.get("forged") else self.keys[0]
        header = {"alg": "RS256", "kid": self.keys[0].kid}
        if self.lie.get("unsigned"):
            parts = [{"alg": "none"}, claims]
            return (
                ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts)
                + "."
            )
        return jwt.encode(header, claims, key)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/as", self.become, methods=["POST"]),
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/jwks", self.jwks),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
            ]
        )


if __name__ == "__main__":
    import uvicorn

    port = int(sys.argv[1])
    uvicorn.run(Provider(f"http://127.0.0.1:{port}").app(), host="127.0.0.1", port=port, log_level="error")
