"""Reads a form that carries files (multipart/form-data, RFC 7578)."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

MULTIPART = "multipart/form-data"


def fields_and_files(content_type: str, body: bytes, max_fields: int) -> tuple[dict[str, list[str]], dict[str, bytes]]:
    """The fields, each with all its values, and the files by field; both empty if the body is not such a form."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("ascii", "replace")
    parsed: Message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = parsed.get_payload()
    if not isinstance(parts, list) or len(parts) > max_fields:
        return {}, {}
    fields: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    for part in parts:
        if not isinstance(part, Message):
            continue
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(data, bytes):
            continue
        if part.get_filename() is not None:
            files[name] = data
        else:
            fields.setdefault(name, []).append(data.decode("utf-8", "replace").replace("\0", ""))
    return fields, files
