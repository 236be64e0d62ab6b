"""A carrier's lists of legs and recordings as events with the same meaning as its webhooks, so that both give the same call.

Source: twilio.com/docs/voice/api/call-resource and /recording, whose fields other carriers adopted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.contracts.events import CallEvent
from hub.contracts.phones import phone_number
from hub.contracts.services import Log
from hub.errors import BadPayload
from hub.protocols.twiml.events import ENDED_STATUSES, end_event, leg_event
from hub.protocols.twiml.words import call_failure, call_status, caller_name, identifier, moment, whole_seconds

Item = Mapping[str, Any]
Family = tuple[Item, Sequence[Item]]
"""A caller's leg, and the legs that were dialed for it."""


@dataclass(frozen=True, slots=True)
class CallListReader:
    """How one carrier writes its lists."""

    carrier: str
    call_id_form: re.Pattern[str]
    recording: Callable[[Item, str, str], CallEvent]
    """The event of one recording that is ready, of a call (its id) to a tracking number; raises BadPayload."""
    log: Log

    def events(
        self, families: Iterable[Family], audio: Iterable[Item], leg_field: str, since: datetime
    ) -> list[CallEvent]:
        """The events of all finished calls that came in at or after `since`, in order for each call.

        `leg_field` is the field of a recording that names its leg. A call or a recording that cannot be read does not hide the
        others.
        """
        of_leg = grouped(audio, leg_field)
        found: list[CallEvent] = []
        calls = recordings = 0
        for leg, children in families:
            try:
                events = self.call(leg, children)
            except BadPayload:
                calls += 1
                continue
            if not events or events[0].at < since.replace(microsecond=0):
                continue
            found += events
            for item in (item for one in (leg, *children) for item in of_leg[one.get("sid")]):
                try:
                    if item.get("status") == "completed":
                        found.append(self.recording(item, events[0].call_id, str(events[0].tracking_number)))
                except BadPayload:
                    recordings += 1
        if calls or recordings:
            self.log.warning(f"{self.carrier}'s lists could not be read in part", calls=calls, recordings=recordings)
        return found

    def call(self, leg: Item, children: Sequence[Item]) -> list[CallEvent]:
        """The events of one caller's leg with its dialed legs; empty while the call is active."""
        status, call_id = call_status(leg.get("status"), "status"), identifier(self.call_id_form, leg.get("sid"), "sid")
        if status not in ENDED_STATUSES:
            return []
        number, caller = _number(leg.get("to")), _number(leg.get("from"))
        if number is None:
            raise BadPayload("the call list does not say which number was called.")
        finished = moment(leg.get("end_time") or leg.get("start_time"), "end_time")
        lasted, failure = whole_seconds(leg.get("duration"), "duration"), call_failure(leg.get("failure"), "failure")
        end = end_event(status, call_id, finished, lasted, number, caller, failure)
        ringing = CallEvent(
            kind="ringing",
            call_id=call_id,
            at=moment(leg.get("start_time"), "start_time"),
            tracking_number=number,
            caller_number=caller,
            caller_name=caller_name(leg.get("caller_name")),
        )
        return [ringing, *_dialed(children, call_id, number), *([end] if end else [])]


def _dialed(children: Sequence[Item], call_id: str, number: str) -> list[CallEvent]:
    """What the dialed legs mean: an answered leg outweighs all unanswered ones."""
    found = []
    for child in children:
        status = call_status(child.get("status"), "status")
        if status in ENDED_STATUSES:
            at = moment(child.get("end_time") or child.get("start_time"), "end_time")
            duration, to = whole_seconds(child.get("duration"), "duration"), str(child.get("to") or "")
            found.append(leg_event(status, call_id, at, duration, number, to))
    events = sorted((event for event in found if event), key=lambda event: event.at)
    return [event for event in events if event.kind == "answered"] or events[-1:]


def _number(text: object) -> str | None:
    return phone_number(text) if isinstance(text, str) else None


def grouped(items: Iterable[Item], name: str) -> Mapping[Any, list[Item]]:
    """Items by one of their fields."""
    groups: defaultdict[object, list[Item]] = defaultdict(list)
    for item in items:
        groups[item.get(name)].append(item)
    return groups


def families(legs: Sequence[Item]) -> list[Family]:
    """The callers' legs, each with its dialed legs, which name their parent."""
    children = grouped(legs, "parent_call_sid")
    return [(leg, children[leg.get("sid")]) for leg in legs if leg.get("direction") == "inbound"]
