"""The parameters of lists: their pages, periods, companies, and the one language of filters of calls, texts and forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import AwareDatetime, BeforeValidator, Field, WithJsonSchema, create_model
from pydantic_core import PydanticCustomError
from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.access.users import may
from hub.errors import CannotDo
from hub.model import Company
from hub.model.states import MessageStatus
from hub.queries.lists.delivery_filter import STATES
from hub.queries.lists.filters import (
    CHOICES,
    MAX_SECONDS,
    MAX_VALUE_CHARACTERS,
    RIGHTS,
    TEXTS,
    ContactFilter,
    ContactKind,
    filter_of,
)
from hub.queries.lists.keyset import MAX_CURSOR_CHARACTERS
from hub.queries.lookup import named_among
from hub.reports.calendar import FIRST_DAY, LAST_DAY, OwnDays
from hub.web.api.auth import AuthorizedRequest
from hub.web.problems import Refusal

A_DAY = timedelta(days=1)
MAX_PAGE_SIZE = 200
After = Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS, description="`next` from the previous page.")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="The maximum number of rows in a page.")]


def no_number(value: object) -> object:
    """Refuse a number, which would be taken as seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and value.strip("+-").replace(".", "").isdigit()):
        raise PydanticCustomError("datetime_form", "a number is no time")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(no_number)]
Since = Annotated[Moment | None, Query(description="At or after this time; ISO 8601 with a zone.")]
Until = Annotated[Moment | None, Query(description="Before this time; ISO 8601 with a zone.")]
Day = Annotated[
    date,
    BeforeValidator(no_number),
    Field(ge=FIRST_DAY, le=LAST_DAY),
    WithJsonSchema({"type": "string", "format": "date"}),
    Query(description="A day of the company's time zone, from 2000 to 2099, as 2026-11-24."),
]
MAX_NAMES_CHARACTERS = 2_000
CompanyName = Annotated[
    str | None,
    Query(
        max_length=MAX_NAMES_CHARACTERS, description="Only this company, by its name; several with commas between them."
    ),
]
NOT_BLANK = r"^[^\x00]*[^\s\x00][^\x00]*$"
"""Of a text that holds something, without the NUL character, which no database takes."""
Words = Annotated[str, Field(max_length=MAX_VALUE_CHARACTERS, pattern=NOT_BLANK)]
Number = Annotated[
    str,
    Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="The number of the person who called or wrote, in E.164."),
]
_AMOUNT = r"^[0-9]{1,9}(\.[0-9]{1,4})?$"
_HOURS = r"^([01]?[0-9]|2[0-3])(-([01]?[0-9]|2[0-3]))?$"
OF_LISTS: dict[str, Any] = {
    **{name: Words for name in TEXTS if name != "q"},
    **{name: Literal[CHOICES[name]] for name in ("outcome", "first_time", "consent", "recording", "sent", "missed")},
    "number": Number,
    "agent": Annotated[str, Field(pattern=r"^\+[0-9]{7,15}$", description="The number at which a call was answered.")],
    "longer": Annotated[int, Field(ge=0, le=MAX_SECONDS, description="The least duration, in seconds.")],
    "shorter": Annotated[int, Field(ge=0, le=MAX_SECONDS, description="The greatest duration, in seconds.")],
    "value_from": Annotated[str, Field(pattern=_AMOUNT, description="The least value of a lead.")],
    "value_to": Annotated[str, Field(pattern=_AMOUNT, description="The greatest value of a lead.")],
    "weekday": Annotated[int, Field(ge=0, le=6, description="In the company's time zone; 0 is Monday.")],
    "hour": Annotated[
        str, Field(pattern=_HOURS, description="In the company's time zone: `9`, or `9-16` for nine to five.")
    ],
}
"""The conditions of hub.queries.lists.filters that a program may send, each with what it may be. `source` may also be written
with its medium, as `google / cpc`."""
CALL_OR_FORM = {**OF_LISTS, "lead": Literal[CHOICES["lead"]]}
IN_QUERY = {"number": "q"}
"""Parameters that the language has under another name."""


def _model(name: str, kinds: Mapping[str, Any]) -> Any:
    fields: dict[str, Any] = {each: (kind | None, None) for each, kind in kinds.items()}
    return create_model(name, **fields)


