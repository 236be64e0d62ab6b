"""A rule that is not saved yet: what the fields of its form hold, checked as config.yaml is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.config.destinations import rule_as_stored
from hub.config.models import ConversionRule
from hub.config.rule_checks import rule_problems
from hub.contracts.sign_in import DestinationChoice
from hub.errors import CannotDo
from hub.web.forms.field import Values
from hub.web.forms.form import TAKEN_NAME, Form
from hub.web.forms.values import last
from hub.web.pages.conversions.fields import Takers, rule_fields, rule_texts, rule_tree
from hub.web.pages.conversions.rules import rule_named
from hub.web.pages.request import PageRequest

MAX_CHARACTERS = 300
"""Of one value in a form."""


@dataclass(frozen=True)
class Draft:
    """The form, what it says as config.yaml would have it, and the checked rule if it is right."""

    form: Form
    tree: dict[str, Any]
    rule: ConversionRule | None


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


def form_of(
    page: PageRequest,
    values: Values | ConversionRule,
    listed: Mapping[str, Sequence[DestinationChoice]] | None = None,
) -> Form:
    """The form with these values, or of a saved rule."""
    event = values.when.event if isinstance(values, ConversionRule) else last(values, "when.event") or "call"
    titles = {each.name: each.title for each in page.companies}
    fields = rule_fields(takers_of(page), event, titles, trackers_of(page), listed)
    if isinstance(values, ConversionRule):
        values = rule_texts(fields, values)
    return Form(fields, {**values, "when.event": [event], "currency": values.get("currency") or ["USD"]})


def checked(page: PageRequest, form: Form) -> Draft:
    """The draft that a form holds; what is wrong stands in the form."""
    takers = takers_of(page)
    tree = rule_tree(form.fields, form.values, takers)
    rule = form.check(ConversionRule, tree)
    if rule is not None:
        companies = [each.name for each in page.companies]
        for path, text in rule_problems(rule, companies, trackers_of(page)):
            form.add(tuple(map(str, path)), text)
    was = was_of(page)
    if any(each.name == tree["name"] for each in page.hub.config.conversions if each is not was):
        form.errors["name"] = TAKEN_NAME
    for name, written in tree["send_to"].items():
        form.check(takers[name], written, below=("send_to", name))
    return Draft(form, tree, None if form.is_refused or rule is None else rule_as_stored(rule, takers))


def draft_of(page: PageRequest) -> ConversionRule | None:
    """The draft that the URL holds; None if it holds none. CannotDo says what is wrong with it."""
    if not page.query.get("draft"):
        return None
    draft = checked(page, form_of(page, typed(page)))
    if draft.rule is None:
        what = " ".join([*draft.form.problems, *(f"{field.label}: {text}" for field, text in draft.form.marked)])
        raise CannotDo(f"The draft cannot run yet. {what}")
    return draft.rule
