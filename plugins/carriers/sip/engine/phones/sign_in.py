"""Who proves to be a phone of the business: digest, and what stops the guessing of passwords.

A name that no phone has is answered as a wrong password is, so that an attacker learns no names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from plugins.carriers.sip.engine.guard.admission import Buckets, Failures, Verdict
from plugins.carriers.sip.engine.guard.digest import REALM, Digest, fields
from plugins.carriers.sip.engine.guard.message import Message
from plugins.carriers.sip.engine.settings import Phone

FAILURES_OF_A_PHONE, FAILURES_OF_A_SOURCE, FAILURES_OF_A_NAME = 5, 20, 100
"""Wrong passwords in an hour, after which an address gets no answer: for one name, for all names; and all addresses but the
one at which the phone is, for one name."""
REQUESTS_A_SECOND, BURST = 5.0, 60.0
"""Of one address: the phones of an office that all come back at once."""


class SignIn:
    """Judges the requests that a phone must prove to be from."""

    def __init__(self, phones: Mapping[str, Phone], clock: Callable[[], float], wall: Callable[[], float]) -> None:
        """`wall` dates the nonces."""
        self._digest = Digest({name: each.secrets for name, each in phones.items()}, REALM, wall)
        self._failures = Failures(clock)
        self._buckets = Buckets(REQUESTS_A_SECOND, BURST, clock)
        self._stale = False
        """Whether the request that was judged last only had an old nonce."""
        self._last: dict[str, str] = {}
        """The address at which each phone proved its password last."""

    def judge(self, request: Message, host: str) -> Verdict:
        """TAKE for a request whose phone is proven, CHALLENGE or DROP."""
        header = request.get("authorization")
        name = named(request)
        keys = (("source", host), (f"source {host}", name), ("name", name))
        if self._blocked(keys, host, name) or not self._buckets.take(host):
            return Verdict.DROP
        self._stale = False
        if not header:
            return Verdict.CHALLENGE
        user, fresh = self._digest.proven(header, request.method, request.uri, host)
        if not user:
            self._failures.add(*keys)
            return Verdict.DROP if self._blocked(keys, host, name) else Verdict.CHALLENGE
        self._last[user] = host
        self._failures.forget(*keys[1:])
        self._stale = not fresh
        return Verdict.TAKE if fresh else Verdict.CHALLENGE

    def challenges(self, host: str) -> list[tuple[str, str]]:
        """What a phone has to sign."""
        return self._digest.challenges(host, self._stale)

    def _blocked(self, keys: tuple[tuple[str, str], ...], host: str, name: str) -> bool:
        source, both, everywhere = map(self._failures.count, keys)
        at_home = self._last.get(name) == host
        return (
            source >= FAILURES_OF_A_SOURCE
            or both >= FAILURES_OF_A_PHONE
            or (everywhere >= FAILURES_OF_A_NAME and not at_home)
        )


def named(request: Message) -> str:
    """The phone that a request says to be from."""
    return fields(request.get("authorization")).get("username", "")[:64]
