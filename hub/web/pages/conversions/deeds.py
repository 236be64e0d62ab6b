"""Saving, deleting and moving a rule: edits of config.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from hub.config.edit import REMOVED, Change, Move
from hub.config.models import ConversionRule
from hub.errors import CannotDo, ConfigError, Problem
from hub.web.pages.conversions.draft import checked, takers_of, typed, was_of
from hub.web.pages.conversions.form import show
from hub.web.pages.conversions.listing import show_list
from hub.web.pages.conversions.values import tree_of, values_of
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

APPLIED = "All parts of the hub take it within a few seconds."


def act(page: PageRequest) -> Response:
    """Save the form, delete the rule, or move it up or down."""
    deed, was = page.value("deed"), was_of(page)
    if deed == "save":
        return _save(page, was)
    if was is None:
        return show_list(page, "This rule is no longer in config.yaml.", 422)
    place = ("conversions", was.name)
    if deed == "delete":
        return _apply(page, [Change(place, REMOVED)], f"The rule “{was.name}” is deleted. {APPLIED}")
    if deed in ("up", "down"):
        names = [each.name for each in page.hub.config.conversions]
        to = names.index(was.name) + (1 if deed == "down" else -1)
        return _apply(page, [Move(place, max(0, to))], f"The rule “{was.name}” is moved. {APPLIED}")
    return show_list(page, "Choose one of the buttons.", 422)


def _apply(page: PageRequest, changes: list[Change | Move], notice: str) -> Response:
    """Apply changes from the list of rules."""
    try:
        proposal = page.file_for("rules").propose(changes, page.user)
        if proposal.problems:
            return show_list(page, sentences(proposal.problems), 422)
        page.file_for("rules").apply(proposal, page.user)
    except (CannotDo, ConfigError) as error:
        return show_list(page, str(error), 422)
    return page.redirect(page.link("/conversions"), notice)


def _save(page: PageRequest, was: ConversionRule | None) -> Response:
    values = typed(page)
    draft = checked(page, values)
    if draft.rule is None:
        return show(page, values, draft, 422, problem="Nothing was saved: see the fields that are marked.")
    changes = list(changes_between(page, was, draft.tree))
    if not changes:
        return page.redirect(page.link("/conversions"), "Nothing was changed.")
    try:
        file = page.file_for("rules")
        proposal = file.propose(changes, page.user)
        if proposal.problems:
            return show(page, values, draft, 422, problem=sentences(proposal.problems))
        if not file.writable:
            return show(page, values, draft, 422, proposal=proposal)
        file.apply(proposal, page.user)
    except (CannotDo, ConfigError) as error:
        return show(page, values, draft, 422, problem=str(error))
    return page.redirect(page.link("/conversions"), f"The rule “{draft.rule.name}” is saved. {APPLIED}")


def changes_between(page: PageRequest, was: ConversionRule | None, tree: dict[str, Any]) -> Iterator[Change]:
    """The edits that make the saved rule the one in the form; what did not change stays as it is written."""
    if was is None:
        yield Change(("conversions", tree["name"]), tree)
        return
    place = ("conversions", was.name)
    before = tree_of(values_of(was), takers_of(page))
    for section in ("when", "send_to"):
        old, new = before[section], tree[section]
        for key in old.keys() | new.keys():
            if old.get(key) != new.get(key):
                yield Change((*place, section, key), new.get(key, REMOVED))
    if before.get("value") != tree.get("value"):
        yield Change((*place, "value"), tree.get("value", REMOVED))
    if was.name != tree["name"]:
        yield Change((*place, "name"), tree["name"])


def sentences(problems: tuple[Problem, ...]) -> str:
    """Problems of the file as a page says them."""
    return " ".join(f"Line {each.line}: {each.text}." if each.line else each.text for each in problems)


PAGES = (Page("/conversions/rule", act, "configure", method="POST"),)
