"""Where the trunk is now: its hosts, their SRV records and addresses (RFC 3263 and 2782), looked up again while it runs."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.rdtypes.IN.SRV
import dns.rrset

from plugins.carriers.sip.engine.addresses import reaches
from plugins.carriers.sip.engine.guard.calls import Peer
from plugins.carriers.sip.engine.interface import Unreachable
from plugins.carriers.sip.engine.settings import Trunk

SERVICES = {"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}
LOOKUP_S = 5.0
MIN_TTL_S, MAX_TTL_S = 15.0, 300.0
ADDRESS_TTL_S = 60.0
"""The resolver of the system shows no TTL; it keeps its own answers for as long as theirs says."""
DOWN_S = 60.0
"""A target that did not answer, or was overloaded, is the last choice for so long."""


@dataclass(frozen=True)
class Target:
    """One place of the trunk: the host as the settings write it, and the address behind it."""

    host: str
    peer: Peer


class Targets:
    """The trunk's places in the order of the next call."""

    def __init__(
        self,
        trunk: Trunk,
        resolver: dns.asyncresolver.Resolver | None = None,
        clock: Callable[[], float] = time.monotonic,
        listen: str = "0.0.0.0",  # noqa: S104 - any address of IPv4
    ) -> None:
        """Nothing is looked up yet. `listen` is the address of our port: it says which addresses it reaches."""
        self._trunk, self._resolver, self._clock, self._listen = trunk, resolver, clock, listen
        self._found: dict[str, list[tuple[dns.rdtypes.IN.SRV.SRV | None, list[Target]]]] = {}
        self._services: dict[str, dns.rrset.RRset] = {}
        self._down: dict[Peer, float] = {}
        self.due = 0.0
        """When to look up again."""

    async def refresh(self) -> None:
        """Look all hosts up. What cannot be found stays as it was. Raises `Unreachable` if nothing is known at all."""
        lives = [await self._look_up(host) for host in self._trunk.hosts]
        self.due = self._clock() + min(max(min(lives), MIN_TTL_S), MAX_TTL_S)
        if not self.all():
            raise Unreachable(f"The trunk's host {self._trunk.host} cannot be found; check trunk.host in config.yaml.")

    def all(self) -> list[Target]:
        """Every place, in no order that matters."""
        return [each for found in self._found.values() for _, targets in found for each in targets]

    def order(self) -> list[Target]:
        """The places for one call: by host, priority and, at random, weight; those that failed lately last."""
        ordered: list[Target] = []
        for host in self._trunk.hosts:
            found = self._found.get(host, [])
            records = self._services[host].processing_order() if host in self._services else [None]
            ordered += [each for record in records for known, targets in found if known == record for each in targets]
        now = self._clock()
        return sorted(dict.fromkeys(ordered), key=lambda each: self._down.get(each.peer, 0.0) > now)

    def failed(self, target: Target) -> None:
        """It did not answer, or was overloaded."""
        self._down[target.peer] = self._clock() + DOWN_S

    async def _look_up(self, host: str) -> float:
        """Look one host up; how long the answer lives."""
        trunk, life, service = self._trunk, ADDRESS_TTL_S, None
        records: list[dns.rdtypes.IN.SRV.SRV | None] = [None]
        if trunk.port is None and not _is_address(host):
            try:
                resolver = self._resolver = self._resolver or dns.asyncresolver.get_default_resolver()
                answer = await resolver.resolve(SERVICES[trunk.transport] + host, "SRV", lifetime=LOOKUP_S)
                if answer.rrset is not None:
                    records, life, service = list(answer.rrset), float(answer.rrset.ttl), answer.rrset
            except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
                pass
            except (dns.exception.DNSException, OSError):
                if host in self._services:
                    return life
        found = [(each, await self._addresses(host, each)) for each in records]
        if any(targets for _, targets in found):
            self._found[host] = found
            self._services.pop(host, None)
            if service is not None:
                self._services[host] = service
        return min(life, ADDRESS_TTL_S)

    async def _addresses(self, host: str, record: dns.rdtypes.IN.SRV.SRV | None) -> list[Target]:
        trunk = self._trunk
        name = record.target.to_text(omit_final_dot=True) if record else host
        port = record.port if record else trunk.port or (5061 if trunk.transport == "tls" else 5060)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError):  # the target "." means: this service does not exist (RFC 2782)
            return []
        addresses = [str(each[4][0]) for each in found]
        return [Target(host, Peer(trunk.transport, each, port)) for each in addresses if reaches(self._listen, each)]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
