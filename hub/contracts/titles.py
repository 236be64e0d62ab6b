"""Titles: what people read for an id, such as Yellow Pages for `yellow_pages`. Pages, mail, CSV and MCP answers use them.

titles.tsv has the kind, the id and the title of everything that is built in. Other ids are made readable by their words.
Links and filters keep the ids.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from hub.contracts.connector import Connector

TITLES = Path(__file__).with_name("titles.tsv")
UNSAID_MEDIUMS = frozenset({"", "unknown", "none"})
"""Mediums that add nothing to a source."""
PAID = frozenset({"cpc", "display", "video"})
"""Mediums whose titles end the source's: Yahoo ads."""
_ID = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_SOURCE_ID = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")


@cache
def titles() -> Mapping[tuple[str, str], str]:
    """All titles by kind and id, read one time per process."""
    lines = (line.split("\t") for line in TITLES.read_text("utf-8").splitlines())
    return {(kind, name): title for kind, name, title in lines}


def titled(kind: str, name: str) -> str:
    """The title of an id; without one its words, the first letter up. Text that is not an id stays as people wrote it."""
    if (known := titles().get((kind, name))) is not None:
        return known
    words = name.replace("_", " ")
    return words[0].upper() + words[1:] if _ID.fullmatch(name) else name


def source_title(source: str) -> str:
    """Google for `google`. A source outside the table is a name, so each word of an id has its first letter up."""
    if (known := titles().get(("source", source.casefold()))) is not None:
        return known
    if not _SOURCE_ID.fullmatch(source):
        return source
    return " ".join(word[0].upper() + word[1:] for word in re.split("[_-]", source))


def medium_title(medium: str) -> str:
    """Ads for `cpc`, in lower case."""
    return titles().get(("medium", medium)) or medium.replace("_", " ")


def came_from(source: str, medium: str | None = None) -> str:
    """A source with its medium: Google Ads, Google (organic), Yellow Pages (print), Direct."""
    medium = medium or ""
    name = source_title(source)
    if (known := titles().get(("source", f"{source} / {medium}"))) is not None:
        return known
    if medium in UNSAID_MEDIUMS:
        return name
    return f"{name} {medium_title(medium)}" if medium in PAID else f"{name} ({medium_title(medium)})"


def origin_title(written: str) -> str:
    """The same for a line of a report by source, which is `google / cpc`."""
    source, _, medium = written.partition(" / ")
    return came_from(source, medium) if source else ""


def campaign_title(campaign: str) -> str:
    """Spring 2026 for `spring_2026`; a campaign's own name stays as it is."""
    return titled("campaign", campaign)


def readable(name: str) -> str:
    """A data category or purpose in words: `phone number` for `user.contact.phone_number`."""
    kind = "category" if name.startswith("user.") else "purpose"
    return titles().get((kind, name)) or name.rpartition(".")[2].replace("_", " ")


def line_type_title(line_type: str) -> str:
    """`fixed line or mobile` for `fixed_line_or_mobile`."""
    return titles().get(("line", line_type)) or line_type.replace("_", " ")


def connector_title(name: str, connectors: Mapping[str, Connector]) -> str:
    """A connector as people know it: its plugin's title, with the rest of its own name if several have that plugin."""
    if name not in connectors:
        return titled("connector", name)
    manifest = connectors[name].manifest
    if sum(each.manifest.name == manifest.name for each in connectors.values()) == 1:
        return manifest.label
    plugin = {*manifest.name.split("_"), *manifest.label.casefold().split()}
    own = "_".join(word for word in name.split("_") if word.casefold() not in plugin)
    return f"{manifest.label} ({titled('connector', own)})" if own else manifest.label


def line_title(by: str, value: str) -> str:
    """What a line of a report by source, campaign or another dimension stands for."""
    return {"source": origin_title, "campaign": campaign_title}.get(by, str)(value)
