"""The outline of config.yaml: `hub:`, the names of the companies, and which plugin each connector names. It is enough to read
the database, and loads no plugin."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.config.document import read_document
from hub.config.models import HubSection
from hub.config.readers.hub import read_hub
from hub.config.reading import Reading
from hub.config.references import References
from hub.contracts.titles import title_by_plugin, titled
from hub.errors import ConfigError, Problem


@dataclass(frozen=True)
class Outline:
    """What commands that only use the database need of a configuration."""

    hub: HubSection
    companies: tuple[str, ...]
    plugins: Mapping[str, str]
    """Connector → the plugin that it names."""

    def connector_title(self, name: str) -> str:
        """A connector as people know it; also one that is not in the file any more."""
        return title_by_plugin(
            name, {each: (plugin, titled("plugin", plugin)) for each, plugin in self.plugins.items()}
        )


def outline_of(text: str, path: pathlib.Path) -> Outline:
    """The outline of a config.yaml, whose other sections are not checked. ConfigError lists the problems of `hub:`."""
    problems: list[Problem] = []
    document = read_document(text, problems)
    hub = None
    if document is not None:
        reading = Reading(document, References(os.environ, path.resolve().parent), True, problems)
        hub = read_hub(reading, reading.references.resolve(document.tree.get("hub"), ("hub",)))
        for place, missing in reading.references.missing.items():
            if place not in reading.forgiven:
                reading.tell(place, missing)
    if document is None or hub is None or problems:
        raise ConfigError(f"{path} has a problem; nothing was started.", problems)
    return Outline(hub, tuple(_names(document.tree)), _plugins(document.tree))


def _names(tree: object) -> Iterator[str]:
    for account in _items(tree, "accounts"):
        for company in _items(account, "companies"):
            if isinstance(company.get("name"), str):
                yield company["name"]


def _plugins(tree: Any) -> dict[str, str]:
    entries = tree.get("connectors")
    named = entries.items() if isinstance(entries, dict) else ()
    plugins = {name: each.get("plugin") for name, each in named if isinstance(each, dict)}
    return {name: plugin for name, plugin in plugins.items() if isinstance(plugin, str)}


def _items(tree: Any, key: str) -> list[dict[str, Any]]:
    found = tree.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
