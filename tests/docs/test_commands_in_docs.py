"""Every `hub …` that the documentation tells people to type is a command that takes it, and what no example is does it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_lines import PAGES, ROOT, fences, lines_of, problem

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


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that was played."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copyfile(ROOT / "config.yaml", folder / "config.yaml")
    done = hub(folder, "demo", "--exit", "--calls", "4")
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    return folder


@pytest.fixture
def folder(demo: Path, tmp_path: Path) -> Path:
    """A copy of it, which a page may change."""
    return shutil.copytree(demo, tmp_path / "hub")


def hub(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `hub …` in a folder, as somebody who says yes."""
    return subprocess.run(
        [sys.executable, "-m", "hub.cli", *words],
        cwd=folder, env={**os.environ, "COLUMNS": "200"}, input="y\n" * 5, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", sorted(RUN))
def test_the_lines_of_a_page_run_as_they_are_printed(page: str, folder: Path) -> None:
    (folder / "notice.txt").write_text("We text you about your appointment.")
    for words in SETUP.get(page, ()):
        assert hub(folder, *words.split()).returncode == 0
    failed = []
    for line in RUN[page]:
        done = hub(folder, *line.words)
        if done.returncode > 1 or "Traceback" in done.stderr:
            failed.append(f"{line}: {done.returncode} {done.stderr[-600:]}")
    assert not failed, "\n".join(failed)
