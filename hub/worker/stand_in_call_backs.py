"""Let the stand-ins of carriers answer the calls back that they were asked to place, as a carrier does: the user picks up, then
the person, and both speak for a minute. Each webhook comes when its step happens. A live carrier is never asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlmodel import col, select

from hub.contracts.sandbox import CallBackSandbox
from hub.contracts.webhooks import WebhookRequest
from hub.model import OutgoingCall
from hub.model.outgoing_calls import OutgoingCallStatus
from hub.model.states import OutgoingCallState
from hub.runtime import Hub
from hub.testing.trigger.running_hub import running_hub, stand_in

ANSWERED_WITHIN = timedelta(minutes=10)
"""A call that was placed longer ago is not answered any more; the hub settles it as one of which its carrier says nothing."""


class StandInCallBacks:
    """Plays what was placed, in one worker process. What waits to be sent is kept in memory, like a carrier's timers."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._carriers = [
            name for name, each in hub.config.connectors.items() if each.in_sandbox and each.kind == "carrier"
        ]
        self._played: set[str] = set()
        self._due: list[WebhookRequest] = []

    @property
    def has_work(self) -> bool:
        """Whether any carrier of the hub is a stand-in."""
        return bool(self._carriers)

    def look(self) -> None:
        """Begin what was placed since the last look, and send what is due. CannotDo if no hub serves on this machine."""
        for connector, reference in self._placed():
            self._played.add(reference)
            with stand_in(self._hub.config, connector) as sandbox:
                if isinstance(sandbox, CallBackSandbox):
                    self._due += sandbox.play_call_back(reference, "answered")
        self._due.sort(key=lambda request: request.received_at)
        now = self._hub.clock()
        while self._due and self._due[0].received_at <= now:
            with running_hub(self._hub.config) as running:
                running.post(self._due[0])
            del self._due[0]

    def _placed(self) -> Iterator[tuple[str, str]]:
        """Connector and carrier's id of the calls back that ring at a stand-in."""
        ringing = select(OutgoingCall.connector, OutgoingCall.carrier_call_id).where(
            col(OutgoingCall.connector).in_(self._carriers),
            OutgoingCall.state == OutgoingCallState.ACCEPTED,
            OutgoingCall.status == OutgoingCallStatus.PLACED,
            col(OutgoingCall.placed_at) > self._hub.clock() - ANSWERED_WITHIN,
        )
        with self._hub.store.reading() as session:
            rows = session.exec(ringing).all()
        for connector, reference in rows:
            if reference is not None and reference not in self._played:
                yield connector, reference
