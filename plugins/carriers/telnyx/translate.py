"""TeXML webhooks, which are forms, where they differ from those of other carriers.

Source of the fields: developers.telnyx.com/api-reference/callbacks (texml-call-*, texml-gather, texml-recording-completed).
"""

from __future__ import annotations

import re
from typing import cast

from hub.api import BadPayload, CallEvent
from hub.api.carriers import Attestation
from hub.api.twiml import TwimlWebhook, identifier

CALL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.=-]{7,159}")
"""Telnyx' id of a call leg: its call control id, as `v3:` and some 55 characters."""
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""The id of a recording, a text, an event."""


def uuid(text: object, name: str) -> str:
    """An id of anything but a call leg."""
    return identifier(UUID, text, name)


def attestation(level: object, validated: object) -> Attestation | None:
    """The verdict on the caller's number; None if none was sent.

    Webhooks send the level and the validation result separately. SIP headers send both in one `verstat`, where the A is
    left out. Source: developers.telnyx.com/docs/voice/stir-shaken/sip-header-parameters.
    """
    verstat = re.fullmatch(r"TN-Validation-Passed(?:-([ABC]))?", str(level or ""))
    if verstat:
        return cast(Attestation, verstat[1] or "A")
    if level in ("TN-Validation-Failed", "No-TN-Validation"):
        return "failed" if level == "TN-Validation-Failed" else "none"
    if level not in ("A", "B", "C"):
        return None
    verdict = str(validated).lower()
    return cast(Attestation, level) if verdict == "true" else "failed" if verdict == "false" else None


def recording_address(base_url: str, recording_id: str) -> str:
    """The API's address of a recording, which lasts. The link that Telnyx sends works for ten minutes and needs no key, so it
    is never stored."""
    return f"{base_url}/v2/recordings/{recording_id}"


class TexmlWebhook(TwimlWebhook):
    """The fields of one TeXML webhook."""

    carrier = "Telnyx"
    call_id_form = CALL_ID
    recording_id_form = UUID
    name_field = "CallerId"

    def attestation(self) -> Attestation | None:
        return attestation(self.text("ShakenStirAttestation"), self.text("ShakenStirValidated"))

    def recording_address(self) -> str:
        return recording_address(self.origins[0], self.recording_id())

    def event_key(self) -> str:
        if self.path in ("message", "text"):
            raise BadPayload("Telnyx reports texts as JSON.")
        if self.path in ("status", "leg"):
            # The status `ringing` is an event besides the request for a document.
            return f"status:{self.call_id()}:{self.status()}"
        return super().event_key()

    def callers_status(self) -> CallEvent | None:
        return self.ringing() if self.status() in ("initiated", "ringing") else super().callers_status()
