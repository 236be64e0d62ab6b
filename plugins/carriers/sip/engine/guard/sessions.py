"""The session timers of all calls: who is refreshed, and who is not any more."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from plugins.carriers.sip.engine.guard.calls import Ledger, Peer
from plugins.carriers.sip.engine.guard.message import Message
from plugins.carriers.sip.engine.guard.own_requests import OwnRequests
from plugins.carriers.sip.engine.guard.session_timer import OFFERED_S, TIMER, Side, Timer, Wanted, wanted


class Sessions:
    """The timers of all calls. `over` gets the Call-ID of a call whose time is out; the engine ends it."""

    def __init__(self, ledger: Ledger, requests: OwnRequests, clock: Callable[[], float]) -> None:
        self._ledger, self._requests, self._clock = ledger, requests, clock
        self._least: dict[str, int] = {}
        self.over: Callable[[str], None] = lambda call_id: None

    def least(self, peer: Peer) -> int:
        """The seconds of the timer that a call to somebody asks for."""
        return max(OFFERED_S, self._least.get(peer.host, 0))

    def too_short(self, peer: Peer, refusal: Message) -> None:
        """Somebody wants a longer timer (422); the next call asks for it."""
        if re.fullmatch("[0-9]{1,6}", said := refusal.get("min-se").partition(";")[0].strip()):
            self._least[peer.host] = int(said)

    def agreed(self, call_id: str, found: Wanted | None, ours: Side) -> None:
        """A 200 to an INVITE or UPDATE agrees to a timer, or to none. `ours` is what we are in that request."""
        if call := self._ledger.calls.get(call_id):
            call.timer = Timer(found.seconds, found.refresher == ours, self._clock()) if found else None

    def tick(self) -> None:
        """Refresh what is due and end what nobody refreshes."""
        now = self._clock()
        for call_id, call in list(self._ledger.calls.items()):
            timer = call.timer
            if timer is None or call.ended:
                continue
            if now >= timer.ends_at:
                call.timer = None
                self.over(call_id)
            elif timer.ours and not timer.refreshing and now >= timer.refresh_at:
                call.timer = replace(timer, refreshing=True)
                self._refresh(call_id)

    def _refresh(self, call_id: str) -> None:
        """Send an UPDATE, or an INVITE with the sound as it is to one that takes no UPDATE."""
        call = self._ledger.calls[call_id]
        assert call.timer
        method = "UPDATE" if call.updates else "INVITE"
        call.number, call.shift = call.number + 1, call.shift + 1
        headers = [Wanted(call.timer.seconds, "uac").header, ("Supported", TIMER), ("Contact", call.contact)]
        if method == "INVITE":
            headers.append(("Content-Type", "application/sdp"))
        dialog = call.dialog(call_id)

        def answered(answer: Message | None) -> None:
            if answer and answer.status < 300:
                more = answer.cseq[0] - dialog.number  # it was challenged
                call.number, call.shift = call.number + more, call.shift + more
                if method == "INVITE":
                    self._requests.acknowledge(replace(dialog, number=answer.cseq[0]))
                self.agreed(call_id, wanted(answer), "uac")
            elif answer is None or answer.status in (408, 481):
                call.timer = None
                self.over(call_id)

        self._requests.send(
            dialog, method, call.number, answered, headers, call.own_sound if method == "INVITE" else b""
        )
