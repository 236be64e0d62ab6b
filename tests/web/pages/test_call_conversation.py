"""The page of a call shows the conversation with an assistant as a thread, with what was decided at each turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from page_client import signed_in
from recorder import PaperEyes, Recorder, tell_of
from testbed import ACCOUNTS, CONNECTORS, TestHub

from hub.api import TranscriptPart
from hub.errors import RetryLater
from hub.model import Call, Recording, SignalRow, TranscriptRow
from hub.recordings.conversations import drain_conversations
from hub.recordings.transcribe import transcribe_due

LINES = (
    TranscriptPart(start=0, end=0, text="Lakeside Plumbing. What happened?", channel="business", decided="said what it is"),
    TranscriptPart(start=5, end=5, text="My sink is blocked.", channel="caller"),
    TranscriptPart(start=6, end=6, text="We come today.", channel="business", decided="sink → message"),
)


def said(stage: TestHub, **changes: Any) -> dict[str, Any]:
    """A conversation in the spool."""
    call = stage.one(Call)
    plain = {"connector": call.connector, "carrier_call_id": call.carrier_call_id, "mark": "1.desk.1.h.0"}
    plain |= {"agent": "desk", "language": "en-US", "at": stage.clock(), "parts": list(map(asdict, LINES))}
    return plain | changes


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    """A hub with a call whose caller heard a recording notice."""
    agency = dict(ACCOUNTS[0])
    lakeside, *others = agency["companies"]
    stage = lite_hub(
        connectors={**CONNECTORS, "carrier": Recorder, "eyes": PaperEyes},
        recordings={"storage": "memory://talk"},
        accounts=[{**agency, "companies": [{**lakeside, "insights": {"read_by": "eyes"}}, *others]}],
    )
    tell_of(stage)
    stage.flow()
    return stage


def test_the_thread_has_who_said_what_and_what_was_decided(stage: TestHub) -> None:
    drain_conversations(stage.hub, [said(stage)])
    text = signed_in(stage).get(f"/calls/{stage.one(Call).id}").text
    assert "Conversation with the assistant" in text and "Decided: sink → message" in text
    assert text.index("What happened?") < text.index("My sink is blocked.") < text.index("We come today.")
    shown = signed_in(stage, "receptionist").get(f"/calls/{stage.one(Call).id}").text
    assert "My sink is blocked." not in shown


def test_it_is_written_one_time_and_read_as_a_transcript_is(stage: TestHub) -> None:
    for _ in range(2):
        drain_conversations(stage.hub, [said(stage)])
    assert [row.kind for row in stage.rows(Recording) if row.kind == "conversation"] == ["conversation"]
    while transcribe_due(stage.hub, stage.directory):
        pass
    assert [row.name for row in stage.rows(SignalRow)] == ["booked"]


def test_without_a_notice_nothing_is_kept(stage: TestHub) -> None:
    with stage.hub.store.writing() as session:
        session.connection().exec_driver_sql("DROP TRIGGER IF EXISTS recording_notice_no_delete")
        session.connection().exec_driver_sql("DELETE FROM recording_notice")
    drain_conversations(stage.hub, [said(stage)])
    assert stage.rows(TranscriptRow) == []


def test_one_of_a_call_that_is_not_known_yet_waits(stage: TestHub) -> None:
    with pytest.raises(RetryLater):
        drain_conversations(stage.hub, [said(stage, carrier_call_id="unknown")])
