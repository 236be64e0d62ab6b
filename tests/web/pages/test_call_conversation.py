"""The page of a call shows the conversation with an assistant as a thread, with what was decided at each turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from page_client import signed_in
from recorder import PaperEyes, Recorder, tell_of
from testbed import ACCOUNTS, CONNECTORS, POOL, SHARED, TestHub, company

from hub.api import AgentReply, Connector, Manifest, PluginSettings, Recipient, Share, Talk, TranscriptPart, hookimpl
from hub.errors import RetryLater
from hub.model import Call, Recording, SearchWord, SignalRow, TranscriptRow
from hub.privacy.erasure.erase import erase_person
from hub.recordings.conversations import drain_conversations
from hub.recordings.transcribe import transcribe_due

LINES = (
    TranscriptPart(
        start=0, end=0, text="Lakeside Plumbing. What happened?", channel="business", decided="said what it is"
    ),
    TranscriptPart(start=5, end=5, text="My sink is blocked.", channel="caller"),
    TranscriptPart(start=6, end=6, text="We come today.", channel="business", decided="sink → message"),
)


def said(stage: TestHub, **changes: Any) -> dict[str, Any]:
    """A conversation in the spool."""
    call = stage.rows(Call)[0]
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


@pytest.mark.parametrize("choice", [None, "refused"])
def test_without_a_notice_or_after_a_refusal_nothing_is_kept(stage: TestHub, choice: str | None) -> None:
    tell_of(stage, "RE2", call_id="CA2", choice=choice)
    stage.flow()
    drain_conversations(stage.hub, [said(stage, carrier_call_id="CA2")])
    assert stage.rows(TranscriptRow) == []


def test_one_of_a_call_that_is_not_known_yet_waits(stage: TestHub) -> None:
    with pytest.raises(RetryLater):
        drain_conversations(stage.hub, [said(stage, carrier_call_id="unknown")])


def test_words_that_waited_are_dropped_when_the_caller_was_erased_or_their_time_is_over(stage: TestHub) -> None:
    late, unknown = said(stage), said(stage, carrier_call_id="unknown")
    erase_person(stage.hub, str(stage.rows(Call)[0].person_id))
    drain_conversations(stage.hub, [late])
    stage.clock.now += stage.hub.config.recordings.keep_transcripts + timedelta(seconds=1)
    drain_conversations(stage.hub, [unknown])
    assert stage.rows(TranscriptRow) == [] and stage.rows(SearchWord) == []


class PaperAgent(Connector):
    """An assistant that connects whoever has a flood."""

    manifest = Manifest(
        name="paper_agent",
        kind="agent",
        version="1",
        summary="An assistant on paper.",
        recipient=Recipient(name="this machine", role="none"),
        shares=(Share(field="lines"),),
    )
    Settings = PluginSettings

    @hookimpl
    def answer_caller(self, talk: Talk) -> AgentReply:
        return (
            AgentReply(say="Where?") if "flood" not in (talk.lines[-1].text or "") else AgentReply(choose="emergency")
        )


def test_a_conversation_is_simulated_in_the_browser_before_anybody_hears_it(lite_hub: Callable[..., TestHub]) -> None:
    desk = {
        "do": "converse",
        "agent": "desk",
        "opening": "Lakeside.",
        "may": {"emergency": "phone"},
        "otherwise": "night",
    }
    steps = {
        "desk": desk,
        "phone": {"do": "dial", "number": "+13125550190", "unanswered": "night"},
        "night": {"do": "voicemail", "say": "Leave a message."},
    }
    flow = {
        "name": "talk",
        "forward": "+13125550190",
        "start": "desk",
        "recording": {"notice": "Recorded."},
        "steps": steps,
    }
    lakeside = company("lakeside", POOL, SHARED) | {"flows": [flow], "flow": "talk"}
    del lakeside["route"]
    accounts = [{"name": "agency", "title": "Agency", "companies": [lakeside]}]
    owner = signed_in(lite_hub(accounts=accounts, connectors={**CONNECTORS, "desk": PaperAgent}))
    call = "/flows/lakeside/talk?simulate=yes&at=2026-11-24T10:00&from=%2B13125550142"
    said = owner.text(f"{call}&says=Hello / A flood!")
    assert "Assistant: “Lakeside.” Decided: said what it is. Caller: “Hello” Assistant: “Where?”" in said
    assert "Caller: “A flood!” Assistant: Decided: emergency." in said and "Emergency: the call goes to" in said
    assert "Decided: the caller was silent → otherwise." in owner.text(f"{call}&says=Hello")


def test_an_erasure_of_the_caller_takes_what_was_said_and_its_index(stage: TestHub) -> None:
    drain_conversations(stage.hub, [said(stage)])
    kept = stage.one(TranscriptRow)
    assert kept.sealed and kept.id in {row.row_id for row in stage.rows(SearchWord)}
    erase_person(stage.hub, str(stage.rows(Call)[0].person_id))
    assert stage.one(TranscriptRow).sealed is None
    assert kept.id not in {row.row_id for row in stage.rows(SearchWord)}
    assert "My sink is blocked." not in signed_in(stage).get(f"/calls/{stage.rows(Call)[0].id}").text
