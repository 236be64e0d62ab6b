"""`/numbers/trackers/new`: add a tracker to config.yaml."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.edit import Change
from hub.errors import CannotDo, ConfigError
from hub.reload.config_file import Proposal
from hub.web.pages.guard import Page
from hub.web.pages.numbers.tracker import APPLIED, account_name, apply_edits, section_of, shared_values
from hub.web.pages.numbers.tracker_form import by_field, mistakes, new_tracker, numbers_typed, place_of
from hub.web.pages.request import PageRequest

NAMES = (
    "name",
    "type",
    "numbers",
    "carrier",
    "flow",
    "source",
    "medium",
    "campaign",
    "default",
    "signals",
    "hold",
    "cool_down",
    "reserve",
)


def new(page: PageRequest) -> Response:
    """The form of a new tracker."""
    kind = "session" if page.query.get("type") == "session" else "source"
    return _new_page(
        page,
        dict.fromkeys(NAMES, "") | {"type": kind, "hold": "30 minutes", "cool_down": "7 days", "reserve": "20"},
    )


def add(page: PageRequest) -> Response:
    """Add a tracker to config.yaml."""
    company = next((each for each in page.companies if each.name == page.value("for_company")), None)
    section = section_of(page, company) if company else None
    values = {name: page.value(name) for name in NAMES}
    errors = mistakes(values, values["type"])
    numbers = numbers_typed(values["numbers"])
    if numbers is None:
        errors["numbers"] = "One of these is not a phone number; write one a line, like +1 312 555 0100."
    if not values["name"]:
        errors["name"] = "Give it a name: small letters, digits, - and _."
    if company is None or section is None:
        errors["for_company"] = "Choose a company."
    elif any(each.name == values["name"] for each in section.trackers):
        errors["name"] = "The company has a tracker of this name."
    if errors or company is None or section is None:
        return _new_page(page, values, 422, errors)
    account = account_name(page)
    change = Change(place_of(account, company.name, values["name"]), new_tracker(section, values, numbers or []))
    try:
        proposal = apply_edits(page, [change])
    except (CannotDo, ConfigError) as error:
        return _new_page(page, values, 422, {}, problem=str(error))
    if proposal is not None:
        errors, problem = by_field(proposal.problems, NAMES)
        return _new_page(page, values, 422, errors, problem=problem, proposal=proposal)
    notice = f"The tracker {values['name']} is added. {APPLIED}"
    return page.redirect(page.link("/numbers", tracker=values["name"]), notice)


def _new_page(
    page: PageRequest,
    values: dict[str, str],
    status: int = 200,
    errors: dict[str, str] | None = None,
    *,
    problem: str | None = None,
    proposal: Proposal | None = None,
) -> Response:
    sections = [section for each in page.companies if (section := section_of(page, each))]
    shown: dict[str, object] = {
        "values": values,
        "errors": errors or {},
        "problem": problem,
        "proposal": proposal if proposal and not proposal.problems else None,
        "sections": sections,
        "chosen": page.value("for_company") or (page.company.name if page.company else ""),
        "flows": sorted({flow.name for section in sections for flow in section.flows}),
        **shared_values(page),
    }
    return page.render("tracker_new.html", status, title="Add a tracker", **shown)  # type: ignore[arg-type]


PAGES = (
    Page("/numbers/trackers/new", new, action="configure"),
    Page("/numbers/trackers/new", add, action="configure", method="POST"),
)
