"""Digest sign-in for who calls us from an unknown address (RFC 3261 section 22, RFC 7616): stateless nonces, MD5 or SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable

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


def response(said: dict[str, str], hashed: Hash, user: str, password: str, method: str, uri: str) -> str:
    """What proves the password for a request, with the realm, nonce and counts that were said."""
    secret = hashed(f"{user}:{said.get('realm', '')}:{password}")
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
    said |= {"uri": uri, "response": response(said, hashed, said.get("username", ""), password, method, uri)}
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
    return _written(proof | {"response": response(proof, hashed, user, password, method, uri)})


def _written(said: dict[str, str]) -> str:
    bare = {"algorithm", "qop", "nc"}
    return "Digest " + ", ".join(
        f"{name}={each}" if name in bare else f'{name}="{each}"' for name, each in said.items()
    )


class Digest:
    """One user name and password that an INVITE may sign in with. Each nonce serves one call attempt."""

    def __init__(self, user: str, password: str, realm: str, clock: Callable[[], float]) -> None:
        """Keep the credentials; the secret behind nonces is new with every start."""
        self._user, self._password, self._realm = user, password, realm
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._used: OrderedDict[str, None] = OrderedDict()

    def challenges(self, source: str) -> list[tuple[str, str]]:
        """WWW-Authenticate headers, the stronger first. The nonce is worth something only from this source."""
        nonce = self._nonce(int(self._clock()), source, secrets.token_hex(8))
        form = 'Digest realm="{}", nonce="{}", algorithm={}, qop="auth"'
        return [("WWW-Authenticate", form.format(self._realm, nonce, name)) for name in ("SHA-256", "MD5")]

    def signed_in(self, header: str, method: str, uri: str, source: str) -> bool:
        """Whether an Authorization header proves that its sender knows the password."""
        said = fields(header)
        hashed, nonce = hasher(said.get("algorithm", "MD5")), said.get("nonce", "")
        if hashed is None or said.get("qop") != "auth" or said.get("uri") != uri or not self._fresh(nonce, source):
            return False
        expected = response(said, hashed, self._user, self._password, method, uri)
        right = hmac.compare_digest(expected.encode(), said.get("response", "").lower().encode("utf-8", "replace"))
        named = hmac.compare_digest(said.get("username", "").encode("utf-8", "replace"), self._user.encode())
        if not (right and named) or said.get("realm") != self._realm:
            return False
        self._used[nonce] = None
        while len(self._used) > MAX_NONCES:
            self._used.popitem(last=False)
        return True

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
