"""What a form shows or was sent, and what is wrong with it: at its fields, or as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel

from hub.config.document import Path
from hub.config.edit import NAMED_LISTS
from hub.config.error_messages import AnyModel, validated
from hub.errors import CannotDo, Problem
from hub.web.forms.field import Field, Values
from hub.web.forms.values import last, read, rows_of, texts_of, value_at

if TYPE_CHECKING:
    from hub.reload import Proposal
    from hub.web.pages.request import PageRequest

FILL_IN = "Fill this in."
CHOOSE = "Choose one."
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
WRONG_NAME = "Write lowercase letters, digits, - and _, like lakeside; begin with a letter or a digit."
TAKEN_NAME = "There is already one of this name; choose another."


@dataclass
class Form:
    """The fields of a form with their texts. A page shows it with `status`; `forms.html` renders it."""

    fields: Sequence[Field] = ()
    values: Values = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """Name of a field → what is wrong with it."""
    problems: list[str] = field(default_factory=list)
    """What is wrong and belongs to no field."""
    proposal: Proposal | None = None
    """An edit of config.yaml that this process cannot write."""
    country: str = "US"
    """The country of phone numbers that are written without a country's code."""
    otherwise: str = ""
    """The field that problems of no field stand at."""
    prefix: str = ""
    """Before the ids of its inputs, if a page has several forms."""
    is_locked: bool = False
    """Shown to somebody who cannot change it."""
    may_be_empty: bool = False
    """Browsers send it even if a required field is empty, because it has more buttons than that to save."""

    @classmethod
    def of(cls, fields: Sequence[Field], source: object, **more: Any) -> Self:
        """The form of a section of config.yaml, checked or as it is written."""
        return cls(fields, texts_of(fields, source), **more)

    @classmethod
    def again(cls, fields: Sequence[Field], page: PageRequest, **more: Any) -> Self:
        """The form of a POST that was refused, as it was sent; an empty one if none was."""
        form = cls(fields, page.form if page.errors else {}, **more)
        for name, text in page.errors.items():
            form.refuse(text, name)
        return form

    @property
    def is_refused(self) -> bool:
        """Whether something is wrong with it."""
        return bool(self.errors or self.problems or self.proposal)

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows it."""
        return 422 if self.is_refused else 200

    @property
    def marked(self) -> list[tuple[Field, str]]:
        """The fields with something wrong, in their order."""
        return [(each, self.errors[each.name]) for each in self.fields if each.name in self.errors]

    def __getitem__(self, name: str) -> Field:
        """The field of this name."""
        return next(each for each in self.fields if each.name == name)

    def value(self, name: str) -> str:
        """The only or last text of an input."""
        return last(self.values, name)

    def rows(self, of: Field) -> list[dict[str, str]]:
        """The rows of a list."""
        return rows_of(of, self.values)

    def choices(self, of: Field, value: str) -> list[tuple[str, str]]:
        """What can be chosen: nothing too if that is allowed or still so, and what is chosen now in any case."""
        given = list(of.choices)
        if "" not in dict(given) and (of.default is None if not of.required else not value):
            given.insert(0, ("", "Choose one" if of.required else of.empty))
        if value and value not in dict(given):
            given.insert(1 if "" in dict(given[:1]) else 0, (value, value))
        return given

    # What is wrong.

    def tree(self) -> dict[str, Any]:
        """What it says, as config.yaml would hold it."""
        try:
            return read(self.fields, self.values, self.country)
        except CannotDo as error:
            self.refuse(error)
            return {}

    def check(
        self,
        model: type[AnyModel],
        tree: Mapping[str, Any],
        *,
        below: tuple[str, ...] = (),
        ignored: Callable[[Any], bool] = lambda value: False,
    ) -> AnyModel | None:
        """`tree`, which is the part `below` a path, as `model`, or None: then each problem stands at its field. Problems
        of an `ignored` value do not count."""
        for each in self.fields:
            inner = each.path[len(below) :]
            if inner and each.path[: len(below)] == below and value_at(tree, inner) in (None, ""):
                self._require(each)
        checked, wrong = validated(model, tree)
        for path, kind, text in wrong:
            place = tuple(map(str, path))
            if place and ignored(value_at(tree, place)):
                continue
            found = self._at((*below, *place)) if place else None
            words = (found.wrong or (FILL_IN if kind == "missing" else text)) if found else text
            self.add((*below, *place), words)
        return checked

    def require(self) -> None:
        """Refuse what is empty of its own fields."""
        for each in self.fields:
            if not each.path and not self.value(each.name):
                self._require(each)

    def _require(self, field: Field) -> None:
        if field.required:
            self.errors.setdefault(field.name, field.wrong or (CHOOSE if field.kind == "choice" else FILL_IN))

    def check_changed(self, section: BaseModel, tree: Mapping[str, Any]) -> None:
        """Check a section of config.yaml with what the form says in place of its own values."""
        edited = {each.path[0] for each in self.fields if each.path}
        kept = {key: value for key, value in section if key in section.model_fields_set - edited}
        self.check(type(section), {**kept, **tree})

    def refuse(self, error: Exception | str, field: str = "") -> None:
        """Put an error at the field that it names, else at `field`, or at none."""
        name = getattr(error, "field", "") or field
        if name in {each.name for each in self.fields}:
            self.errors[name] = str(error)
        else:
            self.problems.append(str(error))

    def check_name(self, taken: Container[str]) -> None:
        """Refuse a name that config.yaml or an address cannot have, or that another one has."""
        name = self.value("name")
        if not NAME.fullmatch(name) or name == "new":
            self.errors["name"] = WRONG_NAME
        elif name in taken:
            self.errors["name"] = TAKEN_NAME

    def add_problems(self, problems: Iterable[Problem], place: Path) -> None:
        """Put each problem of config.yaml at the field that it is about; `place` is the section that the form edits."""
        start = _spelled(place)
        for each in problems:
            is_inside = bool(start) and each.path.startswith(start)
            inner = tuple(re.findall(r"[^.\[\]]+", each.path.removeprefix(start))) if is_inside else ()
            self.add(inner, each.text if is_inside or not each.line else f"line {each.line}: {each.text}")

    def add(self, path: tuple[str, ...], text: str) -> None:
        """Put a problem at the field that a path leads to or into, as a sentence."""
        found = self._at(path) if path else None
        sentence = text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
        name = found.name if found else self.otherwise
        if name:
            self.errors.setdefault(name, sentence)
        elif sentence not in self.problems:
            self.problems.append(sentence)

    def _at(self, path: tuple[str, ...]) -> Field | None:
        """The field that a path leads to or into."""
        return next((each for each in self.fields if each.path and path[: len(each.path)] == each.path), None)


def _spelled(place: Path) -> str:
    """A place in config.yaml as problems spell it: accounts[agency].companies[lakeside]."""
    text, is_entry = "", False
    for step in place:
        text += f"[{step}]" if is_entry else f".{step}" if text else str(step)
        is_entry = not is_entry and step in NAMED_LISTS
    return text
