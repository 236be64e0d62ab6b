"""What the connectors read of a company's visitors: click ids, each with the source that it stands for, and cookies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hub.config.models import Config
from hub.contracts.clean_urls import CLICK_IDS
from hub.contracts.sources import OwnRule

MAX_EARLIER_SCRIPTS = 20
"""How many earlier lists of click ids are known: a website with a pinned script is served the script with its list."""


class CapturedClickId(NamedTuple):
    """A click id that is captured because a connector reads it; without source if no manifest gives it one."""

    name: str
    """As the manifest spells it."""
    connector: str
    source: str | None = None
    medium: str | None = None


def click_ids_of(config: Config, company: str) -> tuple[CapturedClickId, ...]:
    """The click ids that a company's connectors read. If several read one, the first in config.yaml decides its spelling,
    and the first that gives it a source decides the source."""
    found: dict[str, CapturedClickId] = {}
    for entry in config.connectors.values():
        if not entry.serves(company):
            continue
        manifest = entry.connector_class.manifest
        sources = {each.parameter.lower(): each for each in manifest.click_ids}
        for name in manifest.read_click_ids:
            known, given = found.get(name.lower()), sources.get(name.lower())
            if known is None or (known.source is None and given is not None):
                spelling = known.name if known else name
                origin = (given.source, given.medium) if given else (None, None)
                found[name.lower()] = CapturedClickId(spelling, entry.name, *origin)
    return tuple(found.values())


def cookies_of(config: Config, company: str) -> tuple[str, ...]:
    """The names of cookies that a company's connectors read; one that ends in `*` stands for all with its beginning."""
    manifests = [entry.connector_class.manifest for entry in config.connectors.values() if entry.serves(company)]
    return tuple(dict.fromkeys(name for manifest in manifests for name in manifest.read_cookies))


def captured(config: Config, company: str, before: Mapping[str, Any]) -> dict[str, object]:
    """What is captured of a company's visitors, as its row holds it; `before` is what the row held."""
    click_ids = click_ids_of(config, company)
    now = own_click_ids(each.name for each in click_ids)
    earlier = dict.fromkeys(map(tuple, (before.get("own_click_ids", ()), *before.get("earlier", ()))))
    return {
        "click_ids": [each._asdict() for each in click_ids],
        "cookies": list(cookies_of(config, company)),
        "own_click_ids": list(now),
        "earlier": [list(each) for each in earlier if each != now][:MAX_EARLIER_SCRIPTS],
    }


def click_id_rules(click_ids: Iterable[CapturedClickId]) -> dict[tuple[str, str], OwnRule]:
    """The sources that connectors give to click ids, as rules on addresses."""
    return {
        ("click_id", each.name.lower()): OwnRule(each.source, each.medium, each.connector)
        for each in click_ids
        if each.source and each.medium
    }


def own_click_ids(names: Iterable[str]) -> tuple[str, ...]:
    """Of click ids, in lower case, those that the page script knows only from its settings."""
    return tuple(sorted({name.lower() for name in names} - set(CLICK_IDS)))
