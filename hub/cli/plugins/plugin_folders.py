"""The folders of plugins for a command that also works while config.yaml is missing or wrong."""

from __future__ import annotations

from pathlib import Path

from hub.config.loading import read_text
from hub.config.readers.folders import places_beside
from hub.config.readers.outline import outline_of
from hub.errors import ConfigError


def places_of(path: Path) -> tuple[Path, ...]:
    """Where the plugins of a configuration are, as far as its `hub:` says it; no plugin and no database is looked at."""
    try:
        return places_beside(outline_of(read_text(path), path).hub, path)
    except ConfigError:
        return ()
