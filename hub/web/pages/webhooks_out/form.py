"""The form of an endpoint: adding one, changing one and removing one are edits of config.yaml."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.edit import REMOVED, Change
from hub.config.sections.webhooks import WebhookSection
from hub.contracts.third_parties import is_third_party
from hub.contracts.titles import titles_of
from hub.errors import existing
from hub.plugin_host.public_post import warning_of
from hub.web.forms.companies import chosen_company, company_and_section, company_field, place_of_company
from hub.web.forms.config_edit import edit_config, save_section
from hub.web.forms.derive import fields_of, said
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.webhooks_out.details import company_of, path_of
from hub.web.pages.webhooks_out.webhook_labels import FORMATS, ROLES, THIRD_PARTY, TYPES, WITHHELD
from hub.web.pages.webhooks_out.webhooks_page import PATH

WORDS = {
    "url": said("Address", "A public https address; events come to it by POST, as JSON.", kind="url",
                placeholder="https://hooks.example.com/calls"),
    "format": said("Form of the events", "CallRail’s for a receiver that was made for CallRail.", choices=FORMATS),
    "recipient": said("Who runs it", "The legal name, for your data map and privacy page; the host if empty.", kind="text"),
    "role": said("In what role", "Under a contract with you, or for purposes of its own: then it is a third party.",
                 choices=ROLES),
    "use": said("What it uses the data for", "People are asked, or can say no, for this use.", kind="choice",
                choices=titles_of("webhook_use")),
    "regions": said("Where it keeps data", "Countries as two letters, like US CA.", clean=str.upper, maximum=100),
    "events": said("What it gets", "If a person of whom it was sent something is erased or opts out, it learns that in any "
                   "case: the ids of their calls, texts and forms, and nothing else.", choices=TYPES),
    "withhold": said("What is left out", choices=WITHHELD),
    "keep_order": said("Later events wait for as long as one is tried", "Up to three days; otherwise they pass it after half "
                       "an hour. For a receiver that must see everything in order."),
    "enabled": said("Disabled: it gets nothing for now", name="disabled", inverted=True),
}  # fmt: skip
NAME = {"name": said("Short name", "Like crm. It cannot be changed later.")}
FIELDS = fields_of(WebhookSection, WORDS)


def new(page: PageRequest) -> Response:
    """The empty form."""
    form = Form.of(_new_fields(page), {})
    return _show(page, form)


def edit(page: PageRequest) -> Response:
    """The form of an endpoint."""
    section = _section(page)
    return _show(page, Form.of(FIELDS, section), section)


def add(page: PageRequest) -> Response:
    """Add an endpoint to the chosen company."""
    form = Form(_new_fields(page), page.form, otherwise="url")
    company, name = chosen_company(page, form), form.value("name")
    form.check_name({each.name for each in company.webhooks} if company else ())
    return save_section(
        page,
        form,
        WebhookSection,
        place_of_company(page, company.name if company else "", "webhooks", name),
        lambda form: _show(page, form),
        notice=f"{name} is added. Send a test next.{_warnings(form)}",
        to=page.link(PATH),
    )


def change(page: PageRequest) -> Response:
    """Change an endpoint."""
    company, section = company_of(page), _section(page)
    form = Form(FIELDS, page.form, otherwise="url")
    return save_section(
        page,
        form,
        section,
        place_of_company(page, company.name, "webhooks", section.name),
        lambda form: _show(page, form, section),
        notice=f"{section.name} is changed.{_warnings(form)}",
        to=page.link(path_of(company, section.name)),
    )


def remove(page: PageRequest) -> Response:
    """Remove an endpoint."""
    section = _section(page)
    edits = [Change(place_of_company(page, page.path("company"), "webhooks", section.name), REMOVED)]
    form = Form.of(FIELDS, section)
    notice, to = f"{section.name} is removed.", page.link(PATH)
    return edit_config(page, form, edits, lambda form: _show(page, form, section), notice=notice, to=to)


def _show(page: PageRequest, form: Form, section: WebhookSection | None = None) -> Response:
    return page.render(
        "webhook_out_form.html",
        form.status,
        title=section.name if section else "New webhook",
        path=path_of(company_of(page), section.name) if section else None,
        form=form,
        roles=ROLES,
        third_party=THIRD_PARTY,
    )


def _section(page: PageRequest) -> WebhookSection:
    _, company = company_and_section(page, page.path("company"))
    return existing(next((each for each in company.webhooks if each.name == page.path("webhook")), None))


def _new_fields(page: PageRequest) -> tuple[Field, ...]:
    return (company_field(page), *fields_of(WebhookSection, NAME), *FIELDS)


def _warnings(form: Form) -> str:
    """What the person who saves it must know."""
    if form.is_refused:
        return ""
    third_party = THIRD_PARTY if is_third_party(form.value("role"), form.value("use")) else ""
    return "".join(f" {each}" for each in (third_party, warning_of(form.value("url"))) if each)


_ONE = f"{PATH}/{{company}}/{{webhook}}"
PAGES = (
    Page(f"{PATH}/new", new, "configure"),
    Page(f"{PATH}/new", add, "configure", method="POST"),
    Page(f"{_ONE}/edit", edit, "configure"),
    Page(f"{_ONE}/edit", change, "configure", method="POST"),
    Page(f"{_ONE}/remove", remove, "configure", method="POST"),
)
