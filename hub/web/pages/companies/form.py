"""`/companies/new` and `/companies/{company}`: the form of a company; adding one and changing one are edits of config.yaml."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import available_timezones

from starlette.responses import Response

from hub.config.edit import Change
from hub.config.models import CompanySection
from hub.config.parts import name_of
from hub.contracts.manifest import Recipient
from hub.web.forms.companies import company_and_section, place_of_company
from hub.web.forms.config_edit import edit_config, save_section
from hub.web.forms.derive import fields_of, said
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.forms.values import texts_of
from hub.web.pages.companies.copying import COPY, accounts_to_connect, add_copy, source_of
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

TRACKING = {
    "by_visitor": "As the law where the visitor is asks (recommended)",
    "opt_in": "Only visitors who agreed",
    "opt_out": "Every visitor until they object",
}


def _host(text: str) -> str:
    return re.sub(r"^https?://", "", text.lower()).split("/")[0]


def _full_lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


WORDS = {
    "title": said("Name", "As people know it; callers and the privacy page get to see it."),
    "time_zone": said("Time zone", "Its days and opening hours count in it, like America/Chicago.", default=None,
                      suggestions=tuple(sorted(available_timezones()))),
    "country": said("Country", "Two letters, like US. The law of this place counts for its calls.", default=None,
                    clean=str.upper),
    "region": said("State or province", "Its code, like IL.", clean=str.upper),
    "domains": said("Its websites", "One host a line, like www.example.com.", kind="lines", clean=_host),
    "contact.postal_address": said("Postal address", "On its privacy page.", kind="long", clean=_full_lines),
    "contact.phone": said("Phone for questions about data", "On its privacy page.", kind="phone"),
    "contact.email": said("Email for questions about data", "On its privacy page.", kind="email"),
    "conversions_from": said("Conversions are sent from", "A day like 2026-12-01, if another service sent them before."),
    "website.swap": said("Numbers on its pages", "One a line; visitors see others there.", kind="phones"),
    "website.linked_domains": said("Other sites of its own", "One host a line.", kind="lines", clean=_host),
    "website.tracking": said("Which visitors are recorded", "Who must agree first, or may object.", choices=TRACKING),
    "website.trades_in": said("Other countries that it serves", "Codes, like CA GB.", clean=str.upper),
}  # fmt: skip
NEW_WORDS = {
    "route.dial": said("Phone that rings", "Callers reach it until you make a call flow. It can wait until the first number.",
                       kind="phone", required=False),
}  # fmt: skip
FIELDS = fields_of(CompanySection, WORDS)
(READ_BY,) = fields_of(CompanySection, {"insights.read_by": said("What calls were about is read by", kind="choice",
                                                                  empty="Nobody; it is off")})  # fmt: skip
NEW_FIELDS = fields_of(CompanySection, {**WORDS, **NEW_WORDS})


def company(page: PageRequest) -> Response:
    """The form of one company."""
    _, section = company_and_section(page, page.path("company"))
    return _show(page, Form.of(_fields(page, section), section), section)


def _fields(page: PageRequest, section: CompanySection) -> tuple[Field, ...]:
    """The fields of a company. The last one says of each connector that could read its transcripts where that runs, what it
    costs and what callers hear."""
    config = page.hub.config
    entries = [each for each in config.connectors.values() if each.serves(section.name)]
    readers = [each for each in entries if each.connector_class.manifest.kind == "insight"]
    titles = {each.name: config.connector_title(each.name) for each in readers}
    says = [f"{titles[each.name]} {_terms(each.connector_class.manifest.recipient)}" for each in readers]
    if not readers:
        says.append("Connect one of kind “what calls were about” first.")
    if not any(each.name == config.recordings.transcribe for each in entries):
        says.append(
            "Nothing is transcribed yet, so nothing can be read; write transcribe: below recordings: in config.yaml."
        )
    hint = " ".join(["Summary, outcome and signals of each transcript.", *says])
    return (*FIELDS, replace(READ_BY, choices=tuple(titles.items()), hint=hint))


def _terms(recipient: Recipient) -> str:
    if recipient.role == "none":
        return "runs on your own machines and costs their time alone; callers hear nothing more."
    return (
        f"sends the lines to {recipient.name}, which charges you for them; callers must hear that it reads what they say, and "
        "calls without that notice are not read."
    )


def new(page: PageRequest) -> Response:
    """The form of a new company, perhaps as a copy of another one."""
    source = source_of(page)
    first = source or (page.companies[0] if page.companies else None)
    usual = {"country": first.country if first else "US", "time_zone": first.time_zone if first else "America/New_York"}
    form = _new_form(page, source)
    every = [name for name, _ in COPY.choices]
    form.values = {**texts_of(form.fields, {**usual, "region": source.region if source else None}), "copy": every}
    return _show(page, form, source=source)


def _new_form(page: PageRequest, source: CompanySection | None) -> Form:
    return Form((*NEW_FIELDS, COPY) if source else NEW_FIELDS, page.form)


def change(page: PageRequest) -> Response:
    """Change the company of the path."""
    _, section = company_and_section(page, page.path("company"))
    form = Form(_fields(page, section), page.form, country=section.country)
    return save_section(
        page,
        form,
        section,
        place_of_company(page, section.name),
        lambda form: _show(page, form, section),
        notice=f"{form.value('title') or section.title} is changed.",
        to=page.link("/companies"),
    )


def add(page: PageRequest) -> Response:
    """Add a company."""
    source = source_of(page)
    form, name = (
        _new_form(page, source),
        name_of(page.value("title"), {each.name for each in page.hub.config.companies}),
    )
    if not name:
        form.errors["title"] = "Write its name, with letters or digits."
    if source is not None:
        done = None if form.is_refused else add_copy(page, form, source)
        return done or _show(page, form, source=source)
    tree = {"name": name, **form.tree()}
    form.check(CompanySection, tree)
    place = place_of_company(page, name)
    return edit_config(
        page,
        form,
        [Change(place, tree)],
        lambda form: _show(page, form),
        place=place,
        notice=f"{form.value('title')} is added. Give it a number next.",
        to=page.link("/companies"),
    )


def _show(
    page: PageRequest, form: Form, section: CompanySection | None = None, source: CompanySection | None = None
) -> Response:
    form.is_locked = page.config_file is None or not page.may("configure")
    title = section.title if section else f"New company from {source.title}" if source else "New company"
    own = accounts_to_connect(page, source) if source else []
    return page.render("company.html", form.status, title=title, section=section, source=source, own=own, form=form)


PAGES = (
    Page("/companies/new", new, "configure"),
    Page("/companies/new", add, "configure", method="POST"),
    Page("/companies/{company}", company, "setup"),
    Page("/companies/{company}", change, "configure", method="POST"),
)
