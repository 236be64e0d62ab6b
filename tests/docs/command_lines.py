"""The command lines of the documentation: which are examples, which run as they are printed, and what `hub` would say to each.

In a fence `sh`, each `hub` line runs as it is printed on the demo's hub, unless it has a placeholder (ID, FILE, "…"). A fence
`console` holds examples: they need an account, another machine, or a person.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from commands import get_command

from hub.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "plugins").rglob("*.md")]
    if page.name != "cli.md" and page.parent.name != "adr"
]
"""cli.md is made from the commands; decisions may name commands that went."""
FENCE = re.compile(r" *(`{3,})(.*)")
INLINE = re.compile(r"`((?:[\w./-]*/)?hub [^`]+)`")
PREFIX = re.compile(
    r"(?:\$ )?(?:docker compose (?:exec|run --rm) \w+ |docker run .*ringfence |sudo -u \w+ |[\w./-]*/)?hub "
)
PLACEHOLDER = re.compile(r"(?:\S*[=:])?(?:ID|[A-Z]{3,}(?:[|_-][A-Z]+)*)(?:==[\d.]+)?|.*….*")
"""A word that stands for one that somebody fills in."""
REFUSED = typer.BadParameter.__mro__[1]
"""What typer raises for words that a command does not take."""


@dataclass(frozen=True)
class Line:
    """One `hub …`, in a fence of this language; inline it has none."""

    fence: str | None
    words: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """Whether it does what it says as it is printed."""
        return self.fence == "sh" and not any(map(PLACEHOLDER.fullmatch, self.words))

    def __str__(self) -> str:
        return f"hub {shlex.join(self.words)}"


def everything() -> Any:
    """`hub` with all its commands."""
    return get_command(app)


def fences(text: str) -> Iterator[tuple[str, list[str]]]:
    """The language and the lines of each fence of a page, continued lines joined."""
    begun: tuple[str, str, list[str]] | None = None
    for line in text.splitlines():
        found = FENCE.fullmatch(line)
        if begun is None:
            begun = (found[1], found[2].strip(), []) if found else None
        elif found and found[1] == begun[0] and not found[2].strip():
            yield begun[1], re.sub(r"\\\n *", "", "\n".join(begun[2])).splitlines()
            begun = None
        else:
            begun[2].append(line.strip())


def lines_of(text: str) -> Iterator[Line]:
    """Every `hub …` of a page."""
    fenced = [
        (fence, line) for fence, lines in fences(text) for line in lines if fence in ("", "sh", "console", "bash")
    ]
    for fence, each in [*fenced, *((None, found) for found in INLINE.findall(text))]:
        if match := PREFIX.match(each):
            typed = each[match.end() :].partition(" | ")[0]
            if fence is None:  # "…" stands for a value, or for words that the sentence does not name
                typed = re.sub(r"(--[\w-]+) …", r"\1 VALUE", typed).replace("…", "")
            yield Line(fence, tuple(shlex.split(typed, comments=True)))


def command_of(words: tuple[str, ...]) -> tuple[Any, list[str]]:
    """The command that these words name, and the words after its name; no command if there is none."""
    found, rest = everything(), list(words)
    while hasattr(found, "commands") and rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]):
        inner = found.commands.get(rest[0])
        if inner is None:
            return (found if found.invoke_without_command else None), rest
        found, rest = inner, rest[1:]
    return found, rest


def problem(line: Line) -> str | None:
    """What `hub` itself would refuse in a line, as far as no configuration is read: commands, options, their values and, in a
    fence, what is missing."""
    command, rest = command_of(line.words)
    if command is None:
        return f"{line}: there is no such command"
    context = command.context_class(command, info_name="hub")
    try:
        values, over, _ = command.make_parser(context).parse_args(args=list(rest))
        if over and not hasattr(command, "commands"):
            return f"{line}: {over[0]} is too much"
        for parameter in command.params:
            given = values.get(parameter.name)
            if given in (None, ()):
                if line.fence is not None and parameter.required:
                    return f"{line}: {parameter.name} is missing"
            elif not any(map(PLACEHOLDER.fullmatch, map(str, _all(given)))):
                parameter.process_value(context, given)
    except REFUSED as error:
        told = error.format_message()  # type: ignore[attr-defined]
        is_named_alone = line.fence is None and re.search(r"requires (an|\d+) arguments?", told)
        return None if is_named_alone or "does not exist" in told else f"{line}: {told}"
    return None


def _all(given: object) -> Iterable[object]:
    return given if isinstance(given, list | tuple) else [given]
