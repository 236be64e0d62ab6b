"""Hooks for recordings: fetch, delete, pause, and transcribe them."""

from __future__ import annotations

from typing import Protocol

from hub.contracts.numbers import RecordingAudio, RecordingControl
from hub.contracts.transcripts import SpokenAudio, Transcript
from hub.hookspecs.markers import hookspec


class RecordingHooks(Protocol):
    """Recordings: carriers."""

    @hookspec(network=True, deadline=60, scheduled=False)
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """The audio of a recording. `url` comes from a webhook: fetch only from the provider's declared hosts.

        Called by the worker after the carrier has reported that it is ready. Raise `RetryLater` if it is not there yet.
        """

    @hookspec(network=True, deadline=60, scheduled=False)
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording at the carrier; one that is deleted already is not an error.

        Called by the worker after the hub's own copy is stored and verified, if the customer wants this; and immediately
        if the recording may not be kept because it was not announced or the caller refused.
        """

    @hookspec(network=True, deadline=60, scheduled=False)
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume the recording of a call in progress. Raise `Rejected` if nothing is being recorded.

        Called by `hub recordings pause` and `resume`, while card data is spoken. Repeating a control is not an error.
        """


class TranscriptionHooks(Protocol):
    """Transcription: speech to text."""

    @hookspec(network=True, deadline=60, scheduled=False, use="functional.service", main_of="transcription")
    def transcribe(self, audio: SpokenAudio) -> Transcript:
        """What was said in `audio`, part by part.

        Called by the worker after a recording is stored, if the company wants transcripts and consent allows it. Raise
        `Rejected` if the language is not supported or the audio cannot be read.
        """
