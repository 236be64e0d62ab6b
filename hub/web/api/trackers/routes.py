"""Trackers and their numbers: make, change and archive a tracker; buy a number, let it rest, give it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Path, Request, Response
from pydantic import Field, StrictBool
from sqlmodel import col

from hub.config.edit import REMOVED, Change
from hub.config.models import CompanySection, TrackerSection
from hub.errors import CannotDo, NotFound
from hub.model import Company, Tracker
from hub.numbers.directory import Directory
from hub.numbers.purchases import Order, offers_for, purchase
from hub.numbers.rest.rest_actions import put_to_rest, release_number
from hub.queries.numbers.number_list import NumberRow, list_numbers
from hub.web.api.auth import AuthorizedRequest, MayConfigure, MaySetup, Present
from hub.web.api.marks import PRINTABLE, Body
from hub.web.api.once import Once, OnlyOnce
from hub.web.api.paging import CompanyName, company_ids
from hub.web.api.schemas import Answer, NumberAnswer, shaped
from hub.web.api.trackers.config_edits import ConfigEdits, answered_by, file_name

MAX_NUMBERS = 50
ARCHIVED = "The tracker is archived: it is no longer in config.yaml."
NOT_ANSWERED = "Nothing answers its calls: send the phone that rings as dial, or the name of a call flow as flow."
MEMBERS: Mapping[str, str] = {"route": "dial", "route.dial": "dial"}
"""Key of a tracker in config.yaml → the field that sets it, if it has another name."""
Text = Annotated[str, Field(max_length=80, pattern=PRINTABLE)]
Name = Annotated[str, Field(max_length=64, pattern=PRINTABLE)]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
TrackerId = Annotated[str, Path(max_length=36)]
NumberId = Annotated[str, Path(max_length=36)]


class TrackerBody(Body):
    """What changes; null removes the campaign, and leaves all else as it is. `flow` is the name of a call flow of the company,
    `dial` the phone that rings without one."""

    title: Text | None = None
    source: Text | None = None
    medium: Text | None = None
    campaign: Text | None = None
    flow: Name | None = None
    dial: Phone | None = None


class NewTrackerBody(TrackerBody):
    """A tracker of a company, by its id. `numbers` are yours already, at the carrier; `POST /numbers` buys others. Without
    `flow` and `dial`, callers hear what the company's callers hear."""

    company_id: str = Field(max_length=36)
    title: Text
    type: Literal["source", "session"] = "source"
    carrier: Name | None = None
    numbers: list[Phone] = Field(default=[], max_length=MAX_NUMBERS)


class NumberOrderBody(Body):
    """A number for a tracker: just this one, or any of an area code, or one that callers do not pay for."""

    tracker_id: str = Field(max_length=36)
    number: Phone | None = None
    area_code: Annotated[str, Field(pattern=r"^[0-9]{1,6}$")] | None = None
    toll_free: StrictBool = False


class TrackerAnswer(Answer):
    """A tracker with the numbers that are in use; `name` is the one in config.yaml and in filters."""

    id: str
    company_id: str
    name: str
    title: str = Field(validation_alias="shown_name")
    type: Literal["source", "session"]
    carrier: str
    source: str | None
    medium: str | None
    campaign: str | None
    numbers: list[str] = []


class Trackers(Answer):
    """The trackers, by company and name."""

    trackers: list[TrackerAnswer]


