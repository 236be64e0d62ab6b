"""Reads utm tags, click ids and ad parameters from a landing page's address, safely for hostile text.

Limits, each of which drops or cuts silently and never raises: the first 16,384 characters of an address, its first 200
parameters, 200 characters of a utm value, 512 of a click id. Names match in any case, and after a stray `amp;`. Of a
repeated name the last valid value wins, because networks append theirs at the end. The fragment is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_plus

from hub.contracts.clean_urls import AD_PARAMETERS, CLICK_IDS, MAX_ADDRESS_CHARS, MAX_PARAMETERS, UTM

MAX_PARAMETER_CHARACTERS = 200
MAX_CLICK_ID_CHARACTERS = 512

_CLICK_ID = re.compile(rf"[A-Za-z0-9._~-]{{4,{MAX_CLICK_ID_CHARACTERS}}}")
"""The networks' ids are URL-safe text of about 20 to 200 characters; a longer or different value is not a click id."""
_AD_NUMBER = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class VisitParameters:
    """The parameters found: each mapping has only known names. `refused` lists the names whose values have a wrong format."""

    utm: Mapping[str, str] = field(default_factory=dict)
    click_ids: Mapping[str, str] = field(default_factory=dict)
    """The click ids that a connector reads, by the connector's spelling."""
    carried: frozenset[str] = frozenset()
    """The names of all known click ids of the address, in lower case, also of those that no connector reads."""
    ad_parameters: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


@lru_cache(maxsize=64)  # several callers ask for the same address in a row
def visit_parameters(landing_page: str | None, declared: tuple[str, ...] = ()) -> VisitParameters:
    """The known parameters of a landing page's address; empty if it has none. Never raises, for any text.

    `declared` are the click ids that connectors read, as their manifests spell them.
    """
    spelling = {name.lower(): name for name in reversed(declared)}
    known = {*CLICK_IDS, *spelling}
    utm: dict[str, str] = {}
    click_ids: dict[str, str] = {}
    ads: dict[str, str] = {}
    refused: set[str] = set()
    for name, raw in reversed(list(query_pairs(landing_page))):
        if name in UTM and name not in utm:
            if text := plain_text(raw):
                utm[name] = text
        elif name in known and name not in click_ids:
            _keep(name, raw, _CLICK_ID, click_ids, refused)
        elif name in AD_PARAMETERS and name not in ads:
            _keep(name, raw, _AD_NUMBER, ads, refused)
    read = {spelling[name]: value for name, value in click_ids.items() if name in spelling}
    return VisitParameters(utm, read, frozenset(click_ids), ads, tuple(sorted(refused - click_ids.keys() - ads.keys())))


def _keep(name: str, raw: str, shape: re.Pattern[str], kept: dict[str, str], refused: set[str]) -> None:
    value = unquote_plus(raw[: 3 * MAX_CLICK_ID_CHARACTERS + 1])
    if shape.fullmatch(value):
        kept[name] = value
    else:
        refused.add(name)


def query_pairs(address: str | None) -> Iterator[tuple[str, str]]:
    """The parameters before the fragment, names in lower case, values still percent-encoded."""
    if not address:
        return
    query = address[:MAX_ADDRESS_CHARS].partition("#")[0].partition("?")[2]
    parts = query.split("&", MAX_PARAMETERS)
    if len(address) > MAX_ADDRESS_CHARS or len(parts) > MAX_PARAMETERS:
        parts.pop()  # it was cut by the limit, or it is the rest beyond the limit
    for part in parts:
        name, equals, value = part.partition("=")
        if equals and len(name) <= 40:
            yield name.lower().removeprefix("amp;"), value


def plain_text(raw: str) -> str:
    """A percent-encoded value as one short line, without control or invisible characters or lone surrogates."""
    text = unquote_plus(raw[: MAX_PARAMETER_CHARACTERS * 12])
    if not text.isprintable():
        text = "".join(c for c in text.replace("\n", " ").replace("\t", " ") if c.isprintable())
    return " ".join(text.split())[:MAX_PARAMETER_CHARACTERS].rstrip()
