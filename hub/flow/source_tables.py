"""The tables of sources.yaml, read once and turned round so that each question is one look-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Origin:
    """A row of a table: what a click id, a parameter or a referrer stands for."""

    source: str
    medium: str
    keyword: str | None = None
    yields_to_utm: bool = False


@dataclass(frozen=True, slots=True)
class Tables:
    """sources.yaml, turned round so that each question is one look-up."""

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


@cache
def tables() -> Tables:
    """The tables, read once a process."""
    data = yaml.safe_load(Path(__file__).with_name("sources.yaml").read_text("utf-8"))
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
