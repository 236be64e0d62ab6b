"""Recordings at Bandwidth: fetch, delete, pause and resume. Source: dev.bandwidth.com/apis/voice (recordings)."""

from __future__ import annotations

from hub.api import Rejected, hookimpl
from hub.api.carriers import RecordingAudio, RecordingControl, recording_audio, rejecting
from hub.api.twiml import address_at, identifier
from plugins.carriers.bandwidth.calls import legs_since
from plugins.carriers.bandwidth.rest import NOT_FOUND, REFUSED, Account, Rest
from plugins.carriers.bandwidth.translate import CALL_ID, HELD_RECORDING_ID

STATES = {"pause": "paused", "resume": "recording"}
ORIGIN = "https://voice.bandwidth.com"
"""Origin of the hub's recording addresses, whatever voice_url was set when they were made."""


class Recordings(Account):
    """Fetch, delete, pause and resume. Source: dev.bandwidth.com/apis/voice (recordings)."""

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording's audio; `url` is only checked."""
        rest = self._rest
        with rejecting("It is not fetched."):
            address_at(url, (rest.settings.voice_url, ORIGIN), "Bandwidth")
        reply = rest.send("GET", f"{address(rest, recording_id)}/media", expected=NOT_FOUND)
        return recording_audio(reply.content if reply.is_success else b"", "Bandwidth")

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording. It is not an error if it is already gone."""
        self._rest.command("DELETE", address(self._rest, recording_id), NOT_FOUND)

    @hookimpl
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume the recording of a call. It is made on the leg that was picked up."""
        rest = self._rest
        with rejecting("Bandwidth is not asked."):
            call = rest.get(f"{rest.voice}/calls/{identifier(CALL_ID, call_id, 'the call')}")
        legs = legs_since(rest, str(call.get("startTime"))) if call else ()
        for leg in [each for each in legs if each.get("parentCallId") == call_id and each.get("state") == "answered"]:
            url = f"{rest.voice}/calls/{leg.get('callId')}/recording"
            if rest.command("PUT", url, REFUSED, json={"state": STATES[control]}):
                return
        raise Rejected("this call is not being recorded.")


def address(rest: Rest, recording_id: str) -> str:
    """The API's address of a recording."""
    found = HELD_RECORDING_ID.fullmatch(recording_id)
    if not found:
        raise Rejected("this is not a recording of Bandwidth.")
    return f"{rest.voice}/calls/{found[1]}/recordings/{found[2]}"
