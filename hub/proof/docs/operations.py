"""The generated part of docs/api.md: the operations of `/api/v1` and the codes of its errors."""

from __future__ import annotations

from hub.proof.docs.markdown import table
from hub.web.api.application import openapi_document
from hub.web.api.document.openapi import operations_in
from hub.web.problems import KINDS


def operations_part() -> str:
    """Both tables."""
    found = [(each, f"{method.upper()} {path}") for path, method, each in operations_in(openapi_document())]
    operations = [(f"`{each['operationId']}`", f"`{address}`", each["description"]) for each, address in found]
    codes = [(f"`{code}`", str(kind.status), kind.about) for code, kind in KINDS.items()]
    return "\n\n".join(
        (table(("Operation", "Address", "What it does"), operations), table(("Code", "Status", "What to do"), codes))
    )
