"""Saving, deleting and moving a rule: edits of config.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from hub.config.edit import REMOVED, Change, Move
from hub.config.models import ConversionRule
from hub.web.forms.config_edit import edit_config
from hub.web.forms.form import Form
from hub.web.forms.values import differences
from hub.web.pages.conversions.conversions_page import show_list
from hub.web.pages.conversions.draft import checked, form_of, takers_of, typed, was_of
from hub.web.pages.conversions.fields import rule_texts, rule_tree
from hub.web.pages.conversions.form import show
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def act(page: PageRequest) -> Response:
    """Save the form, delete the rule, or move it up or down."""
    action, was = page.value("deed"), was_of(page)
    if action == "save":
        return _save(page, was)
    if was is None:
        return show_list(page, Form(problems=["This rule is no longer in config.yaml."]))
    place = ("conversions", was.name)
    if action == "delete":
        return _apply(page, [Change(place, REMOVED)], f"The rule “{was.name}” is deleted.")
    if action in ("up", "down"):
        names = [each.name for each in page.hub.config.conversions]
        to = names.index(was.name) + (1 if action == "down" else -1)
        return _apply(page, [Move(place, max(0, to))], f"The rule “{was.name}” is moved.")
    return show_list(page, Form(problems=["Choose one of the buttons."]))


def _apply(page: PageRequest, edits: list[Change | Move], notice: str) -> Response:
    """Apply changes from the list of rules."""
    to = page.link("/conversions")
    return edit_config(page, Form(), edits, lambda form: show_list(page, form), notice=notice, to=to)


def _save(page: PageRequest, was: ConversionRule | None) -> Response:
    draft = checked(page, form_of(page, typed(page)))
    name = draft.tree["name"]
    return edit_config(
        page,
        draft.form,
        _changes(page, draft.form, was, draft.tree),
        lambda form: show(page, form, draft, form.status),
        place=("conversions", name),
        notice=f"The rule “{name}” is saved.",
        to=page.link("/conversions"),
    )


def _changes(page: PageRequest, form: Form, was: ConversionRule | None, tree: dict[str, Any]) -> Iterator[Change]:
    """The edits that make the saved rule the one in the form; what did not change stays as it is written."""
    if was is None:
        yield Change(("conversions", tree["name"]), tree)
        return
    place, fields = ("conversions", was.name), form_of(page, was).fields
    before = rule_tree(fields, rule_texts(fields, was), takers_of(page))
    by_path = {field.path: field for field in (*form.fields, *fields) if field.path[:1] not in ((), ("send_to",))}
    *others, name = sorted(by_path.values(), key=lambda field: field.name == "name")
    yield from differences(place, others, before, tree)
    for connector in {**before["send_to"], **tree["send_to"]}:
        if before["send_to"].get(connector) != tree["send_to"].get(connector):
            yield Change((*place, "send_to", connector), tree["send_to"].get(connector, REMOVED))
    yield from differences(place, [name], before, tree)


PAGES = (Page("/conversions/rule", act, "configure", method="POST"),)
