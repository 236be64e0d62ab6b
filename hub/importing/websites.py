"""The websites of imported companies: the hosts of the pages that led to their contacts of the last 90 days."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from hub.importing.records import FormRecord, Record
from hub.sources.tables import tables

RECENT = timedelta(days=90)
MIN_SHARE = 0.02
"""A host of a smaller share of a company's contacts is a copy of its pages, or a mistake."""
MAX_DOMAINS = 20
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
SERVICES = (
    "callrail.com", "calltrk.com", "doubleclick.net", "googleadservices.com", "googleusercontent.com", "translate.goog",
    "archive.org", "gtm-msr.appspot.com",
)  # fmt: skip
"""Services that show or fetch pages of others, besides the sites of sources.yaml and sites.tsv."""
RARE = "pages on this host led to few of its contacts, so it is not proposed for `domains:`"
FOREIGN = "this host is another service's, so it is not proposed for `domains:`"


@dataclass(frozen=True)
class Websites:
    """What was found. Companies are ids there."""

    domains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Company → its hosts, the most frequent first."""
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Reason → hosts."""


def websites_of(records: Iterable[Record], since: datetime) -> Websites:
    """The hosts of the landing pages and form pages of contacts since then. A subdomain of a proposed host is covered by it."""
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        if record.company is not None and record.at >= since:
            page = record.page if isinstance(record, FormRecord) else None
            hosts = {host_of(each) for each in (record.cause.landing_page, page)} - {""}
            seen[record.company].update(hosts)
    domains: dict[str, tuple[str, ...]] = {}
    left_out: dict[str, list[str]] = {RARE: [], FOREIGN: []}
    for company, counts in seen.items():
        own = Counter({host: count for host, count in counts.items() if not is_of_service(host)})
        left_out[FOREIGN] += counts.keys() - own.keys()
        frequent = [host for host, count in own.most_common() if count >= MIN_SHARE * own.total()][:MAX_DOMAINS]
        left_out[RARE] += [host for host in own if not _is_covered(host, frequent)]
        if frequent:
            domains[company] = tuple(host for host in frequent if not _is_covered(host, {*frequent} - {host}))
    return Websites(domains, {reason: sorted(set(hosts)) for reason, hosts in left_out.items() if hosts})


def host_of(address: str | None) -> str:
    """The host of a page without `www.`; empty if it is none that a website can have."""
    try:
        host = urlsplit(address or "").hostname or ""
    except ValueError:
        return ""
    host = host.rstrip(".").removeprefix("www.")
    return host if HOST.fullmatch(host) else ""


def is_of_service(host: str) -> bool:
    """Whether a host is a search engine's, a social network's, a call tracker's, or another service's."""
    return _is_covered(host, SERVICES) or tables().origin_of(host) is not None


def _is_covered(host: str, domains: Iterable[str]) -> bool:
    return any(host == each or host.endswith(f".{each}") for each in domains)
