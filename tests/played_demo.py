"""A demo that was played in a folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def play(folder: Path, *options: str) -> str:
    """Play a small day in a folder of its own, which must add up; what the demo printed."""
    shutil.copyfile(ROOT / "config.yaml", folder / "config.yaml")
    played = subprocess.run(
        [sys.executable, "-m", "hub.cli", "demo", "--exit", *options],
        cwd=folder,
        env={**os.environ, "COLUMNS": "240"},
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert played.returncode == 0, played.stdout[-4_000:] + played.stderr[-2_000:]
    assert "Everything adds up." in played.stdout and "Traceback" not in played.stdout + played.stderr
    return played.stdout


def shared_demo(base: Path) -> tuple[Path, str]:
    """The folder of a demo of two dozen calls, and what it printed; played by the first of the test run's processes that asks,
    `base` being its folder for temporary files. Tests change copies of it."""
    folder = (base.parent if base.name.startswith("popen-") else base) / "shared-demo"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        printed, day = folder / "printed", folder / "day"
        if not printed.exists():
            shutil.rmtree(day, ignore_errors=True)
            day.mkdir()
            printed.write_text(play(day, "--calls", "24", "--seed", "1", "--ledger"), encoding="utf-8")
    return day, printed.read_text(encoding="utf-8")
