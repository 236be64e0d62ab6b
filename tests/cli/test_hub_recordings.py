"""`hub recordings`: what became of each, links, export, one more try, and pauses while card data is spoken."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from cli_shop import Shop
from typer.testing import Result

from hub.api.sandbox import SimulatedCall
from hub.model import AuditEntry, Call, Company, Recording, RecordingNotice, User
from hub.recordings.keep import fetch_due

Refusal = Callable[[Result], str]


def told(shop: Shop) -> None:
    """The callers of all calls were told that they are recorded."""
    (company,) = shop.rows(Company)
    with shop.opened() as opened, opened.hub.store.writing() as session:
        for call in shop.rows(Call):
            session.add(
                RecordingNotice(
                    connector=call.connector,
                    carrier_call_id=call.carrier_call_id,
                    company_id=company.id,
                    flow_version=1,
                    point="ringing",
                    step="dial",
                    text="This call is recorded.",
                    text_hash="0" * 64,
                    choice="announced",
                    reported_at=call.started_at,
                    expires_at=call.expires_at,
                )
            )


def fetch(shop: Shop) -> None:
    with shop.opened() as opened:
        while fetch_due(opened.hub):
            pass


def stored(shop: Shop) -> Recording:
    """A recorded call whose audio is stored."""
    shop.play()
    told(shop)
    fetch(shop)
    (row,) = shop.rows(Recording)
    assert row.state == "stored", row.reason
    return row


def audited(shop: Shop) -> list[tuple[str, str]]:
    return [(row.action, row.detail) for row in shop.rows(AuditEntry)]


def test_recordings_are_listed_with_what_became_of_each(shop: Shop) -> None:
    assert "There are no recordings yet." in shop.run("recordings", "list").stdout
    row = stored(shop)
    (listed,) = shop.json("recordings", "list")
    assert (listed["id"], listed["state"], listed["kind"], listed["content_type"]) == (
        row.id,
        "stored",
        "call",
        "audio/wav",
    )
    assert row.id[-8:] in shop.run("recordings", "list", "--state", "stored").stdout
    assert "No recording is failed." in shop.run("recordings", "list", "--state", "failed").stdout


def test_an_unknown_state_is_refused_with_those_there_are(shop: Shop, refusal: Refusal) -> None:
    assert "stored, refused, gone, failed" in refusal(shop.run("recordings", "list", "--state", "lost"))


def add_maria(shop: Shop) -> str:
    """The id of a user who may listen."""
    assert shop.run("users", "add", "maria", "--role", "admin").exit_code == 0
    (maria,) = shop.rows(User)
    return str(maria.id)


def test_a_recording_is_shown_with_who_listened(shop: Shop) -> None:
    row = stored(shop)
    maria = add_maria(shop)
    shop.run("recordings", "link", row.id, "--user", "maria")
    shown = shop.json("recordings", "show", row.carrier_recording_id)
    assert shown["sha256"] == row.sha256 and shown["path"].endswith(f"{row.id}.sealed")
    assert [(each["what"], each["detail"]) for each in shown["audit"]] == [("recording.link", f"play for {maria}")]
    assert f"play for {maria}" in shop.run("recordings", "show", row.id[-8:]).stdout


def test_a_link_is_below_the_public_address_and_noted(shop: Shop, refusal: Refusal) -> None:
    row = stored(shop)
    maria = add_maria(shop)
    link = shop.run("recordings", "link", row.id, "--user", "maria", "--download").stdout.strip()
    assert link.startswith(
        f"https://calls.example.com/recordings/{row.id}/audio?user={maria}&purpose=download&expires="
    )
    assert audited(shop)[-1] == ("recording.link", f"download for {maria}")
    assert "hub users add" in refusal(shop.run("recordings", "link", row.id, "--user", " "))
    shop.run("users", "role", "maria", "marketer")
    assert "may not hear" in refusal(shop.run("recordings", "link", row.id, "--user", "maria"))
    assert "No recording has the id" in refusal(shop.run("recordings", "link", "018f00", "--user", "maria"))


def test_a_recording_that_is_not_there_gets_no_link(shop: Shop, refusal: Refusal) -> None:
    shop.play()
    fetch(shop)
    (row,) = shop.rows(Recording)
    assert row.state == "refused"
    add_maria(shop)
    assert "no notice was stored" in refusal(shop.run("recordings", "link", row.id, "--user", "maria"))
    assert "it is not fetched" in refusal(shop.run("recordings", "fetch", row.id))


def test_an_export_writes_the_audio_to_a_new_private_file(shop: Shop, refusal: Refusal) -> None:
    row = stored(shop)
    result = shop.run("recordings", "export", row.id, "call.wav")
    assert result.exit_code == 0, result.output
    file = shop.folder / "call.wav"
    assert file.read_bytes()[:4] == b"RIFF" and len(file.read_bytes()) == row.size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert audited(shop)[-1][0] == "recording.export"
    assert "already exists" in refusal(shop.run("recordings", "export", row.id, "call.wav"))


def test_one_more_try_stores_what_failed(shop: Shop) -> None:
    shop.play()
    told(shop)
    (sid,) = shop.carrier.recordings()
    kept = shop.carrier.held_recordings.pop(sid)
    fetch(shop)
    (row,) = shop.rows(Recording)
    assert row.state == "failed"
    assert shop.run("recordings", "fetch", row.id).exit_code == 1
    shop.carrier.held_recordings[sid] = kept
    result = shop.run("recordings", "fetch", row.id)
    assert result.exit_code == 0 and "stored" in result.stdout
    assert audited(shop)[-1][0] == "recording.fetch"


@pytest.fixture
def going_on(shop: Shop) -> Mapping[str, Any]:
    """A call that goes on and is being recorded."""
    with shop.opened() as opened:
        call = SimulatedCall(
            caller_number="+13125550147",
            tracking_number="+13125550100",
            answering_number="+13125550190",
            started_at=shop.clock(),
            talk=timedelta(minutes=30),
        )
        played = shop.carrier.webhooks(call, shop.address(opened.hub))
        shop.receive(opened, [played[0][1]])
        shop.work(opened)
    (row,) = shop.rows(Call)
    held = next(iter(shop.carrier.held_recordings.values()))
    held["status"] = "in-progress"
    return {"call": row, "held": held}


def test_a_recording_is_paused_and_resumed_while_card_data_is_spoken(shop: Shop, going_on: Mapping[str, Any]) -> None:
    call = going_on["call"]
    assert "Paused" in shop.run("recordings", "pause", call.id).stdout
    assert going_on["held"]["status"] == "paused"
    assert "Resumed" in shop.run("recordings", "resume", call.carrier_call_id).stdout
    assert shop.carrier.recording_controls(call.carrier_call_id) == ("pause", "resume")
    assert shop.audited()[-2:] == [("recording.pause", call.id), ("recording.resume", call.id)]


def test_a_call_that_is_not_recorded_cannot_be_paused(shop: Shop, going_on: Mapping[str, Any]) -> None:
    going_on["held"]["status"] = "completed"
    result = shop.run("recordings", "pause", going_on["call"].id)
    assert result.exit_code != 0 and shop.audited() == []


def test_a_calls_story_tells_what_became_of_its_recording(shop: Shop) -> None:
    row = stored(shop)
    story = shop.json("call", row.call_id)
    (told_of,) = [each for each in story["timeline"] if each.get("recording") == row.id]
    assert (told_of["state"], told_of["text"], told_of["kind"]) == ("stored", "recording", "call")
    assert row.id in shop.run("call", row.call_id).stdout


def test_check_tries_the_storage_of_recordings(shop: Shop) -> None:
    file = shop.folder / "config.yaml"
    before = shop.json("check")["warnings"]
    assert not any("recordings" in each for each in before)
    assert [each for each in (shop.folder / "data" / "recordings").rglob("*") if each.is_file()] == []
    file.write_text(file.read_text() + "recordings: {storage: blocked}\n")
    (shop.folder / "blocked").write_text("a file where the folder should be")
    (warning,) = [each for each in shop.json("check")["warnings"] if each not in before]
    assert warning.startswith("The storage of recordings does not answer") and "recordings.storage" in warning


def test_a_caller_who_does_not_want_it_ends_the_recording_by_the_command(shop: Shop, refusal: Refusal) -> None:
    recording = stored(shop)
    ended = shop.run("recordings", "end", recording.call_id)
    assert ended.exit_code == 0 and "is deleted here and at the carrier" in ended.stdout
    assert ("recording.end", recording.call_id) in shop.audited()
    assert "refused already" in refusal(shop.run("recordings", "end", recording.call_id))
    assert "is not resumed" in refusal(shop.run("recordings", "resume", recording.call_id))
