"""Signed URLs from which a carrier fetches the pictures of an outgoing text; they expire after a few minutes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlmodel import Session, col, select

from hub.model import TextMedia, TextMessage
from hub.runtime import Hub
from hub.store.encryption.keyring import Keyring

GOOD_FOR = timedelta(minutes=15)
"""Carriers fetch pictures at once, but their queue may hold a text back for some minutes."""
PREFIX = "/texts/pictures/"
DOMAIN = "picture of a text"


def addresses_of(session: Session, hub: Hub, text: TextMessage) -> tuple[str, ...]:
    """The URLs of a text's pictures below the hub's public address; their time starts now."""
    wanted = select(TextMedia.id).where(TextMedia.text_id == text.id, col(TextMedia.data).is_not(None))
    found = session.exec(wanted.order_by(col(TextMedia.position)))
    public = str(hub.config.hub.public_url).rstrip("/")
    return tuple(public + path_to(media_id, hub.clock() + GOOD_FOR, hub.keyring) for media_id in found)


def path_to(media_id: str, expires_at: datetime, keyring: Keyring) -> str:
    """The path and query of one picture, valid until `expires_at` (whole seconds)."""
    seconds = int(expires_at.timestamp())
    query = {"expires": seconds, "signature": keyring.sign(DOMAIN, _signed(media_id, str(seconds)))}
    return f"{PREFIX}{media_id}?{urlencode(query)}"


def may_fetch(media_id: str, query: Mapping[str, str], keyring: Keyring, now: datetime) -> bool:
    """Whether the URL was signed for this picture and has not expired. The signature is compared first."""
    expires = query.get("expires", "")
    genuine = keyring.signed(DOMAIN, _signed(media_id, expires), query.get("signature", ""))
    return genuine and now.timestamp() < int(expires) <= (now + GOOD_FOR).timestamp()


def _signed(media_id: str, expires: str) -> bytes:
    return f"{media_id}\0{expires}".encode()
