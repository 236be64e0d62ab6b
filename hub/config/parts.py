"""The checked parts of a config.yaml with the place of each, so that a check across parts can name a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from hub.config.document import Document, Path
from hub.config.models import ConnectorEntry
from hub.contracts.connector import Connector

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
AnyModel = TypeVar("AnyModel", bound=BaseModel)


@dataclass
class Parts:
    """What could be checked so far; a part that is wrong is missing, but its name is still known."""

    document: Document
    connectors: dict[str, ConnectorEntry] = field(default_factory=dict)
    connector_names: list[str] = field(default_factory=list)
    connector_classes: dict[str, type[Connector]] = field(default_factory=dict)
    destinations: dict[Path, Mapping[str, Any]] = field(default_factory=dict)
    """What is written below `send_to:` of every rule, of wrong ones too; the last step is the connector's name."""
    sections: dict[Path, BaseModel] = field(default_factory=dict)

    def add(self, path: Path, section: BaseModel | None) -> None:
        """Keep a part; None is one that is wrong."""
        if section is not None:
            self.sections[path] = section

    def add_destinations(self, path: Path, rule: Any) -> None:
        """Keep what a rule as written sends to."""
        send_to = rule.get("send_to") if isinstance(rule, dict) else None
        for name, written in send_to.items() if isinstance(send_to, dict) else ():
            if isinstance(written, dict):
                self.destinations[(*path, "send_to", name)] = written

    def placed(self, model: type[AnyModel]) -> Iterator[tuple[Path, AnyModel]]:
        """The parts of one type, each with its path, in the order of the file."""
        return ((path, section) for path, section in self.sections.items() if isinstance(section, model))

    def all(self, model: type[AnyModel]) -> Iterator[AnyModel]:
        """The parts of one type."""
        return (section for _, section in self.placed(model))

    def written_names(self, *keys: str) -> list[tuple[Path, str]]:
        """Every `name:` written in the lists at `keys`, right or wrong: ("accounts", "companies") gives all companies'."""
        places: list[Path] = [()]
        for key in keys:
            lists = ((*place, key) for place in places)
            places = [(*place, index) for place in lists for index in range(self._length(place))]
        named = ((place, self.document.at((*place, "name"))) for place in places)
        return [(place, str(name)) for place, name in named if name is not None]

    def _length(self, path: Path) -> int:
        value = self.document.at(path)
        return len(value) if isinstance(value, list) else 0
