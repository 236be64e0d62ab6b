"""docs/architecture.md and CONTRIBUTING.md name packages and files that exist, and every package of the hub."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
PATHS = re.compile(r"`((?:hub|plugins|docs|tests|benchmarks)/[\w./-]*)`")


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_the_page_names_is_there(page: str) -> None:
    named = PATHS.findall((ROOT / page).read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_page_names_every_package_of_the_hub() -> None:
    named = set(PATHS.findall((ROOT / PAGES[0]).read_text()))
    packages = {f"hub/{each.parent.name}" for each in (ROOT / "hub").glob("*/__init__.py")}
    assert packages - named == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_the_page_leads_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", (ROOT / page).read_text())
    assert [link for link in links if not (folder / link).exists()] == []


def test_every_make_target_that_is_named_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"make ([\w-]+)", "".join((ROOT / page).read_text() for page in PAGES)))
    assert named - targets == set()
