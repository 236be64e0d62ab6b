"""Addresses from which a carrier fetches the pictures of a text that goes out: signed, and good for a few minutes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlmodel import Session, col, select

from hub.model import TextMedia, TextMessage
from hub.runtime import Hub
from hub.store.keyring import Keyring

GOOD_FOR = timedelta(minutes=15)
"""Carriers fetch pictures at once; a queue of theirs may hold a text up for some minutes."""
PREFIX = "/texts/pictures/"
DOMAIN = "picture of a text"


def addresses_of(session: Session, hub: Hub, text: TextMessage) -> tuple[str, ...]:
    """The addresses of a text's pictures below the hub's public address, from now on."""
    wanted = select(TextMedia.id).where(TextMedia.text_id == text.id, col(TextMedia.data).is_not(None))
    found = session.exec(wanted.order_by(col(TextMedia.position)))
    public = str(hub.config.hub.public_url).rstrip("/")
    return tuple(public + path_to(media_id, hub.clock() + GOOD_FOR, hub.keyring) for media_id in found)


def path_to(media_id: str, expires_at: datetime, keyring: Keyring) -> str:
    """The path and query of one picture until `expires_at`, whole seconds."""
    seconds = int(expires_at.timestamp())
    query = {"expires": seconds, "signature": keyring.sign(DOMAIN, _signed(media_id, str(seconds)))}
    return f"{PREFIX}{media_id}?{urlencode(query)}"


def may_fetch(media_id: str, query: Mapping[str, str], keyring: Keyring, now: datetime) -> bool:
    """Whether an address was signed for this picture, and its time is not over. The signature is compared first."""
    expires = query.get("expires", "")
    genuine = keyring.signed(DOMAIN, _signed(media_id, expires), query.get("signature", ""))
    return genuine and now.timestamp() < int(expires) <= (now + GOOD_FOR).timestamp()


def _signed(media_id: str, expires: str) -> bytes:
    return f"{media_id}\0{expires}".encode()
