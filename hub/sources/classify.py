"""Finds the source, medium, campaign and keyword of a visit with exact tables, and a trace of how it was found.

Rules; the first that matches decides:
1. `company.parameter`, `company.utm_source`  the company's own rule on a parameter of the address, or on utm_source;
   without such a rule, a connector's rule: `connector.parameter`, `connector.utm_source`
2. `click_id.<name>`     the address carries a network's click id (fbclid only without utm_source and without rule 3); a
   network that the tables do not know by a connector's manifest
3. `company.host`, `connector.host`  the same on the referrer; a click id has priority, because the click was paid for
4. `utm.table`, `utm.as_given`  the address has a utm_source, found in the table or used as given
5. `click_id.fbclid`
6. `ad_parameter.<name>` it carries gad_campaignid or gad_source, which stay when a click id was stripped
7. `referrer.table`, `referrer.internal`, `referrer.other`  a known site, a site of the company, an unknown site
8. `direct`
A source tracker's number belongs to one source, so its calls need no visit: `tracker.source`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from hub.contracts.sources import OwnRule
from hub.sources.tables import Origin, Tables, tables
from hub.sources.url_parameters import VisitParameters, plain_text, query_pairs, visit_parameters

OwnRules = Mapping[tuple[str, str], OwnRule]

__all__ = [
    "OwnRules",
    "SourceMatch",
    "VisitParameters",
    "classify_tracker",
    "classify_visit",
    "visit_parameters",
]

OWN = ("company.", "connector.")
"""Prefixes of the names of the rules that are not from the built-in tables."""
MAX_ORIGIN_CHARACTERS = 1024
"""The host must be within this many characters of an address."""

_HOST = re.compile(r"[\w.-]{1,253}|[0-9a-f:.]{2,45}")
"""A host's name in any alphabet, or an IPv6 address."""
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceMatch:
    """The source of a visit or a call. `rule` decided, on `value` (a parameter's name, a utm_source, a host: never a
    click id); `confidence` is from 0 to 1; `trace` lists for people each thing that was found, in order."""

    source: str
    medium: str
    campaign: str | None = None
    keyword: str | None = None
    rule: str
    value: str
    confidence: float
    trace: tuple[str, ...] = ()


def classify_tracker(source: str, medium: str | None = None, campaign: str | None = None) -> SourceMatch:
    """The source of a call to a source tracker's number: as the customer configured it, and certain."""
    return SourceMatch(
        source=source,
        medium=medium or "unknown",
        campaign=campaign,
        rule="tracker.source",
        value=source,
        confidence=tables().confidence["tracker"],
        trace=(f"the number stands for the source {source}",),
    )


def classify_visit(
    landing_page: str | None,
    referrer: str | None,
    own: OwnRules = MappingProxyType({}),
    sites: Sequence[str] = (),
    click_ids: tuple[str, ...] = (),
) -> SourceMatch:
    """The source of a visit from the landing page and referrer that the browser sent. Never raises, for any text.

    `own` are the rules of the company and of its connectors, used before the tables, by kind and value: the kind is
    `host`, `utm_source` or `parameter`, and the value is in the form of `rule_value`. Of the kind `click_id` is what a
    connector says about a click id of `click_ids`, which are those that the connectors read.
    `sites` are the domains of the company's other sites: a visitor from there was already on one of its sites.
    """
    table = tables()
    found = visit_parameters(landing_page, click_ids)
    utm = {name: value for name, value in found.utm.items() if value.casefold() not in table.empty_values}
    trace = [f"{name} does not look like a click id" for name in found.refused]
    by_host = _by_own_host(table, own, referrer) if own else None
    match = (
        (_by_own_tags(table, own, landing_page, utm) if own else None)
        or _by_click_id(table, own, found, utm, trace, yields=by_host is not None)
        or by_host
        or _by_utm(table, utm, trace)
        or _by_ad_parameter(table, found, trace)
        or _by_referrer(table, landing_page, referrer, sites, trace)
        or _match(table, Origin("direct", "none"), "direct", "", "direct")
    )
    return _with_tags(table, match, found.ad_parameters, utm, trace)


def _match(table: Tables, origin: Origin, rule: str, value: str, confidence: str, **more: Any) -> SourceMatch:
    return SourceMatch(
        source=origin.source,
        medium=origin.medium,
        rule=rule,
        value=value,
        confidence=table.confidence[confidence],
        **more,
    )


def rule_value(kind: str, written: str) -> str | None:
    """The value of a company's rule in the form for look-up: lower case, a host without `www.`; None if it is invalid."""
    plain = " ".join(written.split()).casefold()
    if kind == "host":
        return _host(plain if "//" in plain else f"https://{plain}")
    if kind == "parameter":
        name, equals, value = plain.partition("=")
        return f"{name.strip()}={value.strip()}" if equals and name.strip() and value.strip() else None
    return plain or None


def _by_own_tags(table: Tables, own: OwnRules, landing_page: str | None, utm: Mapping[str, str]) -> SourceMatch | None:
    if any(kind == "parameter" for kind, _ in own):
        for name, raw in query_pairs(landing_page):
            value = f"{name}={plain_text(raw).casefold()}"
            if (found := own.get(("parameter", value))) is not None:
                return _by_own(table, found, "parameter", value)
    written = utm.get("utm_source", "").casefold()
    found = own.get(("utm_source", written))
    return _by_own(table, found, "utm_source", written) if found else None


