"""Finds words in docstrings and comments (`words.tsv`) and in names (`names.tsv`) that plain English avoids.

`make check` runs it. `words_allowed.tsv` holds the few right uses: a file and the word or name exactly as it is written there.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ALLOWED = HERE / "words_allowed.tsv"
FOLDERS = ("hub", "plugins")


@cache
def to_avoid(table: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each pattern of a table with what to write instead."""
    lines = (line for line in (HERE / table).read_text().splitlines() if line and not line.startswith("#"))
    return tuple(
        (re.compile(pattern, re.IGNORECASE), better) for pattern, better in (line.split("\t") for line in lines)
    )


def findings(file: Path) -> list[tuple[int, str, str]]:
    """(line, word or name found, what to write) for what to avoid in the docstrings, comments and names of a file."""
    source = file.read_text()
    nodes = list(ast.walk(ast.parse(source)))
    found = [
        (line + text[: match.start()].count("\n"), match[0], better)
        for line, text in _prose(source, nodes)
        for pattern, better in to_avoid("words.tsv")
        for match in pattern.finditer(text)
    ]
    found += [(line, name, better) for line, name in _defined(nodes, file.stem) for better in _better_names(name)]
    return sorted(set(found))


@cache
def _better_names(name: str) -> tuple[str, ...]:
    """What to write instead of a name; nothing if it is right."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    found = (better for pattern, better in to_avoid("names.tsv") if pattern.search(words))
    return () if name.startswith("test_") else tuple(found)


def words_found() -> list[str]:
    """A sentence for each word to avoid in the hub and its plugins, without those that `words_allowed.tsv` allows."""
    allowed = {
        tuple(line.split("\t")) for line in ALLOWED.read_text().splitlines() if line and not line.startswith("#")
    }
    files = [
        file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py")) if "versions" not in file.parts
    ]
    return [
        f"{file.relative_to(ROOT).as_posix()}:{line}: {word!r}; write: {better}"
        for file in files
        for line, word, better in findings(file)
        if (file.relative_to(ROOT).as_posix(), word) not in allowed
    ]


def _prose(source: str, nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """The docstrings (including those of attributes) and comments of a module, with the lines on which they begin."""
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline) if "#" in source else ():
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _defined(nodes: list[ast.AST], stem: str) -> Iterator[tuple[int, str]]:
    """The names that a module defines, with their lines; its own name stands on the first."""
    yield 1, stem
    for node in nodes:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
