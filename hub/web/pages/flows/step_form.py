"""The form of one step: what it shows, what is wrong with it, and the step that it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.config.callflow.definition import END, STEP_TYPES, Flow, Schedule, Spoken, Step, Voicemail
from hub.config.callflow.hours import written_spans
from hub.config.callflow.step import STEP_NAME
from hub.config.callflow.written import written_step
from hub.errors import CannotDo
from hub.web.forms.field import Field, Values
from hub.web.forms.form import WRONG_NAME, Form
from hub.web.forms.values import rows_of, texts_of
from hub.web.pages.flows.step_fields import fields_of_step, with_choices
from hub.web.pages.flows.week import USUAL_WEEK, Day, change_week, days_of, same_of, unreadable_day, week_of_post

NOTHING_SAID = "Write what the caller hears, or choose a file."
BEFORE_START = "-"
"""Instead of the name of a step: the new step becomes the first one."""
NEW_VOICEMAIL = {
    "do": "voicemail",
    "say": "We are closed now. Please leave a message after the tone, and we will call you back.",
}
BUTTONS = ("add", "remove", "up", "down", "same", "break")
"""What a button of the form changes without saving."""
NAME = Field(name="name", label="Name", required=True, maximum=32)


@dataclass
class StepForm(Form):
    """The form of a step that is there, or of a new one."""

    do: str = "greeting"
    was: str = ""
    """The step's name as it is in the flow; empty for a new one."""
    after: str = BEFORE_START
    way: str = ""
    """A new step comes on this way out of the step `after`."""
    note: str = ""
    focus: str = ""
    """The id of the input that gets the focus."""
    may_be_empty: bool = True
    same: tuple[str, str] = ("", "")
    """Of opening hours: the times that a button gives several days."""

    @property
    def days(self) -> list[Day]:
        """Of opening hours: the days."""
        return days_of(self.values)

    @property
    def is_new(self) -> bool:
        """Whether the step is not in the flow yet."""
        return not self.was

    @property
    def name(self) -> str:
        """The step's name."""
        return self.value("name")

    def offer(self, flow: Flow, audio: Sequence[tuple[str, str]], places: Sequence[tuple[str, str]]) -> None:
        """Let the steps of the flow, these files and the public holidays of these places be chosen."""
        voicemail = new_voicemail(flow) if self.do != "voicemail" else ""
        self.fields = with_choices(
            (NAME, *fields_of_step(self.do)), self.values, flow.steps, audio, voicemail=voicemail, places=places
        )

    def written(
        self, country: str, audio: Sequence[str], seal_pin: Callable[[str], str] = str
    ) -> dict[str, Any] | None:
        """The step as config.yaml would hold it, with a new PIN sealed; None if it is not valid, and then `errors` says why."""
        model = STEP_TYPES[self.do]
        self.country, self.otherwise = country, "say" if issubclass(model, Spoken) else "name"
        tree = self.tree()
        if self.do == "schedule" and (day := unreadable_day(self.values)):
            self.errors["hours"] = f"{day}: write times like 9:00 am and 5:00 pm; a day closes after it opens."
        if self.is_refused:
            return None
        if not re.fullmatch(STEP_NAME, self.name) or self.name == END:
            self.errors["name"] = WRONG_NAME if self.name != END else "`end` is the end of the call. Use another name."
        if tree.get("play") is not None and tree["play"] not in audio:
            self.errors["play"] = "Choose a file of the list."
        if issubclass(model, Spoken) and ("say" in tree) == ("play" in tree):
            self.errors["say"] = "Write a text or choose a file, not both." if "say" in tree else NOTHING_SAID
        if str(tree.get("pin", "")).isdecimal():
            try:
                tree["pin"] = seal_pin(tree["pin"])
            except CannotDo as refused:
                self.errors["pin"] = str(refused)
        step = {"do": self.do, **tree}
        self.check(model, step)
        return None if self.is_refused else step

    def changed(self, action: str, to: str) -> StepForm:
        """The form after a button of a list: `add keys`, `remove keys 1`, `up keys 1`, `down keys 1`; or of a week: `same
        weekdays`, `same all`, `break`."""
        what, name, *more = [*action.split(" "), "", ""]
        if what in ("same", "break"):
            self.values, self.focus = change_week(self.values, what, name, self.same), "hours"
            return self
        of = next((each for each in self.fields if each.name == name and each.kind == "rows"), None)
        if of is None:
            return self
        index = int(more[0]) if more[0].isascii() and more[0].isdecimal() else None
        if what == "add":
            self.values = _add_row(of, self.values, to)
            self.focus = f"{name}-{len(self.rows(of)) - 1}-{of.columns[0].name}"
        elif what in ("remove", "up", "down") and index is not None:
            self.values = _change_rows(of, self.values, what, index)
            moved = {"remove": index, "up": index - 1, "down": index + 1}[what]
            self.focus = f"{name}-{max(0, min(moved, len(self.rows(of)) - 1))}-{of.columns[0].name}"
        return self

    def as_kind(self, do: str, to: str) -> StepForm:
        """The same form for another kind of step; what both kinds have is kept."""
        blank = blank_values(do, to)
        kept = {name: texts for name, texts in self.values.items() if name in blank and list(texts) != [""]}
        self.values, self.do, self.focus = {**blank, **kept, "name": [self.name]}, do, "do"
        self.note = "Fill in the fields of this kind, then save. Nothing is saved yet."
        return self


