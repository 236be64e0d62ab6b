"""Texts as config.yaml, loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from config_samples import ENVIRON, GOOD, installed_plugins

from hub.config.loading import load_config
from hub.config.models import Config
from hub.errors import ConfigError, Problem

Load = Callable[..., Config]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a text (or bytes) as config.yaml and load it."""

    def load_text(text: str | bytes = GOOD, environ: Mapping[str, str] = ENVIRON, **options: Any) -> Config:
        path = tmp_path / "config.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_config(path, options.pop("discover", installed_plugins), environ=environ, **options)

    return load_text


@pytest.fixture
def problems(load: Load) -> Callable[..., tuple[Problem, ...]]:
    """Every problem of a text."""

    def of(text: str | bytes, **options: Any) -> tuple[Problem, ...]:
        with pytest.raises(ConfigError) as caught:
            load(text, **options)
        return caught.value.problems

    return of
