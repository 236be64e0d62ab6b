"""The bodies of requests that HubSpot accepts: required fields, types, and no field that it does not know.

Source: HubSpot's OpenAPI files of version 2026-09. Of a search, `sorts` are objects as in HubSpot's guide.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from .records import MAX_PAGE_SIZE, invalid

MAX_BATCH_SIZE = 100
MAX_ASSOCIATIONS = 1000
RecordId = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,99}$")]


class Body(BaseModel):
    """Strict: no other fields, no conversion of types."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)


class Filter(Body):
    property_name: str
    operator: Literal[
        "EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY",
        "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN",
    ]  # fmt: skip
    value: str | None = None
    values: list[str] | None = None
    high_value: str | None = None


class FilterGroup(Body):
    filters: Annotated[list[Filter], Field(min_length=1)]


class Sort(Body):
    property_name: str
    direction: Literal["ASCENDING", "DESCENDING"] = "ASCENDING"


class Search(Body):
    filter_groups: list[FilterGroup]
    sorts: Annotated[list[Sort], Field(max_length=1)]
    properties: list[str]
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)]
    after: Annotated[str, Field(pattern=r"^[0-9]+$")] = "0"
    query: str | None = None


class Object(Body):
    id: RecordId


class Changed(Object):
    properties: dict[str, str]
    id_property: Name | None = None
    object_write_trace_id: str | None = None


class Upserted(Changed):
    id: Annotated[str, Field(min_length=1)]  # type: ignore[assignment]
    id_property: Name


class AssociationType(Body):
    association_category: Literal["HUBSPOT_DEFINED", "INTEGRATOR_DEFINED", "USER_DEFINED"]
    association_type_id: int


class Association(Body):
    to: Object
    types: Annotated[list[AssociationType], Field(min_length=1)]


class Link(Association):
    start: Annotated[Object, Field(alias="from")]


class Created(Body):
    properties: dict[str, str]
    associations: list[Association]
    object_write_trace_id: str | None = None


class Linked(Object):
    after: str | None = None


class Objects(Body):
    inputs: Annotated[list[Object], Field(min_length=1, max_length=MAX_BATCH_SIZE)]


class Reading(Objects):
    properties: list[str]
    properties_with_history: list[str]
    id_property: Name | None = None


class Changes(Body):
    inputs: Annotated[list[Changed], Field(min_length=1, max_length=MAX_BATCH_SIZE)]


class Upserts(Body):
    inputs: Annotated[list[Upserted], Field(min_length=1, max_length=MAX_BATCH_SIZE)]


class Creations(Body):
    inputs: Annotated[list[Created], Field(min_length=1, max_length=MAX_BATCH_SIZE)]


class Links(Body):
    inputs: Annotated[list[Link], Field(min_length=1, max_length=MAX_ASSOCIATIONS)]


class LinksOf(Body):
    inputs: Annotated[list[Linked], Field(min_length=1, max_length=MAX_ASSOCIATIONS)]


class Purge(Body):
    object_id: Annotated[str, Field(min_length=1)]
    id_property: Literal["email"] | None = None


class Group(Body):
    name: Name
    label: str
    display_order: int = -1


class Property(Body):
    name: Name
    label: str
    group_name: Name
    type: Literal["bool", "date", "datetime", "enumeration", "number", "phone_number", "string"]
    field_type: Literal[
        "booleancheckbox", "calculation_equation", "checkbox", "date", "file", "html", "number", "phonenumber", "radio",
        "select", "text", "textarea",
    ]  # fmt: skip
    description: str = ""
    has_unique_value: bool = False
    hidden: bool = False
    form_field: bool = False
    display_order: int = -1


def checked(body: type[Body], request: object) -> None:
    """Refuse a request whose body is not of this form."""
    try:
        body.model_validate(request)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise invalid(f"Invalid input JSON, problem: {place}: {problem['msg']}") from None
