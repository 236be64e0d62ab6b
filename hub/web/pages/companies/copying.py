"""`/companies/new?from=lakeside`: a company that begins as a copy of another one, as far as it is ticked."""

from __future__ import annotations

from sqlmodel import select
from starlette.responses import Response

from hub.access.companies import copy_access
from hub.alerts.settings import copy_alerts
from hub.config.models import CompanySection
from hub.config.parts import name_of
from hub.contracts.titles import connector_title
from hub.model import Company
from hub.reload.company_copy import copied_company, own_accounts
from hub.store import audit
from hub.web.forms.companies import company_and_section
from hub.web.forms.config_edit import APPLIED, apply_changes
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.request import PageRequest

PARTS = (
    ("flows", "Call flows, with the new phone in the place of the old one"),
    ("trackers", "Trackers, without their numbers"),
    ("rules", "Conversion rules that name the company"),
    ("alerts", "Alert rules of everybody who may see the new company"),
    ("users", "Access: users who are limited to the old company see the new one too"),
)
NEVER = "Never copied: secrets, accounts at providers, numbers, webhooks. Your brand holds for all companies anyway."
COPY = Field(name="copy", label="What is copied", kind="choices", choices=PARTS, hint=NEVER)


def source_of(page: PageRequest) -> CompanySection | None:
    """The company to copy from; NotFound if the URL names one that is not the user's."""
    name = page.query.get("from")
    return company_and_section(page, name)[1] if name else None


def accounts_to_connect(page: PageRequest, source: CompanySection) -> list[tuple[str, str]]:
    """What serves the old company alone, so that the new one needs its own: plugin and words."""
    config, connectors = page.hub.config, page.hub.plugins.connectors
    return [
        (config.connectors[name].common.plugin, connector_title(name, connectors))
        for name in own_accounts(config, source.name)
    ]


def add_copy(page: PageRequest, form: Form, source: CompanySection) -> Response | None:
    """Add the company of the form to config.yaml with what is copied, then copy alerts and access; None if it is refused, and
    then the form says why."""
    parts = set(form.values.get("copy", ()))
    new = {"name": name_of(form.value("title"), {each.name for each in page.hub.config.companies}), **form.tree()}
    if not (new.get("route") or {}).get("dial"):
        form.errors["route.dial"] = "Write the phone that rings for the new company."
    form.check(CompanySection, new)
    if form.is_refused or page.config_file is None:
        return None
    file = page.config_file
    edits = copied_company(page.hub.config, file.read().text, source, new, parts, file.path.resolve().parent)
    if not apply_changes(page, form, edits, place=edits[0].path, note=f"{new['name']} copied from {source.name}"):
        return None
    with page.hub.store.writing() as session:
        ids = dict(
            session.exec(select(Company.name, Company.id).where(Company.account_id == page.user.account_id)).all()
        )
        old_id, new_id = ids[source.name], ids[new["name"]]
        if "users" in parts and page.may("users"):
            copy_access(session, old_id, new_id)
        if "alerts" in parts and page.may("users"):
            copy_alerts(session, old_id, new_id, page.now)
        audit.note(
            session, page.now, page.user.id, "companies.copy", new_id, f"from {source.name}: {', '.join(sorted(parts))}"
        )
    own = [words for _, words in accounts_to_connect(page, source)]
    connect = f" Connect its own accounts next: {', '.join(own)}." if own else ""
    return page.redirect(
        page.link("/companies"), f"{new['title']} is added as a copy of {source.title}.{connect} {APPLIED}"
    )
