"""Recordings at the gateways, and what they hold about a person."""

from __future__ import annotations

from collections.abc import Sequence

from hub.api import Erasure, HeldRecord, PersonReference, Rejected, RetryLater, hookimpl
from hub.api.carriers import RecordingAudio, RecordingControl, rejecting, type_and_bytes
from hub.api.twiml import address_at, identifier
from plugins.carriers.sip.control import Account, items
from plugins.carriers.sip.translate import SipWebhook

STATES = {"pause": "paused", "resume": "in-progress"}


class Recordings(Account):
    """Recordings at the gateways, and what they hold about a person."""

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """The audio, from the gateway that the webhook named. The address that we fetch is made from the id."""
        control = self._control
        with rejecting("It is not fetched."):
            identifier(SipWebhook.recording_id_form, recording_id, "the id")
            address_at(url, control.gateways, "a gateway of this connector")
        gateway = next(each for each in control.gateways if url.startswith(f"{each}/"))
        reply = control.reply(gateway, "GET", f"/recordings/{recording_id}")
        if reply.status_code == 404:
            raise Rejected(
                "The gateway has no such recording; it was deleted, or kept longer than keep_recordings_days."
            )
        content_type, data = type_and_bytes(reply)
        if content_type != "audio/wav":
            raise RetryLater("The gateway did not return audio.")
        return RecordingAudio(content_type=content_type, data=data)

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete it at every gateway; it is not an error if it is already gone."""
        with rejecting("The gateway is not asked."):
            identifier(SipWebhook.recording_id_form, recording_id, "the id")
        for gateway in self._control.gateways:
            if self._control.reply(gateway, "DELETE", f"/recordings/{recording_id}").status_code not in (204, 404):
                raise RetryLater("The gateway did not confirm the deletion.")

    @hookimpl
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume what is recorded of a call. Rejected if no gateway records it now."""
        with rejecting("The gateway is not asked."):
            identifier(SipWebhook.call_id_form, call_id, "the id")
        for gateway in self._control.gateways:
            reply = self._control.reply(gateway, "POST", f"/calls/{call_id}/recording", {"status": STATES[control]})
            if reply.status_code == 404:
                continue
            try:
                done = reply.json().get("status")
            except (ValueError, AttributeError):
                raise RetryLater("The gateway's reply cannot be read.") from None
            if done != STATES[control]:
                raise Rejected(
                    f"The gateway accepted the request but does not say that the recording is {STATES[control]}."
                )
            return
        raise Rejected("Nothing is being recorded of this call.")

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """Calls and recordings between the person and the company's numbers."""
        found = []
        for gateway in self._control.gateways:
            for each in items(self._control.json(gateway, "POST", "/people/held", _who(person)), "records"):
                fields = each.get("fields")
                shown = {str(key): str(value) for key, value in (fields if isinstance(fields, dict) else {}).items()}
                found.append(
                    HeldRecord(record_type=str(each.get("type")), record_id=str(each.get("sid")), fields=shown)
                )
        return found

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete them. A call that is under way is deleted after its end: the gateway says so, and the hub asks again."""
        records = 0
        for gateway in self._control.gateways:
            done = self._control.json(gateway, "POST", "/people/erase", _who(person))
            if done.get("under_way"):
                raise RetryLater("A call of this person is under way at the gateway; it is erased after its end.", 60)
            count = done.get("records")
            if not isinstance(count, int):
                raise RetryLater("The gateway did not say what it erased.")
            records += count
        return Erasure(status="erased" if records else "nothing_held", records=records)


def _who(person: PersonReference) -> dict[str, list[str]]:
    return {
        "phone_numbers": list(person.phone_numbers),
        "tracking_numbers": list(person.tracking_numbers),
        "ids": list(person.provider_ids),
    }
