"""The tables of sources.yaml and sites.tsv, read one time and indexed so that each question is one look-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from hub.platform.own_yaml import read_yaml

SITES = Path(__file__).with_name("sites.tsv")
"""Search engines, social networks and email services from a package's list; written by hub/sources/update_sites.py."""
DEEPEST_HOST = 10
"""Maximum number of labels of a host that are looked up; no table row has more."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A row of a table: the meaning of a click id, a parameter or a referrer."""

    source: str
    medium: str
    keyword: str | None = None
    yields_to_utm: bool = False


@dataclass(frozen=True)
class Tables:
    """sources.yaml and sites.tsv, indexed so that each question is one look-up. If both have a site, sources.yaml wins."""

    click_ids: Mapping[str, Origin]
    ad_parameters: Mapping[str, Origin]
    confidence: Mapping[str, float]
    empty_values: frozenset[str]
    utm_sources: Mapping[str, str]
    utm_mediums: Mapping[str, str]
    default_mediums: Mapping[str, str]
    hosts: Mapping[str, Origin]
    domains: Mapping[str, Origin]
    second_levels: frozenset[str]
    shared_suffixes: frozenset[str]

    @cached_property
    def search_words(self) -> frozenset[str]:
        """The parameters that hold the search words in search engines' addresses."""
        origins = (*self.hosts.values(), *self.domains.values())
        return frozenset(origin.keyword for origin in origins if origin.keyword)

    def origin_of(self, host: str) -> Origin | None:
        """The row of a host, otherwise of the longest domain that contains it, by whole labels."""
        if host in self.hosts:
            return self.hosts[host]
        labels = host.split(".")
        for start in range(max(0, len(labels) - DEEPEST_HOST), len(labels)):
            origin = self.domains.get(".".join(labels[start:]))
            if origin is not None:
                return origin
        return None


@cache
def tables() -> Tables:
    """All tables, read one time per process, when the first visit comes."""
    ours = own_tables()
    hosts, domains = dict(ours.hosts), dict(ours.domains)
    for line in SITES.read_text("utf-8").splitlines():
        medium, source, keyword, kind, sites = line.split("\t")
        origin = Origin(source, medium, keyword or None)
        for site in sites.split(" "):
            (domains if kind == "domains" else hosts).setdefault(site, origin)
    return replace(ours, hosts=hosts, domains=domains)


def own_tables() -> Tables:
    """sources.yaml alone."""
    data = read_yaml(Path(__file__).with_name("sources.yaml").read_text("utf-8"))
    rows = [(row, Origin(row["source"], row["medium"], row.get("keyword"))) for row in data["referrers"]]
    return Tables(
        click_ids={name: Origin(**row) for name, row in data["click_ids"].items()},
        ad_parameters={name: Origin(**row) for name, row in data["ad_parameters"].items()},
        confidence=data["confidence"],
        empty_values=frozenset(data["empty_values"]),
        utm_sources=_turned_round(data["utm_sources"]),
        utm_mediums=_turned_round(data["utm_mediums"]),
        default_mediums=_turned_round(data["default_mediums"]),
        hosts={host: origin for row, origin in rows for host in row.get("hosts", ())},
        domains={domain: origin for row, origin in rows for domain in row.get("domains", ())},
        second_levels=frozenset(data["second_levels"]),
        shared_suffixes=frozenset(data["shared_suffixes"]),
    )


def _turned_round(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {written: ours for ours, spellings in table.items() for written in spellings}
