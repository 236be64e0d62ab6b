"""One reading of a config.yaml: the document, its references, and the problems found so far."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from hub.config.document import Document, Path
from hub.config.error_messages import IN_CLEAR, describe, secret_paths, validated
from hub.config.references import References, refers
from hub.errors import Problem

AnyModel = TypeVar("AnyModel", bound=BaseModel)


@dataclass
class Reading:
    """The state that all parts of the loader share."""

    document: Document
    references: References
    sandbox: bool
    """Every connector that has a sandbox runs in it."""
    problems: list[Problem]
    forgiven: set[Path] = field(default_factory=set)
    """Paths whose reference cannot be resolved, but which are not needed."""

    def tell(self, path: Path, text: str) -> None:
        """Add a problem; a sentence that would show the value of a reference is replaced."""
        if self.references.shown_in(text):
            written = self.document.at(path)
            found = f"what {describe(written)} stands for" if refers(str(written)) else "the value"
            text = f"{found} is not allowed here"
        self.problems.append(self.document.problem(path, text))

    def section(
        self, model: type[AnyModel], value: object, path: Path, *, partial: bool = False, more_keys: Iterable[str] = ()
    ) -> AnyModel | None:
        """`value` as `model`. None if it is invalid; problems are reported. `partial` allows missing keys.

        `more_keys` are further keys that the hint about an unknown key may suggest.
        """
        checked, wrong = validated(model, {} if value is None else value, more_keys)
        for inner, kind, text in wrong:
            place = (*path, *inner)
            if not (partial and (kind == "missing" or not inner)) and not self.unresolved(place):
                self.tell(place, text)
        return checked

    def unresolved(self, path: Path) -> bool:
        """Whether a reference at or above `path` cannot be resolved; then the value cannot be checked further."""
        return any(path[: len(bad)] == bad for bad in self.references.missing)

    def refuse_clear_secrets(self, model: type[BaseModel], path: Path) -> None:
        """Report every secret at or below `path` that is written in clear."""
        written = self.document.at(path)
        for inner in secret_paths(model, written):
            place = (*path, *inner)
            value = self.document.at(place)
            if not (isinstance(value, str) and refers(value)):
                self.references.found.setdefault(place, []).append(str(value))
                owner = [str(step) for step in place if isinstance(step, str) and step != "connectors"]
                variable = "_".join(owner).upper().replace("-", "_")
                self.tell(place, f"{IN_CLEAR}; write ${{env:{variable}}} or ${{file:/run/secrets/…}} instead")

    def entries(self, parent: object, path: Path) -> Iterator[tuple[Path, Any]]:
        """The entries of the list that `path` leads to, each with its path; a value that is not a list is reported."""
        value = parent.get(path[-1]) if isinstance(parent, dict) else None
        if value is None:
            return
        if not isinstance(value, list):
            self.tell(path, f"found {describe(value)}; expected a list, each entry after a `-`")
            return
        yield from (((*path, index), item) for index, item in enumerate(value))

    def absolute(self, name: str) -> pathlib.Path:
        """A file name in config.yaml; relative names start at its folder."""
        return pathlib.Path(os.path.normpath(self.references.folder / name))
