"""The audio of a recording for a signed-in user: with byte ranges, and one audit entry for each listening."""

from __future__ import annotations

from sqlmodel import select
from starlette.responses import Response

from hub.access.permissions import right_to
from hub.errors import existing
from hub.model import Recording
from hub.recordings.listen import hear, note_listening_once
from hub.web.pages.call.hearing import NOT_FOR_ROLE
from hub.web.pages.guard import Page, plain
from hub.web.pages.request import PageRequest
from hub.web.recordings import ACTIONS, PRIVATE, audio_response, span_of


def audio(page: PageRequest) -> Response:
    """The recording, or the part of it that the player asks for; with `?download=1` as a file."""
    purpose = "download" if page.query.get("download") else "play"
    with page.session() as session:
        call = page.scope.call(session, page.path("contact_id"))
        wanted = select(Recording).where(Recording.id == page.path("recording_id"), Recording.call_id == call.id)
        row = existing(session.exec(wanted).first())
        if not page.may(right_to("recordings", row.kind)):
            return plain(403, NOT_FOR_ROLE.format(what="recordings of conversations"))
        heard = hear(page.hub, session, page.path("recording_id"))
    if heard is None or heard.audio is None:
        return plain(410, f"This recording cannot be heard: {heard.why if heard else 'it was deleted'}.")
    span = span_of(page.request, len(heard.audio))
    if span is None:
        return Response(status_code=416, headers={**PRIVATE, "Content-Range": f"bytes */{len(heard.audio)}"})
    with page.hub.store.writing() as session:
        note_listening_once(session, page.hub, page.user.id, ACTIONS[purpose], heard.row)
    return audio_response(heard, page.request, span, purpose)


PAGES = (Page("/calls/{contact_id}/recordings/{recording_id}/audio", audio, "voicemail"),)
