"""Add, change and disable companies: edits of config.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import available_timezones

from sqlmodel import select
from starlette.responses import Response

from hub.callrail.dates import zone_named
from hub.callrail.ids import COMPANY
from hub.config.edit import REMOVED, Change
from hub.errors import CannotDo
from hub.model import Company
from hub.web.api.trackers.config_edits import file_name
from hub.web.callrail.companies import COMPANIES
from hub.web.callrail.request import CallRailRequest, company_of
from hub.web.callrail.resource import Answer, Endpoint
from hub.web.callrail.writing.config_edits import edits_of
from hub.web.callrail.writing.members import companies_in, needed, text_in

MEMBERS: Mapping[str, str] = {
    "name": "name",
    "title": "name",
    "route.dial": "destination_number",
    "website.cookie_days": "swap_cookie_duration",
}
"""Key of a company in config.yaml → the member of the body that sets it."""
DAYS = {"days": 1, "weeks": 7, "months": 30}


def create(request: CallRailRequest) -> Response:
    """Add a company, with the country of the account's first one. What its callers hear is sent with its first tracker, or
    as `destination_number` now."""
    title = needed(request.body, "name")
    with request.session() as session:
        first = session.exec(request.scope.select(Company).order_by(Company.name)).first()
        place = edits_of(request).place_of_company(session, file_name(title, ()))
    zone = _zone(request) or (first.time_zone if first else "America/New_York")
    tree: dict[str, object] = {"title": title, "time_zone": zone, "country": first.country if first else "US"}
    if first is not None and first.region:
        tree["region"] = first.region
    forward = text_in(request.body, "destination_number")
    if forward:
        tree["route"] = {"dial": forward}

    def action() -> dict[str, str]:
        name = file_name(title, (each.name for each in edits_of(request).sections()))
        edits_of(request).apply([Change(place, tree)], MEMBERS)
        with request.hub.store.reading() as session:
            return {"id": session.exec(select(Company.id).where(Company.name == name)).one()}

    done = request.once.do_alone(request.authorized, action, 201)
    return COMPANIES.written(request, done["id"])


def change(request: CallRailRequest) -> Answer:
    """Rename a company, or change its time zone or how long its visits are remembered."""
    with request.session() as session:
        company = company_of(session, request.scope, request.ids["id"])
        place = edits_of(request).place_of_company(session, company.name)
    section = edits_of(request).section_of(company)
    edits = []
    title, zone, days = text_in(request.body, "name"), _zone(request), _cookie_days(request)
    if title and title != section.title:
        edits.append(Change((*place, "title"), title))
    if zone and zone != section.time_zone:
        edits.append(Change((*place, "time_zone"), zone))
    if days:
        edits.append(Change((*place, "website", "cookie_days"), days))

    def action() -> dict[str, str]:
        edits_of(request).apply(edits, MEMBERS)
        return {"id": company.id}

    done = request.once.do_alone(request.authorized, action, harmless=True)
    return COMPANIES.written(request, done["id"], 200)


def disable(request: CallRailRequest) -> None:
    """Take a company out of config.yaml: its numbers are out of use and rest, its calls keep their history."""

    def action() -> dict[str, str]:
        with request.session() as session:
            company = company_of(session, request.scope, request.ids["id"])
            place = edits_of(request).place_of_company(session, company.name)
        edits_of(request).section_of(company)
        edits_of(request).apply([Change(place, REMOVED)], MEMBERS)
        return {}

    request.once.do_alone(request.authorized, action, 204)


def bulk_update(request: CallRailRequest) -> Answer:
    """CallRail's switch of form capture, for several companies: here it is always on."""
    with request.session() as session:
        companies = companies_in(request, session)
    return {"company_ids": [COMPANY + each.id.replace("-", "") for each in companies]}


def _zone(request: CallRailRequest) -> str | None:
    written = text_in(request.body, "time_zone")
    if not written:
        return None
    zone = zone_named(written, "UTC").key
    if zone not in available_timezones():
        raise CannotDo("time_zone is not known; write an IANA name like America/Chicago.")
    return zone


def _cookie_days(request: CallRailRequest) -> int | None:
    written = text_in(request.body, "swap_cookie_duration")
    if not written:
        return None
    unit = text_in(request.body, "swap_cookie_duration_unit") or "days"
    if not written.isdecimal() or unit not in DAYS or not 1 <= int(written) * DAYS[unit] <= 180:
        raise CannotDo("swap_cookie_duration must be 1 day to 6 months.")
    return int(written) * DAYS[unit]


ENDPOINTS = (
    Endpoint("POST", "companies", ("configure",), create),
    Endpoint("POST", "companies/bulk_update", ("configure",), bulk_update),
    Endpoint("PUT", "companies/{id}", ("configure",), change),
    Endpoint("DELETE", "companies/{id}", ("configure",), disable),
)
