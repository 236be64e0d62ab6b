"""No index has a package `ringfence`, so no text lets anybody install one: whoever registers the name would run code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXTS = {".py", ".md", ".j2", ".html", ".json", ".yaml", ".toml", ".txt", ".sh", ".service", ".js", ""}
BY_NAME = re.compile(
    r"ringfence\[|\b(?:pip3?|pipx|uvx?|poetry|pdm|conda)\b[^`'\"\n]*\b(?:install|add|run|inject|download|with)\b[^`\n]*"
    r"(?<![\w./@-])ringfence(?![\w/.])"
)
"""An extra of a package `ringfence`, or an installer that is given that name instead of a folder or a file."""


def texts() -> Iterator[Path]:
    """What people read, and what writes what they read."""
    yield from (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "mkdocs.yml"))
    for folder in ("docs", "hub", "plugins", "deploy", ".ci"):
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and file.suffix in TEXTS and "vendor" not in file.parts:
                yield file


def by_name(text: str) -> list[str]:
    """What it says that installs a package `ringfence`."""
    return [found[0] for found in BY_NAME.finditer(text)]


def test_an_installation_by_name_is_found() -> None:
    for told in (
        "run pip install 'ringfence[mcp]'",
        "install ringfence[speech]",
        "uv tool install ringfence",
        "pipx install ringfence==0.2",
        "uvx --with ringfence hub",
        "/opt/ringfence/bin/pip install --upgrade ringfence",
    ):
        assert by_name(told), told
    for told in (
        "uv tool install '.[mcp]'",
        "/opt/ringfence/bin/pip install --no-index --no-deps .",
        "pip wheel --no-deps --wheel-dir dist ./ringfence-acme-crm",
        "pip install dist/ringfence-0.1.0-py3-none-any.whl",
        "docker run ringfence init",
    ):
        assert not by_name(told), told


def test_no_text_installs_a_package_that_is_not_ours() -> None:
    files = list(texts())
    assert len(files) > 1500
    found = {str(file.relative_to(ROOT)): told for file in files if (told := by_name(file.read_text(encoding="utf-8")))}
    assert found == {}


def test_no_text_adds_a_plugin_that_anybody_could_register() -> None:
    added = re.compile(r"plugins add (?!\./|/|dist/|…|WHEEL|PACKAGE|NAME|\{|`)(\S+)")
    found = {str(file.relative_to(ROOT)): told for file in texts() if (told := added.findall(file.read_text("utf-8")))}
    assert found == {}