def _by_own_host(table: Tables, own: OwnRules, referrer: str | None) -> SourceMatch | None:
    host = _host(referrer) or ""
    found = own.get(("host", host))
    return _by_own(table, found, "host", host) if found else None


def _by_own(table: Tables, rule: OwnRule, kind: str, value: str) -> SourceMatch:
    whose = "company" if rule.connector is None else "connector"
    match = _match(table, Origin(rule.source, rule.medium), f"{whose}.{kind}", value, whose)
    return replace(match, trace=(f"connector {rule.connector} knows {kind} {value}",)) if rule.connector else match


def _by_click_id(
    table: Tables, own: OwnRules, found: VisitParameters, utm: Mapping[str, str], trace: list[str], yields: bool
) -> SourceMatch | None:
    if not found.carried:
        return None
    origins = {name: origin for name, origin in table.click_ids.items() if name in found.carried}
    for name in found.carried - origins.keys():
        if (rule := own.get(("click_id", name))) is not None:
            origins[name] = Origin(rule.source, rule.medium)
    present = sorted(origins, key=lambda name: origins[name].yields_to_utm)
    trace += [f"the address carries {name}" for name in present]
    yields = yields or "utm_source" in utm
    fitting = [name for name in present if not (origins[name].yields_to_utm and yields)]
    if not fitting:
        return None
    name, origin = fitting[0], origins[fitting[0]]
    claimed = {origins[other].source for other in fitting}
    if "utm_source" in utm:
        claimed.add(_utm_source(table, utm["utm_source"]))
    certainty = "click_id" if len(claimed) == 1 else "click_id_disputed"
    return _match(table, origin, f"click_id.{name}", name, certainty)


def _by_utm(table: Tables, utm: Mapping[str, str], trace: list[str]) -> SourceMatch | None:
    written = utm.get("utm_source")
    if written is None:
        return None
    trace.append(f"utm_source is {written}")
    source = _utm_source(table, written)
    origin = Origin(source, table.default_mediums.get(source, "unknown"))
    rule = "utm.table" if written.casefold() in table.utm_sources else "utm.as_given"
    return _match(table, origin, rule, written, rule.replace(".", "_"))


def _by_ad_parameter(table: Tables, found: VisitParameters, trace: list[str]) -> SourceMatch | None:
    name = next((name for name in table.ad_parameters if name in found.ad_parameters), None)
    if name is None:
        return None
    trace.append(f"the address carries {name}")
    return _match(table, table.ad_parameters[name], f"ad_parameter.{name}", name, "ad_parameter")


def _by_referrer(
    table: Tables, landing_page: str | None, referrer: str | None, sites: Sequence[str], trace: list[str]
) -> SourceMatch | None:
    host = _host(referrer)
    if host is None:
        return None
    trace.append(f"the referrer is {host}")
    own = _host(landing_page)
    ours = any(host == site or host.endswith(f".{site}") for site in sites)
    if ours or (own is not None and _site(table, own) == _site(table, host)):
        return _match(table, Origin("direct", "none"), "referrer.internal", host, "internal")
    origin = table.origin_of(host)
    if origin is None:
        return _match(table, Origin(host, "referral"), "referrer.other", host, "referral")
    words = dict(query_pairs(referrer)).get(origin.keyword, "") if origin.keyword else ""
    return _match(table, origin, "referrer.table", host, "referrer", keyword=plain_text(words) or None)


def _with_tags(
    table: Tables, match: SourceMatch, ads: Mapping[str, str], utm: Mapping[str, str], trace: list[str]
) -> SourceMatch:
    """Add the tagged campaign and keyword, and the tagged medium unless a click id decides the medium."""
    medium = match.medium
    if "utm_medium" in utm and not match.rule.startswith(("click_id.", *OWN)):
        written = utm["utm_medium"].casefold()
        medium = table.utm_mediums.get(written, written)
        trace.append(f"utm_medium is {utm['utm_medium']}")
    return SourceMatch(
        source=match.source,
        medium=medium,
        campaign=utm.get("utm_campaign") or utm.get("utm_id") or ads.get("gad_campaignid"),
        keyword=utm.get("utm_term") or match.keyword,
        rule=match.rule,
        value=match.value,
        confidence=match.confidence,
        trace=(*trace, *match.trace, _decided(match)),
    )


def _decided(match: SourceMatch) -> str:
    if match.rule.startswith(OWN):
        return f"rule {match.rule} {match.value} says {match.source} / {match.medium}"
    return f"{match.rule} decides"


def _utm_source(table: Tables, written: str) -> str:
    plain = written.casefold()
    return table.utm_sources.get(plain, plain)


def _host(address: str | None) -> str | None:
    """The host of a web or Android app address, in lower case and without `www.`; None if it has no host."""
    if not address:
        return None
    try:
        parts = urlsplit(address[:MAX_ORIGIN_CHARACTERS].strip())
        if parts.scheme not in ("http", "https", "android-app"):
            return None
        host = parts.hostname
    except ValueError:
        return None
    host = (host or "").rstrip(".").removeprefix("www.")
    return host if _HOST.fullmatch(host) else None


def _site(table: Tables, host: str) -> str:
    """The part of a host that belongs to one owner: `shop.example.co.uk` and `www.example.co.uk` are one site."""
    if _ADDRESS.fullmatch(host):
        return host
    labels = host.split(".")
    below_two = len(labels) > 2 and (
        ".".join(labels[-2:]) in table.shared_suffixes or (len(labels[-1]) == 2 and labels[-2] in table.second_levels)
    )
    return ".".join(labels[-3 if below_two else -2 :])
