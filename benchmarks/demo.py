"""`hub demo --exit` with 40 calls in eight weeks, in a folder of its own; one run, as it is long."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure, at_most, print_figures

ROOT = Path(__file__).parents[1]
WANTED_SECONDS = 25.0


def measure() -> list[Figure]:
    """The figures of the played weeks, which must add up. Its visitors come through the tracking API."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "config.yaml", folder)
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        played = subprocess.run(
            [sys.executable, "-m", "hub.cli", "demo", "--exit", "--calls", "40"],
            cwd=folder,
            # An empty path: a fresh install has no browser that the demo could use.
            env={**os.environ, "PATH": "", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        took, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if played.returncode != 0:
        raise RuntimeError(f"the demo did not add up: {played.stdout[-2_000:]}{played.stderr[-1_000:]}")
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return [
        at_most("a whole demo without a browser", took, WANTED_SECONDS, "s", row=15),
        Figure(what="the same, CPU of all its processes", measured=f"{user:.1f} s user, {system:.1f} s system", row=15),
    ]


if __name__ == "__main__":
    print_figures(measure())
