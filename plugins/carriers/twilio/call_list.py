"""Twilio's call list as events with the same meaning as its webhooks, so that both give the same call.

Source: twilio.com/docs/voice/api/call-resource and /recording.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.api import (
    TWIML_ENDED,
    BadPayload,
    CallEvent,
    Log,
    end_event,
    leg_event,
    phone_number,
    recording_event,
)
from plugins.carriers.twilio import translate
from plugins.carriers.twilio.rest import Rest

Item = Mapping[str, Any]


def fetch(rest: Rest, since: datetime, origins: Sequence[str], log: Log) -> list[CallEvent]:
    """The events of all finished calls that came in at or after `since`; the events of each call are in order.

    Reads only two lists, whatever the number of calls: the legs (a dialed leg names its parent) and the recordings.
    """
    start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    legs = list(rest.pages("Calls", {"StartTime>": start}))
    recordings = list(rest.pages("Recordings", {"DateCreated>": start})) if legs else []
    children, audio = _grouped(legs, "parent_call_sid"), _grouped(recordings, "call_sid")
    events: list[CallEvent] = []
    unreadable = 0
    for leg in legs:
        if leg.get("direction") != "inbound":
            continue
        try:
            found = call_events(leg, children[leg.get("sid")], audio[leg.get("sid")], origins)
        except BadPayload:
            unreadable += 1
            continue
        if found and found[0].at >= since.replace(microsecond=0):
            events += found
    if unreadable:
        log.warning("calls in Twilio's list could not be read", calls=unreadable)
    return events


def _grouped(items: Iterable[Item], name: str) -> defaultdict[Any, list[Item]]:
    groups: defaultdict[Any, list[Item]] = defaultdict(list)
    for item in items:
        groups[item.get(name)].append(item)
    return groups


def call_events(leg: Item, children: Sequence[Item], audio: Sequence[Item], origins: Sequence[str]) -> list[CallEvent]:
    """The events of one caller's leg with its dialed legs and recordings; empty while the call is active."""
    status, call_id = translate.status(leg.get("status"), "status"), translate.sid(leg.get("sid"), "sid")
    if status not in TWIML_ENDED:
        return []
    number = phone_number(leg.get("to"))
    if number is None:
        raise BadPayload("the call list does not say which number was called.")
    began = translate.when(leg.get("start_time"), "start_time")
    finished = translate.when(leg.get("end_time") or leg.get("start_time"), "end_time")
    duration = translate.seconds(leg.get("duration"), "duration")
    caller = leg.get("from")
    end = end_event(status, call_id, finished, duration, number, phone_number(caller))
    return [
        translate.ringing(call_id, began, number, caller, leg.get("caller_name"), None),
        *_dialed(children, call_id, number),
        *([end] if end else []),
        *_recorded(audio, call_id, number, origins),
    ]


def _dialed(children: Sequence[Item], call_id: str, number: str) -> list[CallEvent]:
    """What the dialed legs mean: an answered leg outweighs all unanswered ones."""
    found = []
    for child in children:
        status = translate.status(child.get("status"), "status")
        if status not in TWIML_ENDED:
            continue
        at = translate.when(child.get("end_time") or child.get("start_time"), "end_time")
        duration, business = translate.seconds(child.get("duration"), "duration"), phone_number(child.get("to"))
        found.append(leg_event(status, call_id, at, duration, number, business))
    events = sorted((event for event in found if event), key=lambda event: event.at)
    return [event for event in events if event.kind == "answered"] or events[-1:]


def _recorded(audio: Sequence[Item], call_id: str, number: str, origins: Sequence[str]) -> Iterator[CallEvent]:
    """The recordings that are ready. One that cannot be read does not hide its call."""
    for item in audio:
        with contextlib.suppress(BadPayload):
            if item.get("status") == "completed":
                yield _recording(item, call_id, number, origins)


def _recording(item: Item, call_id: str, number: str, origins: Sequence[str]) -> CallEvent:
    recording_id = translate.sid(item.get("sid"), "sid")
    address = item.get("media_url") or f"{origins[0]}{str(item.get('uri')).removesuffix('.json')}"
    return recording_event(
        item.get("source"),
        call_id,
        translate.when(item.get("date_updated") or item.get("date_created"), "date_updated"),
        recording_id,
        translate.twilio_address(address, origins, "recording"),
        translate.seconds(item.get("duration"), "duration"),
        number,
    )
