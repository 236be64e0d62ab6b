"""Files at Vonage: recordings, which it deletes itself after 30 days and cannot pause, and the pictures of texts.

Source: developer.vonage.com/en/voice/voice-api/guides/recording and /en/api/media (DELETE /v3/media/{id}; a recording's file is
an item of the Media API), /en/messages/concepts/secure-inbound-media.
"""

from __future__ import annotations

from hub.api import Rejected, hookimpl
from hub.api.carriers import MediaFile, RecordingAudio, picture, recording_audio, rejecting
from hub.api.twiml import address_at, identifier
from plugins.carriers.vonage.rest import Account
from plugins.carriers.vonage.translate import FILE, RECORDING_ID

NOT_FETCHED = "It is not fetched."


class Files(Account):
    """Recordings, which it deletes itself after 30 days and cannot pause, and the pictures of texts."""

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording's audio, from the address that the webhook named."""
        file = _file(recording_id)
        with rejecting(NOT_FETCHED):
            address = address_at(url, self.origins(), "Vonage")
        found = FILE.search(address)
        if found is None or found[1] != file:
            raise Rejected("the address is not that of this recording, so it is not fetched.")
        _, data = self._rest.download(address)
        return recording_audio(data, "Vonage")

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording. It is not an error if it is already gone."""
        self._rest.delete(f"/v3/media/{_file(recording_id)}")

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a received text; Vonage keeps it for 48 hours."""
        with rejecting(NOT_FETCHED):
            address = address_at(url, self.origins(), "Vonage")
        return picture(*self._rest.download(address), "Vonage")


def _file(recording_id: str) -> str:
    with rejecting(NOT_FETCHED):
        return identifier(RECORDING_ID, recording_id, "the recording's id").removeprefix("REC-")
