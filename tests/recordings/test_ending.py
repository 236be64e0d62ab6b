"""A caller ends the recording after the notice: nothing of the conversation is kept, here or at the carrier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from recorder import Recorder, notice, recordings, tell_of, tone
from testbed import CALLER, CONNECTORS, SHARED, TestHub, finished_call

from hub.api import CallEvent, RetryLater
from hub.errors import CannotDo
from hub.model import (
    AuditEntry,
    Call,
    ConsentEntry,
    LegalHold,
    Recording,
    RecordingNotice,
    RecordingPeaks,
    TranscriptRow,
)
from hub.model.states import TranscriptState
from hub.privacy.withdrawal import has_refused
from hub.privacy_requests.legal_holds import lift_hold
from hub.privacy_requests.people import set_hold
from hub.recordings.end import check_resume, end_recording
from hub.recordings.keep import end_expired, fetch_due
from hub.recordings.listen import hear
from hub.store.journal.verify import verify

Factory = Callable[..., TestHub]


class Unstoppable(Recorder):
    """A carrier that records, and cannot end that during the call."""

    control_recording = None  # type: ignore[assignment]


def fetch(stage: TestHub) -> int:
    return fetch_due(stage.hub, jitter=lambda longest: longest)


def only(stage: TestHub) -> Recording:
    (row,) = recordings(stage)
    return row


def talking(stage: TestHub, choice: str | None = "announced") -> Call:
    """A call that was answered, and is recorded since its notice."""
    at = stage.clock()
    if choice is not None:
        notice(stage, "CA1", choice, at)
    stage.tell(*finished_call("CA1", SHARED, CALLER, True, 90, at)[:2])
    return stage.one(Call)


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def test_during_the_call_the_carrier_records_no_more_and_deletes_what_it_has(recording_hub: Factory) -> None:
    stage = recording_hub()
    call = talking(stage)
    stage.clock.advance(seconds=30)
    assert end_recording(stage.hub, call, "anna") == ("ended", False)
    assert stage.carrier.controls == [("CA1", "pause")]
    tell_of(stage, choice=None)
    fetch(stage)
    assert stage.carrier.fetched == [] and stage.carrier.deleted == ["RE1"]
    assert (only(stage).state, only(stage).path) == ("refused", None)
    refused = stage.one(RecordingNotice, choice="refused")
    assert (refused.text, refused.reported_at) == ("This call is recorded.", stage.clock())
    reports = verify(stage.hub.store, stage.hub.keyring, stage.clock())
    assert reports and all(report.sound for report in reports.values())
    entry = stage.one(AuditEntry, action="recording.end")
    assert (entry.actor, entry.subject) == ("anna", call.id)


def test_it_is_a_refusal_of_this_call_and_of_no_other(recording_hub: Factory) -> None:
    stage = recording_hub()
    call = talking(stage)
    stage.flow()
    end_recording(stage.hub, stage.one(Call), "anna")
    entry = stage.one(ConsentEntry)
    assert (entry.state, entry.use, entry.channel, entry.evidence, entry.scope) == (
        "refused", "telephony.recording", "call", call.id, "call",
    )  # fmt: skip
    with stage.hub.store.reading() as session:
        assert entry.person_id and not has_refused(session, entry.person_id, "telephony.recording")


def test_a_stored_recording_its_transcript_and_its_waveform_are_gone_at_once(
    recording_hub: Factory, tmp_path: Path
) -> None:
    stage = recording_hub()
    row = tell_of(stage, audio=tone())
    fetch(stage)
    stage.add(
        TranscriptRow(
            recording_id=row.id, connector="ears", language="en-US", sealed=b"words", state=TranscriptState.WRITTEN,
            due_at=stage.clock(), expires_at=stage.clock() + timedelta(days=9),
        )
    )  # fmt: skip
    assert end_recording(stage.hub, stage.one(Call), "anna") == ("deleted", False)
    with stage.hub.store.reading() as session:
        heard = hear(stage.hub, session, row.id)
    assert heard is None or heard.audio is None
    transcript = stage.one(TranscriptRow)
    assert (transcript.state, transcript.sealed) == ("gone", None) and stage.rows(RecordingPeaks) == []
    fetch(stage)
    assert files(tmp_path / "shelf") == [] and stage.carrier.deleted == ["RE1"]
    assert only(stage).state == "refused" and fetch(stage) == 0


def test_a_refusal_while_the_audio_is_fetched_leaves_nothing(recording_hub: Factory, tmp_path: Path) -> None:
    stage = recording_hub()
    tell_of(stage)

    def refuse(*_: Any) -> bytes:
        end_recording(stage.hub, stage.one(Call), "anna")
        return tone()

    stage.carrier.fetches = [refuse]
    fetch(stage)
    assert files(tmp_path / "shelf") == [] and only(stage).path is None
    fetch(stage)
    assert only(stage).state == "refused" and stage.carrier.deleted == ["RE1"]


def test_a_carrier_that_cannot_end_it_deletes_the_whole_recording_after_the_call(hub: Factory, tmp_path: Path) -> None:
    stage = hub(connectors={**CONNECTORS, "carrier": Unstoppable}, recordings={"storage": str(tmp_path / "shelf")})
    assert end_recording(stage.hub, talking(stage), "anna") == ("after_call", False)
    tell_of(stage, choice=None)
    fetch(stage)
    assert stage.carrier.deleted == ["RE1"] and only(stage).state == "refused"


def test_a_carrier_that_does_not_answer_changes_nothing_of_the_refusal(recording_hub: Factory) -> None:
    stage = recording_hub()
    stage.carrier.controlling = [RetryLater("away")]
    assert end_recording(stage.hub, talking(stage), "anna") == ("unconfirmed", False)
    tell_of(stage, choice=None)
    fetch(stage)
    assert only(stage).state == "refused"


def test_a_paused_recording_is_not_resumed_after_a_refusal(recording_hub: Factory) -> None:
    stage = recording_hub()
    call = talking(stage)
    with stage.hub.store.reading() as session:
        check_resume(session, call)
    end_recording(stage.hub, call, "anna")
    with stage.hub.store.reading() as session, pytest.raises(CannotDo, match="refused to be recorded"):
        check_resume(session, call)
    with pytest.raises(CannotDo, match="has refused already"):
        end_recording(stage.hub, call, "anna")
    assert len(stage.rows(ConsentEntry)) == 1


def test_a_legal_hold_keeps_the_audio_until_it_is_lifted(recording_hub: Factory, tmp_path: Path) -> None:
    stage = recording_hub()
    tell_of(stage)
    stage.flow()
    fetch(stage)
    company = stage.directory.companies["lakeside"]
    with stage.hub.store.writing() as session:
        hold = set_hold(session, stage.hub, company.id, CALLER, None, "Case 17", "officer")
    assert end_recording(stage.hub, stage.one(Call), "anna") == ("deleted", True)
    assert end_expired(stage.hub) == 0 and len(files(tmp_path / "shelf")) == 1
    with stage.hub.store.writing() as session:
        lift_hold(session, stage.hub, session.get_one(LegalHold, hold.id), "officer")
    assert end_expired(stage.hub) == 1 and files(tmp_path / "shelf") == []


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(("kind", "choice"), [("voicemail", None), ("recorded", None), ("recorded", "refused")])
def test_where_nothing_is_kept_of_a_conversation_there_is_nothing_to_end(
    recording_hub: Factory, kind: str, choice: str | None
) -> None:
    stage = recording_hub()
    tell_of(stage, kind=kind, choice=choice)
    fetch(stage)
    with pytest.raises(CannotDo):
        end_recording(stage.hub, stage.one(Call), "anna")


def test_a_call_without_a_notice_or_an_answer_has_nothing_to_end(recording_hub: Factory) -> None:
    stage = recording_hub()
    call = talking(stage, choice=None)
    with pytest.raises(CannotDo):
        end_recording(stage.hub, call, "anna")
    notice(stage, "CA2", "announced", stage.clock())
    stage.tell(CallEvent(kind="ringing", call_id="CA2", tracking_number=SHARED, caller_number=CALLER, at=stage.clock()))
    with pytest.raises(CannotDo):
        end_recording(stage.hub, stage.one(Call, carrier_call_id="CA2"), "anna")


@pytest.mark.parametrize("order", [0, 1])
def test_a_key_in_the_conversation_refuses_whatever_comes_first(recording_hub: Factory, order: int) -> None:
    stage = recording_hub()
    at = stage.clock()
    notice(stage, "CA1", "announced", at)
    told: dict[str, Any] = {"call_id": "CA1", "tracking_number": SHARED}
    pressed = CallEvent(kind="recording_ended", at=at + timedelta(seconds=40), **told)
    ready = CallEvent(
        kind="recorded", at=at + timedelta(seconds=95), recording_id="RE1", recording_duration=2,
        recording_url="https://carrier.example.com/RE1", **told,
    )  # fmt: skip
    stage.carrier.kept["RE1"] = tone()
    call = finished_call("CA1", SHARED, CALLER, True, 90, at)
    for event in (pressed, *call, ready, pressed)[:: -1 if order else 1]:
        stage.tell(event)
    while fetch(stage):
        pass
    assert only(stage).state == "refused" and stage.carrier.deleted == ["RE1"]
    assert stage.one(RecordingNotice, choice="refused").point == "refused:key"
    entry = stage.one(ConsentEntry)
    assert (entry.channel, entry.scope, entry.evidence) == ("key", "call", stage.one(Call).id)
    assert stage.one(Call).status == "completed" and stage.one(Call).answered
