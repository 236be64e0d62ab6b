"""The form of one step: what it shows, what is wrong with it, and the step that it makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.config.callflow.definition import END, STEP_NAME, STEP_TYPES, Flow, Spoken
from hub.config.error_messages import validated
from hub.web.pages.flows.form.fields import FormField, fields_of_step
from hub.web.pages.flows.form.values import (
    Repeated,
    Values,
    add_row,
    blank_values,
    change_rows,
    rows_of,
    values_of,
    written_of,
)

FILL_IN = "Fill this in."
NOTHING_SAID = "Write what the caller hears, or choose a file."
BAD_NAME = "Use small letters, digits, - and _, at most 32 of them; begin with a letter or a digit."
BEFORE_START = ""
"""Instead of a step: the new step becomes the first one."""


@dataclass
class StepForm:
    """The form of a step that is there, or of a new one."""

    do: str
    name: str
    values: Values
    was: str = ""
    """The step's name as it is in the flow; empty for a new one."""
    after: str = BEFORE_START
    way: str = ""
    """A new step comes on this way out of the step `after`."""
    errors: dict[str, str] = field(default_factory=dict)
    note: str = ""
    focus: str = ""
    """The id of the input that gets the focus."""

    @property
    def fields(self) -> tuple[FormField, ...]:
        """The fields of this kind of step."""
        return fields_of_step(self.do)

    @property
    def is_new(self) -> bool:
        """Whether the step is not in the flow yet."""
        return not self.was

    def value(self, name: str) -> str:
        """The value of a single input."""
        return (self.values.get(name) or [""])[-1]

    def rows(self, of: FormField) -> list[dict[str, str]]:
        """The rows of a list."""
        return rows_of(of, self.values)

    def written(self, country: str, audio: Sequence[str]) -> dict[str, Any] | None:
        """The step as config.yaml would hold it; None if it is not valid, and then `errors` says why."""
        if not re.fullmatch(STEP_NAME, self.name) or self.name == END:
            self.errors["name"] = BAD_NAME if self.name != END else "`end` is the end of the call. Use another name."
        try:
            step = {"do": self.do, **written_of(self.fields, self.values, country)}
        except Repeated as error:
            self.errors[error.field] = str(error)
            return None
        if step.get("play") is not None and step["play"] not in audio:
            self.errors["play"] = "Choose a file of the list."
        if issubclass(STEP_TYPES[self.do], Spoken) and ("say" in step) == ("play" in step):
            self.errors["say"] = "Write a text or choose a file, not both." if "say" in step else NOTHING_SAID
        _, wrong = validated(STEP_TYPES[self.do], step)
        for place, kind, text in wrong:
            of = str(place[0]) if place else "say" if "say" in STEP_TYPES[self.do].model_fields else "name"
            self.errors.setdefault(of, FILL_IN if kind == "missing" else _sentence(text))
        return None if self.errors else step

    def changed(self, deed: str, to: str) -> StepForm:
        """The form after a button of a list: `add keys`, `remove keys 1`, `up keys 1`, `down keys 1`."""
        what, name, *more = [*deed.split(" "), "", ""]
        of = next((each for each in self.fields if each.name == name and each.shape == "rows"), None)
        if of is None:
            return self
        if what == "add":
            self.values = add_row(of, self.values, to)
            self.focus = f"{name}-{len(self.rows(of)) - 1}-{of.columns[0].name}"
        elif what in ("remove", "up", "down") and more[0].isascii() and more[0].isdecimal():
            index = int(more[0])
            self.values = change_rows(of, self.values, what, index)
            moved = {"remove": index, "up": index - 1, "down": index + 1}[what]
            self.focus = f"{name}-{max(0, min(moved, len(self.rows(of)) - 1))}-{of.columns[0].name}"
        return self

    def as_kind(self, do: str, to: str) -> StepForm:
        """The same form for another kind of step; what both kinds have is kept."""
        blank = blank_values(do, to)
        kept = {name: values for name, values in self.values.items() if name in blank and values != [""]}
        self.values, self.do, self.focus = {**blank, **kept}, do, "do"
        self.note = "Fill in the fields of this kind, then save. Nothing is saved yet."
        return self


def form_of_step(flow: Flow, name: str) -> StepForm:
    """The form of a step that is there."""
    step = flow.steps[name]
    return StepForm(getattr(step, "do", ""), name, values_of(step), was=name)


def form_of_new(flow: Flow, after: str, way: str, do: str) -> StepForm:
    """The form of a step that comes on one way out of another one; it leads on to where that way led."""
    to = dict(flow.steps[after].leads()).get(way, END) if after in flow.steps else flow.start
    form = StepForm(do, _free_name(flow, do), blank_values(do, to), after=after, way=way, focus="name")
    return form


def form_of_post(form: Mapping[str, Sequence[str]], flow: Flow) -> StepForm:
    """The form as it was sent; an unknown kind or step is taken as a new greeting."""

    def sent(name: str) -> str:
        return (form.get(name) or [""])[-1].strip()

    do = sent("shown_do") if sent("shown_do") in STEP_TYPES else "greeting"
    was = sent("was") if sent("was") in flow.steps else ""
    names = {column for each in fields_of_step(do) for column in _inputs(each)}
    values = {name: list(values) for name, values in form.items() if name in names}
    return StepForm(do, sent("name"), values, was=was, after=sent("after"), way=sent("way"))


def _inputs(of: FormField) -> set[str]:
    if of.shape == "rows":
        return {f"{of.name}.{column.name}" for column in of.columns}
    if of.shape == "week":
        from hub.config.callflow.hours import DAYS

        return {f"{of.name}.{day}" for day in DAYS}
    return {of.name}


def _free_name(flow: Flow, do: str) -> str:
    """A name for a new step: greeting, greeting_2."""
    names = [do, *(f"{do}_{number}" for number in range(2, len(flow.steps) + 3))]
    return next(name for name in names if name not in flow.steps)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
