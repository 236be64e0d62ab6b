"""The tags that an account offers: name, color, whether they may be chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Path, Response
from pydantic import Field
from sqlmodel import Session

from hub.marks.tag_definitions import (
    COLORS,
    DEFAULT_COLOR,
    change_tag,
    define_tag,
    remove_tag_definition,
    tag_definitions,
)
from hub.marks.tag_names import MAX_TAG_CHARACTERS
from hub.model import TagDefinition
from hub.web.api.action_schemas import TagDefinitionAnswer, TagDefinitions
from hub.web.api.auth import AuthorizedRequest, MayAccount, MayConfigure
from hub.web.api.marks import Body
from hub.web.api.once import Once, OnlyOnce
from hub.web.api.schemas import shaped

TagId = Annotated[str, Path(max_length=36)]


class NewTagBody(Body):
    """A tag for one company, by its id, or for all of the account."""

    name: str = Field(max_length=4 * MAX_TAG_CHARACTERS)
    color: str = Field(default=DEFAULT_COLOR, max_length=20, description=f"One of {', '.join(COLORS)}.")
    company_id: str | None = Field(default=None, max_length=36)


class ChangedTagBody(Body):
    """What changes; a new name is written on every call, text and form too."""

    name: str | None = Field(default=None, max_length=4 * MAX_TAG_CHARACTERS)
    color: str | None = Field(default=None, max_length=20)
    enabled: bool | None = None


def add_tags(api: FastAPI) -> None:
    """Add the routes for the tags of the account."""

    @api.get("/tags")
    def tags(authorized: MayAccount) -> TagDefinitions:
        with authorized.session() as session:
            return TagDefinitions(tags=shaped(TagDefinitionAnswer, tag_definitions(session, authorized.scope)))

    @api.post("/tags")
    def define(authorized: MayConfigure, once: OnlyOnce, body: NewTagBody) -> TagDefinitionAnswer:
        def action(session: Session) -> TagDefinition:
            now, company = authorized.hub.clock(), body.company_id
            return define_tag(session, authorized.scope, body.name, now, company_id=company, color=body.color)

        return _done(once, authorized, action)

    @api.post("/tags/{tag_id}")
    def change(authorized: MayConfigure, once: OnlyOnce, tag_id: TagId, body: ChangedTagBody) -> TagDefinitionAnswer:
        def action(session: Session) -> TagDefinition:
            new = body.model_dump()
            return change_tag(session, authorized.scope, tag_id, authorized.hub.clock(), **new)

        return _done(once, authorized, action)

    @api.delete("/tags/{tag_id}", status_code=204, response_class=Response)
    def remove(authorized: MayConfigure, once: OnlyOnce, tag_id: TagId) -> None:
        def action(session: Session) -> dict[str, Any]:
            remove_tag_definition(session, authorized.scope, tag_id, authorized.hub.clock())
            return {}

        once.do(authorized, action, 204)


def _done(once: Once, authorized: AuthorizedRequest, action: Callable[[Session], TagDefinition]) -> TagDefinitionAnswer:
    def written(session: Session) -> dict[str, Any]:
        return TagDefinitionAnswer.model_validate(action(session)).model_dump(mode="json")

    return TagDefinitionAnswer.model_validate(once.do(authorized, written))
