"""`hub chaos` says what it cannot play, and writes what it found as a page that others cite."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import ConfigError
from hub.proof.chaos.check import ChaosReport
from hub.proof.chaos.faults import FAULTS, chosen
from hub.proof.chaos.ledger import LedgerRow
from hub.proof.chaos.run import Played, why_not
from hub.proof.cli.chaos import write_report


def test_a_fault_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ConfigError, match="db-gone is no fault; choose from kill, db-stop"):
        chosen(["kill", "db-gone"])
    assert CliRunner().invoke(app, ["chaos", "--faults", "db-gone"]).exit_code != 0


def test_a_fault_that_needs_what_a_machine_has_not_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert why_not(FAULTS["disk-full"]) == "only root may mount a disk"
    assert why_not(FAULTS["clock"]) is None


def test_the_report_shows_the_ledger_and_how_to_play_it_again() -> None:
    figures = dict.fromkeys((name for name in ChaosReport.__annotations__ if name not in ("left", "ledger")), 0)
    row = LedgerRow(fault="kill", kind="text", played=7, once=6, lost=1, doubled=0, refused=3)
    report = ChaosReport(**{**figures, "faults": 2, "lost_texts": 1}, left=(), ledger=(row,))
    played = Played(seed=14, recoveries={"kill": [1.0, 3.0]}, seconds=90.0, report=report)
    page = write_report(played, [FAULTS["kill"]], "hub chaos --seed 14")
    assert "    hub chaos --seed 14\n" in page
    assert "| `kill` | texts | 7 | 6 | 1 | 0 | 3 |" in page
    assert "2.0 s, 3.0 s |" in page
    assert "- 1 acknowledged texts are not in the hub" in page
