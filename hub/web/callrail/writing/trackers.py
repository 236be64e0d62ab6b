"""Make, change and retire trackers: edits of config.yaml, and numbers that the carrier sells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlmodel import Session
from starlette.responses import Response

from hub.callrail.ids import TRACKER
from hub.config.edit import REMOVED, Change
from hub.config.models import CompanySection, TrackerSection
from hub.contracts.phones import phone_number
from hub.contracts.untrusted import JsonObject
from hub.errors import CannotDo
from hub.model import Company, Tracker
from hub.numbers.buying import NotBought, OutcomeNotKnown
from hub.numbers.purchases import Order
from hub.web.api.trackers.config_edits import answered_by, file_name
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint
from hub.web.callrail.trackers import TRACKERS
from hub.web.callrail.writing.config_edits import edits_of
from hub.web.callrail.writing.members import choice_in, company_in, list_in, needed, text_in
from hub.web.callrail.writing.number_orders import buy_all, offers_for, order_in
from hub.web.callrail.writing.tracker_settings import flow_in, members_of, route_in, source_in

TYPES = ("source", "session")


@dataclass(frozen=True)
class Place:
    """A company of the user's, with where it stands in config.yaml."""

    company: Company
    section: CompanySection
    path: tuple[str, ...]

    def of(self, tracker: str) -> tuple[str, ...]:
        """Where one of its trackers stands."""
        return (*self.path, "trackers", tracker)


def create(request: CallRailRequest) -> Response:
    """Make a tracker; with `tracking_number` or `pool_size` its numbers are bought, with `tracking_numbers` they are yours."""
    kind = choice_in(request.body, "type", TYPES)
    if kind is None:
        raise CannotDo("type is missing; send source or session.")
    with request.session() as session:
        company = company_in(request, session)
        path = edits_of(request).place_of_company(session, company.name)

    def action() -> dict[str, str]:
        place = Place(company, edits_of(request).section_of(company), path)
        title = needed(request.body, "name")
        name = file_name(title, (each.name for each in place.section.trackers))
        tree = {
            "name": name,
            "title": title,
            "type": kind,
            "carrier": edits_of(request).carrier_of(place.section, text_in(request.body, "carrier")),
            **_settings(request, kind, name, place),
        }
        offers = offers_for(request, tree["carrier"], company, order_in(request.body, kind, company.country))
        edits_of(request).apply([Change(place.of(name), tree), *_swap(request, place)], members_of(request.body))
        tracker = edits_of(request).tracker_of(company, name)
        try:
            buy_all(request, company, tracker, offers)
        except OutcomeNotKnown:
            raise
        except NotBought:
            if not _has_numbers(request, tracker):
                edits_of(request).apply([Change(place.of(name), REMOVED)], {})
            raise
        return {"id": tracker.id}

    done = request.once.do_alone(request.authorized, action, 201)
    return TRACKERS.written(request, done["id"])


def change(request: CallRailRequest) -> Answer:
    """Change a tracker's source, route, campaign or swap targets, or make its pool larger."""

    def action() -> dict[str, str]:
        with request.session() as session:
            tracker, company = _found(request, session)
            path = edits_of(request).place_of_company(session, company.name)
        place = Place(company, edits_of(request).section_of(company), path)
        written = _written(place, tracker)
        order = order_in(request.body, tracker.type, company.country)
        have = sum(line.tracker.id == tracker.id for line in request.directory.lines.values())
        offers = offers_for(request, tracker.carrier, company, _more(order, have))
        edits_of(request).apply([*_changes(request, place, written), *_swap(request, place)], members_of(request.body))
        buy_all(request, company, tracker, offers)
        return {"id": tracker.id}

    done = request.once.do_alone(request.authorized, action)
    return TRACKERS.written(request, done["id"], 200)


def disable(request: CallRailRequest) -> None:
    """Take a tracker out of config.yaml; its numbers rest, its calls keep their history."""

    def action() -> dict[str, str]:
        with request.session() as session:
            tracker, company = _found(request, session)
            path = edits_of(request).place_of_company(session, company.name)
        place = Place(company, edits_of(request).section_of(company), path)
        _written(place, tracker)
        edits_of(request).apply([Change(place.of(tracker.name), REMOVED)], {})
        return {}

    request.once.do_alone(request.authorized, action, 204)


def _settings(request: CallRailRequest, kind: str, name: str, place: Place) -> JsonObject:
    company, section = place.company, place.section
    tree: dict[str, object] = {}
    own = list_in(request.body, "tracking_numbers")
    if own:
        numbers = [phone_number(each, company.country) for each in own]
        if None in numbers:
            raise CannotDo("tracking_numbers must be phone numbers, like +13125550142.")
        tree["numbers"] = numbers
    source = source_in(request.body, kind, name)
    if source is not None:
        tree |= {"source": source[0], "medium": source[1]}
    campaign = text_in(request.body, "campaign_name")
    if campaign and kind == "source":
        tree["campaign"] = campaign
    flow, route = flow_in(request.body), route_in(request.body, company.country)
    if flow:
        tree["flow"] = flow
    elif route:
        tree["route"] = route
    elif section.route is None and section.flow is None:
        raise CannotDo("destination_number is missing.")
    return tree


def _changes(request: CallRailRequest, place: Place, written: TrackerSection) -> Iterator[Change]:
    at, country = place.of(written.name), place.company.country
    title = text_in(request.body, "name")
    if title and title not in (written.name, written.shown_name):
        yield Change((*at, "title"), title)
    if "source" in request.body and written.type == "source":
        source = source_in(request.body, written.type, written.name)
        if source is not None:
            yield Change((*at, "source"), source[0])
            yield Change((*at, "medium"), source[1])
    campaign = text_in(request.body, "campaign_name")
    if campaign is not None:
        yield Change((*at, "campaign"), campaign or REMOVED)
    flow, route = flow_in(request.body), route_in(request.body, country)
    yield from answered_by(place.section, written, at, flow, route)


def _swap(request: CallRailRequest, place: Place) -> Iterator[Change]:
    """The numbers on the company's pages that visitors see replaced; those that are there stay."""
    wanted = list_in(request.body, "swap_targets")
    if not wanted:
        return
    numbers = [phone_number(each, place.company.country) for each in wanted]
    if None in numbers:
        raise CannotDo("swap_targets must be phone numbers, like +13125550142.")
    now = [*place.section.website.swap]
    more = [each for each in numbers if each not in now]
    if more:
        yield Change((*place.path, "website", "swap"), [*now, *more])


def _more(order: Order, have: int) -> Order:
    """What is missing to the pool size that a client wants."""
    return replace(order, count=max(0, order.count - have)) if order.count else order


def _has_numbers(request: CallRailRequest, tracker: Tracker) -> bool:
    assert request.tools is not None
    lines = request.tools.directory.refresh().lines.values()
    return any(line.tracker.id == tracker.id for line in lines)


def _found(request: CallRailRequest, session: Session) -> tuple[Tracker, Company]:
    tracker: Tracker = request.scope.one(session, Tracker, request.row_id(TRACKER))
    return tracker, session.get_one(Company, tracker.company_id)


def _written(place: Place, tracker: Tracker) -> TrackerSection:
    found = next((each for each in place.section.trackers if each.name == tracker.name), None)
    if found is None:
        raise CannotDo("The tracker is disabled: it is no longer in config.yaml.")
    return found


ENDPOINTS = (
    Endpoint("POST", "trackers", ("configure",), create),
    Endpoint("PUT", "trackers/{id}", ("configure",), change),
    Endpoint("DELETE", "trackers/{id}", ("configure",), disable),
)
