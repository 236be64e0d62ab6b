"""Reads the metadata document of a program whose id is an https address: small, from public addresses, without redirects."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import urlsplit

from hub.access.assistants.clients import is_document_address, must_read_again, write_document
from hub.errors import CannotDo, RingfenceError
from hub.model import OAuthClient
from hub.plugin_host.public_post import PublicPost
from hub.store.engine import Store

MAX_DOCUMENT_BYTES = 10_000
READER = PublicPost(timeout=5.0)


def read_if_document(store: Store, client_id: str, now: datetime) -> None:
    """Read the document of a program that is known by its address, unless it was read within the last hour. CannotDo if it
    cannot be read, or is not of its form."""
    if not is_document_address(client_id):
        return
    with store.reading() as session:
        known = session.get(OAuthClient, client_id)
    if not must_read_again(known, now):
        return
    host = urlsplit(client_id).hostname
    try:
        answer, content = READER.fetch(client_id, {"Accept": "application/json"}, MAX_DOCUMENT_BYTES)
        document = json.loads(content) if answer.status == 200 else None
    except (RingfenceError, ValueError, RecursionError):
        document = None
    if document is None:
        raise CannotDo(f"{host} does not say which program this is, so nothing can be allowed. Try again later.")
    with store.writing() as session:
        write_document(session, client_id, document, now)
