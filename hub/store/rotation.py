"""Rotation: the texts of messages are encrypted anew with the newest key, so that an older key may be thrown away."""

from __future__ import annotations

from sqlalchemy import LargeBinary, cast, func, literal, update
from sqlmodel import col, select

from hub.model import TextMessage
from hub.store.engine import Store
from hub.store.keyring import Keyring

AT_ONCE = 500
"""Messages in one transaction."""


def rotate_messages(store: Store, keyring: Keyring) -> int:
    """Encrypt every stored text anew with the newest key; how many were changed. It may be broken off and run again."""
    newest = cast(literal(keyring.newest.encode()), LargeBinary)
    older = func.substr(col(TextMessage.body), 1, len(keyring.newest)) != newest
    chosen = select(TextMessage.id, TextMessage.body).where(col(TextMessage.body).is_not(None), older).limit(AT_ONCE)
    changed = 0
    while True:
        with store.writing() as session:
            rows = session.exec(chosen).all()
            for message_id, body in rows:
                if body is not None:
                    where = f"text_message/{message_id}"
                    anew = keyring.encrypt(keyring.decrypt(body, where), where)
                    session.execute(update(TextMessage).where(col(TextMessage.id) == message_id).values(body=anew))
        changed += len(rows)
        if len(rows) < AT_ONCE:
            return changed
