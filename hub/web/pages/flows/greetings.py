"""`/flows/greetings`: the sound files that call flows may play, uploaded here."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from hub.errors import CannotDo
from hub.model import Company, Greeting
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
from hub.web.edge_rules import MAX_BODY_BYTES
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

FIELDS = (
    Field(name="name", label="Name", hint="As it stands in the list of files of a step", maximum=MAX_NAME),
    Field(name="replaces", label="In place of", kind="choice", empty="None: it is a new greeting"),
    Field(name="file", label="File", kind="file", placeholder="audio/wav,audio/mpeg,.wav,.mp3",
          hint="WAV of at most 60 seconds, converted for the telephone, or MP3 of at most 2 MB, which stays as it is."),
)  # fmt: skip


def show(page: PageRequest) -> Response:
    """The greetings of the chosen companies."""
    chosen = page.shown_companies
    with page.session() as session:
        found = greetings_of(session, page.company_ids)
    fields = tuple(
        replace(each, choices=tuple((row.id, row.name) for row in found)) if each.name == "replaces" else each
        for each in FIELDS
    )
    form = Form.again(fields, page)
    return page.render(
        "greetings.html",
        title="Greetings",
        greetings=found,
        companies={each.id: each for each in chosen},
        played=_played(page, chosen),
        form=form,
        company=page.company,
    )


def change(page: PageRequest) -> Response:
    """Upload one, replace one, or delete one."""
    here = page.link("/flows/greetings")
    if page.value("delete"):
        greeting = _greeting(page, page.value("delete"))
        with page.hub.store.writing() as session:
            remove_greeting(session, page.user.id, greeting, _played(page, page.companies), page.now)
        return page.redirect(here, f"{greeting.name} is deleted.")
    if page.company is None:
        raise CannotDo("Choose the company first whose callers shall hear it.")
    former = _greeting(page, page.value("replaces")) if page.value("replaces") else None
    sound = converted(page.files.get("file") or b"")
    with page.hub.store.writing() as session:
        if former is not None:
            replace_greeting(session, page.user.id, former, sound, page.now)
            return page.redirect(here, f"{former.name} has the new sound from the next call on.")
        name = add_greeting(session, page.user.id, page.company.id, page.value("name"), sound, page.now).name
    return page.redirect(here, f"{name} is stored. Choose it in a step of a call flow.")


def hear(page: PageRequest) -> Response:
    """The sound of one."""
    greeting = _greeting(page, page.path("greeting"), with_sound=True)
    return Response(greeting.audio, media_type=greeting.media_type, headers={"cache-control": "private, no-cache"})


def _greeting(page: PageRequest, wanted: str, *, with_sound: bool = False) -> Greeting:
    with page.session() as session:
        return greeting_of(session, wanted, [each.id for each in page.companies], with_sound=with_sound)


def _played(page: PageRequest, companies: list[Company]) -> frozenset[str]:
    return played_greetings(page.hub.config, page.directory, [each.name for each in companies])


PAGES = (
    Page("/flows/greetings", show, "setup"),
    Page("/flows/greetings", change, "configure", method="POST", max_bytes=MAX_BODY_BYTES, again=show),
    Page("/flows/greetings/{greeting}.sound", hear, "setup"),
)
