"""Telnyx' call list as events with the same meaning as its webhooks, so that both give the same call.

We use the TeXML list, not the detail records: it has the ids of the webhooks and is available at once. It does not say which
leg dialed which, so a dialed leg is matched by its caller and its time.
Source: developers.telnyx.com/api-reference (texml-rest-commands, fetch multiple call resources; call-recordings).
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.api import TWIML_ENDED, BadPayload, CallEvent, Log, end_event, leg_event
from plugins.carriers.telnyx import translate
from plugins.carriers.telnyx.rest import Rest

Item = Mapping[str, Any]


def fetch(rest: Rest, since: datetime, log: Log) -> list[CallEvent]:
    """The events of all finished calls that came in at or after `since`; the events of each call are in order."""
    # The list is filtered by days. The documentation does not say whether the day itself is included.
    day = (since.astimezone(UTC) - timedelta(days=1)).strftime("%Y-%m-%d")
    legs = list(rest.texml_pages("Calls", {"PageSize": "100", "StartTime>": day}))
    made = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    audio = _by_leg(rest.pages("/recordings", {"filter[created_at][gte]": made}) if legs else ())
    events: list[CallEvent] = []
    unreadable = 0
    for leg, children in families(legs):
        try:
            found = call_events(leg, children, audio, rest.settings.base_url)
        except BadPayload:
            unreadable += 1
            continue
        if found and found[0].at >= since.replace(microsecond=0):
            events += found
    if unreadable:
        log.warning("calls in Telnyx' list could not be read", calls=unreadable)
    return events


def _by_leg(recordings: Iterable[Item]) -> Mapping[Any, list[Item]]:
    groups: defaultdict[Any, list[Item]] = defaultdict(list)
    for item in recordings:
        groups[item.get("call_control_id")].append(item)
    return groups


def families(legs: Sequence[Item]) -> list[tuple[Item, list[Item]]]:
    """The callers' legs, each with its dialed legs: same caller, started during the caller's leg.

    If a caller had several calls at once, a dialed leg belongs to the call that began last before it.
    """
    callers = [(leg, list[Item]()) for leg in legs if leg.get("direction") == "inbound"]
    by_caller: defaultdict[Any, list[tuple[datetime, datetime | None, list[Item]]]] = defaultdict(list)
    for leg, children in callers:
        began = _moment(leg, "start_time")
        if began is not None:
            by_caller[str(leg.get("from"))].append((began, _moment(leg, "end_time"), children))
    for leg in legs:
        began = _moment(leg, "start_time")
        if leg.get("direction") == "inbound" or began is None:
            continue
        going_on = [
            (start, children)
            for start, end, children in by_caller[str(leg.get("from"))]
            if start <= began and (end is None or began <= end)
        ]
        if going_on:
            max(going_on, key=lambda one: one[0])[1].append(leg)
    return callers


def _moment(leg: Item, name: str) -> datetime | None:
    try:
        return translate.when(leg.get(name), name)
    except BadPayload:
        return None


def call_events(
    leg: Item, children: Sequence[Item], audio: Mapping[Any, Sequence[Item]], base_url: str
) -> list[CallEvent]:
    """The events of one caller's leg with its dialed legs and recordings; empty while the call is active."""
    status, call = translate.status(leg.get("status"), "status"), translate.call_id(leg.get("sid"), "sid")
    if status not in TWIML_ENDED:
        return []
    number = translate.number(leg.get("to"))
    if number is None:
        raise BadPayload("the call list does not say which number was called.")
    caller = leg.get("from")
    began = translate.when(leg.get("start_time"), "start_time")
    finished = translate.when(leg.get("end_time") or leg.get("start_time"), "end_time")
    duration = translate.seconds(leg.get("duration"), "duration")
    end = end_event(status, call, finished, duration, number, translate.number(caller))
    recordings = [item for one in (leg, *children) for item in audio.get(one.get("sid"), ())]
    return [
        translate.ringing(call, began, number, caller, leg.get("caller_name"), None, None),
        *_dialed(children, call, number),
        *([end] if end else []),
        *_recorded(recordings, call, number, base_url),
    ]


def _dialed(children: Sequence[Item], call: str, number: str) -> list[CallEvent]:
    """What the dialed legs mean: an answered leg outweighs all unanswered ones."""
    found = []
    for child in children:
        status = translate.status(child.get("status"), "status")
        if status in TWIML_ENDED:
            at = translate.when(child.get("end_time") or child.get("start_time"), "end_time")
            duration, business = translate.seconds(child.get("duration"), "duration"), translate.number(child.get("to"))
            found.append(leg_event(status, call, at, duration, number, business))
    events = sorted((event for event in found if event), key=lambda event: event.at)
    return [event for event in events if event.kind == "answered"] or events[-1:]


def _recorded(recordings: Sequence[Item], call: str, number: str, base_url: str) -> Iterator[CallEvent]:
    """The recordings that are ready. One that cannot be read does not hide its call."""
    for item in recordings:
        with contextlib.suppress(BadPayload):
            if item.get("status") == "completed":
                yield _recording(item, call, number, base_url)


def _recording(item: Item, call: str, number: str, base_url: str) -> CallEvent:
    length = item.get("duration_millis")
    return translate.recorded(
        item.get("initiated_by"),
        call,
        translate.when(item.get("created_at") or item.get("recording_ended_at"), "created_at"),
        translate.uuid(item.get("id"), "id"),
        base_url,
        translate.seconds(length // 1000 if isinstance(length, int) else None, "duration_millis"),
        number,
    )
