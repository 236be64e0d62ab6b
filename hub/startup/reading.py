"""Read a configuration with the plugins that it names, for what needs no hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hub.config.loading import load_config
from hub.config.models import Config, HubSection
from hub.numbers.directory_copy import copy_of
from hub.plugin_host.discovery import discover
from hub.store.secrets import place_of_secret, secrets_of


def secrets_beside(path: Path) -> Callable[[HubSection], Callable[[str], str | None]]:
    """Reads the secrets of the hub whose config.yaml is at `path`."""

    def of_hub(hub: HubSection) -> Callable[[str], str | None]:
        stored, copy = secrets_of(hub), copy_of(hub, path)

        def look_up(name: str) -> str | None:
            return stored(name) or copy.secret(name, place_of_secret(name))

        return look_up

    return of_hub


def read_config(path: Path, *, sandbox: bool = False) -> Config:
    """The checked configuration; ConfigError lists every problem. A connector whose plugin cannot be used is disabled."""
    return load_config(path, discover, sandbox=sandbox, secrets=secrets_beside(path), may_break=lambda name: True)
