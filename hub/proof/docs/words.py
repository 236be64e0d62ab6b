"""Finds words in docstrings and comments that plain English avoids (`words.tsv`); `make check` runs it.

`words_allowed.tsv` holds the few right uses: a file and the word exactly as it is written there.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ALLOWED = HERE / "words_allowed.tsv"
FOLDERS = ("hub", "plugins")


def words_to_avoid() -> list[tuple[re.Pattern[str], str]]:
    """Each pattern with what to write instead."""
    lines = (line for line in (HERE / "words.tsv").read_text().splitlines() if line and not line.startswith("#"))
    return [(re.compile(pattern, re.IGNORECASE), better) for pattern, better in (line.split("\t") for line in lines)]


def findings(file: Path) -> list[tuple[int, str, str]]:
    """(line, word found, what to write) for each word to avoid in the docstrings and comments of a file."""
    avoided = words_to_avoid()
    found = [
        (line + text[: match.start()].count("\n"), match[0], better)
        for line, text in _prose(file.read_text())
        for pattern, better in avoided
        for match in pattern.finditer(text)
    ]
    return sorted(set(found))


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


def _prose(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings (including those of attributes) and comments of a module, with the lines on which they begin."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
