"""What the hub and its plugins print of the documentation: the addresses in `hub docs ADDRESS`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from hub.testing.promises import chapters

ROOT = Path(__file__).parents[1]
SOURCES = ("*.py", "*.j2", "*.yaml")
REFERENCE = re.compile(r"hub docs ([a-z][\w/-]*(?:#[\w-]+)?)")


def printing_files() -> Iterator[tuple[str, str]]:
    """Name and text of each file of the hub and its plugins that may print a sentence."""
    for folder in ("hub", "plugins"):
        for kind in SOURCES:
            for file in (ROOT / folder).rglob(kind):
                yield file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")


def printed_references() -> set[str]:
    """The addresses in sentences, but for those that end in a name to be filled in, and those of all promises."""
    written = {address for _, text in printing_files() for address in REFERENCE.findall(text)}
    promised = {each.place.removeprefix("hub docs ") for _, _, promises in chapters() for each in promises}
    return {each for each in written | promised if not each.endswith("/")}
