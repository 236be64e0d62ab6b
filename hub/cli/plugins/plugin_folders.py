"""The folders of plugins for a command that also works while config.yaml is missing or wrong."""

from __future__ import annotations

from pathlib import Path

from hub.config.models import Config
from hub.config.readers.folders import installed_plugins_folder, plugin_places
from hub.errors import ConfigError
from hub.startup.database import read_outline
from hub.startup.reading import read_config


def config_or_none(path: Path) -> Config | None:
    """The configuration; None if it is missing or wrong."""
    try:
        return read_config(path, sandbox=True)
    except ConfigError:
        return None


def places_of(path: Path, loaded: Config | None = None) -> list[Path]:
    """Where the plugins of a configuration are; of one that is wrong, as far as `hub:` says it."""
    if (config := loaded or config_or_none(path)) is not None:
        return list(plugin_places(config))
    try:
        folder = installed_plugins_folder(read_outline(path).hub, path)
    except ConfigError:
        return []
    return [folder] if folder else []
