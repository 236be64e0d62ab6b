"""The pages of `docs/`, which come with the hub: the folder they are in, what one says, and how a message names one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from hub.errors import RingfenceError

CHECKOUT = Path(__file__).parents[2]
INSTALLED = "share/ringfence/docs"
"""Below the environment's own folder: where `pyproject.toml` has a wheel put the pages."""
HEADING = re.compile(r"(#+) (.*)")
FENCE = re.compile(r" *```")
INVISIBLE = re.compile(r"<!--.*?-->\n*|<a id=\"[^\"]*\"></a>", re.DOTALL)


class NoSuchPage(RingfenceError):
    """No page or section has that name."""


def docs_command(page: str, section: str = "") -> str:
    """The command that shows a page, or one section of it; messages point to the documentation with it."""
    return f"hub docs {page}#{section}" if section else f"hub docs {page}"


def pages() -> dict[str, str]:
    """The title of each page by its name, such as `deploy/upgrades`."""
    return {name: _title(file.read_text("utf-8")) for name, file in sorted(_files().items())}


def shown(address: str) -> str:
    """A page, or of `PAGE#SECTION` that section; also in the form of the links between pages. NoSuchPage if there is none."""
    name, _, anchor = address.partition("#")
    name = name.removeprefix("docs/").removesuffix(".md")
    file = _files().get(name)
    if file is None:
        raise NoSuchPage(f"There is no page {name!r}; `hub docs` lists the pages.")
    text = file.read_text("utf-8")
    if anchor:
        text = _section(text, anchor)
        if not text:
            known = ", ".join(
                _anchor(title) for level, title in _headings(file.read_text("utf-8").splitlines()) if level == 2
            )
            raise NoSuchPage(f"The page {name!r} has no section {anchor!r}; it has {known}.")
    return INVISIBLE.sub("", text)


def _files() -> dict[str, Path]:
    """Each page by its name: of the checkout that the hub runs from, or as its wheel brought them."""
    if (CHECKOUT / "pyproject.toml").exists():
        folder = CHECKOUT / "docs"
        found = [file for at in ("*.md", "connect/*.md", "deploy/*.md") for file in folder.glob(at)]
        return {file.relative_to(folder).with_suffix("").as_posix(): file for file in found}
    try:
        brought = distribution("ringfence").files or []
    except PackageNotFoundError:
        brought = []
    mark = f"{INSTALLED}/"
    return {
        file.as_posix().partition(mark)[2].removesuffix(".md"): Path(str(file.locate()))
        for file in brought
        if mark in file.as_posix()
    }


def _title(text: str) -> str:
    return next((title for level, title in _headings(text.splitlines()) if level == 1), "")


def _headings(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The level and title of each line that is a heading, and (0, "") for each other line."""
    in_code = False
    for line in lines:
        in_code ^= bool(FENCE.match(line))
        heading = None if in_code else HEADING.match(line)
        yield (len(heading[1]), heading[2]) if heading else (0, "")


def _section(text: str, anchor: str) -> str:
    """From the heading with this anchor to the next one that is not below it, or the line with this anchor; empty if none."""
    lines = text.splitlines()
    headings = list(_headings(lines))
    for at, (level, title) in enumerate(headings):
        if f'<a id="{anchor}"></a>' in lines[at]:
            return lines[at] + "\n"
        if level and _anchor(title) == anchor:
            ends = (end for end in range(at + 1, len(lines)) if 0 < headings[end][0] <= level)
            return "\n".join(lines[at : next(ends, None)]).rstrip() + "\n"
    return ""


def _anchor(title: str) -> str:
    """The anchor that forges give to a heading. Source: GitHub's documentation of section links."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
