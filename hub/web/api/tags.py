"""The tags that an account offers: name, color, whether they may be chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Response
from pydantic import Field, StrictBool
from sqlmodel import Session

from hub.marks.tag_definitions import (
    COLORS,
    DEFAULT_COLOR,
    change_tag,
    define_tag,
    remove_tag_definition,
    tag_definitions,
)
from hub.model import TagDefinition
from hub.web.api.action_schemas import TagDefinitionAnswer, TagDefinitions
from hub.web.api.auth import AuthorizedRequest, MayAccount, MayConfigure
from hub.web.api.marks import Body, TagName
from hub.web.api.once import Once, OnlyOnce
from hub.web.api.schemas import shaped

Color: Any = Literal[tuple(COLORS)]
TagId = Annotated[str, Path(max_length=36)]


class NewTagBody(Body):
    """A tag for one company, by its id, or for all of the account."""

    name: TagName
    color: Color = DEFAULT_COLOR
    company_id: str | None = Field(default=None, max_length=36)


class ChangedTagBody(Body):
    """What changes; a new name is written on every call, text and form too."""

    name: TagName | None = None
    color: Color | None = None
    enabled: StrictBool | None = None


def add_tags(api: FastAPI) -> None:
    """Add the routes for the tags of the account."""

    @api.get("/tags", operation_id="listTags")
    def tags(authorized: MayAccount) -> TagDefinitions:
        """The tags that the account offers."""
        with authorized.session() as session:
            return TagDefinitions(tags=shaped(TagDefinitionAnswer, tag_definitions(session, authorized.scope)))

    @api.post("/tags", operation_id="createTag")
    def define(authorized: MayConfigure, once: OnlyOnce, body: NewTagBody) -> TagDefinitionAnswer:
        """Define a tag for all companies or one."""

        def action(session: Session) -> TagDefinition:
            now, company = authorized.hub.clock(), body.company_id
            return define_tag(session, authorized.scope, body.name, now, company_id=company, color=body.color)

        return _done(once, authorized, action)

    @api.post("/tags/{tag_id}", operation_id="updateTag")
    def change(authorized: MayConfigure, once: OnlyOnce, tag_id: TagId, body: ChangedTagBody) -> TagDefinitionAnswer:
        """Rename, color, enable or disable a tag. A new name is written on every call, text and form that has the tag."""

        def action(session: Session) -> TagDefinition:
            new = body.model_dump()
            return change_tag(session, authorized.scope, tag_id, authorized.hub.clock(), **new)

        return _done(once, authorized, action)

    @api.delete("/tags/{tag_id}", operation_id="deleteTag", status_code=204, response_class=Response)
    def remove(authorized: MayConfigure, once: OnlyOnce, tag_id: TagId) -> None:
        """Delete a tag's definition. Calls that have the tag keep it."""

        def action(session: Session) -> dict[str, Any]:
            remove_tag_definition(session, authorized.scope, tag_id, authorized.hub.clock())
            return {}

        once.do(authorized, action, 204)


def _done(once: Once, authorized: AuthorizedRequest, action: Callable[[Session], TagDefinition]) -> TagDefinitionAnswer:
    def written(session: Session) -> dict[str, Any]:
        return TagDefinitionAnswer.model_validate(action(session)).model_dump(mode="json")

    return TagDefinitionAnswer.model_validate(once.do(authorized, written))
