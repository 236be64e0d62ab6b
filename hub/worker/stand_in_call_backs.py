"""Let the stand-ins of carriers answer the calls back that they were asked to place, as a carrier does: the user picks up, then
the person, and both speak for a minute. Each webhook comes when its step happens. A live carrier is never asked."""

from __future__ import annotations

from collections.abc import Sequence
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
        for call in self._placed():
            self._played.add(call.id)
            with stand_in(self._hub.config, call.connector) as sandbox:
                if isinstance(sandbox, CallBackSandbox) and (reference := placed_as(sandbox, call)):
                    self._due += sandbox.play_call_back(reference, "answered")
        self._due.sort(key=lambda request: request.received_at)
        now = self._hub.clock()
        while self._due and self._due[0].received_at <= now:
            with running_hub(self._hub.config) as running:
                running.post(self._due[0])
            del self._due[0]

    def _placed(self) -> Sequence[OutgoingCall]:
        """The calls back that ring at a stand-in."""
        ringing = select(OutgoingCall).where(
            col(OutgoingCall.connector).in_(self._carriers),
            OutgoingCall.state == OutgoingCallState.ACCEPTED,
            OutgoingCall.status == OutgoingCallStatus.PLACED,
            col(OutgoingCall.placed_at) > self._hub.clock() - ANSWERED_WITHIN,
        )
        with self._hub.store.reading() as session:
            return [call for call in session.exec(ringing) if call.id not in self._played]


def placed_as(sandbox: CallBackSandbox, call: OutgoingCall) -> str | None:
    """The stand-in's id of a call back. Some carriers, such as Telnyx, do not name it when they take the call: then it is the
    newest between these two phones."""
    phones = (call.user_number, call.person_number)
    placed = (
        each for each in reversed(sandbox.placed_calls()) if (each["user_number"], each["person_number"]) == phones
    )
    return call.carrier_call_id or next((each["reference"] for each in placed), None)
