"""The sound files that call flows play: list, hear, upload, replace, delete. Sound is sent and answered as bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query, Response
from sqlmodel import Session

from hub.model import Company, Greeting
from hub.numbers.directory import Directory
from hub.numbers.greetings import (
    MAX_NAME,
    add_greeting,
    converted,
    greeting_of,
    greetings_of,
    remove_greeting,
    replace_greeting,
)
from hub.queries.flows.current import played_greetings
from hub.web.api.auth import AuthorizedRequest, MayConfigure, MaySetup, Present
from hub.web.api.marks import PRINTABLE
from hub.web.api.once import OnlyOnce
from hub.web.api.paging import CompanyName, companies_of, company_ids
from hub.web.api.schemas import Answer

BINARY = {"type": "string", "format": "binary"}
SOUND: dict[str, Any] = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": BINARY}}}}
"""In the OpenAPI document: a body that FastAPI does not read, so that nobody sends one without the right to."""
GreetingId = Annotated[str, Path(max_length=36)]


class GreetingAnswer(Answer):
    """A greeting of a company. `file` is its name at `play:` of a step; `seconds` is null for an MP3; `played` says whether a
    call flow plays it, so that it cannot be deleted."""

    id: str
    company_id: str
    name: str
    file: str
    sound: Literal["wav", "mp3"]
    seconds: int | None
    made_at: datetime
    played: bool = False


class Greetings(Answer):
    """The greetings, by name."""

    greetings: list[GreetingAnswer]


def add_greetings(api: FastAPI) -> None:
    """Add the routes."""
    _add_reading(api)

    @api.post("/greetings", operation_id="createGreeting", openapi_extra=SOUND)
    def upload(
        authorized: MayConfigure,
        once: OnlyOnce,
        directory: Present,
        company_id: Annotated[str, Query(max_length=36)],
        name: Annotated[str, Query(max_length=MAX_NAME, pattern=PRINTABLE)],
    ) -> GreetingAnswer:
        """Upload a WAV or MP3 file as a greeting of a company, by its id. A WAV is converted for the telephone."""
        with authorized.session() as session:
            company: Company = authorized.scope.one(session, Company, company_id)
        sound = converted(once.body)

        def action(session: Session) -> dict[str, Any]:
            now = authorized.hub.clock()
            return {"id": add_greeting(session, authorized.user.id, company.id, name, sound, now).id}

        return _shown(authorized, directory, once.do(authorized, action)["id"])

    @api.put("/greetings/{greeting_id}/sound", operation_id="replaceGreeting", openapi_extra=SOUND)
    def change(authorized: MayConfigure, once: OnlyOnce, directory: Present, greeting_id: GreetingId) -> GreetingAnswer:
        """Give a greeting another sound, a WAV or MP3 file. Call flows that play it play this one from the next call on."""
        with authorized.session() as session:
            greeting = _greeting(session, authorized, greeting_id)
        sound = converted(once.body)

        def action(session: Session) -> dict[str, Any]:
            return {"id": replace_greeting(session, authorized.user.id, greeting, sound, authorized.hub.clock()).id}

        return _shown(authorized, directory, once.do(authorized, action)["id"])

    @api.delete("/greetings/{greeting_id}", operation_id="deleteGreeting", status_code=204, response_class=Response)
    def remove(authorized: MayConfigure, once: OnlyOnce, directory: Present, greeting_id: GreetingId) -> None:
        """Delete a greeting that no call flow plays."""

        with authorized.session() as session:
            greeting = _greeting(session, authorized, greeting_id)
            played = _played(session, authorized, directory)

        def action(session: Session) -> dict[str, Any]:
            remove_greeting(session, authorized.user.id, greeting, played, authorized.hub.clock())
            return {}

        once.do(authorized, action, 204)


def _add_reading(api: FastAPI) -> None:
    @api.get("/greetings", operation_id="listGreetings")
    def greetings(authorized: MaySetup, directory: Present, company: CompanyName = None) -> Greetings:
        """The uploaded sound files that call flows may play, without their sound."""
        with authorized.session() as session:
            found = greetings_of(session, company_ids(session, authorized.scope, company))
            return Greetings(greetings=_answers(session, authorized, directory, found))

    @api.get(
        "/greetings/{greeting_id}/sound",
        operation_id="getGreetingSound",
        response_class=Response,
        responses={200: {"content": {kind: {"schema": BINARY} for kind in ("audio/wav", "audio/mpeg")}}},
    )
    def hear(authorized: MaySetup, greeting_id: GreetingId) -> Response:
        """The sound of a greeting, as WAV or MP3."""
        with authorized.session() as session:
            found = _greeting(session, authorized, greeting_id, with_sound=True)
            return Response(found.audio, media_type=found.media_type)


def _greeting(session: Session, authorized: AuthorizedRequest, wanted: str, *, with_sound: bool = False) -> Greeting:
    return greeting_of(session, wanted, company_ids(session, authorized.scope, None), with_sound=with_sound)


def _played(session: Session, authorized: AuthorizedRequest, directory: Directory) -> frozenset[str]:
    names = [each.name for each in companies_of(session, authorized.scope, None)]
    return played_greetings(authorized.hub.config, directory, names)


def _answers(
    session: Session, authorized: AuthorizedRequest, directory: Directory, found: list[Greeting]
) -> list[GreetingAnswer]:
    played = _played(session, authorized, directory)
    answers = [GreetingAnswer.model_validate(each) for each in found]
    return [each.model_copy(update={"played": each.id in played}) for each in answers]


def _shown(authorized: AuthorizedRequest, directory: Directory, greeting_id: str) -> GreetingAnswer:
    with authorized.session() as session:
        return _answers(session, authorized, directory, [_greeting(session, authorized, greeting_id)])[0]
