"""Adding a company and changing one: edits of config.yaml."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.responses import Response

from hub.config.edit import Change
from hub.config.models import CompanySection
from hub.errors import CannotDo, ConfigError, Problem
from hub.model import Account
from hub.web.pages.companies.fields import FIELDS, NUMBER_FIELD, changes, field_of, tree_of
from hub.web.pages.companies.listing import section_of, show_form
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
APPLIED = "All parts of the hub take it within a few seconds."


def change(page: PageRequest) -> Response:
    """Change the company of the path."""
    section = section_of(page)
    edits = list(changes(_place(page, section.name), section, page.value))
    if not edits:
        return page.redirect(page.link("/companies"), "Nothing was changed.")
    return _apply(page, section, section.name, edits, f"{page.value('title') or section.title} is changed. {APPLIED}")


def add(page: PageRequest) -> Response:
    """Add a company."""
    name = page.value("name")
    if NAME.fullmatch(name) is None or name == "new":
        wrong = {"name": "Write lowercase letters, digits, - and _, like lakeside; it begins with a letter or a digit."}
        return show_form(page, None, _given(page), 422, name=name, errors=wrong)
    if any(each.name == name for each in page.hub.config.companies):
        wrong = {"name": "There is already a company with this short name; choose another."}
        return show_form(page, None, _given(page), 422, name=name, errors=wrong)
    edits = [Change(_place(page, name), tree_of(page.value))]
    return _apply(page, None, name, edits, f"{page.value('title')} is added. {APPLIED} Give it a number next.")


def _apply(
    page: PageRequest, section: CompanySection | None, name: str, edits: Sequence[Change], notice: str
) -> Response:
    file = page.file_for("companies")
    try:
        proposal = file.propose(edits, page.user)
        if proposal.problems:
            errors, problem = _told(proposal.problems)
            return show_form(page, section, _given(page), 422, name=name, errors=errors, problem=problem)
        if not file.writable:
            return show_form(page, section, _given(page), 422, name=name, proposal=proposal)
        file.apply(proposal, page.user)
    except (CannotDo, ConfigError) as error:
        return show_form(page, section, _given(page), 422, name=name, problem=str(error))
    return page.redirect(page.link("/companies"), notice)


def _told(problems: Sequence[Problem]) -> tuple[dict[str, str], str | None]:
    """Each problem beside its field; the others together."""
    errors: dict[str, str] = {}
    others = []
    for each in problems:
        field = field_of(each.path)
        if field is None:
            others.append(f"{each.path or 'config.yaml'}: {each.text}.")
        else:
            errors[field] = each.text[0].upper() + each.text[1:]
    return errors, " ".join(others) or None


def _place(page: PageRequest, name: str) -> tuple[str, ...]:
    with page.session() as session:
        account = session.get(Account, page.user.account_id)
    return ("accounts", account.name if account else "", "companies", name)


def _given(page: PageRequest) -> dict[str, str]:
    return {field.name: page.value(field.name) for field in (*FIELDS, NUMBER_FIELD)}


PAGES = (
    Page("/companies/new", add, "configure", method="POST"),
    Page("/companies/{company}", change, "configure", method="POST"),
)
