"""Titles: what people read for an id, such as Yellow Pages for `yellow_pages`. Pages, mail, CSV and MCP answers use them.

titles.tsv has the kind, the id and the title of everything that is built in. Other ids are made readable by their words.
Links and filters keep the ids.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hub.platform.id_words import words_of

if TYPE_CHECKING:
    from hub.contracts.connector import Connector

TITLES = Path(__file__).with_name("titles.tsv")
UNSAID_MEDIUMS = frozenset({"", "unknown", "none"})
"""Mediums that add nothing to a source."""
PAID = frozenset({"cpc", "display", "video"})
"""Mediums whose titles end the source's: Yahoo ads."""
_ID = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")


@cache
def titles() -> Mapping[tuple[str, str], str]:
    """All titles by kind and id, read one time per process."""
    lines = (line.split("\t") for line in TITLES.read_text("utf-8").splitlines())
    return {(kind, name): title for kind, name, title in lines}


def titles_of(kind: str) -> dict[str, str]:
    """The titles of one kind by id, in the order of the table, which is the order in which forms offer them."""
    return {name: title for (of, name), title in titles().items() if of == kind}


def titled(kind: str, name: str) -> str:
    """The title of an id; without one its words, the first letter up. Text that is not an id stays as people wrote it."""
    if (known := titles().get((kind, name))) is not None:
        return known
    words = words_of(name)
    if kind != "campaign":  # whose names are of people outside
        words = words.replace("-", " ")
    return words[0].upper() + words[1:] if _ID.fullmatch(name) else name


def source_title(source: str) -> str:
    """Google for `google`. A source outside the table is a name, so each word of an id has its first letter up."""
    if (known := titles().get(("source", source.casefold()))) is not None:
        return known
    if not _ID.fullmatch(source):
        return source
    return " ".join(word[0].upper() + word[1:] for word in re.split("[_-]", source))


def medium_title(medium: str) -> str:
    """Ads for `cpc`, in lower case."""
    return readable(medium, "medium")


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


def readable(name: str, kind: str | None = None) -> str:
    """An id within a sentence: `phone number` for `user.contact.phone_number`. Without a `kind` it is a data category or
    a purpose."""
    known = titles().get((kind or ("category" if name.startswith("user.") else "purpose"), name))
    return known or words_of(name if kind else name.rpartition(".")[2])


def line_type_title(line_type: str) -> str:
    """`fixed line or mobile` for `fixed_line_or_mobile`."""
    return readable(line_type, "line")


def spoken_source(source: str | None, campaign: str | None) -> str:
    """What a whisper says for `[source]`: the campaign, else the source."""
    return campaign_title(campaign) if campaign else source_title(source or "")


class TrackerName:
    """The name of a tracker as people read it, for its section of config.yaml and for its row."""

    if TYPE_CHECKING:
        name: str
        title: str | None

    @property
    def shown_name(self) -> str:
        """What people call it."""
        return tracker_title(self.name, self.title)


def tracker_title(name: str, title: str | None = None) -> str:
    """A tracker as people call it: its title, or else its name in words."""
    return title or titled("tracker", name)


def fact_title(name: str) -> str:
    """What a fact about a caller says: `Phone company` for `carrier`."""
    return titles().get(("fact", name)) or titled("fact", name.rpartition(".")[2])


def step_title(do: str) -> str:
    """What a step of a call flow does: `Rings one phone` for `dial`."""
    return titled("step", do)


def connector_title(name: str, connectors: Mapping[str, Connector] | Mapping[str, type[Connector]]) -> str:
    """A connector as people know it: its plugin's title, with the rest of its own name if several have that plugin."""
    plugins = {each: (found.manifest.name, found.manifest.label) for each, found in connectors.items()}
    return title_by_plugin(name, plugins)


class PluginOf(Protocol):
    """An entry of config.yaml's connectors."""

    @property
    def connector_class(self) -> type[Connector]:
        """The plugin's."""


class ConnectorTitles:
    """The titles of a configuration's connectors."""

    if TYPE_CHECKING:

        @property
        def connectors(self) -> Mapping[str, PluginOf]:
            """By name."""

    def connector_title(self, name: str) -> str:
        """A connector as people know it; also one that is not in the file any more."""
        return connector_title(name, {each: entry.connector_class for each, entry in self.connectors.items()})


def title_by_plugin(name: str, plugins: Mapping[str, tuple[str, str]]) -> str:
    """The same, if of each connector the plugin's id and title are given."""
    if name not in plugins:
        return titled("connector", name)
    plugin, label = plugins[name]
    if sum(each == plugin for each, _ in plugins.values()) == 1:
        return label
    known = {*plugin.split("_"), *label.casefold().split()}
    own = "_".join(word for word in name.split("_") if word.casefold() not in known)
    return f"{label} ({titled('connector', own)})" if own else label


def action_title(action: str) -> str:
    """What somebody did, for an action of the audit log: Added a user, for `users.add`."""
    return titles().get(("audit", action), action)


def line_title(by: str, value: str) -> str:
    """What a line of a report by source, campaign or another dimension stands for."""
    return {"source": origin_title, "campaign": campaign_title}.get(by, str)(value)
