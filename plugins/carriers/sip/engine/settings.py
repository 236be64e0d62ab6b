"""An engine's settings; the gateway fills it from config.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Trunk:
    """The trunk: where calls come from and go to."""

    host: str
    port: int | None = 5060
    """None: the SRV records of the hosts say it, or it is the transport's own."""
    addresses: tuple[str, ...] = ()
    """Addresses and CIDR networks that calls come from, beside the addresses of the hosts."""
    user: str = ""
    password: str = field(default="", repr=False)
    """For outgoing calls that the trunk challenges."""
    caller_host: str = ""
    """The host in From and P-Asserted-Identity of outgoing calls; our address if empty."""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    more_hosts: tuple[str, ...] = ()
    """Called if those before do not answer."""
    register: bool = False
    """Whether the line signs in with the user."""
    srtp: Literal["off", "offer", "require"] = "off"
    """Encrypted sound with keys in the signalling (SDES)."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts in their order."""
        return (self.host, *self.more_hosts)


@dataclass(frozen=True)
class Caps:
    """What outgoing calls may use at most."""

    call_backs_at_once: int = 20
    call_backs_per_day: int = 2000
    minutes: Mapping[str, int] = field(default_factory=lambda: {"forwards": 3000, "call_backs": 1000, "abroad": 120})
    """Minutes a day by what the calls are for (`limits.WORDS`); forwards are counted, and never refused for them."""
    home: tuple[str, ...] = ("US", "CA")
    """ISO 3166 codes of the countries to which a call is not one abroad."""
    time_zone: str = "UTC"
    """IANA name of the zone whose days count."""
    countries: tuple[str, ...] = ("US", "CA")
    """ISO 3166 codes of the countries that may be called."""


PHONE = "sip:"
"""Stands before the name of a phone of the business in the place of a number."""


@dataclass(frozen=True)
class Phone:
    """One phone of the business."""

    secrets: Mapping[str, str] = field(repr=False)
    """What stands for its password, by algorithm (`guard.digest`)."""
    caller: str
    """The number that its calls show."""
    call_waiting: bool = False
    """Whether it rings while it is in a call."""


@dataclass(frozen=True)
class Phones:
    """The phones of the business and the port at which they sign in, over TLS."""

    by_name: Mapping[str, Phone]
    certificate: Path
    listen_host: str = "0.0.0.0"  # noqa: S104 - phones sign in from outside
    listen_port: int = 5061
    srtp: Literal["off", "offer", "require"] = "offer"


@dataclass(frozen=True)
class LineSettings:
    """One SIP port with its trunk. Names as in config.yaml."""

    trunk: Trunk
    listen_host: str = "0.0.0.0"  # noqa: S104 - a trunk calls in from outside
    listen_port: int = 5060
    public_address: str = ""
    """The IP address that the trunk sees, if the machine is behind NAT."""
    rtp_ports: tuple[int, int] = (10000, 10999)
    """First and last UDP port for sound; each leg takes two."""
    sign_in_user: str = ""
    sign_in_password: str = field(default="", repr=False)
    """Digest for callers from other addresses than the trunk's; without a user they are dropped."""
    certificate: Path | None = None
    """PEM with certificate and key, for TLS."""
    country: str = "US"
    """The country (ISO 3166) in whose form the trunk writes numbers without +."""
    incoming_calls: int = 60
    invites_a_second: float = 20.0
    caps: Caps = Caps()
    counters: Path | None = None
    """Where the day's counts are kept over a restart."""
    call_minutes: int = 240
    silent_seconds: int = 30
    ring_seconds: float = 120.0
    """No phone rings longer, whatever is asked for."""
    early_seconds: float = 60.0
    """So long a caller who is not answered hears the early sound of phones, in all: nobody pays for it."""
    headers: tuple[str, ...] = ()
    """Further headers of an INVITE that `About.headers` is to hold."""
    phones: Phones | None = None
