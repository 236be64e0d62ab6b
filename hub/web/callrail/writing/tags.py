"""`tags`: what the account and its companies offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import Session
from starlette.responses import Response

from hub.callrail import fields
from hub.callrail.dates import utc_time
from hub.callrail.ids import COMPANY, number_of, wire_id
from hub.errors import CannotDo, existing
from hub.marks.tag_definitions import (
    DEFAULT_COLOR,
    change_tag,
    define_tag,
    remove_tag_definition,
    tag_definitions,
)
from hub.model import TagDefinition
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint, json_answer
from hub.web.callrail.small_lists import small_list
from hub.web.callrail.writing.members import choice_in, company_in, needed, text_in

STATUSES, LEVELS = ("enabled", "disabled"), ("account", "company")


def listed(request: CallRailRequest) -> Response:
    """The tags, by name."""
    sent = request.parameters
    status, level = sent.choice("status", (*STATUSES, "all")), sent.choice("tag_level", (*LEVELS, "all"))
    search = (sent.text("search") or "").casefold()
    with request.session() as session:
        company = request.company(session)
        rows = tag_definitions(session, request.scope)
    found = [
        row
        for row in rows
        if (status in (None, "all") or _status(row) == status)
        and (level in (None, "all") or _level(row) == level)
        and (company is None or row.company_id in (None, company.id))
        and search in row.name.casefold()
    ]
    return small_list(request, "tags", [tag_record(row, _names(request)) for row in found])


def one(request: CallRailRequest) -> Answer:
    """One tag."""
    with request.session() as session:
        return tag_record(_row(request, session), _names(request))


def create(request: CallRailRequest) -> Response:
    """Define a tag, for the company that `company_id` names or for the account."""
    name, color = needed(request.body, "name"), text_in(request.body, "color") or DEFAULT_COLOR
    is_of_account = choice_in(request.body, "tag_level", LEVELS) == "account" or "company_id" not in request.body
    with request.session() as session:
        company_id = None if is_of_account else company_in(request, session).id

    def action(session: Session) -> dict[str, str]:
        row = define_tag(session, request.scope, name, request.hub.clock(), company_id=company_id, color=color)
        return {"id": row.id}

    return json_answer(_after(request, request.once.do(request.authorized, action, 201)["id"]), 201)


def change(request: CallRailRequest) -> Answer:
    """Rename a tag, or change its color or status."""
    status = choice_in(request.body, "status", STATUSES)
    if "disabled" in request.body and status is None:
        raise CannotDo("disabled is not a member of a tag; send status enabled or disabled.")
    with request.session() as session:
        tag_id = _row(request, session).id

    def action(session: Session) -> dict[str, str]:
        change_tag(
            session,
            request.scope,
            tag_id,
            request.hub.clock(),
            name=text_in(request.body, "name") or None,
            color=text_in(request.body, "color") or None,
            enabled=None if status is None else status == "enabled",
        )
        return {"id": tag_id}

    return _after(request, request.once.do(request.authorized, action)["id"])


def remove(request: CallRailRequest) -> None:
    """Offer a tag no longer; calls that have it keep it."""

    def action(session: Session) -> dict[str, str]:
        remove_tag_definition(session, request.scope, _row(request, session).id, request.hub.clock())
        return {}

    request.once.do(request.authorized, action, 204)


def tag_record(row: TagDefinition, names: Sequence[str]) -> dict[str, object]:
    """A tag with these fields; its id is a whole number."""
    values: Mapping[str, object] = {
        "id": number_of(row.id),
        "name": row.name,
        "tag_level": _level(row),
        "color": row.color,
        "background_color": row.color,
        "company_id": wire_id(COMPANY, row.company_id) if row.company_id else None,
        "status": _status(row),
        "created_at": utc_time(row.made_at),
    }
    return {name: values[name] for name in names}


def _after(request: CallRailRequest, tag_id: str) -> Mapping[str, object]:
    with request.session() as session:
        row = existing(next((each for each in tag_definitions(session, request.scope) if each.id == tag_id), None))
    return tag_record(row, _names(request))


def _row(request: CallRailRequest, session: Session) -> TagDefinition:
    wanted = request.ids["id"]
    rows = tag_definitions(session, request.scope)
    return existing(next((each for each in rows if wanted == str(number_of(each.id))), None))


def _names(request: CallRailRequest) -> Sequence[str]:
    return fields.TAG.chosen(request.parameters.list("fields"))


def _status(row: TagDefinition) -> str:
    return "enabled" if row.enabled else "disabled"


def _level(row: TagDefinition) -> str:
    return "company" if row.company_id else "account"


ENDPOINTS = (
    Endpoint("GET", "tags", ("account",), listed),
    Endpoint("GET", "tags/{id}", ("account",), one),
    Endpoint("POST", "tags", ("configure",), create),
    Endpoint("PUT", "tags/{id}", ("configure",), change),
    Endpoint("DELETE", "tags/{id}", ("configure",), remove),
)
