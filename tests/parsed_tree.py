"""Rules about the modules of this checkout: one pass parses each module once, and asks every rule about it.

A rule is a function of a module, registered by `each_module`. A tree is dropped before the next one is parsed: all of them
together would take a gigabyte. The first process of a test run that asks does it for all of them.
"""

from __future__ import annotations

import ast
import fcntl
import gc
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Generic, TypeVar

ROOT = Path(__file__).parents[1]
GENERATED = ROOT / "hub/store/migrations/versions"
T = TypeVar("T")
_shared: Path | None = None


def share_in(folder: Path) -> None:
    """From now on, the processes of this test run share what the rules found, in a file of `folder`."""
    global _shared
    _shared = folder / "rules"


@dataclass(frozen=True)
class Module:
    """A module that is written by hand, while rules look at it."""

    file: Path
    text: str
    tree: ast.Module

    def __str__(self) -> str:
        return str(self.file.relative_to(ROOT))

    @cached_property
    def name(self) -> str:
        """Dotted, as it is imported."""
        parts = self.file.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of its tree."""
        return tuple(ast.walk(self.tree))

    def at(self, node: ast.stmt | ast.expr, words: str) -> str:
        """A violation, with file and line as an editor opens them."""
        return f"{self}:{node.lineno}: {words}"

    def imports(self) -> Iterator[tuple[ast.stmt, str]]:
        """Every name that it imports from other packages, wherever in it, with the statement."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def sources(*folders: str) -> list[Path]:
    """The modules of some folders that are written by hand."""
    return [file for folder in folders for file in _modules(folder)]


@cache
def _modules(folder: str) -> list[Path]:
    """Looked up once a process: thirty rules ask."""
    generated = f"{GENERATED}/"
    return [file for file in sorted((ROOT / folder).rglob("*.py")) if not str(file).startswith(generated)]


class EachModule(Generic[T]):
    """What a rule says about each module of some folders; asked for the first time, with all other rules."""

    rules: list[EachModule[object]] = []

    def __init__(self, rule: Callable[[Module], T], folders: tuple[str, ...]) -> None:
        self.rule, self.folders, self.name = rule, folders, f"{rule.__module__}.{rule.__qualname__}"
        self._found: dict[str, T] | None = None
        self.rules.append(self)  # type: ignore[arg-type]

    def __call__(self) -> dict[str, T]:
        """By the path of the module."""
        if self._found is None:
            _ask_all([rule for rule in self.rules if rule._found is None])
        assert self._found is not None
        return self._found


def each_module(*folders: str) -> Callable[[Callable[[Module], T]], EachModule[T]]:
    """Register a rule about the modules of some folders."""
    return lambda rule: EachModule(rule, folders)


def violations(rule: EachModule[Iterable[str]]) -> str:
    """All that a rule finds, one a line; empty where it holds."""
    return "\n".join(line for lines in rule().values() for line in lines)


def _ask_all(rules: list[EachModule[object]]) -> None:
    if _shared is None:
        _pass_over(rules)
        return
    with _shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = pickle.loads(_shared.read_bytes()) if _shared.exists() else {}
        for rule in rules:
            rule._found = known.get(rule.name)
        if asked := [rule for rule in rules if rule._found is None]:
            _pass_over(asked)
            _shared.write_bytes(pickle.dumps({rule.name: rule._found for rule in rules}))


def _pass_over(rules: list[EachModule[object]]) -> None:
    asked: dict[Path, list[EachModule[object]]] = {}
    for rule in rules:
        rule._found = {}
        for file in sources(*rule.folders):
            asked.setdefault(file, []).append(rule)
    on = gc.isenabled()
    gc.disable()  # it would walk each tree several times while it grows
    try:
        for file, those in asked.items():
            _ask(those, file)
    finally:
        if on:
            gc.enable()


def _ask(rules: list[EachModule[object]], file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    module = Module(file, text, ast.parse(text))
    for rule in rules:
        found = rule.rule(module)
        assert rule._found is not None
        rule._found[str(module)] = list(found) if isinstance(found, Iterator) else found
