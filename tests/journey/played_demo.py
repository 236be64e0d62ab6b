"""A demo that was played in a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
