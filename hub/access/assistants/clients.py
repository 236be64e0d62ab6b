"""The programs that may ask users for access. Anybody may register one, so nothing in it is believed: its name is shown as its
own claim, and its redirect addresses decide who gets the answer.

Sources: RFC 7591; RFC 8252, 7.3 (loopback); OAuth 2.1 (draft 13), 2.3; modelcontextprotocol.io/specification/2026-07-28,
authorization; draft-ietf-oauth-client-id-metadata-document-00.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import delete, select
from sqlmodel import Session, col

from hub.contracts.addresses import is_loopback
from hub.errors import CannotDo
from hub.model import AssistantGrant, OAuthClient

MAX_REDIRECT_URIS = 10
MAX_URI_CHARACTERS = 512
MAX_NAME_CHARACTERS = 60
MAX_UNUSED_CLIENTS = 1_000
"""Registered programs that no user has allowed anything. Above it the oldest is deleted: a stranger who registers many keeps
nobody from registering one, who is then allowed within minutes."""
UNUSED_LIFETIME = timedelta(days=1)
DOCUMENT_LIFETIME = timedelta(hours=1)
"""How long a metadata document is believed before it is read again."""
NO_NAME = "A program without a name"


def redirect_uris_of(value: object) -> list[str]:
    """The redirect addresses of a registration: https, or http on the user's own machine. CannotDo if one is something else."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_REDIRECT_URIS:
        raise CannotDo(f"redirect_uris must be a list of 1 to {MAX_REDIRECT_URIS} addresses.")
    for each in value:
        parts = _parts(each) if isinstance(each, str) and len(each) <= MAX_URI_CHARACTERS else None
        if parts is None or not parts.hostname or "#" in each or "@" in parts.netloc or not _is_printable(each):
            raise CannotDo("Each redirect URI must be a whole address without a fragment or a password.")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            raise CannotDo("Each redirect URI must begin with https://, or with http:// and the user's own machine.")
    return value


def is_redirect_of(client: OAuthClient, uri: str) -> bool:
    """Whether an address is one that the program registered, exactly. A program on the user's own machine may choose its port
    at each start (RFC 8252, 7.3)."""
    return uri in client.redirect_uris or any(
        known is not None and known == _without_port(uri) for known in map(_without_port, client.redirect_uris)
    )


def is_on_own_machine(uri: str) -> bool:
    """Whether an answer goes to a program on the user's own machine."""
    parts = _parts(uri)
    return parts is not None and is_loopback(parts.hostname)


def name_of(value: object) -> str:
    """A name as a page may show it: without characters that control or hide text, and short."""
    if not isinstance(value, str):
        return NO_NAME
    return " ".join("".join(each for each in value if each.isprintable()).split())[:MAX_NAME_CHARACTERS] or NO_NAME


def register(session: Session, metadata: Mapping[str, Any], now: datetime) -> OAuthClient:
    """Write a program that registers itself within `session`; the oldest unused ones above the limit are deleted. CannotDo if
    its addresses are refused."""
    uris = redirect_uris_of(metadata.get("redirect_uris"))
    allowed = select(col(AssistantGrant.client_id))
    unused = select(col(OAuthClient.id)).where(
        col(OAuthClient.id).not_in(allowed), col(OAuthClient.checked_at).is_(None)
    )
    oldest = unused.order_by(col(OAuthClient.made_at).desc(), col(OAuthClient.id)).offset(MAX_UNUSED_CLIENTS - 1)
    session.execute(delete(OAuthClient).where(col(OAuthClient.id).in_(oldest)))
    client = OAuthClient(
        id=f"mcp_{secrets.token_hex(16)}", name=name_of(metadata.get("client_name")), redirect_uris=uris, made_at=now
    )
    session.add(client)
    return client


def write_document(session: Session, address: str, document: object, now: datetime) -> OAuthClient:
    """Write a program whose id is the address of its metadata document. CannotDo if the document is not of its form, or names
    another id."""
    if not isinstance(document, dict) or document.get("client_id") != address:
        raise CannotDo("The program's document is not about this program.")
    if document.get("client_secret") is not None:
        raise CannotDo("The program's document must not hold a secret.")
    uris, name = redirect_uris_of(document.get("redirect_uris")), name_of(document.get("client_name"))
    client = session.get(OAuthClient, address) or OAuthClient(id=address, name=name, redirect_uris=uris, made_at=now)
    client.name, client.redirect_uris, client.checked_at = name, uris, now
    session.add(client)
    return client


def is_document_address(client_id: str) -> bool:
    """Whether an id is the address of a metadata document: https with a path, without user, fragment or dots in its path."""
    parts = _parts(client_id)
    return (
        parts is not None
        and client_id.startswith("https://")
        and len(client_id) <= MAX_URI_CHARACTERS
        and bool(parts.hostname)
        and parts.path not in ("", "/")
        and "#" not in client_id
        and "@" not in parts.netloc
        and not {".", ".."} & set(parts.path.split("/"))
        and _is_printable(client_id)
    )


def must_read_again(client: OAuthClient | None, now: datetime) -> bool:
    """Whether a metadata document is not known, or was read too long ago."""
    return client is None or client.checked_at is None or now - client.checked_at >= DOCUMENT_LIFETIME


def delete_unused(session: Session, now: datetime) -> int:
    """Delete programs that nobody has allowed anything within a day; returns how many."""
    allowed = select(col(AssistantGrant.client_id))
    over: Any = session.execute(
        delete(OAuthClient).where(
            col(OAuthClient.made_at) <= now - UNUSED_LIFETIME, col(OAuthClient.id).not_in(allowed)
        )
    )
    return int(over.rowcount)


def _without_port(uri: str) -> str | None:
    """An http address of the user's own machine without its port; None for every other one."""
    parts = _parts(uri)
    if parts is None or parts.scheme != "http" or not is_loopback(parts.hostname) or "@" in parts.netloc:
        return None
    return parts._replace(netloc=parts.hostname or "").geturl()


def _parts(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_printable(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text and "\\" not in text
