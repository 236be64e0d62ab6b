"""What an inspection of a plugin's code finds, and where in the code it is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.hookspecs import HookSpec


@dataclass(frozen=True, slots=True)
class Finding:
    """One slip. `stops` says whether the plugin cannot work with it; without that it is a warning, and a failed promise."""

    place: str
    """`file.py:line`; empty if it is in no line of the plugin's."""
    text: str
    stops: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


def place(file: str | Path, line: int) -> str:
    """`file.py:line`; an `__init__.py` with its folder."""
    path = Path(file)
    return f"{path.parent.name}/{path.name}:{line}" if path.name == "__init__.py" else f"{path.name}:{line}"


def place_of(function: Callable[..., Any]) -> str:
    """Where a function begins, at its `def`."""
    code = inspect.unwrap(function).__code__
    lines, first = inspect.getsourcelines(code)
    line = next((number for number, text in enumerate(lines) if text.lstrip().startswith(("def ", "async def "))), 0)
    return place(code.co_filename, first + line)


def signature(spec: HookSpec) -> str:
    """A hook as an author writes it: `def enrich_caller(self, caller)`."""
    return f"def {spec.name}({', '.join(('self', *spec.arguments))})"


def returned_form(spec: HookSpec) -> str:
    """What a hook returns, in words: `a list of Fact`."""
    names = " or ".join("None" if each is type(None) else each.__name__ for each in spec.result_types) or "nothing"
    return f"a list of {names}" if spec.returns_sequence else names
