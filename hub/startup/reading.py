"""Read a configuration with the plugins that it names, for what needs no hub."""

from __future__ import annotations

from pathlib import Path

from hub.config.loading import load_config
from hub.config.models import Config
from hub.numbers.copied_secrets import secrets_beside
from hub.plugin_host.discovery import discover


def read_config(path: Path, *, sandbox: bool = False) -> Config:
    """The checked configuration; ConfigError lists every problem."""
    return load_config(path, discover, sandbox=sandbox, secrets=secrets_beside(path))