@dataclass(frozen=True)
class Setup:
    """A request that changes the set-up."""

    authorized: AuthorizedRequest
    once: Once
    edits: ConfigEdits

    def place_of(self, company: Company) -> tuple[str, ...]:
        """Where a company stands in config.yaml."""
        with self.authorized.session() as session:
            return self.edits.place_of_company(session, company.name)

    def tracker(self, tracker_id: str) -> tuple[Tracker, Company]:
        """A tracker that the user may see, with its company."""
        with self.authorized.session() as session:
            found: Tracker = self.authorized.scope.one(session, Tracker, tracker_id)
            return found, session.get_one(Company, found.company_id)

    def written(self, tracker: Tracker, company: Company) -> tuple[CompanySection, TrackerSection]:
        """The company and the tracker as config.yaml has them now."""
        section = self.edits.section_of(company)
        found = next((each for each in section.trackers if each.name == tracker.name), None)
        if found is None:
            raise CannotDo(ARCHIVED)
        return section, found

    def shown(self, tracker_id: str) -> TrackerAnswer:
        """A tracker as it is now."""
        with self.authorized.session() as session:
            row = self.authorized.scope.one(session, Tracker, tracker_id)
            return _answers([row], self.edits.tools.directory.current())[0]

    def number(self, number_id: str) -> NumberRow:
        """A number that the user may see."""
        authorized = self.authorized
        with authorized.session() as session:
            ids = company_ids(session, authorized.scope, None)
            found = list_numbers(session, authorized.scope, ids, authorized.hub.clock(), number_id=number_id)
        if not found:
            raise NotFound("Not found")
        return found[0]


def _setup(request: Request, authorized: MayConfigure, once: OnlyOnce) -> Setup:
    return Setup(authorized, once, ConfigEdits(authorized.hub, authorized.user, request.app.state.tools))


OneSetup = Annotated[Setup, Depends(_setup)]


def add_trackers(api: FastAPI) -> None:
    """Add the routes."""
    _add_trackers(api)
    _add_numbers(api)


def _add_trackers(api: FastAPI) -> None:
    @api.get("/trackers", operation_id="listTrackers")
    def trackers(authorized: MaySetup, directory: Present, company: CompanyName = None) -> Trackers:
        """The trackers that are in use, with their numbers."""
        with authorized.session() as session:
            ids = company_ids(session, authorized.scope, company)
            rows = authorized.scope.select(Tracker).where(
                col(Tracker.company_id).in_(ids), col(Tracker.retired_at).is_(None)
            )
            found = session.exec(rows.order_by(col(Tracker.company_id), col(Tracker.name)))
            return Trackers(trackers=_answers(found, directory))

    @api.post("/trackers", operation_id="createTracker")
    def create(setup: OneSetup, body: NewTrackerBody) -> TrackerAnswer:
        """Make a tracker: an edit of config.yaml with its checks and its version, as on the page."""
        with setup.authorized.session() as session:
            company: Company = setup.authorized.scope.one(session, Company, body.company_id)

        def action() -> dict[str, str]:
            section = setup.edits.section_of(company)
            name = file_name(body.title, (each.name for each in section.trackers))
            tree = {"name": name, "carrier": setup.edits.carrier_of(section, body.carrier), **_tree(body, name)}
            if not {"flow", "route"} & tree.keys() and section.route is None and section.flow is None:
                raise CannotDo(NOT_ANSWERED, param="dial")
            setup.edits.apply([Change((*setup.place_of(company), "trackers", name), tree)], MEMBERS)
            return {"id": setup.edits.tracker_of(company, name).id}

        return setup.shown(setup.once.do_alone(setup.authorized, action)["id"])

    @api.post("/trackers/{tracker_id}", operation_id="updateTracker")
    def change(setup: OneSetup, tracker_id: TrackerId, body: TrackerBody) -> TrackerAnswer:
        """Change a tracker's title, source, campaign, or what answers its calls."""
        tracker, company = setup.tracker(tracker_id)

        def action() -> dict[str, str]:
            section, written = setup.written(tracker, company)
            place = (*setup.place_of(company), "trackers", tracker.name)
            route = {"dial": body.dial} if body.dial else {}
            changes = [*_changes(body, place), *answered_by(section, written, place, body.flow, route)]
            setup.edits.apply(changes, MEMBERS)
            return {"id": tracker.id}

        return setup.shown(setup.once.do_alone(setup.authorized, action)["id"])

    @api.delete("/trackers/{tracker_id}", operation_id="archiveTracker", status_code=204, response_class=Response)
    def archive(setup: OneSetup, tracker_id: TrackerId) -> None:
        """Take a tracker out of config.yaml. Its bought numbers rest, and its calls keep their history."""
        tracker, company = setup.tracker(tracker_id)

        def action() -> dict[str, str]:
            setup.written(tracker, company)
            setup.edits.apply([Change((*setup.place_of(company), "trackers", tracker.name), REMOVED)], {})
            return {}

        setup.once.do_alone(setup.authorized, action, 204)


