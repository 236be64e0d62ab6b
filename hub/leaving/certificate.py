"""The signed certificate of the end of a company: what was given back, erased and deleted, and what remains."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from hub.model import Company, CompanyEnd
from hub.platform.id_words import words_of
from hub.privacy.erasure import actions_of
from hub.privacy_requests.certificate import canonical
from hub.privacy_requests.providers.stand_ins import STAND_INS_KEY, warning_of
from hub.queries.privacy.company_end import WHAT_REMAINS
from hub.runtime import Hub
from hub.store.encryption.keyring import CERTIFICATES

FORMAT = "ringfence certificate of the end of a company 1"


def certify_end(session: Session, hub: Hub, end: CompanyEnd, now: datetime) -> dict[str, object]:
    """The certificate of an end that is carried out, signed with the hub's newest key (Ed25519). It names no person."""
    company, people = session.get_one(Company, end.company_id), end.outcome.get("people", {})
    document = {
        "format": FORMAT,
        "end": end.id,
        "company": company.title,
        "name": company.name,
        "requested_at": end.requested_at.isoformat(),
        "confirmed_at": end.confirmed_at.isoformat() if end.confirmed_at else None,
        "confirmed_by": end.confirmed_by,
        "certified_at": now.isoformat(),
        STAND_INS_KEY: people.get("rehearsal", []),
        "exported": end.exported or None,
        "numbers": end.outcome.get("numbers", {}),
        "people_erased": people.get("erased", 0),
        "erased_here": {
            "rows": people.get("rows", {}),
            "keys_destroyed": people.get("keys", 0),
            "files": people.get("files", 0),
        },
        "asked_to_erase": people.get("asked", {}),
        "not_asked": end.keep_at,
        "webhooks_notified": people.get("notified", {}),
        "not_recalled": people.get("not_recalled", {}),
        "config_version": end.outcome.get("config_version"),
        "deleted": end.outcome.get("deleted", {}),
        "remains": list(WHAT_REMAINS),
    }
    public, signature = hub.keyring.sign_publicly(CERTIFICATES, canonical(document))
    return {**document, "public_key": public, "signature": signature}


def digest_of(certificate: Mapping[str, Any]) -> str:
    """The SHA-256 of a certificate, which stands in the audit trail."""
    return hashlib.sha256(json.dumps(certificate, sort_keys=True).encode()).hexdigest()


def as_text(certificate: Mapping[str, Any]) -> str:
    """The certificate as plain lines for people."""
    here, exported = certificate["erased_here"], certificate["exported"]
    warning = warning_of(certificate[STAND_INS_KEY])
    people = certificate["people_erased"]
    lines = [
        *([warning, ""] if warning else []),
        f"Certificate of the end of {certificate['company']} ({certificate['name']})",
        f"Requested at {certificate['requested_at']}, confirmed at {certificate['confirmed_at']} by "
        f"{certificate['confirmed_by']}, finished at {certificate['certified_at']}.",
        "",
        "Exported: " + (f"{exported['files']} files at {exported['at']}, manifest SHA-256 {exported['manifest_sha256']}"
                        if exported else "nothing; no export was wanted"),
        "",
        "Numbers:",
        *_or_nothing([_number_line(number, each) for number, each in certificate["numbers"].items()]),
        "",
        f"{people:,} {'person' if people == 1 else 'people'} erased:",
        *_or_nothing([f"  {each}" for each in actions_of(here["rows"])]),
        f"  {here['keys_destroyed']} keys destroyed: what was encrypted with them is unreadable in every backup too",
        f"  {here['files']} audio files deleted",
        "",
        "Asked to erase them:",
        *_or_nothing([_asked_line(each) for each in certificate["asked_to_erase"].values()]),
        *(f"  {name}: not asked, as the company chose" for name in certificate["not_asked"]),
        "",
        "Addresses of webhooks notified of each erasure:",
        *_or_nothing([f"  {name}: {each['notified']} notices, {each['not_notified']} could not be sent"
                      for name, each in certificate["webhooks_notified"].items()]),
        "",
        "Could not be recalled:",
        *_or_nothing([f"  {name}, {each['people']} people: {each['why']}"
                      for name, each in certificate["not_recalled"].items()]),
        "",
        "Also deleted:",
        *_or_nothing([f"  {count:,} rows of {name}" for name, count in certificate["deleted"].items()]),
        "",
        "What remains:",
        *(f"  {each}" for each in certificate["remains"]),
        "",
        f"Signed with Ed25519, public key {certificate['public_key']}:",
        f"  {certificate['signature']}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _number_line(number: str, each: Mapping[str, Any]) -> str:
    note = f". {each['note']}" if each["note"] else ""
    return f"  {number} ({each['carrier']}): {words_of(each['outcome'])}{note}"


def _asked_line(each: Mapping[str, Any]) -> str:
    answers = ", ".join(f"{words_of(result)}: {count}" for result, count in each["answers"].items())
    return f"  {each['recipient']}: {each['records']} records erased ({answers})"


def _or_nothing(lines: list[str]) -> list[str]:
    return lines or ["  nothing"]
