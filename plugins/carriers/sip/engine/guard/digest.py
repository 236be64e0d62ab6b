"""Digest sign-in for who calls us from an unknown address (RFC 3261 section 22, RFC 7616): stateless nonces, MD5 or SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

REALM = "ringfence"
"""Who signs in to us does so in this realm."""
NONCE_S = 120
_FIELD = re.compile(r'([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', re.IGNORECASE)
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
MAX_NONCES = 10_000


Hash = Callable[[str], str]


def hasher(algorithm: str) -> Hash | None:
    """The hash of texts that an algorithm's name stands for; None for one that we do not have."""
    make = _HASHES.get(algorithm.upper())
    return (lambda text: make(text.encode("utf-8", "surrogateescape")).hexdigest()) if make else None


def fields(header: str) -> dict[str, str]:
    """The fields of a challenge or an answer to one; empty for another scheme."""
    if not header.lower().startswith("digest "):
        return {}
    return {name.lower(): quoted or bare for name, quoted, bare in _FIELD.findall(header[7:])}


def secret_of(hashed: Hash, user: str, realm: str, password: str) -> str:
    """What stands for the password of a user in a realm."""
    return hashed(f"{user}:{realm}:{password}")


def secrets_of(user: str, realm: str, password: str, algorithms: Iterable[str] = _HASHES) -> dict[str, str]:
    """What stands for the password, by algorithm."""
    return {name: secret_of(hashed, user, realm, password) for name in algorithms if (hashed := hasher(name))}


def response(said: dict[str, str], hashed: Hash, secret: str, method: str, uri: str) -> str:
    """What proves the password, for which `secret` stands, for a request, with the nonce and counts that were said."""
    request = hashed(f"{method}:{uri}")
    if not said.get("qop"):
        return hashed(f"{secret}:{said.get('nonce', '')}:{request}")
    counted = f"{said.get('nc', '')}:{said.get('cnonce', '')}:{said['qop']}"
    return hashed(f"{secret}:{said.get('nonce', '')}:{counted}:{request}")


def signed_again(header: str, password: str, method: str, uri: str) -> str:
    """The stack's answer to the trunk's challenge, for the address that the request has outside."""
    said = fields(header)
    hashed = hasher(said.get("algorithm", "MD5"))
    if hashed is None:
        return header
    secret = secret_of(hashed, said.get("username", ""), said.get("realm", ""), password)
    said |= {"uri": uri, "response": response(said, hashed, secret, method, uri)}
    return _written(said)


def answer_to_challenge(challenges: Iterable[str], user: str, password: str, method: str, uri: str) -> str:
    """The header that answers the strongest challenge that we can; empty if there is none."""
    known = [(said, hashed) for said in map(fields, challenges) if (hashed := hasher(said.get("algorithm", "MD5")))]
    if not known:
        return ""
    said, hashed = max(known, key=lambda each: each[0].get("algorithm", "MD5").upper() == "SHA-256")
    proof: dict[str, str] = {name: said[name] for name in ("realm", "nonce", "opaque", "algorithm") if name in said}
    proof |= {"username": user, "uri": uri}
    if "auth" in re.split(r"[,\s]+", said.get("qop", "")):
        proof |= {"qop": "auth", "nc": "00000001", "cnonce": secrets.token_hex(8)}
    secret = secret_of(hashed, user, proof.get("realm", ""), password)
    return _written(proof | {"response": response(proof, hashed, secret, method, uri)})


def _written(said: dict[str, str]) -> str:
    bare = {"algorithm", "qop", "nc"}
    return "Digest " + ", ".join(
        f"{name}={each}" if name in bare else f'{name}="{each}"' for name, each in said.items()
    )


class Digest:
    """Users of whom a request may prove to be one. Each nonce serves one request."""

    def __init__(self, users: Mapping[str, Mapping[str, str]], realm: str, clock: Callable[[], float]) -> None:
        """`users` has the secrets of each by algorithm (`secrets_of`); the secret behind nonces is new with every start."""
        self._users, self._realm, self._clock = users, realm, clock
        self._algorithms = [name for name in ("SHA-256", "MD5") if any(name in each for each in users.values())]
        self._secret = secrets.token_bytes(32)
        self._used: OrderedDict[str, None] = OrderedDict()

    def challenges(self, source: str, stale: bool = False) -> list[tuple[str, str]]:
        """WWW-Authenticate headers, the stronger first. The nonce is worth something only from this source."""
        nonce = self._nonce(int(self._clock()), source, secrets.token_hex(8))
        form = 'Digest realm="{}", nonce="{}", algorithm={}, qop="auth"' + (", stale=true" if stale else "")
        return [("WWW-Authenticate", form.format(self._realm, nonce, name)) for name in self._algorithms]

    def signed_in(self, header: str, method: str, uri: str, source: str) -> str:
        """The user who sent an Authorization header; blank if it proves no password, or its nonce is not valid."""
        user, fresh = self.proven(header, method, uri, source)
        return user if fresh else ""

    def proven(self, header: str, method: str, uri: str, source: str) -> tuple[str, bool]:
        """The user whose password a header proves, or blank, and whether its nonce is valid. An unknown name takes as long
        as a wrong password."""
        said = fields(header)
        user, algorithm = said.get("username", ""), said.get("algorithm", "MD5").upper()
        hashed = hasher(algorithm) if algorithm in self._algorithms else None
        if hashed is None or said.get("qop") != "auth" or said.get("uri") != uri:
            return "", False
        secret = self._users.get(user, {}).get(algorithm, "")
        expected = response(said, hashed, secret or self._realm, method, uri)
        right = hmac.compare_digest(expected.encode(), said.get("response", "").lower().encode("utf-8", "replace"))
        if not (right and secret) or said.get("realm") != self._realm:
            return "", False
        nonce = said.get("nonce", "")
        fresh = self._fresh(nonce, source)
        self._used[nonce] = None
        while len(self._used) > MAX_NONCES:
            self._used.popitem(last=False)
        return user, fresh

    def _nonce(self, at: int, source: str, salt: str) -> str:
        mark = hmac.new(self._secret, f"{at}|{source}|{salt}".encode(), hashlib.sha256).hexdigest()[:32]
        return f"{at}-{salt}-{mark}"

    def _fresh(self, nonce: str, source: str) -> bool:
        at, _, rest = nonce.partition("-")
        salt, _, _ = rest.partition("-")
        if not at.isascii() or not at.isdigit() or len(at) > 12 or nonce in self._used:
            return False
        known = hmac.compare_digest(self._nonce(int(at), source, salt).encode(), nonce.encode("utf-8", "replace"))
        return known and 0 <= self._clock() - int(at) <= NONCE_S
