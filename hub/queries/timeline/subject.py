"""The call, text or form that a timeline is about."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from hub.model import Call, Company, FormSubmission, TextMessage, Tracker
from hub.model.imports import IMPORTED, was_imported
from hub.queries.masking import HIDDEN, Mask
from hub.store.encryption.encrypted_fields import fields_of, names_of
from hub.store.encryption.vault import Vault
from hub.texts.bodies import open_body


def facts_of(
    session: Session, subject: Call | TextMessage | FormSubmission, mask: Mask, vault: Vault
) -> dict[str, Any]:
    """What is known about a call, text or form itself, by name; None if it is not known."""
    company = session.get(Company, subject.company_id) if subject.company_id else None
    if isinstance(subject, FormSubmission):
        fields = fields_of(vault, session, [subject]).get(subject.id, {})
        return {"what": "form"} | {
            "id": subject.id,
            "company": company.name if company else None,
            "form": subject.form_id,
            "page": mask.page(subject.page),
            "person": subject.person_id,
            "phone_number": mask.phone(subject.phone_number),
            "email": mask.text(subject.email),
            "name": mask.text(names_of(vault, session, [subject]).get(subject.id)),
            "fields": ", ".join(f"{name}: {mask.text(value)}" for name, value in fields.items()) or None,
            "first_time_contact": subject.first_time_contact,
            "work": subject.state,
            "expires_at": subject.expires_at,
            **({"found_by": IMPORTED} if was_imported(subject) else {}),
        }
    tracker = session.get(Tracker, subject.tracker_id) if subject.tracker_id else None
    shared = {
        "id": subject.id,
        "company": company.name if company else None,
        "tracker": tracker.name if tracker else None,
        "tracking_number": subject.tracking_number,
        "person": subject.person_id,
        "work": subject.state,
        "expires_at": subject.expires_at,
    }
    if isinstance(subject, Call):
        return {"what": "call"} | shared | {
            "caller_number": mask.phone(subject.caller_number),
            "caller_name": mask.text(names_of(vault, session, [subject]).get(subject.id)),
            "attestation": subject.attestation,
            "spam": subject.spam,
            "first_time_caller": subject.first_time_caller,
            "status": subject.status,
            "answered": subject.answered,
            "voicemail": subject.voicemail,
            "duration": subject.duration,
            "failure": subject.failure,
            "recording": subject.recording_id,
            "carrier": subject.connector,
            "carrier_id": subject.carrier_call_id,
            "found_by": subject.found_by,
        }  # fmt: skip
    return {"what": "text"} | shared | {
        "person_number": mask.phone(subject.person_number),
        "direction": subject.direction,
        "purpose": subject.purpose,
        "status": subject.status,
        "reason": subject.reason,
        "body": body_of(session, subject, mask, vault),
        "carrier": subject.connector,
        "carrier_id": subject.carrier_message_id,
    }  # fmt: skip


def body_of(session: Session, message: TextMessage, mask: Mask, vault: Vault) -> str | None:
    """The body of a text, in clear only if the mask is off."""
    if message.body is None or not mask.off:
        return HIDDEN if message.body else None
    return open_body(vault, session, message)
