"""`hub chaos` says what it cannot play, and writes what it found as a page that others cite."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import ConfigError
from hub.proof.chaos.check import ChaosReport
from hub.proof.chaos.faults import FAULTS, chosen
from hub.proof.chaos.rounds import Round, read_rounds, totals, upper_bound, write_rounds
from hub.proof.chaos.run import why_not


def test_a_fault_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ConfigError, match="db-gone is no fault; choose from kill, db-stop"):
        chosen(["kill", "db-gone"])
    assert CliRunner().invoke(app, ["chaos", "--faults", "db-gone"]).exit_code != 0


def test_a_fault_that_needs_what_a_machine_has_not_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert why_not(FAULTS["disk-full"]) == "only root may mount a disk"
    assert why_not(FAULTS["clock"]) is None


def round_of(seed: int, **figures: int) -> Round:
    names = (each.name for each in fields(ChaosReport) if each.name != "left")
    report = ChaosReport(**{**dict.fromkeys(names, 0), "faults": 200, "calls": 800, **figures}, left=())
    return Round.of("sqlite", "kill, clock", seed, report, [1.0, 3.0], 9.0)


def test_a_report_adds_up_its_rounds_and_is_read_by_the_run_that_goes_on(tmp_path: Path) -> None:
    rounds = [round_of(14), round_of(15, lost_texts=1, missing_tasks=1, doubled_tasks=2, lost_visitors=3, limbo=4)]
    write_rounds(tmp_path / "report.md", rounds)
    assert read_rounds(tmp_path / "report.md") == rounds
    header, _, total = totals(rounds)
    assert "lost visitors | other problems" in header
    assert total.startswith("| sqlite | kill, clock | 400 | 1,600 | 0 | 2 | 2 | 0 | 3 | 4 | below ")


def test_a_run_whose_report_lists_all_of_its_faults_only_prints_the_totals(tmp_path: Path) -> None:
    write_rounds(tmp_path / "report.md", [round_of(14)])
    command = ["chaos", "--faults", "kill,clock", "--cycles", "200", "--report", str(tmp_path / "report.md")]
    printed = CliRunner().invoke(app, command)
    assert (printed.exit_code, "| sqlite | kill, clock | 200 | 800 |" in printed.output) == (0, True)


@pytest.mark.parametrize(
    ("harm", "played", "bound"), [(0, 300, 0.009936), (0, 3000, 0.000998), (2, 100, 0.061619), (5, 5, 1.0)]
)
def test_faults_without_harm_exclude_a_higher_rate_of_it(harm: int, played: int, bound: float) -> None:
    assert upper_bound(harm, played) == pytest.approx(bound, abs=1e-6)
