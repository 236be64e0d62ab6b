"""The form of an endpoint: adding one, changing one and removing one are edits of config.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from hub.config.edit import REMOVED, Change
from hub.config.sections.webhooks import WebhookSection
from hub.contracts.third_parties import is_third_party
from hub.errors import CannotDo, ConfigError, NotFound, Problem
from hub.model import Account, Company
from hub.privacy.datamap.chart import readable
from hub.reload import Proposal
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.webhooks_out.details import company_of, path_of
from hub.web.pages.webhooks_out.listing import PATH
from hub.web.pages.webhooks_out.words import FORMATS, ROLES, THIRD_PARTY, TYPES, USES, WITHHELD

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
FIELDS = ("name", "url", "format", "recipient", "role", "use", "regions")
WRONG_NAME = "Write lowercase letters, digits, - and _, like crm; it begins with a letter or a digit."
APPLIED = "All parts of the hub take it within a few seconds."


def new(page: PageRequest) -> Response:
    """The empty form."""
    every = {f"event.{event}": "yes" for event in TYPES}
    return _show(page, None, None, {"format": "standard", "role": "processor", **every})


def edit(page: PageRequest) -> Response:
    """The form of an endpoint."""
    company = company_of(page)
    return _show(page, company, _section(page, company), _shown(_section(page, company)))


def add(page: PageRequest) -> Response:
    """Add an endpoint to the chosen company."""
    company = next((each for each in page.companies if each.name == page.value("company")), None)
    if company is None:
        raise NotFound("Not found")
    name = page.value("name")
    if NAME.fullmatch(name) is None or name == "new":
        return _show(page, None, None, _given(page), 422, errors={"name": WRONG_NAME})
    own = next((each.webhooks for each in page.hub.config.companies if each.name == company.name), ())
    if any(each.name == name for each in own):
        return _show(page, None, None, _given(page), 422, errors={"name": "There is already one of this name."})
    edits = [Change((*_place(page, company), name), {"name": name, **_tree(page)})]
    notice = f"{name} is added. {APPLIED} Send a test next."
    return _apply(page, company, None, edits, notice, path_of(company, name))


def change(page: PageRequest) -> Response:
    """Change an endpoint."""
    company = company_of(page)
    section = _section(page, company)
    kept = {
        key: value
        for key, value in section.model_dump(mode="json", exclude_defaults=True).items()
        if key in ("name", "allow_private")
    }
    edits = [Change((*_place(page, company), section.name), {**kept, **_tree(page)})]
    return _apply(
        page, company, section, edits, f"{section.name} is changed. {APPLIED}", path_of(company, section.name)
    )


def remove(page: PageRequest) -> Response:
    """Remove an endpoint."""
    company = company_of(page)
    section = _section(page, company)
    edits = [Change((*_place(page, company), section.name), REMOVED)]
    return _apply(page, company, section, edits, f"{section.name} is removed. {APPLIED}", PATH)


def _apply(
    page: PageRequest, company: Company, section: WebhookSection | None, edits: Sequence[Change], notice: str, to: str
) -> Response:
    file, of = page.file_for("webhooks"), company if section else None
    try:
        proposal = file.propose(edits, page.user)
        if proposal.problems:
            return _show(page, of, section, _given(page), 422, **_told(proposal.problems))
        if not file.writable:
            return _show(page, of, section, _given(page), 422, proposal=proposal)
        file.apply(proposal, page.user)
    except (CannotDo, ConfigError) as error:
        return _show(page, of, section, _given(page), 422, problem=str(error))
    if is_third_party(page.value("role"), page.value("use")) and edits[-1].value is not REMOVED:
        notice = f"{notice} {THIRD_PARTY}"
    return page.redirect(page.link(PATH if section is None else to), notice)


def _told(problems: Sequence[Problem]) -> dict[str, Any]:
    """Each problem beside its field; the others together."""
    errors: dict[str, str] = {}
    others = []
    for each in problems:
        field = next((name for name in FIELDS if (each.path or "").endswith(f".{name}")), None)
        if field is None:
            others.append(f"{each.text[0].upper()}{each.text[1:]}.".replace("..", "."))
        else:
            errors[field] = each.text[0].upper() + each.text[1:]
    return {"errors": errors, "problem": " ".join(others) or None}


def _show(
    page: PageRequest,
    company: Company | None,
    section: WebhookSection | None,
    values: Mapping[str, str],
    status: int = 200,
    *,
    errors: Mapping[str, str] | None = None,
    problem: str | None = None,
    proposal: Proposal | None = None,
) -> Response:
    file = page.config_file
    return page.render(
        "webhook_out_form.html",
        status,
        title=section.name if section else "New webhook",
        company=company,
        section=section,
        values=values,
        errors=errors or {},
        problem=problem,
        proposal=proposal,
        types=TYPES,
        formats=FORMATS,
        roles=ROLES,
        uses=_uses(values.get("use", "")),
        third_party=THIRD_PARTY,
        withheld=WITHHELD,
        writable=file is not None and file.writable,
    )


def _section(page: PageRequest, company: Company) -> WebhookSection:
    own = next((each.webhooks for each in page.hub.config.companies if each.name == company.name), ())
    found = next((each for each in own if each.name == page.path("webhook")), None)
    if found is None:
        raise NotFound("Not found")
    return found


def _shown(section: WebhookSection) -> dict[str, str]:
    return {
        "name": section.name,
        "url": section.url,
        "format": section.format,
        "recipient": section.recipient or "",
        "role": section.role,
        "use": section.use,
        "regions": " ".join(section.regions),
        **{f"event.{event}": "yes" for event in section.events},
        **{f"withhold.{part}": "yes" for part in section.withhold},
        "disabled": "" if section.enabled else "yes",
    }


def _given(page: PageRequest) -> dict[str, str]:
    boxes = [*(f"event.{event}" for event in TYPES), *(f"withhold.{part}" for part in WITHHELD)]
    return {name: page.value(name) for name in (*FIELDS, *boxes, "company", "disabled")}


def _tree(page: PageRequest) -> dict[str, Any]:
    """What the form says, as config.yaml has it; what is as by default is left out."""
    events = [event for event in TYPES if page.value(f"event.{event}") == "yes"]
    withheld = [part for part in WITHHELD if page.value(f"withhold.{part}") == "yes"]
    tree: dict[str, Any] = {"url": page.value("url"), **({"use": page.value("use")} if page.value("use") else {})}
    if page.value("format") != "standard":
        tree["format"] = page.value("format")
    if len(events) < len(TYPES):
        tree["events"] = events
    if page.value("recipient"):
        tree["recipient"] = page.value("recipient")
    if page.value("role") not in ("", "processor"):
        tree["role"] = page.value("role")
    if regions := [word.upper() for word in re.split(r"[\s,]+", page.value("regions")) if word]:
        tree["regions"] = regions
    if withheld:
        tree["withhold"] = withheld
    if page.value("disabled") == "yes":
        tree["enabled"] = False
    return tree


def _uses(chosen: str) -> Mapping[str, str]:
    """The uses to choose from; nothing is chosen in a new webhook, and a use that only config.yaml has stays in the list."""
    named = {} if chosen in USES or not chosen else {chosen: readable(chosen).capitalize()}
    return {**({} if chosen else {"": "Choose one"}), **USES, **named}


def _place(page: PageRequest, company: Company) -> tuple[str, ...]:
    with page.session() as session:
        account = session.get(Account, page.user.account_id)
    return ("accounts", account.name if account else "", "companies", company.name, "webhooks")


_ONE = f"{PATH}/{{company}}/{{webhook}}"
PAGES = (
    Page(f"{PATH}/new", new, "configure"),
    Page(f"{PATH}/new", add, "configure", method="POST"),
    Page(f"{_ONE}/edit", edit, "configure"),
    Page(f"{_ONE}/edit", change, "configure", method="POST"),
    Page(f"{_ONE}/remove", remove, "configure", method="POST"),
)
