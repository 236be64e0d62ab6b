"""The checked parts of a config.yaml with their paths, so that a check across parts can report a line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from hub.config.document import Document, Path
from hub.config.models import ConnectorEntry
from hub.contracts.connector import Connector

CONNECTOR_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
MAX_NAME = 40
RESERVED = "new"
"""A name that no entry may have, because addresses of pages use it."""
AnyModel = TypeVar("AnyModel", bound=BaseModel)


@dataclass
class Parts:
    """The valid parts so far; an invalid part is missing, but its name is known."""

    document: Document
    connectors: dict[str, ConnectorEntry] = field(default_factory=dict)
    connector_names: list[str] = field(default_factory=list)
    connector_classes: dict[str, type[Connector]] = field(default_factory=dict)
    destinations: dict[Path, Mapping[str, Any]] = field(default_factory=dict)
    """The entries below `send_to:` of every rule, also of invalid ones; the last step of the path is the connector's
    name."""
    sections: dict[Path, BaseModel] = field(default_factory=dict)

    def add(self, path: Path, section: BaseModel | None) -> None:
        """Add a part; None stands for an invalid one and is ignored."""
        if section is not None:
            self.sections[path] = section

    def add_destinations(self, path: Path, rule: object) -> None:
        """Add the `send_to:` entries of a rule as written."""
        send_to = rule.get("send_to") if isinstance(rule, dict) else None
        for name, written in send_to.items() if isinstance(send_to, dict) else ():
            if isinstance(written, dict):
                self.destinations[(*path, "send_to", name)] = written

    def shown(self, place: Path, names: Iterable[str]) -> list[str]:
        """Of the names of companies, trackers or connectors those that a problem at `place` may list. Pages show problems, and
        nobody may read there what another account has: its companies and trackers, or a connector that serves only them."""
        if len(self.written_names("accounts")) < 2:
            return list(names)
        own = {name for path, name in self.written_names("accounts", "companies") if path[:2] == place[:2]}
        own |= {name for path, name in self.written_names("accounts", "companies", "trackers") if path[:2] == place[:2]}
        for path, entry in self.sections.items():
            serves = set(getattr(entry, "companies", None) or ())
            if path[:-1] == ("connectors",) and (not serves or serves & own):
                own.add(str(path[-1]))
        return [each for each in names if each in own]

    def placed(self, model: type[AnyModel]) -> Iterator[tuple[Path, AnyModel]]:
        """The parts of one type, each with its path, in the order of the file."""
        return ((path, section) for path, section in self.sections.items() if isinstance(section, model))

    def all(self, model: type[AnyModel]) -> Iterator[AnyModel]:
        """The parts of one type."""
        return (section for _, section in self.placed(model))

    def written_names(self, *keys: str) -> list[tuple[Path, str]]:
        """Every `name:` in the lists at `keys`, valid or not: ("accounts", "companies") gives the names of all
        companies."""
        places: list[tuple[Path, object]] = [((), self.document.tree)]
        for key in keys:
            lists = (((*place, key), value.get(key)) for place, value in places if isinstance(value, dict))
            places = [
                ((*place, index), item)
                for place, items in lists
                if isinstance(items, list)
                for index, item in enumerate(items)
            ]
        named = ((place, item.get("name")) for place, item in places if isinstance(item, dict))
        return [(place, str(name)) for place, name in named if name is not None]


def name_of(title: str, taken: Container[str] = ()) -> str:
    """A title as a name that no other has: `Hübner's Drains & Sons` is `hubners_drains_and_sons`, with `_2` if that is taken.
    Empty if the title has no letter from a to z and no digit."""
    said = re.sub(r"['’`]", "", title).replace("&", " and ")
    letters = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:MAX_NAME].rstrip("_")
    if not name or (name not in taken and name != RESERVED):
        return name
    number = 2
    while (numbered := f"{name[: MAX_NAME - 5]}_{number}") in taken:
        number += 1
    return numbered
