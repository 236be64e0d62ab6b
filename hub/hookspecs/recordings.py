"""Hooks for recordings: fetch, delete, pause, and write down what was said."""

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

        Called by the worker once the carrier has told that it is ready. `RetryLater` where it is not there yet.
        """

    @hookspec(network=True, deadline=60, scheduled=False)
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording at the carrier; one that is gone already is no error.

        Called by the worker after the hub's own copy is stored and verified, where the customer wants it so; and at once
        where the recording may not be kept, for nobody was told of it or the caller refused.
        """

    @hookspec(network=True, deadline=60, scheduled=False)
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume the recording of a call that goes on; `Rejected` where nothing is being recorded.

        Called by `hub recordings pause` and `resume`, while card data is spoken. The same control twice is no error.
        """


class TranscriptionHooks(Protocol):
    """Transcription: speech to words."""

    @hookspec(network=True, deadline=60, scheduled=False)
    def transcribe(self, audio: SpokenAudio) -> Transcript:
        """What was said in `audio`, part by part.

        Called by the worker after a recording is stored, where the company wants transcripts and consent allows it.
        `Rejected` where the language is not known or the audio makes no sense.
        """
