"""A word that was said on a call finds the call, for those who may read it, until the caller is erased."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from page_client import PageClient, seen, signed_in
from recorder import WRITTEN, PaperEars, Recorder, tell_of
from sqlmodel import select
from testbed import CONNECTORS, TestHub

from hub.api import TranscriptPart
from hub.config.retention import RetentionSection
from hub.model import AuditEntry, Call, Recording, SearchWord
from hub.privacy.erasure import erase_person
from hub.privacy.retention import sweep
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due

SAID = replace(
    WRITTEN,
    parts=(
        TranscriptPart(start=0.5, end=1.0, text="Our water heater leaks.", channel="caller"),
        TranscriptPart(start=1.0, end=2.0, text="I am booking you for Wednesday, and the card 4242 4242 4242 4242.",
                       channel="business"),
    ),
)  # fmt: skip


@pytest.fixture
def spoken(hub: Callable[..., TestHub], tmp_path: Path) -> TestHub:
    """A hub with one call that is transcribed."""
    connectors = {**CONNECTORS, "carrier": Recorder, "ears": PaperEars}
    stage = hub(connectors=connectors, recordings={"storage": str(tmp_path / "shelf"), "transcribe": "ears"})
    stage.ears.script.append(SAID)
    tell_of(stage)
    stage.flow()
    fetch_due(stage.hub)
    assert transcribe_due(stage.hub, stage.directory) == 1
    return stage


def found(browser: PageClient, text: str) -> str:
    return seen(browser.get("/search", params={"q": text}).text)


def index(stage: TestHub) -> list[SearchWord]:
    with stage.hub.store.reading() as session:
        return list(session.exec(select(SearchWord)))


def test_words_find_the_call_and_the_line(spoken: TestHub) -> None:
    browser, call = signed_in(spoken), spoken.one(Call)
    for text in ("heater", "LEAKS", "booking", "wednesday heater"):
        answer = browser.get("/search", params={"q": text}).text
        assert "Said on calls" in answer and f"/calls/{call.id}" in answer, text
        assert "<mark>" in answer.split("Said on calls")[1], text
    assert "Said on calls" not in found(browser, "bookings water"), "nobody said bookings"


def test_the_line_is_marked_on_the_page_of_the_call_and_no_url_holds_the_word(spoken: TestHub) -> None:
    browser = signed_in(spoken)
    answer = browser.get("/search", params={"q": "heater"}).text
    link = next(
        part.split('"')[0] for part in answer.split('href="') if part.startswith("/calls/") and "#said-" in part
    )
    assert "heater" not in link
    page = browser.get(link.replace("&amp;", "&")).text
    assert "Our water <mark>heater</mark> leaks." in page


def test_whoever_finds_a_line_stands_in_the_audit_trail(spoken: TestHub) -> None:
    found(signed_in(spoken), "heater")
    assert spoken.one(AuditEntry, action="transcript.read").subject == spoken.one(Recording).id


def test_a_role_that_may_not_read_transcripts_finds_nothing_in_them(spoken: TestHub) -> None:
    assert "Said on calls" not in found(signed_in(spoken, role="marketer"), "heater")


def test_a_number_that_was_taken_out_is_in_no_index(spoken: TestHub) -> None:
    assert "Said on calls" not in found(signed_in(spoken), "4242")


def test_an_erased_caller_leaves_no_word_in_the_index(spoken: TestHub) -> None:
    assert index(spoken)
    erase_person(spoken.hub, str(spoken.one(Call).person_id))
    assert index(spoken) == []
    assert "Said on calls" not in found(signed_in(spoken), "heater")


def test_a_transcript_that_ends_leaves_no_word_in_the_index(spoken: TestHub) -> None:
    spoken.clock.advance(days=181)
    sweep(spoken.hub.store, spoken.clock(), RetentionSection(), keyring=spoken.hub.keyring)
    assert index(spoken) == []