def _add_numbers(api: FastAPI) -> None:
    @api.post("/numbers", operation_id="buyNumber")
    def buy(setup: OneSetup, body: NumberOrderBody) -> NumberAnswer:
        """Buy a number for a tracker, at the carrier's price now. Programs buy only below the cap that a person has set for the
        account's numbers."""
        tracker, company = setup.tracker(body.tracker_id)
        hub, user = setup.authorized.hub, setup.authorized.user

        def action() -> dict[str, str]:
            if tracker.retired_at is not None:
                raise CannotDo(ARCHIVED)
            directory = setup.edits.tools.directory
            order = Order(1, body.number, body.area_code, body.toll_free)
            (offer,) = offers_for(hub, company, tracker.carrier, order, directory.current().lines)
            purchase(hub, company, tracker, offer.number, offer.monthly_price, user.id)
            return {"id": directory.refresh().lines[offer.number].number.id}

        done = setup.once.do_alone(setup.authorized, action)
        return NumberAnswer.model_validate(setup.number(done["id"]))

    @api.post("/numbers/{number_id}/rest", operation_id="restNumber")
    def rest(setup: OneSetup, number_id: NumberId) -> NumberAnswer:
        """Take a bought number out of use. Who knows it still reaches the business; after its rest it can be given back."""
        row = setup.number(number_id)

        def action() -> dict[str, str]:
            put_to_rest(setup.authorized.hub, row.number, setup.authorized.user.id)
            return {}

        setup.once.do_alone(setup.authorized, action, harmless=True)
        return NumberAnswer.model_validate(setup.number(number_id))

    @api.delete("/numbers/{number_id}", operation_id="releaseNumber", status_code=204, response_class=Response)
    def release(setup: OneSetup, number_id: NumberId) -> None:
        """Give a number that has rested back to its carrier. It cannot be had again."""
        row = setup.number(number_id)

        def action() -> dict[str, str]:
            release_number(setup.authorized.hub, row.number, setup.authorized.user.id)
            setup.edits.tools.directory.refresh()
            return {}

        setup.once.do_alone(setup.authorized, action, 204, harmless=True)


def _tree(body: NewTrackerBody, name: str) -> dict[str, object]:
    """The tracker as config.yaml has it."""
    tree = body.model_dump(
        include={"title", "type", "source", "medium", "campaign", "numbers", "flow"}, exclude_none=True
    )
    if body.type == "source":
        tree.setdefault("source", name)
    if body.dial and not body.flow:
        tree["route"] = {"dial": body.dial}
    return {key: value for key, value in tree.items() if value}


def _changes(body: TrackerBody, place: tuple[str, ...]) -> Iterator[Change]:
    for name in ("title", "source", "medium"):
        if (value := getattr(body, name)) is not None:
            yield Change((*place, name), value)
    if "campaign" in body.model_fields_set:
        yield Change((*place, "campaign"), body.campaign or REMOVED)


def _answers(trackers: Iterable[Tracker], directory: Directory) -> list[TrackerAnswer]:
    numbers: dict[str, list[str]] = {}
    for number, line in sorted(directory.lines.items()):
        numbers.setdefault(line.tracker.id, []).append(number)
    answers = shaped(TrackerAnswer, trackers)
    for each in answers:
        each.numbers = numbers.get(each.id, [])
    return answers