def form_of_step(flow: Flow, name: str) -> StepForm:
    """The form of a step that is there."""
    step = flow.steps[name]
    return _form(getattr(step, "do", ""), {**values_of(step), "name": [name]}, was=name)


def form_of_new(flow: Flow, after: str, way: str, do: str) -> StepForm:
    """The form of a step that comes on one way out of another one; it leads on to where that way led."""
    to = dict(flow.steps[after].leads()).get(way, END) if after in flow.steps else flow.start
    values = {**blank_values(do, to), "name": [_free_name(flow, do)]}
    if do == "schedule":
        taken = [name for name, step in flow.steps.items() if isinstance(step, Voicemail)]
        values = {**values, "closed": [taken[0] if taken else new_voicemail(flow)]}
    return _form(do, values, after=after, way=way, focus="name" if do != "schedule" else "hours")


def new_voicemail(flow: Flow) -> str:
    """The name of the step that is made if a way leads to a new voicemail."""
    return _free_name(flow, "voicemail")


def with_voicemail(tree: dict[str, Any], flow: Flow, name: str) -> dict[str, Any]:
    """A changed flow with the new voicemail to which its step `name` leads, if it does."""
    wanted, step = new_voicemail(flow), tree["steps"][name]
    names = {target for _, target in STEP_TYPES[step["do"]].model_validate(step).leads()}
    return (
        tree if wanted not in names or wanted == name else {**tree, "steps": {**tree["steps"], wanted: NEW_VOICEMAIL}}
    )


def form_of_post(sent: Mapping[str, Sequence[str]], flow: Flow) -> StepForm:
    """The form as it was sent; an unknown kind or step is taken as a new greeting."""

    def text(name: str) -> str:
        return (sent.get(name) or [""])[-1].strip()

    do = text("shown_do") if text("shown_do") in STEP_TYPES else "greeting"
    was = text("was") if text("was") in flow.steps else ""
    names = {"name", *(name for field in fields_of_step(do) for name in field.inputs)}
    values: Values = {name: texts for name, texts in sent.items() if name in names}
    if do == "schedule":
        values = {**values, **week_of_post(sent)}
    return _form(do, values, was=was, after=text("after"), way=text("way"), same=same_of(values, sent))


def values_of(step: Step) -> Values:
    """What the form shows for a step, without its name."""
    source = written_step(step)
    if isinstance(step, Schedule):
        source["hours"] = {day: written_spans(spans) for day, spans in step.hours.items() if spans}
    return texts_of(fields_of_step(getattr(step, "do", "")), source)


def blank_values(do: str, to: str) -> Values:
    """What the form shows for a new step, all of whose ways lead to `to`."""
    fields = fields_of_step(do)
    ways = {field.name: to for field in fields if field.kind == "choice" and field.required}
    values: Values = texts_of(fields, {**ways, "hours": USUAL_WEEK} if do == "schedule" else ways)
    for field in fields:
        for _ in range(field.minimum or 1) if field.kind == "rows" and field.required else ():
            values = _add_row(field, values, to)
    return values


def _form(do: str, values: Values, **more: Any) -> StepForm:
    return StepForm((NAME, *fields_of_step(do)), values, do=do, **({"same": same_of(values, {})} | more))


def _free_name(flow: Flow, do: str) -> str:
    """A name for a new step: greeting, greeting_2."""
    first = "hours" if do == "schedule" else do
    names = [first, *(f"{first}_{number}" for number in range(2, len(flow.steps) + 3))]
    return next(name for name in names if name not in flow.steps)


def _add_row(field: Field, values: Values, to: str = "") -> Values:
    """The values with one more row at the end; what can be chosen in it is `to`."""
    row = {column.name: to if column.kind == "choice" else "" for column in field.columns}
    return _with_rows(field, values, [*rows_of(field, values), row])


def _change_rows(field: Field, values: Values, action: str, index: int) -> Values:
    """The values with a row removed, or moved `up` or `down`."""
    rows = rows_of(field, values)
    if 0 <= index < len(rows):
        row = rows.pop(index)
        if action != "remove":
            rows.insert(max(0, index + (-1 if action == "up" else 1)), row)
    return _with_rows(field, values, rows)


def _with_rows(field: Field, values: Values, rows: Sequence[Mapping[str, str]]) -> Values:
    return {**values, **{field.input(column): [row[column.name] for row in rows] for column in field.columns}}
