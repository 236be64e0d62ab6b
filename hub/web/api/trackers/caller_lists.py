"""The lists of callers: who is blocked, who is allowed, and who is on a list that a call flow names."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Response
from pydantic import Field
from sqlmodel import Session

from hub.queries.callers import listed_callers
from hub.spam.callers import MAX_NOTE_CHARACTERS, add_noted_rule, place_for, remove_rule, rule_of
from hub.web.api.auth import MaySetup
from hub.web.api.marks import PRINTABLE, Body
from hub.web.api.once import OnlyOnce
from hub.web.api.paging import After, CompanyName, Limit, company_ids
from hub.web.api.schemas import Answer, Page, shaped

ListName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
OneList = Annotated[ListName | None, Query(alias="list", description="Only this list; `block` and `allow` are two.")]
EntryId = Annotated[str, Path(max_length=36)]


class CallerEntryAnswer(Answer):
    """A number on a list, or with `is_prefix` all that begin so. `company` is null for all companies of the account;
    `by_verdict` says that a user called a call no spam."""

    id: str
    list: str = Field(validation_alias="kind")
    number: str = Field(validation_alias="pattern")
    is_prefix: bool
    company: str | None
    note: str | None
    by_verdict: bool
    made_at: datetime
    made_by: str


class CallerEntries(Page):
    """Some entries, the newest first."""

    entries: list[CallerEntryAnswer]


class CallerEntryBody(Body):
    """A number, or the beginning of numbers with a `*` at its end, for the list `block`, `allow`, or one that a call flow names
    as `caller_list`; of one company, by its id, or of all. It takes the place of what the list said of the number."""

    list: ListName
    number: str = Field(max_length=40, pattern=PRINTABLE)
    company_id: str | None = Field(default=None, max_length=36)
    note: str = Field(default="", max_length=MAX_NOTE_CHARACTERS)


class NewCallerEntryAnswer(Answer):
    """The entry that was made."""

    id: str


def add_caller_lists(api: FastAPI) -> None:
    """Add the routes."""

    @api.get("/caller-lists", operation_id="listCallerLists")
    def entries(
        authorized: MaySetup, company: CompanyName = None, of: OneList = None, after: After = None, limit: Limit = 50
    ) -> CallerEntries:
        """The callers who are blocked, allowed, or on a list of yours."""
        with authorized.session() as session:
            ids = company_ids(session, authorized.scope, company)
            found = listed_callers(
                session,
                authorized.hub.vault,
                authorized.user.account_id,
                ids,
                with_account=authorized.scope.companies is None and company is None,
                kind=of,
                after=after,
                limit=limit,
            )
        return CallerEntries(entries=shaped(CallerEntryAnswer, found.items), next=found.next)

    @api.post("/caller-lists", operation_id="addToCallerList")
    def add(authorized: MaySetup, once: OnlyOnce, body: CallerEntryBody) -> NewCallerEntryAnswer:
        """Put a caller on a list. It counts from the next call on."""
        hub, scope = authorized.hub, authorized.scope

        def action(session: Session) -> dict[str, Any]:
            made = add_noted_rule(
                session,
                hub.vault,
                scope.user.account_id,
                place_for(session, scope, body.company_id),
                body.list,
                body.number,
                hub.clock(),
                scope.user.id,
                body.note,
            )
            return {"id": made.id}

        return NewCallerEntryAnswer.model_validate(once.do(authorized, action))

    @api.delete(
        "/caller-lists/{entry_id}", operation_id="removeFromCallerList", status_code=204, response_class=Response
    )
    def remove(authorized: MaySetup, once: OnlyOnce, entry_id: EntryId) -> None:
        """Take a caller off a list."""

        def action(session: Session) -> dict[str, Any]:
            rule = rule_of(session, authorized.scope, entry_id)
            remove_rule(session, rule, authorized.hub.clock(), authorized.user.id)
            return {}

        once.do(authorized, action, 204)
