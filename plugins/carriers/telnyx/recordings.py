"""Recordings at Telnyx: fetch, delete, pause and resume.

Source: developers.telnyx.com/api-reference (call-recordings; texml-rest-commands, update recording on a call).
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from hub.api import Rejected, RetryLater, hookimpl
from hub.api.carriers import RecordingAudio, RecordingControl, rejecting
from hub.api.twiml import address_at, identifier
from plugins.carriers.telnyx.rest import MAX_LINK_CHARACTERS, Account, Rest
from plugins.carriers.telnyx.translate import CALL_ID, UUID, uuid

ORIGIN = "https://api.telnyx.com"
"""Origin of the hub's recording addresses, whatever base_url was set when they were made."""
HOSTS = (
    "s3.amazonaws.com",
    "s3.us-east-1.amazonaws.com",
    "s3.eu-central-1.amazonaws.com",
    "s3.ap-southeast-2.amazonaws.com",
)
"""The hosts on which Telnyx stores the audio, by the account's data locality (United States, Germany, Australia)."""
BUCKETS = "/telephony-recorder-"
FORMS = {"wav": "audio/wav", "mp3": "audio/mpeg"}
STATES = {"pause": "paused", "resume": "in-progress"}


class Recordings(Account):
    """Fetch, delete, pause and resume."""

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording's audio, from a short-lived link that Telnyx creates; `url` is only checked."""
        rest = self._rest
        base_url = rest.settings.base_url
        with rejecting("It is not fetched."):
            address_at(url, (base_url, ORIGIN), "Telnyx")
            wanted = uuid(recording_id, "the recording's id")
        links = rest.one(f"/recordings/{wanted}").get("download_urls")
        for form, content_type in FORMS.items():
            link = links.get(form) if isinstance(links, dict) else None
            if link:
                data = _audio(rest, link, base_url)
                return RecordingAudio(content_type=content_type, data=data)
        raise RetryLater("Telnyx has no audio of the recording yet.")

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording. It is not an error if it is already gone."""
        with rejecting("Telnyx is not asked."):
            self._rest.delete(f"/recordings/{uuid(recording_id, 'the id of the recording')}")

    @hookimpl
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume the recording of a call. Repeating it is not an error."""
        rest = self._rest
        with rejecting("Telnyx is not asked."):
            call = quote(identifier(CALL_ID, call_id, "the call's id"), safe="")
        going_on = [
            item
            for item in rest.texml_pages(f"Calls/{call}/Recordings.json")
            if item.get("status") in STATES.values() and UUID.fullmatch(str(item.get("sid")))
        ]
        if not going_on:
            raise Rejected("this call is not being recorded.")
        for item in going_on:
            if item["status"] != STATES[control]:
                path = f"{rest.texml}/Calls/{call}/Recordings/{item['sid']}.json"
                rest.post_form(path, {"Status": STATES[control]})


def _audio(rest: Rest, link: object, base_url: str) -> bytes:
    with rejecting("The audio is not fetched."):
        address = address_at(link, (base_url,), "Telnyx", HOSTS, MAX_LINK_CHARACTERS)
    if urlsplit(address).netloc in HOSTS and not urlsplit(address).path.startswith(BUCKETS):
        raise Rejected("the recording's audio is not in Telnyx' storage, so it is not fetched.")
    _, data = rest.download(address)
    if data[:4] != b"RIFF" and data[:3] != b"ID3" and data[:1] != b"\xff":
        raise RetryLater("Telnyx did not return audio.")
    return data
