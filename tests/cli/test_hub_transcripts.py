"""`hub recordings transcript` and `transcribe`: a real voice is heard offline, and each reading is written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cli_shop import Shop
from test_hub_recordings import fetch, told
from typer.testing import Result

from hub.model import Call, ConsentDecision, Recording, TranscriptRow
from hub.recordings.transcripts import want_transcript
from hub.testing.transcription import conversation

Refusal = Callable[[Result], str]
WANTED = "recordings: {transcribe: ears}\nconversions:\n"


@pytest.fixture
def recorded(shop: Shop) -> Recording:
    """A stored recording in which a caller and then the business speak; nobody is to transcribe it yet."""
    shop.play({"audio": conversation(), "talk": timedelta(seconds=6)})
    told(shop)
    fetch(shop)
    (row,) = shop.rows(Recording)
    assert row.state == "stored", row.reason
    return row


def configure(shop: Shop) -> None:
    """From now on the whisper plugin is to transcribe."""
    file = shop.folder / "config.yaml"
    text = file.read_text().replace("conversions:\n", WANTED, 1)
    file.write_text(text.replace("connectors:\n", "connectors:\n  ears: {plugin: whisper}\n", 1))


@pytest.mark.soak
def test_one_that_failed_says_why_and_tried_again_it_is_transcribed_and_read(
    shop: Shop, recorded: Recording, refusal: Refusal
) -> None:
    configure(shop)
    file = shop.folder / "config.yaml"
    good = file.read_text()
    file.write_text(good.replace("transcribe: ears", "transcribe: ears, language: de-DE"))
    failed = shop.run("recordings", "transcribe", recorded.id)
    assert failed.exit_code == 1 and "does not know the language" in failed.stdout
    assert "is failed: This Whisper model" in refusal(shop.run("recordings", "transcript", recorded.id))
    file.write_text(good)
    done = shop.run("recordings", "transcribe", recorded.id)
    assert done.exit_code == 0 and "written" in done.stdout, done.output
    read = shop.run("recordings", "transcript", recorded.id)
    assert read.exit_code == 0, read.output
    lines = read.stdout.splitlines()
    assert "machine output" in lines[0]
    assert lines[1] == "00:00  caller: I would like to make an appointment for next week."
    assert lines[2].endswith("business: Can someone come to my house on Tuesday morning?")
    (part, _) = shop.json("recordings", "transcript", recorded.carrier_recording_id)["parts"]
    assert part["channel"] == "caller" and 0 < part["confidence"] <= 1
    deeds = [deed for deed, subject in shop.audited() if subject == recorded.id]
    assert deeds == ["recording.transcribe", "recording.transcribe", "recording.transcript", "recording.transcript"]
    verdicts = [row.verdict for row in shop.rows(ConsentDecision) if row.connector == "ears"]
    assert set(verdicts) == {"allow"}


@pytest.mark.soak
def test_one_whose_company_reads_its_conversations_is_written_and_read_at_once(shop: Shop, recorded: Recording) -> None:
    configure(shop)
    file = shop.folder / "config.yaml"
    text = file.read_text().replace("connectors:\n", "connectors:\n  eyes: {plugin: phrases}\n", 1)
    north = "      - name: north\n"
    assert north in text
    file.write_text(text.replace(north, f"{north}        insights: {{read_by: eyes}}\n", 1))
    done = shop.run("recordings", "transcribe", recorded.id)
    assert done.exit_code == 0, done.output
    (row,) = shop.rows(TranscriptRow)
    assert (row.state, row.connector, row.reason) == ("written", "eyes", None)


def test_one_that_waits_is_not_written_yet(shop: Shop, recorded: Recording, refusal: Refusal) -> None:
    configure(shop)
    with shop.opened() as opened, opened.hub.store.writing() as session:
        call = session.get_one(Call, recorded.call_id)
        want_transcript(session, opened.hub, recorded, call, opened.hub.clock())
    said = refusal(shop.run("recordings", "transcript", recorded.id))
    assert "is not written yet: it is queued" in said and "is ready" not in said


def test_what_is_not_there_is_not_read_and_says_what_to_do(shop: Shop, recorded: Recording, refusal: Refusal) -> None:
    assert "hub recordings transcribe" in refusal(shop.run("recordings", "transcript", recorded.id))
    assert "write `transcribe:` below `recordings:`" in refusal(shop.run("recordings", "transcribe", recorded.id))
    assert shop.audited() == [] and shop.rows(TranscriptRow) == []
