"""`baseline.json`: the figures of one machine, kept in the repository, that later runs are compared with."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

from benchmarks.figures import Figure

FILE = Path(__file__).parent / "baseline.json"


def read_baseline() -> dict[str, float]:
    """Each kept figure by its `what`; empty where nothing is kept."""
    return dict(_stored()["figures"])


def keep(figures: Iterable[Figure]) -> None:
    """Store these figures, with the machine they come from; figures that were not measured now stay as they are."""
    stored = _stored()
    stored["machine"] = {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    new = {figure.what: round(figure.value, 4) for figure in figures if figure.value is not None}
    stored["figures"] = dict(sorted((stored["figures"] | new).items()))
    FILE.write_text(json.dumps(stored, indent=2) + "\n")


def _stored() -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {"machine": {}, "figures": {}}
    return stored
