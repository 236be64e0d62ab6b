"""Which hosts and ports a connector may call, and which addresses they may have: one rule for connectors in threads and in
plugin hosts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urlsplit

from hub.contracts.addresses import is_in_own_network, is_loopback, may_have_address, web_addresses
from hub.contracts.manifest import Manifest
from hub.errors import Rejected

PORTS = {"https": 443, "http": 80}
MAX_SHOWN_CHARACTERS = 100
"""Of a host's name in a message."""


def declared_hosts(manifest: Manifest, settings: Any) -> frozenset[tuple[str, int]]:
    """The hosts of the manifest, with the port of HTTPS, and those of the web addresses that the customer wrote into the
    settings, each with its own port. A plugin that says that nobody receives anything gets only those of the customer's own
    network: no consent is asked for what it is given."""
    addresses = [urlsplit(address) for _, address in web_addresses(settings)]
    hosts = frozenset((host.lower(), PORTS["https"]) for host in manifest.hosts) | {
        (each.hostname, each.port or PORTS[each.scheme]) for each in addresses if each.hostname
    }
    return frozenset(each for each in hosts if manifest.recipient.role != "none" or is_in_own_network(each[0]))


@dataclass(frozen=True)
class ReachableHosts:
    """What one connector may connect to. Rejected says why a host is not among it."""

    connector: str
    declared: frozenset[tuple[str, int]] = frozenset()
    """Hosts, of which a part may be `*`, and their ports."""
    private: tuple[str, ...] = ()
    """The hosts that may have an address in a private network: `hub.private_hosts`."""
    loopback: bool = False
    """Whether declared hosts may be this machine itself, as stand-ins are."""
    refused: Callable[[str], None] = field(default=lambda host: None, compare=False)
    """Called with each host that was refused."""

    def check(self, host: str, port: int) -> None:
        """Refuse a host or port that is not declared."""
        name = host.lower().rstrip(".")
        ports = {each for pattern, each in self.declared if fnmatch(name, pattern)}
        if port in ports:
            return
        shown = host[:MAX_SHOWN_CHARACTERS] + (f":{port}" if ports else "")
        self.refused(shown)
        raise Rejected(
            f"connector {self.connector!r} called {shown}, which its manifest does not declare; "
            "declare the host, and the recipient's role, or set the base URL in config.yaml."
        )

    def check_addresses(self, host: str, addresses: Sequence[str]) -> None:
        """Refuse a host that has an address in a private network and may have none."""
        if all(self._may_have(host, each) for each in addresses):
            return
        shown = host[:MAX_SHOWN_CHARACTERS]
        self.refused(shown)
        raise Rejected(
            f"connector {self.connector!r} called {shown}, whose address is in a private network; if it should, add the "
            "host to hub.private_hosts."
        )

    def _may_have(self, host: str, address: str) -> bool:
        """Also of a listed name, an address may not be one at which a cloud answers with the machine's credentials."""
        return (self.loopback and is_loopback(host)) or may_have_address(host, address, self.private)
