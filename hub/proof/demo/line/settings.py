"""The demo's config.yaml for a day over SIP: one line in place of all carriers, everything else in its sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex

from hub.config.edit import REMOVED, Change
from hub.config.models import CompanySection, Config
from hub.errors import ConfigError
from hub.platform.loopback import free_port

CONNECTOR = "sip"
COMPRESSION = 30
"""The day is so much faster on the line: a talk of a minute takes two seconds."""
RTP_PORTS = "26000-27999"
CALLS_AT_ONCE = 100
"""Of the gateway's limits: the day's own players keep below them."""


@dataclass(frozen=True)
class Ports:
    """Free ports of loopback: for the SIP of the gateway, for its control address, and for the phones of the demo."""

    gateway: int
    control: int
    phones: int


def ports_for(carrier: str | None) -> Ports | None:
    """Free ports for a demo over a line; None for one without. ConfigError if the SIP engine is not installed."""
    if carrier is None:
        return None
    if find_spec("baresip") is None:
        raise ConfigError(
            "hub demo --carrier sip needs the SIP engine; install the extra sip: `hub docs deploy/one-machine#extras` says how."
        )
    return Ports(gateway=free_port(), control=free_port(), phones=free_port())


def over_line(loaded: Config, ports: Ports, folder: Path) -> Iterator[Change]:
    """What changes in the file of `loaded`, which was read with everything in its sandbox; the gateway keeps its things in
    `folder`, with the secret between it and the hub.

    A line has no texts. Talks are shorter than the day's by COMPRESSION, so the shortest call that a rule counts is, too.
    """
    carriers = {entry.name for entry in loaded.of_kind("carrier")}
    for name, entry in loaded.connectors.items():
        if name in carriers:
            yield Change(("connectors", name), REMOVED)
        elif entry.in_sandbox:
            yield Change(("connectors", name, "sandbox"), True)
    numbers: list[str] = []
    for account in loaded.accounts:
        for company in account.companies:
            place = ("accounts", account.name, "companies", company.name)
            yield from _moved(place, company)
            numbers += [number for tracker in company.trackers for number in tracker.numbers]
    yield Change(("hub", "private_hosts"), [*loaded.hub.private_hosts, "127.0.0.1"])
    yield Change(("connectors", CONNECTOR), _line(ports, numbers, folder.resolve()))
    for rule in loaded.conversions:
        if rule.when.min_duration is not None:
            seconds = max(1, round(rule.when.min_duration.total_seconds() / COMPRESSION))
            yield Change(("conversions", rule.name, "when", "min_duration"), f"{seconds}s")


def _moved(place: tuple[str, ...], company: CompanySection) -> Iterator[Change]:
    """The company's numbers are the line's."""
    if "texts" in company.model_fields_set:
        yield Change((*place, "texts"), REMOVED)
    for tracker in company.trackers:
        yield Change((*place, "trackers", tracker.name, "carrier"), CONNECTOR)
        if tracker.texts is not None:
            yield Change((*place, "trackers", tracker.name, "texts"), REMOVED)


def _line(ports: Ports, numbers: list[str], folder: Path) -> dict[str, object]:
    folder.mkdir(mode=0o700, parents=True)
    secret = folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text(token_hex(32), encoding="utf-8")
    return {
        "plugin": "sip",
        "schedule": "every 5 seconds",
        "secret": f"${{file:{secret}}}",
        "folder": str(folder),
        "trunk": {"host": "127.0.0.1", "port": ports.phones, "addresses": ["127.0.0.1/32"]},
        "numbers": numbers,
        "gateways": [f"http://127.0.0.1:{ports.control}"],
        "listen": f"127.0.0.1:{ports.gateway}",
        "rtp_ports": RTP_PORTS,
        "limits": {"incoming_calls": CALLS_AT_ONCE, "call_backs_at_once": CALLS_AT_ONCE, "countries": ["US", "CA"]},
    }
