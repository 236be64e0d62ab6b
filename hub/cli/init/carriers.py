"""The carriers that `hub init` offers, from carriers.yaml beside this module."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

import yaml


class CarrierLines(NamedTuple):
    """What the first config.yaml and .env.example say of one carrier."""

    title: str
    live: list[str]
    """The lines of a live connector, which stand in a comment at first."""
    secrets: list[str]
    """The variables of the environment that those lines name."""


def carriers() -> dict[str, CarrierLines]:
    """Plugin name → what is written of it; the first is proposed."""
    text = files("hub.cli.init").joinpath("carriers.yaml").read_text(encoding="utf-8")
    return {name: CarrierLines(**lines) for name, lines in yaml.safe_load(text).items()}
