"""How long commands take on a database with some hundred calls, each in a process of its own, as a person runs it."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from sqlmodel import select

from benchmarks.figures import Figure, at_most, print_figures, spread
from benchmarks.processes import hub
from benchmarks.seed_calls import seed
from hub.model import Call
from hub.startup.database import open_store, read_outline

ROUNDS = 5
CALLS = 300
ROOT = Path(__file__).parent.parent


def measure() -> list[Figure]:
    """Commands that read, and the listing."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        text = (ROOT / "config.yaml").read_text()
        config.write_text(text.replace("data/ringfence.db", f"{folder}/hub.db"))
        call = _filled(config)
        given = ("--config", str(config))
        return [
            _measured("hub call", 0.6, "call", call, *given),
            _measured("hub calls", 0.7, "calls", *given),
            _measured("hub numbers list", 0.8, "numbers", "list", *given),
            _measured("hub check", 1.5, "check", *given),
            _measured("hub deliveries list", 0.8, "deliveries", "list", *given),
            _measured("hub report sources", 0.8, "report", "sources", "--company", "lakeside", *given),
            _measured("hub --help", 0.25, "--help"),
        ]


def _measured(what: str, wanted: float, *arguments: str) -> Figure:
    seconds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        subprocess.run(hub(*arguments), check=True, capture_output=True)
        seconds.append(time.perf_counter() - begun)
    return at_most(what, median(seconds), wanted, "s", spread(seconds, "s"), row=10)


def _filled(config: Path) -> str:
    """Fill the database; returns the id of a call."""
    with open_store(read_outline(config)) as store:
        seed(store, CALLS)
        with store.reading() as session:
            return session.exec(select(Call.id).limit(1)).one()


if __name__ == "__main__":
    print_figures(measure())
