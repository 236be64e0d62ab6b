"""A strict reader of Dockerfiles: what it does not know is an error, never skipped."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KNOWN = frozenset(
    [
        "FROM",
        "ARG",
        "WORKDIR",
        "RUN",
        "COPY",
        "ENV",
        "USER",
        "VOLUME",
        "EXPOSE",
        "HEALTHCHECK",
        "STOPSIGNAL",
        "ENTRYPOINT",
        "CMD",
    ]
)
FLAGS = {"COPY": {"from"}, "HEALTHCHECK": {"interval", "timeout", "start-period", "retries"}}


class Unknown(Exception):
    """A step that this reader does not know."""


@dataclass(frozen=True)
class Step:
    """One instruction with its flags; `words` is its text, split if it is a list."""

    line: int
    name: str
    flags: dict[str, str]
    words: tuple[str, ...]
    text: str
    is_list: bool


def steps(text: str) -> Iterator[Step]:
    """The instructions in order, continued lines joined."""
    pending, began = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not pending and (not line.strip() or line.startswith("#")):
            continue
        began = began if pending else number
        pending += line.rstrip("\\") if line.endswith("\\") else line
        if not line.endswith("\\"):
            yield _step(began, pending)
            pending = ""
    if pending:
        raise Unknown(f"line {began}: the file ends within a step")


def _step(line: int, text: str) -> Step:
    name, _, rest = text.strip().partition(" ")
    if name not in KNOWN:
        raise Unknown(f"line {line}: {name}")
    flags: dict[str, str] = {}
    rest = rest.strip()
    while found := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
        flags[found[1]] = found[2]
        rest = rest[found.end() :]
    if rest.startswith("--") or (unknown := flags.keys() - FLAGS.get(name, set())):
        raise Unknown(f"line {line}: {name} {rest.split()[0] if rest.startswith('--') else unknown}")
    if name == "HEALTHCHECK":
        command, _, rest = rest.partition(" ")
        if command != "CMD":
            raise Unknown(f"line {line}: HEALTHCHECK {command}")
    if rest.startswith("["):
        return Step(line, name, flags, tuple(json.loads(rest)), rest, True)
    return Step(line, name, flags, tuple(rest.split() if name == "RUN" else shlex.split(rest)), rest, False)


def sent(context: Path, ignored: Path) -> set[Path]:
    """The files of a context that a builder sees, by the patterns of a .dockerignore: `*`, `!path` and `**/name`."""
    patterns = [line for line in ignored.read_text().split("\n") if line and not line.startswith("#")]
    if (
        not patterns
        or patterns[0] != "*"
        or not all(re.fullmatch(r"\*|![\w./-]+|\*\*/[\w.*-]+", each) for each in patterns)
    ):
        raise Unknown(f"{ignored.name}: a pattern that is not `*`, `!path` or `**/name`")
    kept = [context / each[1:] for each in patterns if each.startswith("!")]
    dropped = [each[3:] for each in patterns if each.startswith("**/")]
    files = {file for each in kept for file in (each.rglob("*") if each.is_dir() else [each]) if file.is_file()}
    return {
        file
        for file in files
        if not any(fnmatch.fnmatch(part, each) for part in file.relative_to(context).parts for each in dropped)
    }
