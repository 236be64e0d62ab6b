"""`/texts/pictures/{id}`: a picture of an outbound text, for the carrier that has its signed address."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.errors import RingfenceError
from hub.model import TextMedia, TextMessage
from hub.runtime import Hub
from hub.texts.bodies import open_file
from hub.texts.picture_links import PREFIX, may_fetch
from hub.web.public_requests import refusal
from hub.web.recordings import PRIVATE


def picture_route(hub: Hub) -> Route:
    """The only route to pictures. It needs a signature, and it never serves pictures that people sent in."""

    def picture(request: Request) -> Response:
        media_id = request.path_params["media_id"]
        if not may_fetch(media_id, request.query_params, hub.keyring, hub.clock()):
            return refusal(404, "Not found")
        try:
            return _given(hub, media_id)
        except (SQLAlchemyError, RingfenceError):
            return refusal(503, "Try again")

    return Route(PREFIX + "{media_id}", picture, methods=["GET"])


def _given(hub: Hub, media_id: str) -> Response:
    with hub.store.reading() as session:
        media = session.get(TextMedia, media_id)
        text = session.get(TextMessage, media.text_id) if media is not None else None
        if media is None or text is None or text.direction != "out":
            return refusal(404, "Not found")
        data = open_file(hub.vault, session, media)
    if data is None:
        return refusal(410, "This picture is gone.")
    return Response(data, headers=PRIVATE, media_type=media.content_type)
