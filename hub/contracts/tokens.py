"""JSON Web Tokens (RFC 7519) for plugins: those that a provider signs with a shared secret, and those that a plugin signs with
its own key. The library is imported when the first token is made or read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from hub.contracts.untrusted import JsonObject


def secret_token(claims: Mapping[str, Any], secret: str, content_type: str = "") -> str:
    """A token with HS256. `content_type` is its header `cty`, if the provider wants one."""
    from joserfc import jwt

    header = {"alg": "HS256", "typ": "JWT", **({"cty": content_type} if content_type else {})}
    return jwt.encode(header, dict(claims), _secret_key(secret))


def secret_claims(token: str, secrets: Iterable[str]) -> JsonObject | None:
    """The claims of a token that one of the secrets has signed with HS256; None for any other text. Times are not checked."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    for secret in secrets:
        try:
            return dict(jwt.decode(token, _secret_key(secret), algorithms=["HS256"]).claims)
        except (JoseError, ValueError, TypeError):
            continue
    return None


def key_token(claims: Mapping[str, Any], pem: str) -> str:
    """A token with RS256; ValueError if the PEM holds no RSA private key."""
    from joserfc import jwt

    return jwt.encode({"alg": "RS256", "typ": "JWT"}, dict(claims), _private_key(pem))


def public_key(pem: str) -> str:
    """The PEM of the public key of an RSA private key; ValueError if there is none."""
    return str(_private_key(pem).as_pem(private=False).decode())


@lru_cache(maxsize=16)
def _secret_key(secret: str) -> Any:
    from joserfc.jwk import OctKey

    return OctKey.import_key(secret)


@lru_cache(maxsize=8)
def _private_key(pem: str) -> Any:
    """The key, cached: parsing and checking it takes longer than the request."""
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    try:
        key = RSAKey.import_key(pem.strip() + "\n")
    except JoseError as error:
        raise ValueError("this is not an RSA private key in PEM") from error
    if not key.is_private:
        raise ValueError("this is a public key")
    return key
