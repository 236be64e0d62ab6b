"""What is known of a call, text or form itself, by name: for `hub call` and the MCP server."""

from __future__ import annotations

from typing import Any

from hub.platform.fields import only
from hub.queries.contact.view import ContactView
from hub.queries.lists.filters import ContactKind
from hub.queries.masking import HIDDEN, Mask


def facts_of(view: ContactView, mask: Mask) -> dict[str, Any]:
    """The facts in the order of a page; None if one is not known."""
    facts: dict[str, Any] = {
        "what": str(view.kind),
        "id": view.id,
        "company": view.company.name if view.subject.company_id else None,
    }
    if view.kind != ContactKind.FORM:
        facts |= {
            "tracker": view.tracker_name,
            "tracker_title": view.tracker_title,
            "tracking_number": view.tracking_number,
        }
    if view.imported_from:
        facts["imported_from"] = view.imported_from
    facts |= {"person": view.person_id, "work": view.subject.state, "expires_at": view.subject.expires_at}
    match view.kind:
        case ContactKind.CALL:
            return facts | _of_call(view, mask)
        case ContactKind.TEXT:
            return facts | _of_text(view, mask)
        case _:
            return facts | _of_form(view, mask)


def body_of(view: ContactView, mask: Mask) -> str | None:
    """The body of a text, in clear only if the mask is off."""
    return view.body if mask.off else HIDDEN if view.text.body else None


SHOWN_OF_CALL = (
    "attestation", "spam", "first_time_caller", "status", "answered", "answered_device", "voicemail", "duration", "failure",
)  # fmt: skip


def _of_call(view: ContactView, mask: Mask) -> dict[str, Any]:
    call = view.call
    return {
        "caller_number": mask.phone(view.number),
        "caller_name": mask.text(view.name),
        "answered_by": mask.phone(view.answered_at_number),
        **only(*SHOWN_OF_CALL)(call),
        "recording": call.recording_id,
        "carrier": call.connector,
        "carrier_id": call.carrier_call_id,
        "found_by": call.found_by,
    }


def _of_text(view: ContactView, mask: Mask) -> dict[str, Any]:
    text = view.text
    return {
        "person_number": mask.phone(view.number),
        **only("direction", "purpose", "status", "reason")(text),
        "body": body_of(view, mask),
        "carrier": text.connector,
        "carrier_id": text.carrier_message_id,
    }


def _of_form(view: ContactView, mask: Mask) -> dict[str, Any]:
    form = view.form
    return {
        "form": form.form_id,
        "page": mask.page(form.page),
        "phone_number": mask.phone(view.number),
        "email": mask.text(view.email),
        "name": mask.text(view.name),
        "fields": ", ".join(f"{name}: {mask.text(value)}" for name, value in view.entries.items()) or None,
        "first_time_contact": form.first_time_contact,
    }
