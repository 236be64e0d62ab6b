"""Signed links to one recording, for one user and one purpose, valid for at most five minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from urllib.parse import urlencode

from hub.store.encryption.keyring import Keyring

Purpose = Literal["play", "download"]
PURPOSES: tuple[str, ...] = get_args(Purpose)
MAX_LINK_LIFETIME = timedelta(seconds=300)
DOMAIN = "recording link"


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """What a link allows, for which user, and until when (UTC, whole seconds)."""

    recording_id: str
    user: str
    """The user's id."""
    purpose: Purpose
    expires_at: datetime

    def _signed(self) -> bytes:
        parts = (self.recording_id, self.user, self.purpose, str(int(self.expires_at.timestamp())))
        return "\0".join(parts).encode()


def path_to(link: Link, keyring: Keyring) -> str:
    """The link's path and query, below the hub's public address."""
    query = {
        "user": link.user,
        "purpose": link.purpose,
        "expires": int(link.expires_at.timestamp()),
        "signature": keyring.sign(DOMAIN, link._signed()),
    }
    return f"/recordings/{link.recording_id}/audio?{urlencode(query)}"


def read_link(recording_id: str, query: Mapping[str, str], keyring: Keyring, now: datetime) -> Link | None:
    """The link of a request. None if it was altered, has expired, or has a longer validity than allowed.

    The signature is compared first and in constant time, whatever else may be wrong.
    """
    try:
        seconds = int(query.get("expires", ""))
        expires_at = datetime.fromtimestamp(seconds, now.tzinfo)
    except (ValueError, OverflowError, OSError):
        seconds, expires_at = 0, datetime.fromtimestamp(0, now.tzinfo)
    purpose: Purpose = "download" if query.get("purpose") == "download" else "play"
    link = Link(recording_id=recording_id, user=query.get("user", ""), purpose=purpose, expires_at=expires_at)
    genuine = keyring.signed(DOMAIN, link._signed(), query.get("signature", ""))
    as_written = (query.get("purpose") in PURPOSES, query.get("expires") == str(seconds))
    in_time = now < expires_at <= now + MAX_LINK_LIFETIME
    return link if genuine and all(as_written) and in_time else None
