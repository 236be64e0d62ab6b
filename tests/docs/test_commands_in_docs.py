"""Every `hub …` that the documentation tells people to type is a command that takes it, and what no example is does it."""

from __future__ import annotations

import shutil
from contextlib import chdir
from pathlib import Path

import pytest
from command_lines import PAGES, ROOT, fences, lines_of, problem
from commands import CliRunner
from played_demo import shared_demo
from typer.testing import Result

from hub.cli import app

RUN = {
    str(page.relative_to(ROOT)): lines
    for page in PAGES
    if (lines := [line for line in lines_of(page.read_text()) if line.runs])
}
"""The lines that run as they are printed, by page."""
SETUP = {
    "docs/call-back.md": ("users add anna --role admin --phone +13125550191",),
    "docs/privacy_ledger.md": ("secrets new-key",),
}


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("hub numbers by NUMBER", "no such command"),
        ("hub numers buy", "no such command"),
        ("hub numbers buy NUMBER --max-prise 2", "No such option"),
        ("hub numbers buy NUMBER --max-price", "requires an argument"),
        ("hub numbers buy --max-price '2 USD'", "is missing"),
        ("hub demo --carrier twilio", "is not one of"),
        ("hub demo --calls many", "valid integer"),
    ],
)
def test_a_line_that_hub_would_refuse_is_found(typed: str, why: str) -> None:
    (line,) = lines_of(f"```sh\n{typed}\n```\n")
    assert why in (problem(line) or "")


def test_a_line_with_a_placeholder_is_an_example_and_so_is_each_of_a_fence_of_the_console() -> None:
    text = (
        '```sh\nhub calls list  # all\nhub call ID\nhub texts stop "…"\n```\n```console\nhub run\n```\nsee `hub check`'
    )
    assert [line.runs for line in lines_of(text)] == [True, False, False, False, False]
    assert not [line for line in lines_of(text) if problem(line) and line.words[0] != "texts"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_documentation_are_taken(page: Path) -> None:
    assert [told for line in lines_of(page.read_text()) if (told := problem(line))] == []
    unmarked = [
        line for fence, lines in fences(page.read_text()) for line in lines if not fence and line.startswith("hub ")
    ]
    assert unmarked == [], "write sh for lines that run on the demo's hub, console for examples"


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A copy of the folder of a demo that was played, which a page may change."""
    return shutil.copytree(shared_demo(tmp_path_factory.getbasetemp())[0], tmp_path / "hub")


def hub(folder: Path, *words: str) -> Result:
    """Run `hub …` in a folder, as somebody who says yes."""
    with chdir(folder):
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(words), input="y\n" * 5)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", sorted(RUN))
def test_the_lines_of_a_page_run_as_they_are_printed(page: str, folder: Path) -> None:
    (folder / "notice.txt").write_text("We text you about your appointment.")
    for words in SETUP.get(page, ()):
        assert hub(folder, *words.split()).exit_code == 0
    failed = []
    for line in RUN[page]:
        done = hub(folder, *line.words)
        if done.exit_code > 1 or not isinstance(done.exception, SystemExit | None):
            failed.append(f"{line}: {done.exit_code} {done.exception!r} {done.output[-600:]}")
    assert not failed, "\n".join(failed)
