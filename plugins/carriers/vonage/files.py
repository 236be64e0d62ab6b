"""Files at Vonage: recordings, which it deletes itself after 30 days and cannot pause, and the pictures of texts.

Source: developer.vonage.com/en/voice/voice-api/guides/recording and /en/api/media (DELETE /v3/media/{id}; a recording's file is
an item of the Media API), /en/messages/concepts/secure-inbound-media.
"""

from __future__ import annotations

from hub.api import BadPayload, MediaFile, RecordingAudio, Rejected, RetryLater, address_at, hookimpl, identifier
from plugins.carriers.vonage.rest import Account
from plugins.carriers.vonage.translate import FILE, RECORDING_ID


class Files(Account):
    """Recordings, which it deletes itself after 30 days and cannot pause, and the pictures of texts."""

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording's audio, from the address that the webhook named."""
        file = _file(recording_id)
        try:
            address = address_at(url, self.origins(), "Vonage")
        except BadPayload as error:
            raise Rejected("the recording's audio is not at Vonage, so it is not fetched.") from error
        found = FILE.search(address)
        if found is None or found[1] != file:
            raise Rejected("the address is not that of this recording, so it is not fetched.")
        _, data = self._rest.download(address)
        if data[:4] == b"RIFF":
            return RecordingAudio(content_type="audio/wav", data=data)
        if data[:3] == b"ID3" or data[:1] == b"\xff":
            return RecordingAudio(content_type="audio/mpeg", data=data)
        raise RetryLater("Vonage did not return audio.")

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording. It is not an error if it is already gone."""
        self._rest.delete(f"/v3/media/{_file(recording_id)}")

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a received text; Vonage keeps it for 48 hours."""
        try:
            address = address_at(url, self.origins(), "Vonage")
        except BadPayload as error:
            raise Rejected("the picture's address is not at Vonage, so it is not fetched.") from error
        content_type, data = self._rest.download(address)
        if "/" not in content_type or content_type in ("application/json", "application/problem+json", "text/html"):
            raise RetryLater("Vonage did not return a picture.")
        return MediaFile(content_type=content_type, data=data)


def _file(recording_id: str) -> str:
    try:
        return identifier(RECORDING_ID, recording_id, "the recording's id").removeprefix("REC-")
    except BadPayload as error:
        raise Rejected(f"{error} It is not fetched.") from error
