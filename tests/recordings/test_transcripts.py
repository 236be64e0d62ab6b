"""A recording whose company wants it is transcribed in its turn; whatever comes of that, the recording stays as it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from recorder import PARTS, WRITTEN, PaperEars, Recorder, tell_of, tone
from sqlalchemy import update
from sqlmodel import col
from testbed import CALLER, CONNECTORS, TestHub

from hub.api import (
    ConfigError,
    Rejected,
    RetryLater,
    Transcript,
    TranscriptPart,
)
from hub.api.privacy import Opinion
from hub.model import (
    Call,
    ConnectorState,
    ConsentDecision,
    Disclosure,
    DoubtfulRefusal,
    Recording,
    Suppression,
    TranscriptRow,
)
from hub.numbers.directory import LiveDirectory
from hub.privacy.opt_outs import opt_out
from hub.privacy.retention import sweep
from hub.proof.demo.ledger import unfinished
from hub.proof.demo.past import PastWorker
from hub.queries.privacy.doubts import DoubtShown, open_doubts_of
from hub.recordings.end import end_recording
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due
from hub.recordings.transcripts import read_transcript
from hub.startup.opening import Opened
from hub.store.connectors import resume
from hub.worker import Worker

Factory = Callable[..., TestHub]


@pytest.fixture
def hearing_hub(hub: Callable[..., TestHub]) -> Factory:
    """A factory of hubs whose recordings are transcribed by `ears`."""

    def opened(common: Any = None, **section: Any) -> TestHub:
        connectors = {**CONNECTORS, "carrier": Recorder, "ears": PaperEars}
        written = {"storage": "memory://heard", "transcribe": "ears", **section}
        return hub(connectors=connectors, recordings=written, common=common)

    return opened


def record(stage: TestHub, *, caller: str | None = CALLER) -> None:
    """A recording is told of and stored."""
    tell_of(stage, caller=caller)
    stage.flow()
    fetch_due(stage.hub)


def transcribe(stage: TestHub) -> int:
    return transcribe_due(stage.hub, stage.directory, jitter=lambda longest: longest)


def test_the_demo_has_recordings_transcribed_and_ends_when_they_are(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage)
    assert unfinished(stage.hub)["transcripts ready"] == 1
    opened = SimpleNamespace(hub=stage.hub, directory=LiveDirectory(stage.hub.store))
    PastWorker(cast(Opened, opened)).turn()
    assert only(stage).state == "written" and not unfinished(stage.hub)["transcripts ready"]


def only(stage: TestHub) -> TranscriptRow:
    return stage.one(TranscriptRow)


def read(stage: TestHub) -> Any:
    with stage.hub.store.reading() as session:
        return read_transcript(stage.hub, session, stage.one(Recording).id)


def test_what_was_said_is_heard_sealed_and_read_again(hearing_hub: Factory) -> None:
    stage = hearing_hub(language="en-GB")
    record(stage)
    assert only(stage).state == "ready"
    assert transcribe(stage) == 1 and transcribe(stage) == 0
    row = only(stage)
    assert (row.state, row.reason, row.model, row.written_at) == ("written", None, "paper ears", stage.clock())
    assert row.expires_at == stage.one(Recording).recorded_at + timedelta(days=180)
    assert row.sealed is not None and b"sink" not in row.sealed
    assert read(stage).parts == PARTS
    (given,) = stage.ears.heard
    assert (given.audio, given.content_type, given.language) == (tone(), "audio/wav", "en-GB")


def test_consent_is_asked_and_stored_before_a_word_is_heard(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage)
    stage.ears.script.append(lambda: (stage.one(ConsentDecision, connector="ears"), stage.one(Disclosure), WRITTEN)[-1])
    transcribe(stage)
    decision, told = stage.one(ConsentDecision, connector="ears"), stage.one(Disclosure)
    assert only(stage).state == "written"
    assert (decision.verdict, decision.use, decision.moment) == ("allow", "functional.service", "hear")
    assert (told.connector, told.recipient, told.decision_id) == ("ears", "this machine", decision.id)
    assert told.categories == decision.categories == ["user.telephony.recording"]


def test_a_no_ends_it_with_the_reason_and_nothing_is_handed_over(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    stage.law.rule = lambda question: Opinion(verdict="deny", rule_id="x", reason="They do not want that.")
    record(stage)
    transcribe(stage)
    assert (only(stage).state, only(stage).reason) == ("denied", "They do not want that.")
    assert stage.ears.heard == [] and stage.rows(Disclosure) == []
    assert read(stage).parts is None and read(stage).why == "They do not want that."
    assert stage.one(Recording).state == "stored"


def test_a_caller_who_limited_the_use_of_sensitive_data_is_recorded_and_not_transcribed(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    with stage.hub.store.writing() as session:
        company = stage.directory.companies["lakeside"].id
        said = {"number": CALLER, "visitor_id": None, "network": None, "scopes": ("sensitive",)}
        opt_out(session, stage.hub.vault, company, now=stage.clock(), **said)
    record(stage)
    transcribe(stage)
    assert only(stage).state == "denied" and stage.ears.heard == []
    assert stage.one(Recording).state == "stored"
    assert [each.rule_id for each in stage.rows(ConsentDecision, moment="hear")] == ["person.opted_out"]


@pytest.mark.parametrize("error", [Rejected("No such language."), RetryLater("Busy."), RuntimeError("boom")])
def test_trouble_is_told_on_the_transcript_and_harms_no_recording(hearing_hub: Factory, error: Exception) -> None:
    stage = hearing_hub()
    record(stage)
    stage.ears.script.append(error)
    transcribe(stage)
    row = only(stage)
    assert row.state == ("failed" if isinstance(error, Rejected) else "ready") and row.reason
    assert "boom" not in row.reason and stage.one(Recording).state == "stored"
    if row.state == "ready":
        stage.clock.now = row.due_at
        transcribe(stage)
        assert (only(stage).state, only(stage).reason) == ("written", None)


def test_a_plugin_that_crashes_each_time_is_given_up_after_three_tries(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage)
    stage.ears.script += [RuntimeError("boom")] * 9
    for _ in range(9):
        stage.clock.now = only(stage).due_at
        transcribe(stage)
    assert only(stage).state == "failed" and len(stage.ears.heard) == 3


def test_a_wrong_setting_pauses_the_connector_until_it_is_mended(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage)
    stage.ears.script.append(ConfigError("The model is not there."))
    transcribe(stage)
    assert stage.one(ConnectorState, connector="ears").reason == "The model is not there."
    assert stage.rows(Disclosure, connector="ears") == [], "nothing was heard"
    stage.clock.advance(days=1)
    assert transcribe(stage) == 0
    resume(stage.hub.store, "ears")
    transcribe(stage)
    assert only(stage).state == "written"


def test_one_recording_is_heard_at_a_time_whoever_asks(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage)
    tell_of(stage, "RE2", call_id="CA2")
    stage.flow()
    fetch_due(stage.hub)
    others: list[int] = []
    stage.ears.script.append(lambda: (others.append(transcribe(stage)), WRITTEN)[-1])
    assert transcribe(stage) == 1 and others == [0]
    assert transcribe(stage) == 1
    assert [row.state for row in stage.rows(TranscriptRow)] == ["written", "written"]


def test_who_is_erased_while_it_is_heard_leaves_no_transcript(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage)

    def erase() -> Transcript:
        with stage.hub.store.writing() as session:
            company = stage.directory.companies["lakeside"].id
            assert stage.hub.vault.destroy(session, company, CALLER, "")
        return WRITTEN

    stage.ears.script.append(erase)
    transcribe(stage)
    row = only(stage)
    assert row.state == "failed" and row.sealed is None and "erased" in (row.reason or "")


def test_a_written_transcript_goes_with_its_callers_key(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage)
    transcribe(stage)
    with stage.hub.store.writing() as session:
        stage.hub.vault.destroy(session, stage.directory.companies["lakeside"].id, CALLER, "")
    assert read(stage).parts is None and "key" in read(stage).why


def test_its_time_ends_whatever_became_of_the_recording(hearing_hub: Factory) -> None:
    stage = hearing_hub(keep_transcripts="30 days")
    record(stage)
    transcribe(stage)
    assert sweep(stage.hub.store, only(stage).expires_at - timedelta(seconds=1))["transcripts"] == 0
    assert sweep(stage.hub.store, only(stage).expires_at)["transcripts"] == 1
    assert (only(stage).state, only(stage).sealed, read(stage).parts) == ("gone", None, None)


def test_only_companies_that_the_connector_serves_are_transcribed(hearing_hub: Factory) -> None:
    stage = hearing_hub(common={"ears": {"companies": ("northgate",)}})
    record(stage)
    assert stage.rows(TranscriptRow) == [] and read(stage) is None


def test_no_transcript_is_wanted_where_config_yaml_names_nobody(hearing_hub: Factory) -> None:
    stage = hearing_hub(transcribe=None)
    record(stage)
    assert stage.rows(TranscriptRow) == []


def test_a_recording_that_cannot_be_heard_any_more_is_given_up(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage)
    with stage.hub.store.writing() as session:
        session.execute(update(Recording).where(col(Recording.state) == "stored").values(path=None, state="gone"))
    transcribe(stage)
    assert only(stage).state == "failed" and stage.ears.heard == []


def test_a_worker_stores_the_next_recording_while_one_is_being_heard(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage)
    began, go_on = threading.Event(), threading.Event()

    def hear_slowly() -> Transcript:
        began.set()
        assert go_on.wait(20)
        return WRITTEN

    stage.ears.script.append(hear_slowly)
    worker = Worker(stage.hub, stage.live)
    worker.start()
    try:
        assert began.wait(20)
        tell_of(stage, "RE2", call_id="CA2")
        until(lambda: [row.state for row in stage.rows(Recording)] == ["stored", "stored"])
        assert [row.state for row in stage.rows(TranscriptRow)] == ["leased", "ready"]
        go_on.set()
        until(lambda: [row.state for row in stage.rows(TranscriptRow)] == ["written", "written"])
    finally:
        go_on.set()
        worker.stop()


def until(it_is_so: Callable[[], bool]) -> None:
    """Wait for what a worker does by itself."""
    waiting = threading.Event()
    for _ in range(800):
        if it_is_so():
            return
        waiting.wait(0.02)
    raise AssertionError("the worker did not come to it")


@pytest.mark.parametrize(("kind", "source"), [("recorded", "call"), ("voicemail", "voicemail")])
def test_a_refusal_that_the_caller_speaks_waits_for_a_user_with_its_sentence(
    hearing_hub: Factory, kind: str, source: str
) -> None:
    stage = hearing_hub()
    tell_of(stage, kind=kind)
    stage.flow()
    fetch_due(stage.hub)
    stage.ears.script.append(
        said(("caller", "Hi, this is Sam."), ("caller", "Take me off your list and stop texting me."))
    )
    transcribe(stage)
    (row,) = queued(stage)
    assert (row.source, row.refused, row.words) == (source, "texts", "Take me off your list and stop texting me.")
    assert stage.rows(Suppression) == [], "a transcript is never sure of the words"
    with stage.hub.store.reading() as session:
        companies = [each.id for each in stage.directory.companies.values()]
        (hidden,) = open_doubts_of(session, stage.hub, companies, spoken=False)
    assert hidden.words is None
    doubt = stage.one(DoubtfulRefusal)
    assert (doubt.id, doubt.subject_id, doubt.person_number) == (only(stage).id, stage.one(Call).id, CALLER)


def test_what_the_business_says_is_no_refusal_and_without_channels_all_is_read(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage)
    stage.ears.script.append(
        said(("caller", "My sink is blocked."), ("business", "Stop texting me, said the last one."))
    )
    transcribe(stage)
    assert queued(stage) == []
    tell_of(stage, "RE2", call_id="CA2")
    stage.flow()
    fetch_due(stage.hub)
    stage.ears.script.append(said(("both", "please take me"), ("both", "off your list and stop calling me")))
    transcribe(stage)
    (row,) = queued(stage)
    assert row.refused == "calls" and "stop calling me" in (row.words or "")


def test_a_refusal_of_a_hidden_caller_or_one_who_refused_before_is_not_queued(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage, caller=None)
    stage.ears.script.append(said(("caller", "Stop calling me.")))
    transcribe(stage)
    assert queued(stage) == [] and only(stage).state == "written"


def said(*parts: tuple[Any, str]) -> Transcript:
    spoken = [
        TranscriptPart(start=float(n), end=n + 1.0, text=text, channel=channel)
        for n, (channel, text) in enumerate(parts)
    ]
    return Transcript(language="en-US", model="paper ears", parts=tuple(spoken))


def queued(stage: TestHub) -> list[DoubtShown]:
    with stage.hub.store.reading() as session:
        return open_doubts_of(session, stage.hub, [each.id for each in stage.directory.companies.values()])


def test_a_recording_that_its_caller_ends_while_it_is_transcribed_leaves_no_transcript(hearing_hub: Factory) -> None:
    stage = hearing_hub()
    record(stage)
    stage.ears.script.append(lambda: (end_recording(stage.hub, stage.one(Call), "anna"), WRITTEN)[-1])
    transcribe(stage)
    assert (only(stage).state, only(stage).sealed) == ("gone", None) and transcribe(stage) == 0
