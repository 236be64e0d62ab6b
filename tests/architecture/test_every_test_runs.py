"""CI runs every test, each once."""

from __future__ import annotations

import re
from itertools import product

from parsed_tree import ROOT

SELECTED = re.compile(r"^(test[\w-]*):.*\n\t.* -m (?:\"([^\"]+)\"|(\w+)) ", re.MULTILINE)


def test_each_test_belongs_to_exactly_one_command_and_ci_runs_all_of_them() -> None:
    commands = {name: long or short for name, long, short in SELECTED.findall((ROOT / "Makefile").read_text())}
    assert len(commands) == 3
    for soak, postgresql in product((True, False), repeat=2):
        marks = {"soak": soak, "postgresql": postgresql}
        assert sum(eval(each, {}, marks) for each in commands.values()) == 1, f"{marks}: {commands}"
    (steps,) = re.findall(r"for name in (.*); do\n", (ROOT / ".ci/run").read_text())
    assert set(commands) <= set(steps.split())
