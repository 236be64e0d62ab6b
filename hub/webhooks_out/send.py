"""Sends the outbox of one endpoint in order: the oldest event first, and while it is tried again, the others wait
(hub.webhooks_out.event_order).

A try is recorded before anything is sent, so an event whose worker died is sent again under the same `webhook-id`. Everything
about a person is read, and consent is asked, under the person's lock: after a refusal or an erasure nothing more leaves.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import update
from sqlmodel import col

from hub.errors import CannotDo, Rejected, RetryLater, place_of
from hub.flow.consent import StoredDecision, disclosure_row
from hub.model import ConsentDecision, Disclosure, WebhookEndpoint, WebhookEvent
from hub.model.states import WebhookEventState as State
from hub.numbers.directory import Directory
from hub.platform import metrics
from hub.platform.backoff import Jitter, half_jitter
from hub.plugin_host.public_post import PublicPost
from hub.privacy.withdrawal import shared_person_lock
from hub.runtime import Hub
from hub.store.claims import claim, complete, due_groups
from hub.store.journal import write_evidence
from hub.store.writers.webhook_events import EVENT_LIFETIME
from hub.webhooks_out.answers import Verdict, post_for, verdict_of
from hub.webhooks_out.endpoints import Endpoint, endpoint_of, secrets_of
from hub.webhooks_out.event_order import is_held_up, note_refusal, note_taken, put_behind, release_some
from hub.webhooks_out.prepare import NOTICES, Prepared, lock_keys_of, prepare
from hub.webhooks_out.signing import headers_of

log = structlog.get_logger(__name__)
EVENTS_PER_TURN = 50
TURN_SECONDS = 20.0
"""After so long the other endpoints get their turn."""
LOCK_WAIT_SECONDS = 5.0
NOT_THERE = "The webhook is no longer in config.yaml, or it is disabled."


def endpoints_due() -> object:
    """The query for the endpoints that have something to send now."""
    return due_groups(WebhookEvent, "endpoint_id")


def send_events(
    hub: Hub, directory: Directory, endpoint_id: str, post: PublicPost | None = None, jitter: Jitter = half_jitter
) -> int:
    """Send what is due to one endpoint; returns how many events were claimed."""
    mine = {"endpoint_id": endpoint_id}
    token, rows = claim(
        hub.store, WebhookEvent, now=hub.clock(), limit=EVENTS_PER_TURN, of=mine, counting=False, alone=True
    )
    if not rows:
        return 0
    with hub.heartbeat.keeping(WebhookEvent, token), hub.store.reading() as session:
        endpoint = endpoint_of(session, hub.config, endpoint_id)
    with hub.heartbeat.keeping(WebhookEvent, token):
        _Turn(hub, directory, endpoint_id, endpoint, token, post, jitter).take(rows)
    return len(rows)


@dataclass
class _Turn:
    """One turn of an endpoint."""

    hub: Hub
    directory: Directory
    endpoint_id: str
    endpoint: Endpoint | None
    token: str
    post: PublicPost | None
    jitter: Jitter

    def take(self, rows: Sequence[WebhookEvent]) -> None:
        """Send the claimed events until one holds the others up."""
        endpoint = self.endpoint
        if endpoint is None or endpoint.row.retired_at:
            return self._end_all(rows, State.DROPPED, NOT_THERE)
        if endpoint.row.paused_at:
            return self._end_all(rows, State.DEAD, endpoint.row.pause_reason or "")
        if not endpoint.section.enabled:
            self._end_all([row for row in rows if row.type not in NOTICES], State.DROPPED, NOT_THERE, keeping=NOTICES)
            rows = [row for row in rows if row.type in NOTICES]
        with self.hub.store.reading() as session:
            held_up = bool(rows) and is_held_up(session, endpoint, self.hub.clock(), rows)
        if held_up:
            return self._wait(rows, endpoint)
        self._send_each(endpoint, rows)

    def _send_each(self, endpoint: Endpoint, rows: Sequence[WebhookEvent]) -> None:
        until = time.monotonic() + TURN_SECONDS
        ordered = sorted(rows, key=lambda row: (row.first_tried_at is None, row.due_at, row.id))
        for position, row in enumerate(ordered):
            if time.monotonic() > until:
                return self._give_back(ordered[position:])
            with self.hub.store.reading() as session:
                keys = lock_keys_of(session, row)
            with shared_person_lock(self.hub.store, keys, LOCK_WAIT_SECONDS) as free:
                verdict = self._one(endpoint, row) if free else None
            if verdict is None:
                return self._give_back(ordered[position:])
            if verdict.gone:
                return self._pause(endpoint, verdict, ordered[position + 1 :])
            if verdict.goes_on and not (verdict.is_of_itself and not endpoint.section.keep_order):
                return self._wait(ordered[position + 1 :], endpoint)
            if row.first_tried_at is not None and not verdict.goes_on:
                # What waited behind it is older than the rest of this turn.
                with self.hub.store.writing() as session:
                    release_some(session, endpoint)
                return self._give_back(ordered[position + 1 :])

    def _one(self, endpoint: Endpoint, row: WebhookEvent) -> Verdict:
        """Prepare, send and record one event."""
        prepared = prepare(self.hub, self.directory, endpoint, row)
        if not isinstance(prepared, Prepared):
            verdict, ruling = prepared
            self._record(endpoint, row, verdict, None, ruling)
            return verdict
        try:
            secrets = secrets_of(self.hub, endpoint)
        except CannotDo as error:
            verdict = Verdict(State.DEAD, str(error), left=False)
            self._record(endpoint, row, verdict, None, prepared.ruling)
            return verdict
        now = self.hub.clock()
        if not self._begin(row, prepared.ruling):
            raise RetryLater("Another worker has taken it over.")
        headers = headers_of(endpoint.section.format, secrets, row.id, int(now.timestamp()), prepared.body.data)
        outcome: object
        try:
            outcome = (self.post or post_for(endpoint.section)).send(endpoint.section.url, headers, prepared.body.data)
        except Exception as error:  # noqa: BLE001 - whatever the other side does, the event ends in a state that says so
            outcome = error
            if not isinstance(error, RetryLater | Rejected):
                log.warning("webhook failed", endpoint=self.endpoint_id, error=type(error).__name__, at=place_of(error))
        verdict = verdict_of(outcome, row.attempts + 1, row.expires_at - EVENT_LIFETIME, self.hub.clock(), self.jitter)
        self._record(endpoint, row, verdict, prepared)
        return verdict

    def _begin(self, row: WebhookEvent, ruling: StoredDecision | None) -> bool:
        """Record the try and the decision; False if another worker holds the event now."""
        held = (col(WebhookEvent.id) == row.id, col(WebhookEvent.lease_token) == self.token)
        tried = {"attempts": row.attempts + 1, "first_tried_at": row.first_tried_at or self.hub.clock()}
        with self.hub.store.writing() as session:
            begun: Any = session.execute(
                update(WebhookEvent).where(*held).values(**tried).execution_options(synchronize_session=False)
            )
            if begun.rowcount and ruling is not None:
                write_evidence(session, ConsentDecision, [ruling.row], {row.subject_id: row.account_id})
        return bool(begun.rowcount)

    def _record(
        self,
        endpoint: Endpoint,
        row: WebhookEvent,
        verdict: Verdict,
        sent: Prepared | None,
        ruling: StoredDecision | None = None,
    ) -> None:
        now = self.hub.clock()
        values: dict[str, object] = {"state": verdict.state, "reason": verdict.reason, "status": verdict.status}
        if verdict.due_at is not None:
            values |= {"due_at": verdict.due_at, "first_tried_at": row.first_tried_at or now}
        else:
            values["finished_at"] = now
        accounts = {row.subject_id: row.account_id}
        with self.hub.store.writing() as session:
            complete(session, WebhookEvent, [row.id], self.token, **values)
            if verdict.state == State.DELIVERED:
                note_taken(session, self.endpoint_id, again=row.first_tried_at is not None)
            elif sent is not None and verdict.goes_on:
                note_refusal(session, self.endpoint_id, verdict.reason or "", now)
            if ruling is not None and not ruling.is_unanswered:
                write_evidence(session, ConsentDecision, [ruling.row], accounts)
            if sent is not None and sent.case is not None and sent.ruling is not None and verdict.left:
                name, recipient = endpoint.entry.name, endpoint.section.recipient_name
                reported = disclosure_row(
                    sent.ruling, sent.case, name, recipient, sent.body.categories, now, delivery_id=None
                )
                write_evidence(session, Disclosure, [reported], accounts)
        metrics.DELIVERIES.labels("webhooks", verdict.state, str(verdict.status or "")).inc()

    def _wait(self, rows: Sequence[WebhookEvent], endpoint: Endpoint) -> None:
        """Put these, and what else of the endpoint is due, behind the event that is tried again."""
        now = self.hub.clock()
        with self.hub.store.writing() as session:
            complete(session, WebhookEvent, [row.id for row in rows], self.token, state=State.WAITING)
            passing = not is_held_up(session, endpoint, now)
            put_behind(session, self.endpoint_id, now, tried=passing)

    def _give_back(self, rows: Sequence[WebhookEvent]) -> None:
        with self.hub.store.writing() as session:
            complete(session, WebhookEvent, [row.id for row in rows], self.token, state=State.READY)

    def _end_all(
        self, rows: Sequence[WebhookEvent], state: State, reason: str, *, keeping: Collection[str] = ()
    ) -> None:
        """End these, and what waits behind them, except the types to keep."""
        ended = {"state": state, "reason": reason, "finished_at": self.hub.clock()}
        waiting = (
            col(WebhookEvent.endpoint_id) == self.endpoint_id,
            col(WebhookEvent.state) == State.WAITING,
            col(WebhookEvent.type).not_in(keeping),
        )
        with self.hub.store.writing() as session:
            complete(session, WebhookEvent, [row.id for row in rows], self.token, **ended)
            session.execute(
                update(WebhookEvent).where(*waiting).values(**ended).execution_options(synchronize_session=False)
            )

    def _pause(self, endpoint: Endpoint, verdict: Verdict, rest: Sequence[WebhookEvent]) -> None:
        """The endpoint is gone for good: it gets nothing more until a person resumes it."""
        reason = verdict.reason or ""
        with self.hub.store.writing() as session:
            row = session.get_one(WebhookEndpoint, endpoint.row.id)
            row.paused_at, row.pause_reason = self.hub.clock(), reason[:200]
            session.add(row)
        self._end_all(rest, State.DEAD, reason)
