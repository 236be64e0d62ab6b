"""Bodies and pictures of texts, encrypted under the key of the person who wrote or receives them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session

from hub.model import TextMedia, TextMessage
from hub.store.encryption.encrypted_fields import decrypt_many
from hub.store.encryption.vault import Vault


def seal_body(
    vault: Vault, session: Session, company_id: str | None, person_number: str | None, text_id: str, body: str
) -> bytes | None:
    """The encrypted body as stored in the row. None for an empty body."""
    plain = body.encode("utf-8", "replace")
    return vault.seal(session, company_id, person_number, text_id, plain, body_place(text_id)) if plain else None


def open_body(vault: Vault, session: Session, text: TextMessage) -> str | None:
    """The decrypted body. None if it is empty or the person's key was destroyed."""
    plain = vault.open(session, text.body, body_place(text.id)) if text.body else None
    return plain.decode("utf-8", "replace") if plain is not None else None


def open_bodies(vault: Vault, session: Session, texts: Iterable[TextMessage]) -> dict[str, str]:
    """The decrypted bodies of many texts, by text id; without empty ones and those whose key was destroyed."""
    written = [(text, text.body) for text in texts if text.body]
    opened = decrypt_many(vault, session, [(body, body_place(text.id)) for text, body in written])
    return {text.id: plain for (text, _), plain in zip(written, opened, strict=True) if plain is not None}


def seal_file(vault: Vault, session: Session, text: TextMessage, media_id: str, data: bytes) -> bytes:
    """The encrypted picture as stored in the row."""
    return vault.seal(session, text.company_id, text.person_number, text.id, data, f"text_media/{media_id}")


def open_file(vault: Vault, session: Session, media: TextMedia) -> bytes | None:
    """The decrypted picture. None if it was never fetched or the person's key was destroyed."""
    return vault.open(session, media.data, f"text_media/{media.id}") if media.data else None


def body_place(text_id: str) -> str:
    """The place that the body of a text is bound to."""
    return f"text_message/{text_id}"
