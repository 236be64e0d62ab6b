"""Every page of the documentation has its place on the site, and every link in it leads somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"^ *```.*?^ *```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def site() -> ModuleType:
    """`make site`."""
    spec = importlib.util.spec_from_file_location("ci_site", ROOT / ".ci" / "site.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def navigation(site: ModuleType) -> list[Any]:
    """What mkdocs.yml lists, folders as their pages."""
    return list(site.expanded(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))


def every_page() -> set[Path]:
    return {
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "plugins").rglob("*.md"),
    }


def test_every_page_stands_once_in_the_navigation_of_mkdocs_yml(site: ModuleType) -> None:
    listed = site.pages_of(navigation(site))
    assert sorted(listed) == sorted(page.relative_to(ROOT).as_posix() for page in every_page())


def test_every_link_of_the_documentation_leads_to_a_file() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in every_page()
        for target in LINK.findall(CODE.sub("", page.read_text()))
        if "://" not in target and not target.startswith(("#", "mailto:"))
        if not (page.parent / target.partition("#")[0]).exists()
    ]
    assert dead == []


def test_a_folder_that_is_linked_to_gets_a_list_of_its_pages(site: ModuleType, tmp_path: Path) -> None:
    site.lay_out([{"Front": "README.md"}], tmp_path)
    listed = (tmp_path / "docs" / "adr" / "index.md").read_text()
    assert "(0002-full-jitter.md)" in listed
    assert (tmp_path / "docs" / "flow.svg").exists()


def test_lists_keep_their_levels_and_the_code_that_belongs_to_a_step(site: ModuleType) -> None:
    text = (
        "1. one:\n   - inner\n     goes on\n\n   ```yaml\n   a:\n     - b\n   ```\n\n   more\n2. two\n\nAfter.\n- x\n"
    )
    assert site.indented(text) == (
        "1. one:\n    - inner\n        goes on\n\n    ```yaml\n    a:\n      - b\n    ```\n\n    more\n\n2. two\n\nAfter."
        "\n\n- x\n"
    )


def test_a_page_that_loads_from_another_host_is_found(site: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<script src="/mine.js"></script><script src="https://cdn.example/x.js"></script>'
        '<link rel="stylesheet" href="//e.example/s">'
        '<a href="https://example.com">elsewhere</a>'
    )
    assert site.loaded_from_elsewhere(tmp_path) == ["index.html: https://cdn.example/x.js", "index.html: //e.example/s"]
