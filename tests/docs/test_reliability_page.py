"""The page about reliability: its commands exist, its figures are those of the code, and it names every thread, queue and
listener."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib import import_module
from pathlib import Path

from commands import get_command

from hub.cli import app
from hub.proof.chaos.faults import FAULTS
from hub.proof.cli.chaos import Faults

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text()
BOUNDS = PAGE.split("## Every queue, loop and cache")[1].split("\n## ")[0]
FIGURE = re.compile(r"(\d[\d,.]*) ?([A-Za-z]*)[^(|`;]*?\(`((?:hub|plugins)[\w.]+)\.([A-Z_]+)`\)")
UNITS = {"kB": 1e3, "MB": 1e6, "minutes": 60, "hour": 3_600, "hours": 3_600, "days": 86_400}
MAKERS = re.compile(
    r"\bThread\(|\bThreadPool(?:Executor)?\(|\bDaemonThreadPool\(|\bSimpleQueue\(|[eo]\.Queue\(|Semaphore\(|BackgroundScheduler\("
    r"|create_server\(|start_server\(|create_datagram_endpoint\(|uvicorn\.Server\(|OrderedDict\(|GroupCommitter\["
)
ELSEWHERE = re.compile(r"^hub/(?:proof|testing|cli|contracts|plugin_host/escapes)/|/sandbox/")
"""Commands, proofs and stand-ins serve nobody."""


def test_the_page_proves_its_promises_with_commands_that_exist() -> None:
    options = {name for each in get_command(app).commands["chaos"].params for name in each.opts}  # type: ignore[attr-defined]
    commands = re.findall(r"`((?:hub chaos|pytest|python) [^`]+)`", PAGE)
    assert len(commands) > 10
    for command in commands:
        program, *words = command.split()
        if program == "hub":
            assert {word for word in words if word.startswith("--")} <= options, command
            if "--faults" in words:
                assert set(words[words.index("--faults") + 1].split(",")) <= FAULTS.keys(), command
        elif words[:2] == ["-m", "benchmarks"]:
            assert all((ROOT / "benchmarks" / f"{word}.py").exists() for word in words[2:]), command
        else:
            assert all((ROOT / word).exists() for word in words), command


def test_the_page_and_the_option_name_every_fault() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    assert listed == list(FAULTS)
    (option,) = Faults.__metadata__  # type: ignore[attr-defined]
    assert ", ".join(FAULTS) in option.help


def test_each_figure_of_a_bound_is_that_of_the_code() -> None:
    figures = FIGURE.findall(BOUNDS)
    assert len(figures) == len(re.findall(r"\(`(?:hub|plugins)[\w.]+\.[A-Z_]+`\)", BOUNDS)) > 30
    for figure, unit, module, constant in figures:
        value = getattr(import_module(module), constant)
        held = value.total_seconds() if isinstance(value, timedelta) else float(value)
        said = float(figure.replace(",", ""))
        assert held in (said, said * UNITS.get(unit, 1)), f"{module}.{constant} is {value}"


def test_every_thread_queue_and_listener_is_in_the_table() -> None:
    named = set(re.findall(r"`((?:hub|plugins)/[\w/.]+)`", BOUNDS))
    for folder in ("hub", "plugins"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            if MAKERS.search(file.read_text(encoding="utf-8")) and not ELSEWHERE.search(path):
                assert {path, Path(path).parent.as_posix()} & named, (
                    f"{path}: say in docs/reliability.md what bounds it"
                )


def test_every_row_of_the_table_names_tests_that_exist() -> None:
    rows = [line for line in BOUNDS.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    for row in rows:
        tests = re.findall(r"`(tests/[\w/.]+)`", row.rsplit(" | ", 1)[1])
        assert tests and all((ROOT / each).exists() for each in tests), row[:60]
