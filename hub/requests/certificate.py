"""The certificate of an erasure: what was erased, by whom and when, what could not be called back and why; signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.assembly import Hub
from hub.model import Company, PrivacyRequest, RequestTask
from hub.requests.erasing import WHAT_REMAINS
from hub.store.keyring import Keyring

PURPOSE = "erasure-certificate"
FORMAT = "ringfence erasure certificate 1"
UNDER_HOLD = "Everything: a legal duty keeps it for now. It is erased once that duty ends."


def certify(session: Session, hub: Hub, request: PrivacyRequest, now: datetime) -> dict[str, Any]:
    """The certificate of a finished erasure, or of one that a legal hold keeps back, signed by the hub's newest key
    (Ed25519). It names nobody: the person is a keyed hash, and the number of the request is what they were told."""
    company = session.get_one(Company, request.company_id)
    told = request.outcome
    tasks = session.exec(
        select(RequestTask).where(RequestTask.request_id == request.id).order_by(col(RequestTask.connector))
    )
    names = {each["connector"]: each for each in told.get("asked", ())}
    providers = [
        {
            "recipient": names[task.connector]["recipient"],
            "connector": task.connector,
            "result": _result(task),
            "records": task.records,
            "at": task.finished_at.isoformat() if task.finished_at else None,
            "note": task.reason or names[task.connector]["note"],
        }
        for task in tasks
        if task.connector in names
    ]
    document = {
        "format": FORMAT,
        "request": request.id,
        "company": company.title,
        "kind": request.kind,
        "person": request.fingerprint,
        "received_at": request.received_at.isoformat(),
        "certified_at": now.isoformat(),
        "erased_here": {
            "rows": told.get("rows", {}),
            "keys_destroyed": told.get("keys", 0),
            "files": told.get("files", 0),
            "at": told.get("erased_at"),
            "by": told.get("erased_by"),
        },
        "erased_at_providers": providers,
        "not_recalled": [
            *told.get("not_recallable", ()),
            *(
                {"recipient": each["recipient"], "why": each["note"]}
                for each in providers
                if each["result"] == "impossible"
            ),
        ],
        "remains": [UNDER_HOLD] if request.state == "held" else list(WHAT_REMAINS),
    }
    public, signature = hub.keyring.sign_publicly(PURPOSE, _canonical(document))
    return {**document, "public_key": public, "signature": signature}


def is_genuine(keyring: Keyring, certificate: Mapping[str, Any]) -> bool:
    """Whether one of the hub's keys signed exactly this."""
    document = {name: value for name, value in certificate.items() if name not in ("public_key", "signature")}
    signature = certificate.get("signature")
    return isinstance(signature, str) and keyring.signed_publicly(PURPOSE, _canonical(document), signature)


def as_text(certificate: Mapping[str, Any]) -> str:
    """The certificate for people, in plain lines."""
    here = certificate["erased_here"]
    lines = [
        f"Certificate of erasure, request {certificate['request']}",
        f"{certificate['company']} received this request at {certificate['received_at']}.",
        "",
        f"Erased here, {here['at']}, by {here['by']}:",
        *(f"  {count} rows of {table}" for table, count in here["rows"].items()),
        f"  {here['keys_destroyed']} keys destroyed: what they sealed is unreadable in every backup too",
        f"  {here['files']} audio files",
        "",
        "Asked to erase:",
        *map(_provider_line, certificate["erased_at_providers"]),
        "",
        "Could not be called back:",
        *(f"  {each['recipient']}: {each['why']}" for each in certificate["not_recalled"]),
        *(["  nothing"] if not certificate["not_recalled"] else []),
        "",
        "What remains:",
        *(f"  {each}" for each in certificate["remains"]),
        "",
        f"Signed with Ed25519, public key {certificate['public_key']}:",
        f"  {certificate['signature']}",
    ]
    return "\n".join(lines) + "\n"


def _provider_line(told: Mapping[str, Any]) -> str:
    result = str(told["result"]).replace("_", " ")
    return f"  {told['recipient']}: {result}, {told['records']} records, {told['at']}. {told['note']}"


def _result(task: RequestTask) -> str:
    if task.state == "impossible":
        return "impossible"
    return "erased" if task.records else "nothing_held"


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
