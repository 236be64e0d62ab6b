"""Calls at Bandwidth: those that it places for a user, and its lists of calls and recordings as events with the same meaning as
its callbacks.

It takes no document with the request for a call: when the user picks up, it asks our address, and brings our `tag`, which
holds the person to dial. Calls are listed for 7 days after their end; the list of recordings is cut at 1,000, so a longer one
is read in halves.
Source: dev.bandwidth.com/apis/voice (create call, get calls, get call recordings).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.api import (
    AnswerDocument,
    BadPayload,
    CallEvent,
    JsonObject,
    Receipt,
    Refusal,
    Rejected,
    RingfenceError,
    hookimpl,
    phone_number,
)
from hub.api.carriers import CallBack, receipt
from hub.api.twiml import USER_LEG, identifier, moment
from plugins.carriers.bandwidth.bxml import Bxml
from plugins.carriers.bandwidth.proof import Proof
from plugins.carriers.bandwidth.rest import BANDWIDTH, Account, Rest, refusal_details
from plugins.carriers.bandwidth.translate import CALL_ID, NORMAL_ENDS, attestation, between
from plugins.carriers.bandwidth.webhook import READY, recording


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
    """Place calls, list calls."""

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once. Raises OutcomeUnknown if Bandwidth may have taken it anyway."""
        rest = self._rest
        address = self._proof.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        body: JsonObject = {
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

        def send() -> str:
            placed = rest.post_once(f"{rest.voice}/calls", body, PLACING)
            return identifier(CALL_ID, placed.get("callId"), "callId")

        return receipt(call.key, "Bandwidth", send, {})

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """The events of all finished calls that came in at or after `since`, in order for each call."""
        rest = self._rest
        legs = [each for each in legs_since(rest, written(since)) if _ours(rest, each)]
        audio = recordings(rest, {}, since, self.services.clock() + timedelta(minutes=1)) if legs else []
        found: list[CallEvent] = []
        unreadable = 0
        for leg in legs:
            if leg.get("direction") != "inbound" or leg.get("state") != "disconnected":
                continue
            try:
                call_id = identifier(CALL_ID, leg.get("callId"), "callId")
                found += [
                    event for event in _events(leg, call_id, legs, audio) if event.at >= since.replace(microsecond=0)
                ]
            except BadPayload:
                unreadable += 1
        if unreadable:
            rest.log.warning("Bandwidth's list of calls could not be read in part", calls=unreadable)
        return found


def answered(event: Mapping[str, object], proof: Proof, number: str, key: str) -> AnswerDocument:
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


Item = Mapping[str, Any]
PAGE_SIZE, MAX_RECORDINGS = "1000", 1000


def written(at: datetime) -> str:
    """A time for the APIs."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def legs_since(rest: Rest, start: str) -> Iterator[Item]:
    """All legs that started at or after a time."""
    return rest.lists(f"{rest.voice}/calls", {"minStartTime": start, "pageSize": PAGE_SIZE})


def recordings(rest: Rest, query: Mapping[str, str], since: datetime, until: datetime) -> list[Item]:
    """All recordings of calls that started in a span of time."""
    span = {"minStartTime": written(since), "maxStartTime": written(until)}
    found: list[Item] = list(rest.lists(f"{rest.voice}/recordings", {**query, **span}))
    half = (until - since) / 2
    if len(found) < MAX_RECORDINGS or half < timedelta(seconds=1):
        return found
    middle = since + half
    both = [*recordings(rest, query, since, middle), *recordings(rest, query, middle, until)]
    return list({str(each.get("recordingId")): each for each in both}.values())


def _ours(rest: Rest, leg: Item) -> bool:
    return leg.get("applicationId") == rest.settings.application_id


def _events(leg: Item, call_id: str, legs: Iterable[Item], audio: Iterable[Item]) -> Iterator[CallEvent]:
    number, caller = phone_number(str(leg.get("to"))), phone_number(str(leg.get("from")))
    if number is None:
        raise BadPayload("the list does not say which number was called.")
    began = moment(leg.get("startTime"), "startTime")
    ended = moment(leg.get("endTime") or leg.get("startTime"), "endTime")
    yield CallEvent(
        kind="ringing",
        call_id=call_id,
        at=began,
        tracking_number=number,
        caller_number=caller,
        attestation=attestation(leg.get("stirShaken")),
    )
    yield from _dialed([each for each in legs if each.get("parentCallId") == call_id], call_id, number)
    yield CallEvent(
        kind="completed" if leg.get("disconnectCause") in NORMAL_ENDS else "failed",
        call_id=call_id,
        at=ended,
        tracking_number=number,
        caller_number=caller,
        duration=between(began, ended),
    )
    for item in audio:
        if call_id in (item.get("callId"), item.get("parentCallId")) and item.get("status") in READY:
            # A dial is recorded on the leg that was picked up, a message on the caller's own.
            at = moment(item.get("endTime") or item.get("startTime"), "endTime")
            yield recording(item, call_id, at, number, is_message=item.get("callId") == call_id)


def _dialed(legs: Iterable[Item], call_id: str, number: str) -> Iterator[CallEvent]:
    """What the dialed legs mean: an answered leg outweighs all unanswered ones."""
    ended = [each for each in legs if each.get("state") == "disconnected"]
    for leg in ended:
        if leg.get("disconnectCause") == "hangup":
            at, by = moment(leg.get("answerTime") or leg.get("endTime"), "answerTime"), phone_number(str(leg.get("to")))
            yield CallEvent(kind="answered", call_id=call_id, at=at, tracking_number=number, answered_by=by)
            return
    if ended:
        at = moment(ended[-1].get("endTime") or ended[-1].get("startTime"), "endTime")
        yield CallEvent(kind="not_answered", call_id=call_id, at=at, tracking_number=number)
