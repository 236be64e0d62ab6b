"""The check: compares what happened outside the hub with what the hub, the ad network and the CRM hold."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, func, select

from hub.model import Attribution, Call, Delivery, FormSubmission, InboxWebhook, SyncSlot, TextMessage
from hub.model.conversions import conversion_key
from hub.model.states import OPEN_DELIVERY_STATES, CallStatus, DeliveryState, InboxState, SubjectState, WorkState
from hub.plugin_host.plugin_texts.plugin_log import PLUGIN_PRINTED
from hub.proof.chaos.environment import CONVERSION_RULE, Environment
from hub.proof.chaos.load import Callers
from hub.store.engine import Store

UNFINISHED = (SubjectState.NEW, *OPEN_DELIVERY_STATES)
"""The states of work that has begun, in any of its tables."""
MUST_BE_ZERO = {
    "lost": "acknowledged webhooks are not in the inbox",
    "missing_calls": "calls are missing or have not ended",
    "missing_conversions": "conversions are not at the ad network",
    "doubled_conversions": "conversions are at the ad network twice",
    "strange_conversions": "conversions are at the ad network that must not be there",
    "lost_visitors": "calls on a visitor's own number are not known as that visitor's",
    "wrong_clicks": "conversions are at the ad network with another call's click",
    "missing_tasks": "calls are not in the CRM",
    "doubled_tasks": "calls are in the CRM twice",
    "lost_texts": "acknowledged texts are not in the hub",
    "lost_forms": "acknowledged forms are not in the hub",
    "deaths": "hubs ended by themselves",
    "limbo": "work items were started and have no final state",
    "parked": "valid webhooks are parked",
    "failed_deliveries": "deliveries were rejected or given up",
    "tracebacks": "tracebacks are in the hub's log",
    "unclean_stops": "graceful shutdowns took too long",
}
"""The fields that must be zero, and the words that report each one that is not."""


@dataclass(frozen=True, kw_only=True)
class ChaosReport:
    """The result of the check; every field of MUST_BE_ZERO must be zero."""

    faults: int
    calls: int
    acknowledged: int
    """Webhooks that the hub acknowledged; each counts one time, no matter how often it was sent."""
    refused: int
    """Attempts that were not acknowledged, most of them while no hub ran."""
    given_up: int
    """Webhooks that were never acknowledged."""
    half_reported: int
    """Calls of which a webhook was never acknowledged; nothing is due of these."""
    stored: int
    lost: int
    missing_calls: int
    conversions: int
    """Conversions that are due at the ad network; those of visitors who object are not."""
    counted_once: int
    missing_conversions: int
    doubled_conversions: int
    strange_conversions: int
    wrong_clicks: int
    visitors: int
    """Calls on a number that one visitor had alone: the hub must know that visit as their cause."""
    lost_visitors: int
    shared: int
    """Calls on the shared number, for which no click is expected: the pool was empty."""
    held: int
    unrecorded_visits: int
    """Visitors whose page got no number, most of them during an outage: they call the number that stands on it."""
    tasks: int
    """Calls that are due in the CRM."""
    logged_once: int
    missing_tasks: int
    doubled_tasks: int
    texts: int
    """Texts that the hub acknowledged."""
    forms: int
    lost_texts: int
    lost_forms: int
    deaths: int
    limbo: int
    left: tuple[str, ...]
    """Each piece of unfinished work, in words."""
    parked: int
    failed_deliveries: int
    tracebacks: int
    unclean_stops: int

    def problems(self) -> list[str]:
        """Every fault, one sentence each."""
        found = [f"{getattr(self, name)} {words}" for name, words in MUST_BE_ZERO.items() if getattr(self, name)]
        return found + [f"unfinished: {each}" for each in self.left]

    def lines(self) -> Iterator[tuple[str, int]]:
        """Every figure with its name."""
        for each in fields(self):
            if each.name != "left":
                yield each.name, getattr(self, each.name)


def at_rest(store: Store, callers: Callers) -> bool:
    """Whether the hub has finished everything that it was given."""
    if not _is_empty(callers.stage.spool):
        return False
    with store.reading() as session:
        ended = select(func.count()).select_from(Call).where(Call.status == CallStatus.COMPLETED)
        if session.exec(ended).one() < len(callers.reported):
            return False
        left_behind = col(SyncSlot.due_at) < datetime.now(UTC) - timedelta(seconds=5)
        stale = select(func.count()).select_from(SyncSlot).where(SyncSlot.state == WorkState.LEASED, left_behind)
        return not _unfinished(session) and not session.exec(stale).one()


def _is_empty(spool: Path) -> bool:
    if not spool.exists():
        return True
    with closing(sqlite3.connect(spool, timeout=30)) as connection:
        return not connection.execute("SELECT count(*) FROM spooled").fetchone()[0]


def balance(
    stage: Environment, store: Store, callers: Callers, *, faults: int, log: Path, clean: bool, deaths: int = 0
) -> ChaosReport:
    """Compare all sides; call it after the hub has stopped."""
    with store.reading() as session:
        inbox = {(row.url or "", row.body or b"") for row in session.exec(select(InboxWebhook))}
        stored = {call.carrier_call_id: call for call in session.exec(select(Call))}
        texts = set(session.exec(select(TextMessage.carrier_message_id)))
        forms = {key.rpartition(":")[2] for key in session.exec(select(FormSubmission.submission_key))}
        deliveries = Counter(session.exec(select(Delivery.state)))
        not_counted = col(Delivery.state).in_((DeliveryState.UNMATCHED, DeliveryState.HELD))
        excused = set(session.exec(select(Delivery.item_key).where(not_counted)))
        left = [
            *_unfinished(session),
            *_named(session.exec(select(SyncSlot).where(SyncSlot.state == WorkState.LEASED))),
        ]
        causes = dict(session.exec(select(Attribution.subject_id, Attribution.visit_id)).all())
        parked = session.exec(
            select(func.count()).select_from(InboxWebhook).where(InboxWebhook.state == InboxState.PARKED)
        ).one()
    calls = {
        each.carrier_call_id: stored[each.carrier_call_id]
        for each in callers.reported
        if each.carrier_call_id in stored
    }
    ended = {call.id for call in calls.values() if call.status == CallStatus.COMPLETED}
    return ChaosReport(
        **_webhooks(callers, inbox),
        **_conversions(
            stage, callers, calls, excused, {stored[each].id for each in callers.half_reported if each in stored}
        ),
        **_tasks(stage, ended),
        **_visitors(callers, calls, causes),
        faults=faults,
        calls=len(callers.calls),
        half_reported=len(callers.half_reported),
        missing_calls=len(callers.reported) - len(ended),
        held=deliveries[DeliveryState.HELD],
        limbo=len(left),
        left=tuple(left),
        parked=parked,
        failed_deliveries=deliveries[DeliveryState.REJECTED] + deliveries[DeliveryState.DEAD],
        tracebacks=len(own_tracebacks(log.read_text(errors="replace"))) if log.exists() else 0,
        unclean_stops=0 if clean else 1,
        texts=len(callers.texts),
        forms=len(callers.forms),
        lost_texts=len(callers.texts - texts),
        lost_forms=len(callers.forms - forms),
        deaths=deaths,
    )


def own_tracebacks(log: str) -> list[str]:
    """The lines of a hub's log with a traceback of its own; one that a plugin's process printed is not."""
    lines = log.splitlines()
    return [each for each in lines if "Traceback (most recent call last)" in each and PLUGIN_PRINTED not in each]


def _webhooks(callers: Callers, inbox: set[tuple[str, bytes]]) -> dict[str, int]:
    return {
        "acknowledged": len(callers.acknowledged),
        "refused": callers.refused,
        "unrecorded_visits": sum(each.visit_id is None for each in callers.calls),
        "given_up": callers.given_up,
        "stored": len(callers.acknowledged & inbox),
        "lost": len(callers.acknowledged - inbox),
    }


def _conversions(
    stage: Environment,
    callers: Callers,
    calls: Mapping[str, Call],
    excused: Collection[str],
    half_reported: Collection[str],
) -> dict[str, int]:
    """Compare what the ad network holds with what is due there. `calls` are the hub's calls by the carrier's id; `excused`
    are the conversions that the network ties to no ad, and those that are held because a visitor refused. A conversion of a
    call that is `half_reported`, by the hub's id, may be there or not."""
    keys = {call_id: conversion_key(CONVERSION_RULE, call.id) for call_id, call in calls.items()}
    made = [each for each in callers.reported if each.carrier_call_id in calls]
    # A caller on the shared number may be any of the visitors who saw it: the click and the refusals of all of them count.
    unsure = {keys[each.carrier_call_id] for each in made if not each.alone}
    due = {
        key: each
        for each in made
        if each.converts and not ((key := keys[each.carrier_call_id]) in unsure and key in excused)
    }
    at_network = stage.network.conversions()
    alone = {each.click_id for each in callers.calls if each.alone}
    clicks = Counter(click for click in map(click_of, at_network.values()) if click in alone)
    return {
        "conversions": len(due),
        "counted_once": sum(key in at_network and clicks[call.click_id] <= 1 for key, call in due.items()),
        "missing_conversions": len(due.keys() - at_network.keys()),
        "doubled_conversions": sum(count - 1 for count in clicks.values()),
        "strange_conversions": len(
            at_network.keys() - due.keys() - unsure - {conversion_key(CONVERSION_RULE, each) for each in half_reported}
        ),
        "wrong_clicks": sum(
            click_of(at_network[key]) != call.click_id for key, call in due.items() if call.alone and key in at_network
        ),
        "shared": sum(not each.alone for each in callers.calls),
    }


