"""What a carrier plugin must prove of recordings: fetched in full, deleted, paused, and never made without an order."""

from __future__ import annotations

import io
import wave
from datetime import timedelta
from typing import Any

from hub.contracts.answers import Dial, TakeMessage
from hub.contracts.connector import Connector
from hub.contracts.events import CallEvent
from hub.contracts.sandbox import Sandbox
from hub.errors import Rejected, RingfenceError
from hub.hookspecs import RecordingHooks
from hub.testing import samples
from hub.testing.asking import ask, attempt, implemented_hooks
from hub.testing.switchboard import Switchboard, carrier_of, need_abilities, need_hooks
from hub.testing.wire import WireConformance

RECORDED = Dial(numbers=(samples.DIAL,), record=True, mark="v1.sales")
ENDED_BY_KEY = Dial(numbers=(samples.DIAL,), record=True, end_key="9", mark="v1.sales")
UNRECORDED = Dial(numbers=(samples.DIAL,), mark="v1.sales")
MESSAGE = TakeMessage(mark="v1.night")


def spoken_audio(seconds: int = 2) -> bytes:
    """A WAV file that differs from every other recording."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(8000)
        audio.writeframes(bytes((step * 7 % 251) for step in range(16_000 * seconds)))
    return stream.getvalue()


class RecordingConformance(WireConformance):
    """A recording holds what was spoken; the carrier keeps it no longer than the customer wants."""

    def test_a_call_is_recorded_only_where_the_hub_says_so(self, connector: Connector, sandbox: Sandbox) -> None:
        before = set(carrier_of(sandbox).recordings())
        board = Switchboard(connector, sandbox, {("ringing", ""): (UNRECORDED,)})
        board.place()
        assert not board.kinds & {"recorded", "voicemail"}, "a call was recorded that nobody asked to record"
        assert set(carrier_of(sandbox).recordings()) == before

    def test_a_recording_is_what_was_spoken(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "fetch_recording")
        audio = spoken_audio()
        for kind in ("recorded", "voicemail"):
            if ("record" if kind == "recorded" else "message") not in connector.manifest.abilities:
                continue
            event = self._recorded(connector, sandbox, kind, audio=audio)
            assert event.recording_id and event.recording_url, "the webhook does not say where the recording is"
            fetched = ask(
                connector, RecordingHooks.fetch_recording, recording_id=event.recording_id, url=event.recording_url
            )
            assert fetched.data == audio, "the audio is not what was spoken"
            assert fetched.content_type.startswith("audio/"), fetched.content_type

    def test_a_recording_is_deleted_and_once_more_is_no_error(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "delete_recording")
        event = self._recorded(connector, sandbox)
        assert event.recording_id and event.recording_id in carrier_of(sandbox).recordings()
        for _ in range(2):
            ask(connector, RecordingHooks.delete_recording, recording_id=event.recording_id)
        assert event.recording_id not in carrier_of(sandbox).recordings(), "the carrier keeps the recording"
        if "fetch_recording" in implemented_hooks(connector):
            reply = attempt(
                connector, RecordingHooks.fetch_recording, recording_id=event.recording_id, url=event.recording_url
            )
            assert isinstance(reply.error, RingfenceError), "a recording was fetched that is deleted"

    def test_a_recording_pauses_and_resumes_while_the_call_goes_on(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        need_hooks(connector, "control_recording")

        def card_data_is_spoken(event: CallEvent) -> None:
            if event.kind == "answered" and not controlled:
                controlled.append(event.call_id)
                for control in ("pause", "pause", "resume"):
                    ask(connector, RecordingHooks.control_recording, call_id=event.call_id, control=control)

        controlled: list[str] = []
        board = Switchboard(connector, sandbox, {("ringing", ""): (RECORDED,)}, card_data_is_spoken)
        board.place()
        assert controlled, "no webhook tells while the call goes on that somebody picked up"
        done = list(carrier_of(sandbox).recording_controls(board.call_id))
        assert done[0] == "pause" and done[-1] == "resume", f"the carrier was told {done}"

    def test_a_caller_ends_the_recording_with_the_key_and_nothing_of_it_is_kept(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        need_abilities(connector, "end_recording")
        before = set(carrier_of(sandbox).recordings())
        board = Switchboard(connector, sandbox, {("ringing", ""): (ENDED_BY_KEY,)})
        board.place(ends_recording=True)
        ended = board.first("recording_ended")
        assert ended.call_id == board.call_id and "recorded" not in board.kinds, "the recording went on after the key"
        assert set(carrier_of(sandbox).recordings()) == before, "the carrier keeps what the caller did not want"
        board.place()
        assert "recorded" in board.kinds, "a caller who presses no key is not recorded"

    def test_nothing_is_paused_where_nothing_is_recorded(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "control_recording")
        board = Switchboard(connector, sandbox, {("ringing", ""): (UNRECORDED,)})
        board.place()
        reply = attempt(connector, RecordingHooks.control_recording, call_id=board.call_id, control="pause")
        assert isinstance(reply.error, Rejected), "somebody would speak card data into a recording that is not paused"

    def _recorded(self, connector: Connector, sandbox: Sandbox, kind: str = "recorded", **changes: Any) -> CallEvent:
        answer = RECORDED if kind == "recorded" else MESSAGE
        board = Switchboard(connector, sandbox, {("ringing", ""): (answer,)})
        outcome = "answered" if kind == "recorded" else "voicemail"
        board.place(outcome=outcome, talk=timedelta(seconds=2), **changes)
        return board.first(kind)
