"""One field of a form, whatever it was made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "text", "long", "number", "share", "span", "phone", "email", "url", "time", "date", "color", "file", "secret",
    "lines", "words", "phones", "switch", "yes_no", "choice", "choices", "hours", "group", "rows",
]  # fmt: skip
"""`lines` and `words` are lists of texts without blanks, in several lines or in one; `phones` is a list of phone numbers, one a
line; `share` is a part of 1, shown in percent; `hours` is one span or several; a `group` has one input for each key of a
mapping; `rows` is a list whose length the user decides."""
Values = Mapping[str, Sequence[str]]
"""Name of an input → its texts: one, those of all ticked boxes, or one for each row."""
TICKED = "yes"


@dataclass(frozen=True, kw_only=True)
class Field:
    """How a value is shown, read and checked. `path` is its place below the model; a field without one is the form's own."""

    name: str
    label: str = ""
    hint: str = ""
    kind: Kind = "text"
    path: tuple[str, ...] = ()
    required: bool = False
    default: Any = None
    minimum: int | None = None
    maximum: int | None = None
    """Of a number its value, of a text its length, of rows their count."""
    choices: tuple[tuple[str, str], ...] = ()
    """Value and words."""
    empty: str = "Any"
    """The words of a choice for no value."""
    suggestions: tuple[str, ...] = ()
    placeholder: str = ""
    """Of a file: the media types that it may have."""
    autocomplete: str = "off"
    """What of the user's own data it asks for, in the words of HTML (WCAG 2.2, 1.3.5)."""
    wrong: str = ""
    """What is said instead of the model's own sentence if the value is missing or invalid."""
    clean: Callable[[str], str] = str
    """Applied to each text that was sent."""
    inverted: bool = False
    """Of a switch: it is ticked if the value is false."""
    columns: tuple[Field, ...] = ()
    """Of a group its inputs, of rows the inputs of each."""
    is_mapping: bool = False
    """Of rows: the first column is a key."""
    add: str = "Add one"
    """Of rows: the words of the button that adds one."""

    def input(self, column: Field) -> str:
        """The name of the inputs of one column."""
        return f"{self.name}.{column.name}"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its inputs."""
        return tuple(map(self.input, self.columns)) or (self.name,)
