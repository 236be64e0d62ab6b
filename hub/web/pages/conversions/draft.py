"""A rule that is not saved yet: what the fields of its form hold, checked as config.yaml is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.config.destinations import rule_as_stored
from hub.config.error_messages import validated
from hub.config.models import ConversionRule
from hub.config.rule_checks import rule_problems
from hub.errors import CannotDo
from hub.web.pages.conversions.rules import rule_named
from hub.web.pages.conversions.values import SEND, Takers, Values, tree_of
from hub.web.pages.request import PageRequest

MAX_CHARACTERS = 300
"""Of one value in a form."""


@dataclass(frozen=True)
class Draft:
    """The rule as config.yaml would have it, the checked rule if it is right, and the problems by form field."""

    tree: dict[str, Any]
    rule: ConversionRule | None
    errors: Mapping[str, str]


def takers_of(page: PageRequest) -> Takers:
    """The connectors that take conversions of the user's companies."""
    names = [each.name for each in page.companies]
    found = {}
    for name, entry in page.hub.config.connectors.items():
        destination = entry.connector_class.Destination
        if destination is not None and any(map(entry.serves, names)):
            found[name] = destination
    return found


def trackers_of(page: PageRequest) -> list[str]:
    """The names of the trackers of the user's companies."""
    names = {each.name for each in page.companies}
    sections = [each for each in page.hub.config.companies if each.name in names]
    return sorted({tracker.name for section in sections for tracker in section.trackers})


def was_of(page: PageRequest) -> ConversionRule | None:
    """The saved rule that the form changes."""
    name = page.query.get("was") or page.value("was")
    return rule_named(page, name) if name else None


def typed(page: PageRequest) -> dict[str, list[str]]:
    """The fields of the form: of a POST, else of the URL."""
    pairs = (
        [(name, each) for name, values in page.form.items() for each in values]
        if page.form
        else page.request.query_params.multi_items()
    )
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value[:MAX_CHARACTERS])
    return found


def checked(page: PageRequest, values: Values) -> Draft:
    """The draft in the fields of a form."""
    takers = takers_of(page)
    tree = tree_of(values, takers)
    rule, wrong = validated(ConversionRule, tree)
    errors = {_field_of(path): text for path, _, text in wrong}
    if rule is not None:
        companies = [each.name for each in page.companies]
        errors |= {_field_of(path): text for path, text in rule_problems(rule, companies, trackers_of(page))}
    was = was_of(page)
    if any(each.name == tree["name"] for each in page.hub.config.conversions if each is not was):
        errors["name"] = "another rule has this name already; choose another one"
    for name, written in tree["send_to"].items():
        _, wrong = validated(takers[name], written)
        errors |= {_field_of(("send_to", name, *path)): text for path, _, text in wrong}
    return Draft(tree, None if errors or rule is None else rule_as_stored(rule, takers), errors)


def draft_of(page: PageRequest) -> ConversionRule | None:
    """The draft that the URL holds; None if it holds none. CannotDo says what is wrong with it."""
    if not page.query.get("draft"):
        return None
    draft = checked(page, typed(page))
    if draft.rule is None:
        what = "; ".join(f"{name.removeprefix('when.') or 'the rule'}: {text}" for name, text in draft.errors.items())
        raise CannotDo(f"The draft cannot run yet. {what}.")
    return draft.rule


def _field_of(path: tuple[str | int, ...]) -> str:
    """The form field of a path within a rule."""
    if path[:1] == ("send_to",):
        return ".".join([SEND, *map(str, path[1:3])])
    if path[:1] == ("value",):
        return "amount"
    return ".".join(map(str, path[:2] if path[:1] == ("when",) else path[:1]))
