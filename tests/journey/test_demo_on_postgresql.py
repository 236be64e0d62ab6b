"""`hub demo --database`: the same weeks in a server's database."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from played_demo import play


@pytest.mark.timeout(600)
def test_the_weeks_are_played_on_postgresql_too_and_only_into_an_empty_database(
    tmp_path: Path, empty_postgres_url: str
) -> None:
    printed = play(tmp_path, "--calls", "6", "--database", empty_postgres_url)
    (example,) = re.findall(r"hub call (\S+) -c config\.demo\.yaml$", printed, re.M)
    hub = [sys.executable, "-m", "hub.cli"]
    shown = subprocess.run(
        [*hub, "call", example, "-c", "config.demo.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert shown.returncode == 0, shown.stderr
    again = [*hub, "demo", "--exit", "--database", empty_postgres_url]
    refused = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2 and "is not empty" in refused.stderr