def click_of(state: Any) -> str | None:
    """The click that the ad network knows for a conversion."""
    clicks: dict[str, str] = state["click_ids"]
    return clicks.get("gclid")


def _visitors(callers: Callers, calls: Mapping[str, Call], causes: Mapping[str, str | None]) -> dict[str, int]:
    """Compare the visit that the hub takes for the cause of each call with the visit of its caller."""
    known = [each for each in callers.reported if each.alone and each.carrier_call_id in calls]
    lost = sum(causes.get(calls[each.carrier_call_id].id) != each.visit_id for each in known)
    return {"visitors": len(known), "lost_visitors": lost}


def _tasks(stage: Environment, ended: set[str]) -> dict[str, int]:
    """Compare what the CRM holds with the calls that have ended."""
    logged = Counter(activity["key"] for activity in stage.crm.activities())
    return {
        "tasks": len(ended),
        "logged_once": sum(logged[call_id] == 1 for call_id in ended),
        "missing_tasks": sum(logged[call_id] == 0 for call_id in ended),
        "doubled_tasks": sum(count - 1 for count in logged.values() if count > 1),
    }


def _unfinished(session: Session) -> list[str]:
    tables: tuple[Any, ...] = (InboxWebhook, Call, Delivery)
    return [
        name for table in tables for name in _named(session.exec(select(table).where(col(table.state).in_(UNFINISHED))))
    ]


def _named(rows: Iterable[Any]) -> list[str]:
    return [
        f"{row.__tablename__} {row.id} of {row.connector}: {row.state}, due {row.due_at:%H:%M:%S}, "
        f"lease until {row.lease_until and format(row.lease_until, '%H:%M:%S')}, attempts {row.attempts}"
        for row in rows
    ]
