"""Telnyx' call list and recordings, each side against Telnyx' own client as the witness."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import structlog
from telnyx_wire import BUSINESS, CALLER, CLOCK, HUB, TRACKING, play

from hub.api import AnswerDocument, CallEvent, Rejected, WebhookRequest
from hub.api.carriers import Dial
from hub.api.sandbox import SimulatedCall
from hub.testing.samples import person_number
from plugins.carriers.telnyx import Telnyx, calls
from plugins.carriers.telnyx.sandbox import Sandbox

if TYPE_CHECKING:
    from telnyx import Telnyx as Client


@pytest.mark.parametrize("outcome", ["answered", "voicemail", "abandoned"])
@pytest.mark.parametrize("caller", [CALLER, None])
def test_the_call_list_means_what_the_webhooks_mean(
    telnyx: Telnyx, sandbox: Sandbox, outcome: str, caller: str | None
) -> None:
    since = CLOCK()
    webhooks = play(sandbox, outcome, caller_number=caller)

    def facts(events: list[CallEvent]) -> set[tuple[object, ...]]:
        return {
            (event.kind, event.call_id, event.at, event.tracking_number, event.duration, event.answered_by,
             event.recording_id, event.recording_url, event.recording_duration)
            for event in events
        }  # fmt: skip

    listed = list(telnyx.list_calls(since))
    assert facts(listed) == facts(webhooks)
    assert {event.caller_number for event in listed if event.kind in ("ringing", "completed")} == {caller}


def test_only_calls_since_a_time_are_listed_through_all_pages(telnyx: Telnyx, sandbox: Sandbox, client: Client) -> None:
    play(sandbox, started_at=CLOCK() - timedelta(days=3))
    play(sandbox, started_at=CLOCK() - timedelta(minutes=5))
    for minute in range(60):
        play(sandbox, started_at=CLOCK() + timedelta(minutes=3 * minute), caller_number=person_number())
    listed = telnyx.list_calls(CLOCK() + timedelta(minutes=2))
    assert sum(event.kind == "ringing" for event in listed) == sum(event.kind == "answered" for event in listed) == 59
    page = client.texml.accounts.calls.retrieve_calls(sandbox.account_sid, page_size=5)
    assert page.calls and len(page.calls) == 5 and page.next_page_uri
    assert telnyx.list_calls(CLOCK() + timedelta(days=1)) == []


LEG = {
    "sid": "v3:aaaaaaaaaaaaaaaaaaaa",
    "status": "completed",
    "direction": "inbound",
    "from": CALLER,
    "to": TRACKING,
    "start_time": "Tue, 24 Nov 2026 15:00:00 +0000",
    "end_time": "Tue, 24 Nov 2026 15:01:00 +0000",
    "duration": "60",
}


def dialed(sid: str, minute: str, **changes: object) -> dict[str, object]:
    times = {
        "start_time": f"Tue, 24 Nov 2026 15:{minute}:05 +0000",
        "end_time": f"Tue, 24 Nov 2026 15:{minute}:40 +0000",
    }
    return {**LEG, **times, "sid": sid, "direction": "outbound", "to": BUSINESS, "duration": "30", **changes}


def test_a_dialed_leg_belongs_to_the_call_of_its_caller_that_began_last() -> None:
    second = {**LEG, "sid": "v3:bbbbbbbbbbbbbbbbbbbb", "start_time": "Tue, 24 Nov 2026 15:00:03 +0000"}
    stranger = {**LEG, "sid": "v3:cccccccccccccccccccc", "from": "+13125550177"}
    legs: list[Mapping[str, object]]
    late = dialed("v3:dddddddddddddddddddd", "02")
    legs = [late, dialed("v3:eeeeeeeeeeeeeeeeeeee", "00"), LEG, second, stranger]
    children = {str(leg["sid"]): [child["sid"] for child in found] for leg, found in calls.families(legs)}
    assert children[str(second["sid"])] == ["v3:eeeeeeeeeeeeeeeeeeee"]
    assert children[str(LEG["sid"])] == children[str(stranger["sid"])] == []


def test_of_several_dialed_legs_the_one_that_picked_up_counts() -> None:
    missed, answered = dialed("v3:d" * 6, "00", status="no-answer"), dialed("v3:e" * 6, "00")

    def kinds(children: list[dict[str, object]], **changes: object) -> list[str]:
        return [
            event.kind
            for event in calls.reader("https://api.telnyx.com", structlog.get_logger()).call(
                {**LEG, **changes}, children
            )
        ]

    assert kinds([missed, answered, missed]) == ["ringing", "answered", "completed"]
    assert kinds([missed, missed]) == ["ringing", "not_answered", "completed"]
    assert kinds([], status="busy") == ["ringing", "failed"]
    assert kinds([], status="in-progress", end_time=None) == []


@pytest.mark.parametrize(
    "spoiled", [{"sid": None}, {"status": "?"}, {"end_time": "noon"}, {"duration": "-5"}, {"to": "sip:a@example.com"}]
)
def test_an_unreadable_call_does_not_hide_the_others(
    telnyx: Telnyx, sandbox: Sandbox, spoiled: dict[str, object]
) -> None:
    since = CLOCK()
    spoilt = play(sandbox)
    play(sandbox, caller_number="+13125550177")
    sandbox.calls[spoilt[0].call_id] |= spoiled
    assert sum(event.kind == "ringing" for event in telnyx.list_calls(since)) == 1


def test_an_odd_recording_does_not_hide_its_call(telnyx: Telnyx, sandbox: Sandbox) -> None:
    since = CLOCK()
    (audio,) = [event for event in play(sandbox) if event.recording_id]
    sandbox.held_recordings[str(audio.recording_id)] |= {"date_updated": "noon"}
    assert [event.kind for event in telnyx.list_calls(since)] == ["ringing", "answered", "completed"]


def test_telnyxs_client_reads_the_stand_ins_calls_and_recordings(sandbox: Sandbox, client: Client) -> None:
    events = play(sandbox)
    (audio,) = [event for event in events if event.recording_id]
    call = client.texml.accounts.calls.retrieve(events[0].call_id, account_sid=sandbox.account_sid)
    assert (call.status, call.direction, call.duration, call.from_) == ("completed", "inbound", "98", CALLER)
    shown = client.recordings.retrieve(str(audio.recording_id)).data
    assert shown and (shown.initiated_by, shown.duration_millis, shown.channels) == ("DialVerb", 90_000, "dual")
    assert shown.call_control_id == events[0].call_id and shown.download_urls and shown.download_urls.wav
    found = client.texml.accounts.calls.recordings_json.retrieve_recordings_json(
        events[0].call_id, account_sid=sandbox.account_sid
    )
    assert found.recordings and found.recordings[0].status == "completed"
    client.recordings.delete(str(audio.recording_id))
    assert sandbox.recordings() == ()


def test_a_recording_is_fetched_by_a_fresh_link_and_without_the_api_key(telnyx: Telnyx, sandbox: Sandbox) -> None:
    (audio,) = [event for event in play(sandbox) if event.recording_id]
    fetched = telnyx.fetch_recording(str(audio.recording_id), str(audio.recording_url))
    assert (fetched.content_type, fetched.data[:4]) == ("audio/wav", b"RIFF")
    for odd in ("../Calls", "x", "", f"{audio.recording_id}/x"):
        with pytest.raises(Rejected):
            telnyx.fetch_recording(odd, str(audio.recording_url))
    telnyx.delete_recording(str(audio.recording_id))
    with pytest.raises(Rejected, match="10005"):
        telnyx.fetch_recording(str(audio.recording_id), str(audio.recording_url))


def test_a_recording_is_paused_and_resumed_by_forms_while_the_call_goes_on(
    telnyx: Telnyx, sandbox: Sandbox, client: Client
) -> None:
    from telnyx import APIStatusError

    heard: list[str] = []

    def exchange(request: WebhookRequest) -> AnswerDocument:
        point = telnyx.verify_webhook(request).answer
        if request.path == "leg" and not heard:
            call_id = next(iter(sandbox.calls))
            recordings = client.texml.accounts.calls.recordings_json.retrieve_recordings_json(
                call_id, account_sid=sandbox.account_sid
            ).recordings
            assert recordings and recordings[0].sid and recordings[0].status == "in-progress"
            with pytest.raises(APIStatusError, match="415"):
                # The documentation knows forms only; Telnyx' own client sends JSON.
                client.texml.accounts.calls.recordings.recording_sid_json(
                    recordings[0].sid, account_sid=sandbox.account_sid, call_sid=call_id, status="paused"
                )
            telnyx.control_recording(call_id, "pause")
            telnyx.control_recording(call_id, "pause")
            telnyx.control_recording(call_id, "resume")
            heard.append(call_id)
        if point is None:
            return telnyx.acknowledge_webhook(request)
        rings = point.moment == "ringing"
        return telnyx.render_answer(point, (Dial(numbers=(BUSINESS,), record=True),) if rings else ())

    call = SimulatedCall(caller_number=CALLER, tracking_number=TRACKING, answering_number=BUSINESS, started_at=CLOCK())
    call_id = sandbox.place_call(call, HUB, exchange)
    assert heard == [call_id] and sandbox.recording_controls(call_id) == ("pause", "resume")
    with pytest.raises(Rejected, match="not being recorded"):
        telnyx.control_recording(call_id, "pause")
