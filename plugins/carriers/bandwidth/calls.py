"""Calls that Bandwidth places for a user.

Source: dev.bandwidth.com/apis/voice (create call). It takes no document with the request: when
the user picks up, it asks our address, and brings our `tag`, which holds the person to dial.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hub.api import (
    USER_LEG,
    AnswerDocument,
    BadPayload,
    CallBack,
    OutcomeUnknown,
    Receipt,
    Refusal,
    Rejected,
    RingfenceError,
    hookimpl,
    identifier,
    phone_number,
    refused_receipt,
)
from plugins.carriers.bandwidth.bxml import Bxml
from plugins.carriers.bandwidth.proof import Proof
from plugins.carriers.bandwidth.rest import BANDWIDTH, Account, refusal_details
from plugins.carriers.bandwidth.translate import CALL_ID


def _one_call_only(refusal: Refusal) -> RingfenceError | None:
    """403 is about this call (its caller ID, its country), unless Bandwidth refuses the credential itself."""
    code, _ = refusal_details(refusal)
    if refusal.status != 403 or code == "authentication-error":
        return None
    return Rejected(
        "Bandwidth does not allow this call: the tracking number must be the account's, and the country open.", code
    )


PLACING = replace(BANDWIDTH, special=_one_call_only)


class Calls(Account):
    """Calls that Bandwidth places for a user."""

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once. Raises OutcomeUnknown if Bandwidth may have taken it anyway."""
        rest = self._rest
        address = self._proof.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        body: dict[str, Any] = {
            "from": call.tracking_number,
            "to": call.user_number,
            "applicationId": rest.settings.application_id,
            "answerUrl": address,
            "disconnectUrl": address,
            "username": self._proof.user,
            "password": self._proof.password,
            "callTimeout": max(1, min(call.user_ring_seconds, 300)),
            "tag": json.dumps({"dial": call.person_number, "seconds": call.person_ring_seconds}),
        }
        try:
            placed = rest.post_once(f"{rest.voice}/calls", body, PLACING)
            return Receipt(
                key=call.key, status="accepted", reference=identifier(CALL_ID, placed.get("callId"), "callId")
            )
        except Rejected as error:
            return refused_receipt(call.key, error, {})
        except BadPayload as error:
            raise OutcomeUnknown("Bandwidth placed the call without an id; see its app.") from error


def answered(event: Mapping[str, Any], proof: Proof, number: str, key: str) -> AnswerDocument:
    """The document for a user who picked up."""
    try:
        wanted = json.loads(str(event.get("tag")))
        person, seconds = phone_number(str(wanted["dial"])), int(wanted["seconds"])
    except (ValueError, KeyError, TypeError, RecursionError):
        person, seconds = None, 0
    if person is None:
        raise BadPayload("the tag does not say whom to dial.")
    bxml = Bxml(lambda path, mark: proof.addresses.of(path, number, "", mark), proof.user, proof.password)
    return bxml.connect(number, person, seconds, key)
