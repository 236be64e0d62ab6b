"""Recordings at Plivo: fetch, delete, pause and resume.

Plivo cannot pause the recording of a call. It can end it and begin another, so a paused call has two recordings; a note says
which calls the hub paused, because a recording must never begin on a call that was not being recorded.
Source: plivo.com/docs/voice/api/recordings and /docs/voice/api/call/record-calls.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from hub.api import Rejected, hookimpl
from hub.api.carriers import RecordingAudio, RecordingControl, recording_audio, rejecting
from hub.api.twiml import address_at
from plugins.carriers.plivo.plivo_xml import LONGEST_CALL
from plugins.carriers.plivo.rest import Account, Rest
from plugins.carriers.plivo.translate import uuid

ORIGIN = "https://api.plivo.com"
"""Origin of the hub's recording addresses, whatever base_url was set when they were made."""
PAUSED = "paused"
NOT_ASKED = "Plivo is not asked."


class Recordings(Account):
    """Fetch, delete, pause and resume."""

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording's audio, from the address that Plivo's API gives; `url` is only checked."""
        rest = self._rest
        with rejecting(NOT_ASKED):
            address_at(url, (rest.settings.base_url, ORIGIN), "Plivo")
            wanted = uuid(recording_id, "the recording's id")
        shown = rest.get(f"Recording/{wanted}")
        _, data = rest.download(shown.get("recording_url"), "recording's audio")
        return recording_audio(data, "Plivo")

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording. It is not an error if it is already gone."""
        with rejecting(NOT_ASKED):
            self._rest.delete(f"Recording/{uuid(recording_id, 'the id of the recording')}")

    @hookimpl
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume the recording of a call. Repeating it is not an error."""
        rest = self._rest
        with rejecting(NOT_ASKED):
            call = uuid(call_id, "the call's id")
        paused = call in _paused(rest.services.memory.get(PAUSED), rest.services.clock())
        if control == "pause":
            if not rest.delete(f"Call/{call}/Record") and not paused:
                raise Rejected("this call is not being recorded.")
            _note(rest, call, paused=True)
        elif paused:
            body = {
                "time_limit": LONGEST_CALL,
                "file_format": "wav",
                "record_channel_type": "stereo",
                "callback_url": self.addresses.of("recording", "", call),
                "callback_method": "POST",
            }
            rest.post(f"Call/{call}/Record", body)
            _note(rest, call, paused=False)


def _note(rest: Rest, call: str, *, paused: bool) -> None:
    """Note whether the hub has paused the recording of a call. A note lasts a day, longer than any call."""
    now: datetime = rest.services.clock()

    def step(text: str | None) -> str:
        others = {one: at for one, at in _paused(text, now).items() if one != call}
        return json.dumps(others | ({call: now.isoformat()} if paused else {}))

    rest.services.memory.change(PAUSED, step)


def _paused(text: str | None, now: datetime) -> dict[str, str]:
    """The paused calls of a note, each with its time."""
    since = (now - timedelta(days=1)).isoformat()
    return {call: at for call, at in json.loads(text or "{}").items() if at >= since}
