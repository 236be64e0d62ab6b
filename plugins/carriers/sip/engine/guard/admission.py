"""Whose SIP messages are taken, answered or dropped without a word: sip_and_carriers.md D.2."""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from enum import StrEnum

from plugins.carriers.sip.engine.guard.digest import Digest
from plugins.carriers.sip.engine.guard.message import Message

SCANNERS = re.compile(
    r"friendly-scanner|sipvicious|sip-?scan|sundayddr|sipcli|vaxsipuseragent|smap|iwar\b|sipsak|sip-?p(?:ing|robe)"
    r"|pplsip|eyebeam_scan|gulp|sivus|warvox|protos|vosscan|masscan|nmap|zgrab|cxxu|n7_scan|e-?voip-?scan",
    re.IGNORECASE,
)
"""User agents of tools that search the internet for open SIP ports; a trunk may name its software as it likes."""
MAX_FAILURES = 5
BLOCK_S = 3600.0
MAX_SOURCES = 10_000
MAX_RATES = 10_000

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Verdict(StrEnum):
    """What to do with a request."""

    TAKE = "take"
    DROP = "drop"
    CHALLENGE = "challenge"
    BUSY = "busy"
    """Over the rate: 503 with Retry-After."""
    REGISTER = "register"
    """A phone of the business signs in."""
    REFER = "refer"
    """A phone of the business transfers its call."""
    REFUSE = "refuse"
    """From our trunk, and nothing we do: 405."""


NOT_TAKEN = {
    Verdict.DROP: "not from the trunk's addresses, or from a scanner",
    Verdict.CHALLENGE: "asked to prove its password",
    Verdict.BUSY: "too many INVITEs a second",
}
"""Why an INVITE is not taken, for the log."""


class Bucket:
    """So many a second, with a burst: a token bucket."""

    def __init__(self, a_second: float, burst: float, clock: Callable[[], float]) -> None:
        """Start full."""
        self._rate, self._burst, self._clock = a_second, burst, clock
        self._left, self._at = burst, clock()

    def take(self) -> bool:
        """Take one, if there is one."""
        now = self._clock()
        self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Buckets:
    """One bucket for each address; the one that was used last is kept longest."""

    def __init__(self, a_second: float, burst: float, clock: Callable[[], float]) -> None:
        self._new = lambda: Bucket(a_second, burst, clock)
        self._known: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, host: str) -> bool:
        """Take one of an address, if there is one."""
        bucket = self._known[host] = self._known.pop(host, None) or self._new()
        while len(self._known) > MAX_RATES:
            self._known.popitem(last=False)
        return bucket.take()


class Failures:
    """Wrong passwords, by what is blocked for them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def add(self, *keys: tuple[str, str]) -> None:
        """Count one more for each key."""
        for key in keys:
            self._known[key] = self.count(key) + 1, self._clock()
            self._known.move_to_end(key)
        while len(self._known) > MAX_SOURCES:
            self._known.popitem(last=False)

    def count(self, key: tuple[str, str]) -> int:
        """How many there were, until none came for `BLOCK_S`."""
        count, at = self._known.get(key, (0, 0.0))
        return count if self._clock() - at < BLOCK_S else 0

    def forget(self, *keys: tuple[str, str]) -> None:
        """The right password came."""
        for key in keys:
            self._known.pop(key, None)


class Admission:
    """The door of the SIP port. Pure: it is asked about each message and keeps only small, bounded memories."""

    def __init__(
        self,
        trunk: Iterable[str],
        *,
        digest: Digest | None = None,
        invites_a_second: float = 20.0,
        clock: Callable[[], float],
    ) -> None:
        """`trunk` holds addresses and CIDR networks of the trunk; `digest` lets others in that know the password."""
        self._trunk: list[Network] = [ipaddress.ip_network(each, strict=False) for each in trunk]
        self.resolved: frozenset[str] = frozenset()
        """The addresses that the trunk's hosts have now."""
        self._digest = digest
        self._buckets = Buckets(invites_a_second, 2 * invites_a_second, clock)
        self._failures = Failures(clock)

    def from_trunk(self, host: str) -> bool:
        """Whether an address is one of the trunk's."""
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return str(address) in self.resolved or any(address in network for network in self._trunk)

    def judge(self, request: Message, host: str, known_dialog: bool) -> Verdict:
        """What to do with a request from `host`; `known_dialog` says that it belongs to a call with this very host."""
        trusted = self.from_trunk(host)
        # A caller's name may be that of a scanner ("PROTOS PIZZERIA"), so only a stranger's software is looked at.
        if (not trusted and SCANNERS.search(request.get("user-agent"))) or self._blocked(host):
            return Verdict.DROP
        if (
            not trusted
            and not known_dialog
            and (self._digest is None or request.method not in ("INVITE", "ACK", "CANCEL"))
        ):
            return Verdict.DROP
        if request.in_dialog:
            return self._in_dialog(request, known_dialog)
        if request.method in ("ACK", "CANCEL"):
            return Verdict.TAKE if known_dialog else Verdict.DROP
        if request.method == "OPTIONS" and trusted:
            return Verdict.TAKE
        if request.method != "INVITE":
            return Verdict.REFUSE
        return self._invite(request, host, trusted)

    def challenges(self, host: str) -> list[tuple[str, str]]:
        """What a stranger has to sign."""
        return self._digest.challenges(host) if self._digest else []

    def _in_dialog(self, request: Message, known: bool) -> Verdict:
        if not known:
            return Verdict.REFUSE if request.method != "ACK" else Verdict.DROP
        fine = request.method in ("INVITE", "ACK", "BYE", "CANCEL", "INFO", "UPDATE", "OPTIONS", "PRACK")
        return Verdict.TAKE if fine else Verdict.REFUSE

    def _invite(self, request: Message, host: str, trusted: bool) -> Verdict:
        if not self._buckets.take(host):
            return Verdict.BUSY if trusted else Verdict.DROP
        if trusted or self._digest is None:
            return Verdict.TAKE if trusted else Verdict.DROP
        header = request.get("authorization")
        if not header:
            return Verdict.CHALLENGE
        if self._digest.signed_in(header, request.method, request.uri, host):
            self._failures.forget(("source", host))
            return Verdict.TAKE
        self._failures.add(("source", host))
        return Verdict.DROP if self._blocked(host) else Verdict.CHALLENGE

    def _blocked(self, host: str) -> bool:
        return self._failures.count(("source", host)) >= MAX_FAILURES
