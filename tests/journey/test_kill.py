"""The hub is killed again and again while calls come in and syncs run, and nothing is lost and nothing is doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.proof.chaos.run import run_chaos

pytestmark = pytest.mark.soak

SEED = 20261124


@pytest.mark.timeout(1200)
def test_a_hub_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    books = run_chaos(tmp_path, cycles=60, seed=SEED, calls_per_cycle=3, longest_life=0.6).report
    assert books.problems() == []
    assert (books.faults, books.calls, books.given_up) == (60, 180, 0)
    assert books.acknowledged == books.stored > 700
    assert books.counted_once == books.conversions > 100
    assert books.logged_once == books.tasks == 180
    assert books.visitors > 150, "most calls are known by their own visit, however slow the machine is"
    assert books.refused > 0, "the kills met calls"
