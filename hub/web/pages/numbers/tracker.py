"""`/numbers/trackers/{company}/{tracker}`: one tracker with its numbers; configure it, retire it.

A tracker stands in config.yaml, so each of these is an edit of the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from hub.config.edit import REMOVED, Change
from hub.config.models import CompanySection, TrackerSection
from hub.errors import CannotDo, ConfigError, NotFound
from hub.formats import phone
from hub.model import Account, Company
from hub.numbers.rest.rules import REST
from hub.queries.numbers.listing import NumberEntry, list_numbers
from hub.reload.config_file import Proposal
from hub.web.pages.guard import Page
from hub.web.pages.numbers import words
from hub.web.pages.numbers.tracker_form import (
    OWN_ROUTE,
    by_field,
    changes,
    fields_of,
    mistakes,
    place_of,
    values_of,
)
from hub.web.pages.request import PageRequest

APPLIED = "All parts of the hub take it within a few seconds."


@dataclass(frozen=True)
class Found:
    """A tracker of the user's, with what config.yaml says of it."""

    account: str
    company: Company
    section: CompanySection
    tracker: TrackerSection

    @property
    def place(self) -> tuple[str, ...]:
        """Where it stands in config.yaml."""
        return place_of(self.account, self.company.name, self.tracker.name)

    @property
    def path(self) -> str:
        """The path of its page."""
        return f"/numbers/trackers/{self.company.name}/{self.tracker.name}"


def tracker(page: PageRequest) -> Response:
    """One tracker."""
    return _page(page, _found(page))


def save(page: PageRequest) -> Response:
    """Write the form into config.yaml."""
    found = _found(page)
    values = {**values_of(found.tracker), **{name: page.value(name) for name in fields_of(found.tracker.type)}}
    errors = mistakes(values, found.tracker.type)
    if errors:
        return _page(page, found, 422, values=values, errors=errors)
    return _edit(page, found, changes(found.place, found.tracker, values), "It is saved.", found.path, values)


def remove(page: PageRequest) -> Response:
    """Take a number out of config.yaml; it rests from then on."""
    found, number = _found(page), page.value("number")
    if number not in found.tracker.numbers:
        return _page(page, found, 422, problem="config.yaml does not list that number here anymore.")
    rest = [each for each in found.tracker.numbers if each != number]
    change = Change((*found.place, "numbers"), rest or REMOVED)
    return _edit(page, found, [change], f"{phone(number)} is out of use and rests.", found.path)


def retire(page: PageRequest) -> Response:
    """Remove the tracker from config.yaml; its calls keep their history."""
    found = _found(page)
    if page.value("sure") != "yes":
        return _page(page, found, 422, problem="Tick the box first: its numbers are out of use then.")
    notice = f"The tracker {found.tracker.name} is retired; its numbers rest."
    return _edit(page, found, [Change(found.place, REMOVED)], notice, "/numbers")


def apply_edits(page: PageRequest, edits: Iterable[Change]) -> Proposal | None:
    """Apply edits of config.yaml; returns the proposal if it has problems or the file is read-only."""
    file = page.file_for("trackers")
    proposal = file.propose(list(edits), page.user)
    if proposal.problems or not file.writable:
        return proposal
    if not proposal.changes_nothing:
        file.apply(proposal, page.user)
    return None


def _edit(
    page: PageRequest,
    found: Found,
    edits: Iterable[Change],
    notice: str,
    target: str,
    values: dict[str, str] | None = None,
) -> Response:
    try:
        proposal = apply_edits(page, edits)
    except (CannotDo, ConfigError) as error:
        return _page(page, found, 422, values=values, problem=str(error))
    if proposal is not None:
        errors, problem = by_field(proposal.problems, fields_of(found.tracker.type) if values else ())
        return _page(page, found, 422, values=values, errors=errors, problem=problem, proposal=proposal)
    page.context.directory.refresh()
    return page.redirect(page.link(target), f"{notice} {APPLIED}")


def _found(page: PageRequest) -> Found:
    company = next((each for each in page.companies if each.name == page.path("company_name")), None)
    section = section_of(page, company) if company else None
    name = page.path("tracker_name")
    written = next((each for each in section.trackers if each.name == name), None) if section else None
    if company is None or section is None or written is None:
        raise NotFound("Not found")
    return Found(account_name(page), company, section, written)


def section_of(page: PageRequest, company: Company) -> CompanySection | None:
    """A company as config.yaml has it."""
    return next((each for each in page.hub.config.companies if each.name == company.name), None)


def account_name(page: PageRequest) -> str:
    """The user's account, by its name in config.yaml."""
    with page.session() as session:
        account = session.get(Account, page.user.account_id)
    return account.name if account else ""


def shared_values(page: PageRequest) -> dict[str, object]:
    """What the templates of trackers need besides the tracker."""
    carriers = [
        name for name, entry in page.hub.config.connectors.items() if entry.connector_class.manifest.kind == "carrier"
    ]
    file = page.config_file
    return {
        "words": words,
        "carriers": {each: words.carrier_name(page, each) for each in carriers},
        "own_route": OWN_ROUTE,
        "writable": file is not None and file.writable,
    }


def _page(
    page: PageRequest,
    found: Found,
    status: int = 200,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    problem: str | None = None,
    proposal: Proposal | None = None,
) -> Response:
    ids = {each.name: each.id for each in page.directory.trackers.get(found.company.id, ())}
    with page.session() as session:
        rows = list_numbers(
            session, page.scope, [found.company.id], page.now, tracker_id=ids.get(found.tracker.name, "")
        )
    shown: dict[str, object] = {
        "found": found,
        "numbers": [NumberEntry((row,)) for row in rows],
        "values": values or values_of(found.tracker),
        "errors": errors or {},
        "problem": problem,
        "proposal": proposal if proposal and not proposal.problems else None,
        "flows": [each.name for each in found.section.flows],
        "company_hears": found.section.flow or "its route",
        "rest_days": REST.days,
        **shared_values(page),
    }
    return page.render("tracker.html", status, title=found.tracker.name, **shown)  # type: ignore[arg-type]


PAGES = (
    Page("/numbers/trackers/{company_name}/{tracker_name}", tracker, action="setup"),
    Page("/numbers/trackers/{company_name}/{tracker_name}", save, action="configure", method="POST"),
    Page("/numbers/trackers/{company_name}/{tracker_name}/remove", remove, action="configure", method="POST"),
    Page("/numbers/trackers/{company_name}/{tracker_name}/retire", retire, action="configure", method="POST"),
)
