"""`.ci/rerun.py`: what failed beside another job runs once more, and its second run decides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RERUN = Path(__file__).parents[1] / ".ci/rerun.py"
TESTS = """
from pathlib import Path

import pytest


@pytest.mark.parametrize("number", range(9))
def test_one(number):
    before = Path(f"%s-{number}")
    first = not before.exists()
    before.touch()
    assert number >= %d if first else number not in %s
"""

pytestmark = pytest.mark.soak


def run(folder: Path, first: int, again: tuple[int, ...], modules: tuple[str, ...] = ("luck",)) -> tuple[int, str]:
    """Modules with tests of which so many fail in their first run, and these in their second; pytest is told to remember
    nothing, as in this project."""
    options = '[tool.pytest.ini_options]\naddopts = "-q -p no:cacheprovider"\n'
    (folder / "pyproject.toml").write_text(options, encoding="utf-8")
    for each in modules:
        (folder / each).mkdir()
        (folder / each / f"test_{each}.py").write_text(TESTS % (each, first, again))
    done = subprocess.run(
        [sys.executable, str(RERUN), sys.executable, "-m", "pytest", "-n", "2"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_what_passes_alone_decides_and_is_named(tmp_path: Path) -> None:
    status, said = run(tmp_path, 2, ())
    assert status == 0 and said.endswith(
        "\nPassed only alone: luck/test_luck.py::test_one[0], luck/test_luck.py::test_one[1]\n"
    )


def test_what_fails_alone_too_fails(tmp_path: Path) -> None:
    status, said = run(tmp_path, 2, (1,))
    assert status == 1 and said.endswith("\nPassed only alone: luck/test_luck.py::test_one[0]\n")


def test_a_day_that_many_tests_of_a_module_read_is_one_failure(tmp_path: Path) -> None:
    status, said = run(tmp_path, 9, ())
    assert status == 0 and said.count("luck/test_luck.py::test_one[") >= 9 and "Passed only alone" in said


def test_failures_in_more_than_five_modules_are_no_luck(tmp_path: Path) -> None:
    status, said = run(tmp_path, 1, (), ("a", "b", "c", "d", "e", "f"))
    assert status == 1 and "alone" not in said and "6 failed, 48 passed" in said


def test_nothing_runs_again_when_nothing_failed(tmp_path: Path) -> None:
    status, said = run(tmp_path, 0, ())
    assert status == 0 and said.count("passed") == 1