def _words(about: str) -> Any:
    return Annotated[str, Field(max_length=MAX_VALUE_CHARACTERS, pattern=NOT_BLANK, description=about)]


LeadFilters = _model("LeadFilters", OF_LISTS)
CallFilters = _model("CallFilters", CALL_OR_FORM)
OF_CALLS = ("outcome", "recording", "missed", "agent", "longer", "shorter", "tracker", "signal")
FormFilters = _model("FormFilters", {name: kind for name, kind in CALL_OR_FORM.items() if name not in OF_CALLS})
TextFilters = _model(
    "TextFilters",
    {
        "number": Number,
        "tracker": _words("A tracker's name."),
        "direction": Literal["in", "out"],
        "status": MessageStatus,
    },
)
VisitFilters = _model(
    "VisitFilters",
    {
        **dict.fromkeys(("source", "medium", "campaign"), Words),
        "tracker": _words("The name of the tracker whose number was shown."),
        "known": Annotated[
            Literal["yes", "no"], Field(description="Whether the visitor is known from a call, text or form.")
        ],
    },
)
DeliveryFilters = _model(
    "DeliveryFilters",
    {
        "state": Literal[STATES],
        **dict.fromkeys(("connector", "rule", "code"), Words),
        "subject": _words("The id of a call, text or form."),
    },
)


def expandable(*names: str) -> Any:
    """The parameter that says what the rows of a list show besides their own fields."""
    one = "|".join(names)
    return Annotated[
        str | None,
        Query(
            pattern=f"^({one})(,({one})){{0,{len(names) - 1}}}$",
            description=f"What each row shows in full besides its own fields, with commas between: {', '.join(names)}.",
            examples=[",".join(names[:2])],
        ),
    ]


def words_in(expand: str | None) -> list[str]:
    """The names in such a parameter."""
    return expand.split(",") if expand else []


def companies_of(session: Session, scope: AccessScope, name: str | None) -> list[Company]:
    """The companies that the user may see, by title, or those of a name, or of several with commas between; 404 if one of
    the names is none of theirs."""
    every = list(session.exec(scope.select(Company).order_by(col(Company.title))))
    try:
        found = named_among(every, name)
    except CannotDo:
        found = []
    if name is not None and (not found or not name.strip(" ,")):
        raise Refusal("not_found", "No company that you may see has this name.", "company")
    return found


def company_ids(session: Session, scope: AccessScope, name: str | None) -> list[str]:
    """Their ids."""
    return [each.id for each in companies_of(session, scope, name)]


def contact_filter(
    authorized: AuthorizedRequest,
    companies: Sequence[Company],
    sent: Mapping[str, object],
    since: datetime | None,
    until: datetime | None,
    kind: ContactKind | None = None,
) -> ContactFilter:
    """The filter that parameters describe, in the language of the lists of pages. Weekday and hours are those of each
    company's time zone. 403 for a condition on what the user's role does not see, 422 for one that makes no sense."""
    query = {IN_QUERY.get(name, name): str(value) for name, value in sent.items() if value is not None}
    for name, action in RIGHTS.items():
        if name in query and may(authorized.user, action) is None:
            raise Refusal("forbidden", f"The role {authorized.user.role} may not filter by {name}.", name)
    now, zones = authorized.hub.clock(), _zones(companies)
    ends = until or (now + A_DAY if {"weekday", "hour"} & query.keys() else None)
    wanted = filter_of(query, next(iter(zones), ZoneInfo("UTC")), since, ends, now)
    if "hour" in query and wanted.hours is None:
        raise Refusal("invalid_parameter", "hour must end after it begins, as 9-16.", "hour")
    if ends is not None and len(zones) > 1:
        begins = since or datetime.min.replace(year=1970, tzinfo=ends.tzinfo)
        wanted = replace(wanted, days=tuple(OwnDays(zone, tuple(ids), begins, ends) for zone, ids in zones.items()))
    return replace(wanted, kind=kind)


def _zones(companies: Sequence[Company]) -> Mapping[ZoneInfo, list[str]]:
    zones: dict[ZoneInfo, list[str]] = defaultdict(list)
    for each in companies:
        zones[ZoneInfo(each.time_zone)].append(each.id)
    return zones
