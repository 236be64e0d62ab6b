"""The company that a form is about."""

from __future__ import annotations

from hub.config.models import CompanySection
from hub.errors import NotFound, existing
from hub.model import Account, Company
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.request import PageRequest

CHOOSE_COMPANY = "Choose a company."


def company_field(page: PageRequest) -> Field:
    """The choice of one of the user's companies; that of the URL is chosen at first."""
    choices = tuple((each.name, each.title) for each in page.companies)
    return Field(name="company", label="Company", kind="choice", choices=choices, required=page.company is None)


def chosen_company(page: PageRequest, form: Form) -> CompanySection | None:
    """What config.yaml says of the chosen company; None if none is chosen, and then the form says so."""
    try:
        return company_and_section(page, form.value("company"))[1]
    except NotFound:
        form.errors["company"] = CHOOSE_COMPANY
        return None


def company_and_section(page: PageRequest, name: str) -> tuple[Company, CompanySection]:
    """A company of the user's, and what config.yaml says of it; NotFound if it is not both."""
    section = next((each for each in page.hub.config.companies if each.name == name), None)
    return page.company_named(name), existing(section)


def place_of_company(page: PageRequest, name: str, *below: str) -> tuple[str, ...]:
    """Where config.yaml has a company of the user's account, or something below it."""
    with page.session() as session:
        account = session.get_one(Account, page.user.account_id)
    return ("accounts", account.name, "companies", name, *below)
