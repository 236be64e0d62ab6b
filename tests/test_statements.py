"""Which tests run on SQLite alone."""

from __future__ import annotations

from statements import Run, alone


def run(test: str, statements: str, seconds: float = 1.0) -> Run:
    return Run(test, seconds, frozenset(statements))


def test_the_most_expensive_test_runs_on_sqlite_alone_if_two_others_run_each_of_its_statements_on_postgresql() -> None:
    assert alone([run("a", "xy", 3.0), run("b", "xy"), run("c", "xyz", 2.0), run("d", "z")]) == ["a"]


def test_a_test_with_a_statement_of_its_own_or_of_one_other_runs_on_both() -> None:
    assert alone([run("a", "x"), run("b", "xy"), run("c", "y")]) == []


def test_what_proves_locks_races_and_walls_runs_on_both() -> None:
    names = ["tests/store/test_a.py::a", "tests/texts/test_stop_race.py::a", "tests/privacy/test_attacker.py::a"]
    assert alone([run(each, "x") for each in names]) == []
