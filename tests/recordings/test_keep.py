"""A recording is kept whole and encrypted, or its row says why not; at the carrier it is deleted only after that."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_s3 import FakeS3
from recorder import Recorder, notice, recordings, tell_of, tone
from testbed import CALLER, CONNECTORS, OTHER_CALLER, TestHub, finished_call

from hub.api import AuthError, CallEvent, Rejected, RetryLater
from hub.model import Call, ConnectorState, Recording
from hub.recordings.keep import end_expired, fetch_due
from hub.recordings.listen import hear
from hub.store.connectors import resume

Factory = Callable[..., TestHub]


def fetch(stage: TestHub) -> int:
    return fetch_due(stage.hub, jitter=lambda longest: longest)


def heard(stage: TestHub, row: Recording) -> bytes | None:
    with stage.hub.store.reading() as session:
        found = hear(stage.hub, session, row.id)
    return found.audio if found else None


def only(stage: TestHub) -> Recording:
    (row,) = recordings(stage)
    return row


def files(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


def test_a_recording_is_fetched_verified_and_stored_encrypted(recording_hub: Factory, tmp_path: Path) -> None:
    stage = recording_hub()
    sound = tone(2.2)
    tell_of(stage, audio=sound)
    assert fetch(stage) == 1 and fetch(stage) == 0
    row = only(stage)
    assert (row.state, row.reason, row.kind, row.content_type) == ("stored", None, "call", "audio/wav")
    assert (row.size, row.sha256, row.duration) == (len(sound), hashlib.sha256(sound).hexdigest(), 2)
    assert row.stored_at == stage.clock() and row.url is None and row.carrier_deleted_at is None
    (stored,) = files(tmp_path / "shelf")
    assert sound[44:200] not in stored and b"RIFF" not in stored
    assert heard(stage, row) == sound
    assert stage.carrier.deleted == []


def test_it_is_deleted_at_the_carrier_where_the_customer_wants_so(recording_hub: Factory) -> None:
    stage = recording_hub(delete_at_carrier=True)
    tell_of(stage)
    fetch(stage)
    assert only(stage).carrier_deleted_at == stage.clock() and stage.carrier.deleted == ["RE1"]


def test_a_call_may_have_several_recordings_and_each_is_told_once(recording_hub: Factory) -> None:
    stage = recording_hub()
    first = tell_of(stage, "RE1")
    again = tell_of(stage, "RE2", choice=None)
    tell_of(stage, "RE2", choice=None)
    assert first.call_id == again.call_id
    while fetch(stage):
        pass
    assert [row.state for row in recordings(stage)] == ["stored", "stored"]
    assert sorted(stage.carrier.fetched) == ["RE1", "RE2"]


@pytest.mark.parametrize("order", [("recorded", "voicemail"), ("voicemail", "recorded")])
def test_what_one_event_calls_a_voicemail_is_one(recording_hub: Factory, order: tuple[str, str]) -> None:
    stage = recording_hub()
    for kind in order:
        tell_of(stage, kind=kind, choice=None)
    assert only(stage).kind == "voicemail"


def test_a_voicemail_needs_no_notice(recording_hub: Factory) -> None:
    stage = recording_hub()
    tell_of(stage, kind="voicemail", choice=None)
    fetch(stage)
    assert only(stage).state == "stored"


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    ("choice", "state"),
    [
        (None, "refused"),
        ("asked", "refused"),
        ("refused", "refused"),
        ("announced", "stored"),
        ("offered", "stored"),
        ("not_refused", "stored"),
        ("agreed", "stored"),
    ],
)
def test_only_who_was_told_and_did_not_refuse_is_kept(recording_hub: Factory, choice: str | None, state: str) -> None:
    stage = recording_hub()
    tell_of(stage, choice=choice)
    fetch(stage)
    assert only(stage).state == state
    if state == "refused":
        assert stage.carrier.fetched == [] and stage.carrier.deleted == ["RE1"], "never heard, and deleted there"
        assert (only(stage).reason or "").endswith("so it is not kept")


def test_one_refusal_in_a_call_outweighs_every_notice(recording_hub: Factory) -> None:
    stage = recording_hub()
    tell_of(stage, choice="announced")
    notice(stage, "CA1", "refused", stage.clock() + timedelta(seconds=30), point="digits")
    fetch(stage)
    assert only(stage).state == "refused"


def test_a_notice_that_came_after_the_recording_is_none(recording_hub: Factory) -> None:
    stage = recording_hub()
    tell_of(stage, choice=None)
    notice(stage, "CA1", "announced", stage.clock() + timedelta(hours=1))
    fetch(stage)
    assert only(stage).state == "refused"


def test_a_carrier_that_cannot_answer_is_asked_again_when_it_says(recording_hub: Factory) -> None:
    stage = recording_hub()
    stage_row = tell_of(stage)
    stage.carrier.fetches = [RetryLater("not ready", after=60)]
    fetch(stage)
    waiting = only(stage)
    assert waiting.state == "ready" and waiting.due_at >= stage.clock() + timedelta(seconds=60)
    stage.clock.advance(seconds=120)
    fetch(stage)
    assert only(stage).state == "stored" and only(stage).id == stage_row.id


def test_refused_credentials_pause_the_connector_until_a_person_reconnects_it(recording_hub: Factory) -> None:
    stage = recording_hub()
    tell_of(stage)
    stage.carrier.fetches = [AuthError("the token is refused; write a new one")]
    fetch(stage)
    assert stage.one(ConnectorState).reason == "the token is refused; write a new one"
    stage.clock.advance(seconds=7_200)
    assert fetch(stage) == 0
    resume(stage.hub.store, "carrier")
    assert fetch(stage) == 1 and only(stage).state == "stored"


def test_a_carriers_no_is_final_and_keeps_its_words(recording_hub: Factory) -> None:
    stage = recording_hub()
    tell_of(stage)
    stage.carrier.fetches = [Rejected("There is no such recording.", "404")]
    fetch(stage)
    assert (only(stage).state, only(stage).reason) == ("failed", "There is no such recording.")


def test_what_is_no_audio_is_asked_for_three_times_and_never_deleted_there(recording_hub: Factory) -> None:
    stage = recording_hub(delete_at_carrier=True)
    tell_of(stage, audio=b"<html>please sign in</html>")
    for _ in range(5):
        fetch(stage)
        stage.clock.advance(seconds=100_000)
    assert len(stage.carrier.fetched) == 3 and stage.carrier.deleted == []
    assert (only(stage).state, only(stage).reason) == ("failed", "What the carrier gave is neither WAV nor MP3.")


def test_a_plugin_that_crashes_costs_no_recording(recording_hub: Factory) -> None:
    stage = recording_hub()
    tell_of(stage)
    stage.carrier.fetches = [ZeroDivisionError("+13125550142 said so")]
    fetch(stage)
    assert only(stage).state == "ready" and "5550142" not in (only(stage).reason or "")
    stage.clock.advance(seconds=100_000)
    fetch(stage)
    assert only(stage).state == "stored"


def test_a_deletion_that_fails_is_tried_again_and_the_recording_is_heard_meanwhile(recording_hub: Factory) -> None:
    stage = recording_hub(delete_at_carrier=True)
    tell_of(stage)
    stage.carrier.deletions = [RetryLater("busy")]
    fetch(stage)
    row = only(stage)
    assert row.state == "ready" and row.stored_at and heard(stage, row) == tone()
    stage.clock.advance(seconds=100_000)
    fetch(stage)
    assert only(stage).state == "stored" and stage.carrier.fetched == ["RE1"] and stage.carrier.deleted == ["RE1"]


def test_it_is_deleted_there_only_once_the_database_knows_where_it_is_stored(recording_hub: Factory) -> None:
    stage = recording_hub(delete_at_carrier=True)
    tell_of(stage)
    seen: list[bytes | None] = []
    stage.carrier.deletions = [lambda: seen.append(heard(stage, only(stage)))]
    fetch(stage)
    assert seen == [tone()], "a crash at this moment loses nothing"


def test_what_a_worker_that_died_had_stored_is_not_fetched_again(recording_hub: Factory) -> None:
    stage = recording_hub(delete_at_carrier=True)
    tell_of(stage)
    stage.carrier.deletions = [RetryLater("the worker died here")]
    fetch(stage)
    row = only(stage)
    with stage.hub.store.writing() as session:
        row.state, row.lease_token, row.lease_until = "leased", "a dead worker's", stage.clock()
        session.add(row)
    stage.clock.advance(seconds=1)
    assert fetch(stage) == 1
    assert (only(stage).state, stage.carrier.fetched, stage.carrier.deleted) == ("stored", ["RE1"], ["RE1"])


def test_a_storage_that_loses_what_was_written_costs_nothing_at_the_carrier(
    recording_hub: Factory, tmp_path: Path
) -> None:
    (tmp_path / "shelf").write_text("a file where the folder should be")
    stage = recording_hub(delete_at_carrier=True)
    tell_of(stage)
    fetch(stage)
    assert only(stage).state == "ready" and "storage of recordings" in (only(stage).reason or "")
    assert stage.carrier.deleted == []
    (tmp_path / "shelf").unlink()
    stage.clock.advance(seconds=100_000)
    fetch(stage)
    assert only(stage).state == "stored" and stage.carrier.deleted == ["RE1"]


def test_a_recording_whose_call_is_not_known_yet_waits_for_it(recording_hub: Factory) -> None:
    stage = recording_hub()
    stage.carrier.kept["RE1"] = tone()
    at = stage.clock()
    notice(stage, "CA1", "announced", at)
    stage.tell(CallEvent(kind="recorded", call_id="CA1", at=at + timedelta(seconds=95), recording_id="RE1"))
    fetch(stage)
    assert only(stage).state == "ready" and stage.carrier.fetched == []
    stage.tell(*finished_call("CA1", "+13125550120", CALLER, True, 90, at))
    stage.clock.advance(seconds=100_000)
    fetch(stage)
    assert only(stage).state == "stored"
    with stage.hub.store.writing() as session:
        assert stage.hub.vault.destroy(session, stage.one(Call).company_id, CALLER, "")
    assert heard(stage, only(stage)) is None


def test_a_destroyed_key_silences_one_caller_and_no_other(recording_hub: Factory) -> None:
    stage = recording_hub()
    mine = tell_of(stage, "RE1", call_id="CA1")
    other = tell_of(stage, "RE2", call_id="CA2", caller=OTHER_CALLER)
    hidden = tell_of(stage, "RE3", call_id="CA3", caller=None)
    while fetch(stage):
        pass
    company = stage.directory.companies["lakeside"].id
    with stage.hub.store.writing() as session:
        stage.hub.vault.destroy(session, company, CALLER, "")
    assert [heard(stage, row) is None for row in (mine, other, hidden)] == [True, False, False]
    with stage.hub.store.writing() as session:
        stage.hub.vault.destroy(session, company, None, hidden.call_id)
    assert heard(stage, hidden) is None


def test_a_recording_ends_when_its_time_is_over(recording_hub: Factory, tmp_path: Path) -> None:
    stage = recording_hub(keep="3 days")
    tell_of(stage)
    fetch(stage)
    assert end_expired(stage.hub) == 0
    stage.clock.advance(days=4)
    assert end_expired(stage.hub) == 1 and end_expired(stage.hub) == 0
    row = only(stage)
    assert (row.state, row.path, row.url, row.reason) == ("gone", None, None, "its retention period is over")
    assert files(tmp_path / "shelf") == [] and heard(stage, row) is None


def test_a_storage_that_fails_for_one_recording_keeps_no_other_past_its_time(recording_hub: Factory) -> None:
    stage = recording_hub(keep="3 days")
    for name in ("RE1", "RE2", "RE3"):
        tell_of(stage, name, call_id=f"CA{name}")
    while fetch(stage):
        pass
    stage.clock.advance(days=4)
    stuck = recordings(stage)[0].path
    blob_store = StuckShelf(stage.hub.blob_store, stuck)
    with pytest.raises(RetryLater, match="stuck"):
        end_expired(replace(stage.hub, blob_store=blob_store))  # type: ignore[arg-type]
    assert [row.path for row in recordings(stage)] == [stuck, None, None]
    assert end_expired(stage.hub) == 1


class StuckShelf:
    """A storage that does not delete one file now."""

    def __init__(self, blob_store: Any, stuck: str | None) -> None:
        self._shelf, self._stuck = blob_store, stuck

    def delete(self, path: str) -> None:
        if path == self._stuck:
            raise RetryLater("It is stuck.")
        self._shelf.delete(path)


def test_two_workers_fetch_a_recording_once(recording_hub: Factory) -> None:
    stage, other = recording_hub(), recording_hub()
    tell_of(stage)
    assert sorted([fetch(stage), fetch(other)]) == [0, 1]


def test_a_carrier_that_was_removed_from_the_settings_keeps_its_recordings_waiting(
    recording_hub: Factory, hub: Factory
) -> None:
    stage = recording_hub()
    tell_of(stage)
    without = hub(connectors={name: each for name, each in CONNECTORS.items() if name != "carrier"})
    fetch(without)
    assert only(stage).state == "ready" and "no connector 'carrier'" in (only(stage).reason or "")


def test_other_storages_of_fsspec_hold_recordings_too(recording_hub: Factory) -> None:
    stage = recording_hub(storage="memory://elsewhere/recordings")
    tell_of(stage)
    fetch(stage)
    assert heard(stage, only(stage)) == tone()


def test_s3_and_what_speaks_like_it_hold_recordings_too(recording_hub: Factory) -> None:
    with FakeS3() as blob_store:
        stage = recording_hub(storage="s3://calls/lakeside", options=blob_store.settings(), keep="3 days")
        sound = tone()
        tell_of(stage, audio=sound)
        fetch(stage)
        row = only(stage)
        assert (row.state, row.reason) == ("stored", None)
        ((name, stored),) = blob_store.objects.items()
        assert name == f"calls/lakeside/{row.path}" and sound[44:200] not in stored
        assert heard(stage, row) == sound
        stage.clock.advance(days=4)
        assert end_expired(stage.hub) == 1 and blob_store.objects == {}


def test_a_storage_that_refuses_us_costs_no_recording(recording_hub: Factory) -> None:
    with FakeS3() as blob_store:
        options = {**blob_store.settings(), "key": "SOMEBODY-ELSE"}
        stage = recording_hub(storage="s3://calls/lakeside", options=options, delete_at_carrier=True)
        tell_of(stage)
        fetch(stage)
        assert only(stage).state == "ready" and "storage of recordings does not answer" in (only(stage).reason or "")
        assert stage.carrier.deleted == [] and blob_store.objects == {}


def test_a_storage_without_its_library_says_what_to_install(recording_hub: Factory) -> None:
    stage = recording_hub(storage="gopher://elsewhere")
    tell_of(stage)
    fetch(stage)
    assert only(stage).state == "ready" and "recordings.storage" in (only(stage).reason or "")


def test_the_recorder_is_a_carrier_like_any_other() -> None:
    assert issubclass(Recorder, CONNECTORS["carrier"])
