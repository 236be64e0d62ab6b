"""The file for the person who asks: JSON for machines, a page for people, the audio; encrypted under the person's own
key.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlmodel import Session

from hub.errors import RetryLater
from hub.model import PrivacyRequest
from hub.privacy_requests.collect import Answer
from hub.runtime import Hub

FILE_LIFETIME = timedelta(days=30)


def packed(answer: Answer) -> bytes:
    """A zip with `data.json`, `data.html`, and the files that both refer to."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("data.json", as_json(answer.as_json()))
        made.writestr("data.html", _template().render(about=answer.about, sections=answer.sections))
        for name, data in answer.files.items():
            made.writestr(name, data)
    return out.getvalue()


def as_json(value: Mapping[str, object]) -> str:
    """JSON with times in ISO 8601 and amounts as text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def keep_file(session: Session, hub: Hub, request: PrivacyRequest, data: bytes) -> None:
    """Encrypt a file and store it for a month. `session` must be a writing one."""
    if hub.disk.short:
        raise RetryLater("The disk is nearly full; the file is written when there is space.")
    where = _place(request.id)
    sealed = hub.vault.seal(session, request.company_id, request.phone_number, request.id, data, where)
    path = f"requests/{request.id}"
    hub.blob_store.write(path, sealed)
    request.file_path, request.file_ends_at = path, hub.clock() + FILE_LIFETIME
    session.add(request)


def read_file(session: Session, hub: Hub, request: PrivacyRequest) -> bytes | None:
    """The decrypted file. None if there is none, or its retention period is over. The calling code must log who reads it."""
    if request.file_path is None or request.file_ends_at is None or request.file_ends_at <= hub.clock():
        return None
    sealed = hub.blob_store.read(request.file_path)
    return hub.vault.open(session, sealed, _place(request.id)) if sealed is not None else None


def drop_file(session: Session, hub: Hub, request: PrivacyRequest) -> None:
    """Delete the file, if any."""
    if request.file_path is not None:
        hub.blob_store.delete(request.file_path)
        request.file_path = request.file_ends_at = None
        session.add(request)


def _place(request_id: str) -> str:
    return f"privacy_request/{request_id}"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_shown(each)}" for name, each in value.items())
    return "" if value is None else str(value)


@lru_cache(maxsize=1)
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, select_autoescape

    found = Environment(loader=PackageLoader("hub.privacy_requests"), autoescape=select_autoescape(default=True))
    found.filters["shown"] = _shown
    return found.get_template("answer.html")
