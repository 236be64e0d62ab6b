"""The demo: the same seed plays the same day, and its ledger adds up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from hub.demo.scenario import day
from hub.opening import read_config

ROOT = Path(__file__).parents[2]


def test_the_same_seed_plays_the_same_day_and_another_seed_another() -> None:
    config = read_config(ROOT / "config.yaml", sandbox=True)
    assert day(config, 40, seed=3) == day(config, 40, seed=3)
    assert day(config, 40, seed=3) != day(config, 40, seed=4)


def test_only_fictional_numbers_call() -> None:
    stories = day(read_config(ROOT / "config.yaml", sandbox=True), 300, seed=5)
    for caller in {story.caller for story in stories if story.caller}:
        assert caller[5:9] == "5550" or caller.startswith("+44207946"), caller


def test_a_played_day_adds_up_and_ends_with_zero(tmp_path: Path) -> None:
    shutil.copy(ROOT / "config.yaml", tmp_path / "config.yaml")
    played = subprocess.run(
        [sys.executable, "-m", "hub.cli", "demo", "--exit", "--calls", "40", "--seed", "7"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert played.returncode == 0, played.stdout[-4_000:] + played.stderr[-2_000:]
    assert "Everything adds up." in played.stdout
    assert "withheld" in played.stdout and "Traceback" not in played.stdout + played.stderr
    again = subprocess.run(
        [sys.executable, "-m", "hub.cli", "deliveries", "list", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert again.returncode == 0, again.stderr


def test_the_demo_never_touches_a_database_that_is_not_its_own(tmp_path: Path) -> None:
    import sqlite3

    shutil.copy(ROOT / "config.yaml", tmp_path / "config.yaml")
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "ringfence.db") as connection:
        connection.execute("CREATE TABLE inbox (id TEXT)")
        connection.execute("INSERT INTO inbox VALUES ('a real webhook')")
    refused = subprocess.run(
        [sys.executable, "-m", "hub.cli", "demo", "--exit", "--calls", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode == 2 and "is not a demo's database" in refused.stderr
