"""`/recordings/{id}/audio`: a recording for the user of a signed link, with byte ranges, and an audit entry each time."""

from __future__ import annotations

import re

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.access.users import may_listen
from hub.answering.voicemail_boxes import may_hear
from hub.errors import RingfenceError
from hub.model import Recording, User
from hub.recordings.audio import ENDINGS
from hub.recordings.links import Link, read_link
from hub.recordings.listen import Heard, hear, note_listening
from hub.runtime import Hub
from hub.store.audit import account_of
from hub.web.public_requests import refusal

PRIVATE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'",
}
ACTIONS = {"play": "recording.listen", "download": "recording.download"}


def recording_routes(hub: Hub) -> list[Route]:
    """The only route to audio; it needs a signature."""

    def audio(request: Request) -> Response:
        recording_id = request.path_params["recording_id"]
        link = read_link(recording_id, request.query_params, hub.keyring, hub.clock())
        if link is None:
            return refusal(404, "Not found")
        try:
            return _given(hub, link, request)
        except (SQLAlchemyError, RingfenceError):
            return refusal(503, "Try again")

    return [Route("/recordings/{recording_id}/audio", audio, methods=["GET"])]


def _given(hub: Hub, link: Link, request: Request) -> Response:
    with hub.store.reading() as session:
        if not may_follow(session, link):
            return refusal(404, "Not found")
        heard = hear(hub, session, link.recording_id)
    if heard is None:
        return refusal(404, "Not found")
    if heard.audio is None:
        return refusal(410, f"This recording cannot be heard: {heard.why}.")
    size = len(heard.audio)
    span = span_of(request, size)
    if span is None:
        return Response(status_code=416, headers={**PRIVATE, "Content-Range": f"bytes */{size}"})
    with hub.store.writing() as session:
        reported = "whole" if span == (0, size - 1) else f"bytes {span[0]}-{span[1]} of {size}"
        note_listening(session, hub, link.user, ACTIONS[link.purpose], link.recording_id, reported)
    return audio_response(heard, request, span, link.purpose)


def span_of(request: Request, size: int) -> tuple[int, int] | None:
    """The first and last byte that a request asks for; None if the range is invalid."""
    return byte_range(_range_header(request), size)


def audio_response(heard: Heard, request: Request, span: tuple[int, int], purpose: str) -> Response:
    """The audio, or the part of it that was asked for."""
    assert heard.audio is not None
    first, last = span
    headers = {**PRIVATE, "Accept-Ranges": "bytes", "Content-Disposition": _disposition(heard, purpose)}
    wanted = _range_header(request)
    if wanted is not None and wanted.startswith("bytes="):
        headers["Content-Range"] = f"bytes {first}-{last}/{len(heard.audio)}"
    status = 206 if "Content-Range" in headers else 200
    return Response(heard.audio[first : last + 1], status, headers, media_type=heard.row.content_type)


def _range_header(request: Request) -> str | None:
    """The Range header. `If-Range` needs a validator, and audio has none, so a request with it gets everything."""
    return None if "if-range" in request.headers else request.headers.get("range")


def may_follow(session: Session, link: Link) -> bool:
    """Whether the link's user still exists and may hear this recording."""
    user, row = session.get(User, link.user), session.get(Recording, link.recording_id)
    if user is None or row is None:
        return False
    return may_listen(session, user, row, account_of(session, row.id), "recordings")


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The first and last byte that a Range header asks for, or the whole recording if it asks for no range. None if
    the byte does not exist, or the header asks for several parts or is invalid. Source: RFC 9110, 14.1.2."""
    if header is None or not header.startswith("bytes="):
        return 0, size - 1
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        count = min(int(found[2]), size)
        return (size - count, size - 1) if count else None
    first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
    return (first, last) if first <= last else None


def _disposition(heard: Heard, purpose: str) -> str:
    kind = "attachment" if purpose == "download" else "inline"
    return f'{kind}; filename="recording-{heard.row.id}.{ENDINGS.get(heard.row.content_type or "", "bin")}"'


def heard_by_phone(hub: Hub, recording_id: str, request: Request) -> Response:
    """A message for a carrier whose caller knew the PIN of the voicemail."""
    if not may_hear(hub.keyring, recording_id, request.query_params, hub.clock()):
        return refusal(404, "Not found")
    with hub.store.reading() as session:
        heard = hear(hub, session, recording_id)
    if heard is None or heard.audio is None:
        return refusal(404, "Not found")
    with hub.store.writing() as session:
        note_listening(session, hub, "phone", "recording.phone", recording_id)
    return Response(heard.audio, headers=PRIVATE, media_type=heard.row.content_type)
