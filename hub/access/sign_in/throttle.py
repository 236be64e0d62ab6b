"""Slows down the guessing of passwords and codes without a lock-out that a stranger can cause.

Each wrong try makes the next one wait longer, up to a limit that people can wait for. A try is counted

- for a browser that signed in as this user before (its device cookie proves it): only against that browser's own count;
- for any other browser: against its network's count for this user, the network's count for all users, and the user's
  count for all networks. The last one has a small limit, because strangers fill it; networks (the /16 of an address, the
  /48 of IPv6) from which wrong passwords of this user came have one count together, and all others another one, so that
  guessing from the same networks again and again leaves a place for the user's own.

A try that comes too early is refused without a look at the password, and makes no wait longer. Signing in with a passkey
or at an OpenID provider is not counted, so a user who has one is never slowed down. The counts are in the memory of one
process. Source: web_interface.md A.3.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.platform.backoff import exponential

MAX_COUNTS = 50_000


@dataclass(frozen=True)
class Delay:
    """How the wait grows: nothing for `free` wrong tries, then `first` seconds, doubled each time, up to `longest`.
    Counts are forgotten `forget` seconds after the last wrong try."""

    free: int
    first: float
    longest: float
    forget: float = 3_600.0

    def after(self, wrong: int) -> float:
        """Seconds to wait after so many wrong tries in a row."""
        beyond = wrong - self.free
        return 0.0 if beyond < 0 else exponential(self.first, beyond, self.longest)


BROWSER = Delay(free=5, first=10, longest=60)
USER_AND_NETWORK = Delay(free=5, first=20, longest=900)
NETWORK = Delay(free=30, first=20, longest=900)
USER = Delay(free=50, first=2, longest=20)
FAILED = Delay(free=10**9, first=0, longest=0)
"""Only remembered: from a network with `MANY_WRONG` of them more wrong passwords are expected."""
MANY_WRONG = 3
CODE = Delay(free=5, first=20, longest=300)
"""Codes of one user: only those who know the password get as far as guessing them."""

Count = tuple[Hashable, Delay]


@dataclass
class _Wrong:
    tries: int
    at: datetime


class Throttle:
    """The counts of one process; thread-safe."""

    def __init__(self, most: int = MAX_COUNTS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._counts: OrderedDict[Hashable, _Wrong] = OrderedDict()

    def begin(self, counts: Sequence[Count], now: datetime) -> timedelta:
        """Begin a try: it counts as wrong until `succeed`. Returns how long to wait first; then nothing was counted."""
        with self._lock:
            wait = max((self._wait(key, delay, now) for key, delay in counts), default=timedelta())
            if wait <= timedelta():
                for key, delay in counts:
                    self._add(key, delay, now)
            return max(wait, timedelta())

    def succeed(self, counts: Sequence[Count]) -> None:
        """A try was right: forget what was counted for its user here, and take it back from what others share."""
        with self._lock:
            for key, delay in counts:
                found = self._counts.get(key)
                if found is None:
                    continue
                if delay in (NETWORK, USER):
                    found.tries -= 1
                else:
                    del self._counts[key]

    def take_back(self, counts: Sequence[Count]) -> None:
        """A try was not looked at after all."""
        with self._lock:
            for key, _ in counts:
                if found := self._counts.get(key):
                    found.tries -= 1

    def has_failed(self, name: str, wide: str | None, now: datetime) -> bool:
        """Whether wrong passwords of a user came from this wide network lately."""
        with self._lock:
            found = self._counts.get(("failed", name, wide))
            return bool(found and found.tries >= MANY_WRONG and (now - found.at).total_seconds() < FAILED.forget)

    def _wait(self, key: Hashable, delay: Delay, now: datetime) -> timedelta:
        found = self._counts.get(key)
        if found is None or (now - found.at).total_seconds() >= delay.forget:
            return timedelta()
        return found.at + timedelta(seconds=delay.after(found.tries)) - now

    def _add(self, key: Hashable, delay: Delay, now: datetime) -> None:
        found = self._counts.pop(key, None)
        if found is None or (now - found.at).total_seconds() >= delay.forget:
            found = _Wrong(0, now)
        found.tries, found.at = found.tries + 1, now
        self._counts[key] = found
        if len(self._counts) > self._most:
            self._counts.popitem(last=False)


def password_counts(
    name: str, network: str | None, device: str | None, wide: str | None = None, failed: bool = False
) -> list[Count]:
    """What a try of a password is counted against. `device` is the id of a browser that signed in as this user before, `wide`
    the wide network around the browser's, and `failed` whether wrong passwords came from there.

    A name that no user has is counted alike, so that the wait shows nothing.
    """
    if device is not None:
        return [(("browser", device), BROWSER)]
    if network is None:  # our own proxy, or the office: everybody seems to come from one address, so the wait is short
        return [(("user", name, None), BROWSER), (("user", name), USER)]
    return [
        (("user", name, network), USER_AND_NETWORK),
        (("network", network), NETWORK),
        (("failed", name, wide), FAILED),
        (("user", name, failed), USER),
    ]


def code_counts(user_id: str, device: str | None) -> list[Count]:
    """What a try of a code of the second factor is counted against."""
    return [(("code", user_id, device), BROWSER if device else CODE)]
