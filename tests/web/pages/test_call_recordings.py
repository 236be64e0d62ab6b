"""What can be heard and read of a call on its page, by whom, and what is noted about it."""

from __future__ import annotations

import pytest
from page_client import signed_in
from recorded_calls import SOUND, heard_call, missed_with_message, write_transcript
from recorder import notice
from sqlmodel import col, update
from testbed import CALLER, SHARED, TestHub, finished_call

from hub.model import AuditEntry, Call, Recording
from hub.model.states import RecordingState
from hub.recordings.keep import fetch_due

HOSTILE = "<script>alert(1)</script>"


def test_a_recording_is_played_with_ranges_and_noted_once(recorded: TestHub) -> None:
    call, row = heard_call(recorded)
    client = signed_in(recorded)
    path = f"/calls/{call.id}/recordings/{row.id}/audio"
    page = client.get(f"/calls/{call.id}").text
    assert f'src="{path}"' in page and "<audio controls" in page and '<svg class="wave"' in page
    whole = client.get(path)
    assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, SOUND, "bytes")
    assert whole.headers["cache-control"] == "no-store" and whole.headers["content-type"] == "audio/wav"
    part = client.get(path, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, SOUND[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(SOUND)}"
    beyond = client.get(path, headers={"range": f"bytes={len(SOUND)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(SOUND)}")
    assert listened(recorded, row) == ["recording.listen"]
    recorded.clock.advance(hours=1)
    client.get(path)
    assert listened(recorded, row) == ["recording.listen", "recording.listen"]


def test_a_download_is_a_file_and_noted_as_such(recorded: TestHub) -> None:
    call, row = heard_call(recorded)
    answer = signed_in(recorded).get(f"/calls/{call.id}/recordings/{row.id}/audio?download=1")
    assert answer.headers["content-disposition"] == f'attachment; filename="recording-{row.id}.wav"'
    assert listened(recorded, row) == ["recording.download"]


def listened(stage: TestHub, row: Recording) -> list[str]:
    return [entry.action for entry in stage.rows(AuditEntry, subject=row.id)]


def test_the_recording_of_another_call_or_company_is_not_found(recorded: TestHub) -> None:
    call, row = heard_call(recorded)
    other = recorded.call_in(caller="+13125550143")
    owner = signed_in(recorded)
    assert owner.get(f"/calls/{other.id}/recordings/{row.id}/audio").status_code == 404
    limited = signed_in(recorded, "admin", "northgate")
    assert limited.get(f"/calls/{call.id}/recordings/{row.id}/audio").status_code == 404
    assert limited.get(f"/calls/{call.id}").status_code == 404
    assert listened(recorded, row) == []


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    ("role", "what"), [("marketer", "recordings and transcripts"), ("receptionist", "recordings of conversations")]
)
def test_a_role_without_recordings_is_told_so_and_gets_no_audio(recorded: TestHub, role: str, what: str) -> None:
    call, row = heard_call(recorded)
    client = signed_in(recorded, role)
    page = client.get(f"/calls/{call.id}").text
    assert "<audio" not in page and f"Your role does not include {what}" in page
    assert client.get(f"/calls/{call.id}/recordings/{row.id}/audio").status_code == 403
    assert listened(recorded, row) == []


def test_a_receptionist_hears_and_reads_a_message_and_each_time_is_noted(recorded: TestHub) -> None:
    call = missed_with_message(recorded, "The basement drain is backing up.")
    row = recorded.one(Recording)
    desk, marketer = signed_in(recorded, "receptionist"), signed_in(recorded, "marketer")
    assert "“The basement drain is backing up.”" in desk.text("/")
    page = desk.get(f"/calls/{call.id}").text
    assert "<audio" in page and "The basement drain is backing up." in page and "Your role does not" not in page
    audio = f"/calls/{call.id}/recordings/{row.id}/audio"
    assert desk.get(audio).content[:4] == b"RIFF"
    assert listened(recorded, row) == ["transcript.read", "recording.listen"]
    elsewhere = signed_in(recorded, "receptionist", "northgate")
    assert elsewhere.get(audio).status_code == 404
    assert marketer.get(audio).status_code == 403 and "basement" not in marketer.text(f"/calls/{call.id}")


def test_of_a_call_with_a_conversation_and_a_message_a_receptionist_gets_the_message_alone(recorded: TestHub) -> None:
    call, conversation = heard_call(recorded)
    write_transcript(recorded, call, conversation, [said("The gate code is by the door.")])
    with recorded.hub.store.writing() as session:
        message = Recording(
            **conversation.model_dump(exclude={"id", "carrier_recording_id", "kind"}),
            carrier_recording_id="RE-message",
            kind="voicemail",
        )
        session.add(message)
    desk = signed_in(recorded, "receptionist")
    page = desk.get(f"/calls/{call.id}").text
    assert message.id in page and conversation.id not in page and "gate code" not in page
    assert desk.get(f"/calls/{call.id}/recordings/{conversation.id}/audio").status_code == 403
    assert listened(recorded, conversation) == []


def said(words: str) -> dict[str, object]:
    return {"start": 0.0, "end": 2.0, "text": words, "channel": "caller"}


def test_a_recording_that_was_not_kept_says_why(recorded: TestHub) -> None:
    call, row = heard_call(recorded, choice="refused")
    assert row.state == RecordingState.REFUSED
    text = signed_in(recorded).text(f"/calls/{call.id}")
    assert "It was not kept. The caller did not want to be recorded, so it is not kept." in text
    assert "The caller heard the notice and refused." in text
    assert signed_in(recorded).get(f"/calls/{call.id}/recordings/{row.id}/audio").status_code == 410


def test_a_transcript_is_shown_line_by_line_with_what_was_left_out_and_its_reading_is_noted_once(
    recorded: TestHub,
) -> None:
    call, row = heard_call(recorded)
    parts = [
        {"start": 0.4, "end": 3.0, "text": "Lakeside, how can I help?", "channel": "business"},
        {"start": 3.2, "end": 9.0, "text": f"My card is [card number removed]. {HOSTILE}", "channel": "caller"},
    ]
    write_transcript(recorded, call, row, parts)
    owner = signed_in(recorded)
    page = owner.get(f"/calls/{call.id}").text
    assert f'<a href="/calls/{call.id}/recordings/{row.id}/audio#t=3.2">0:03</a><b class="caller">Caller</b>' in page
    assert '<span class="redacted">card number removed</span>' in page and HOSTILE not in page
    owner.get(f"/calls/{call.id}")
    assert listened(recorded, row) == ["transcript.read"]
    assert "how can I help" not in signed_in(recorded, "marketer").text(f"/calls/{call.id}")


def test_a_call_without_a_recording_says_why(stage: TestHub) -> None:
    owner = signed_in(stage)
    missed = stage.call_in(answered=False)
    assert "Nobody answered, and the caller left no message" in owner.text(f"/calls/{missed.id}")
    answered = stage.call_in(caller="+13125550143")
    assert "Recording is not enabled in the call flow" in owner.text(f"/calls/{answered.id}")


def live_call(stage: TestHub) -> Call:
    """A call that was answered and is recorded now."""
    notice(stage, "CA1", "announced", stage.clock())
    stage.tell(*finished_call("CA1", SHARED, CALLER, True, 90, stage.clock())[:2])
    return stage.one(Call)


def test_an_agent_ends_the_recording_of_a_live_call_and_the_page_says_so(recorded: TestHub) -> None:
    call = live_call(recorded)
    browser, path = signed_in(recorded, "receptionist"), f"/calls/{call.id}"
    assert "End the recording" in browser.text(path)
    answer = browser.post(f"{path}/recording/end")
    assert answer.headers["location"] == f"{path}#recording"
    page = browser.text(path)
    assert "The recording has ended. What was recorded is deleted after the call" in page
    assert "The caller ended the recording" in page and "a user recorded it" in page
    assert "The caller ended the recording after the notice." in page
    assert "The conversation is not recorded." in signed_in(recorded).text(path)
    assert f'action="{path}/recording/end"' not in browser.get(path).text
    assert recorded.carrier.controls == [("CA1", "pause")]
    assert browser.user and recorded.one(AuditEntry, action="recording.end").actor == browser.user.id
    assert browser.post(f"{path}/recording/end").status_code == 422


def test_a_recorded_call_of_a_carrier_that_is_no_longer_connected_has_a_page(recorded: TestHub) -> None:
    call, _ = heard_call(recorded)
    with recorded.hub.store.writing() as session:
        session.exec(update(Call).where(col(Call.id) == call.id).values(connector="former"))
    page = signed_in(recorded).get(f"/calls/{call.id}")
    assert page.status_code == 200 and "<audio controls" in page.text


def test_where_the_carrier_cannot_end_it_the_page_says_so(recorded: TestHub) -> None:
    call = live_call(recorded)
    recorded.hub.plugins.implements = lambda *_: False  # type: ignore[method-assign]
    page = signed_in(recorded).text(f"/calls/{call.id}")
    assert "Delete it after the call" in page and "End the recording" not in page
    assert "The phone carrier cannot end a recording during the call" in page


def test_after_the_call_the_recording_is_deleted_from_its_page(recorded: TestHub) -> None:
    call, row = heard_call(recorded)
    browser, path = signed_in(recorded), f"/calls/{call.id}"
    assert "Delete the recording" in browser.text(path)
    assert browser.post(f"{path}/recording/end").status_code == 303
    page = browser.text(path)
    assert "The recording is deleted here and at the carrier, with its transcript." in page
    assert browser.get(f"{path}/recordings/{row.id}/audio").status_code == 410
    fetch_due(recorded.hub)
    assert "It was not kept. The caller did not want to be recorded" in browser.text(path)
    assert recorded.carrier.deleted == ["RE1"]


def test_who_may_not_end_a_recording_sees_no_button(recorded: TestHub) -> None:
    call, _ = heard_call(recorded)
    marketer = signed_in(recorded, "marketer")
    assert "/recording/end" not in marketer.get(f"/calls/{call.id}").text
    assert marketer.post(f"/calls/{call.id}/recording/end").status_code == 403
