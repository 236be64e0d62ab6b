"""Bandwidth's own client reads the stand-in's answers, and its models accept our requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bandwidth_stage import BUSINESS, CALLER, CLOCK, HUB, TRACKING, played, sdk_client

from hub.api import PersonReference, RetryLater
from hub.api.carriers import CallBack, Dial, OutboundText
from hub.testing import connect
from hub.testing.heard import heard
from plugins.carriers.bandwidth import Bandwidth, calls
from plugins.carriers.bandwidth.sandbox import Sandbox

RECORDED = Dial(numbers=(BUSINESS,), record=True, mark="v1.s")


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    return sdk_client(sandbox)


def recorded_call(sandbox: Sandbox, connector: Bandwidth) -> None:
    played(sandbox, connector, lambda path: (RECORDED,) if path == "voice" else ())


def test_its_client_reads_calls_recordings_and_audio(sandbox: Sandbox, connector: Bandwidth, client: Any) -> None:
    import bandwidth

    recorded_call(sandbox, connector)
    api, account = bandwidth.CallsApi(client), sandbox.account_id
    caller, leg = api.list_calls(account, min_start_time=calls.written(CLOCK()))
    assert (caller.direction, caller.state, caller.stir_shaken["attestationIndicator"]) == (
        "inbound",
        "disconnected",
        "A",
    )
    assert leg.parent_call_id == caller.call_id and leg.disconnect_cause == "hangup"
    assert api.get_call_state(account, caller.call_id).var_from == CALLER
    recordings = bandwidth.RecordingsApi(client)
    (shown,) = recordings.list_account_call_recordings(account)
    assert (shown.call_id, shown.channels, shown.status, shown.duration) == (leg.call_id, 2, "complete", "PT90.0S")
    audio = recordings.download_call_recording(account, shown.call_id, shown.recording_id)
    listed = [each for each in connector.list_calls(CLOCK() - timedelta(minutes=1)) if each.recording_id]
    assert bytes(audio) == connector.fetch_recording(str(listed[0].recording_id), str(listed[0].recording_url)).data
    recordings.delete_recording(account, shown.call_id, shown.recording_id)
    assert not sandbox.held_recordings


def test_its_client_and_ours_place_the_same_call_and_send_the_same_text(
    sandbox: Sandbox, connector: Bandwidth, client: Any
) -> None:
    import bandwidth
    from bandwidth import models

    with heard(sandbox) as ours:
        connector.place_call(CallBack(key="c", tracking_number=TRACKING, user_number=BUSINESS, person_number=CALLER))
        connector.send_text(
            OutboundText(key="t", sender=TRACKING, recipient_number=CALLER, body="é", media_urls=(HUB,))
        )
    call, text = models.CreateCall.from_json(ours[0].body), models.MessageRequest.from_json(ours[1].body)
    assert not call.additional_properties and not text.additional_properties, "no field that Bandwidth does not know"
    assert (call.var_from, call.to, text.to, text.text) == (TRACKING, BUSINESS, [CALLER], "é")
    with heard(sandbox) as theirs:
        placed = bandwidth.CallsApi(client).create_call(sandbox.account_id, call)
        taken = bandwidth.MessagesApi(client).create_message(sandbox.account_id, text)
    assert [each.address.partition("?")[0] for each in ours] == [each.address.partition("?")[0] for each in theirs]
    assert placed.call_id in sandbox.placed and taken.id in sandbox.messages
    listed = bandwidth.MessagesApi(client).list_messages(sandbox.account_id, destination_tn=CALLER)
    assert {each.message_direction for each in listed.messages} == {"OUTBOUND"} and listed.total_count == 2


def test_its_client_is_refused_where_the_documentation_refuses(sandbox: Sandbox, client: Any) -> None:
    import bandwidth
    from bandwidth.exceptions import ApiException

    with pytest.raises(ApiException) as refused:
        bandwidth.CallsApi(client).get_call_state(sandbox.account_id, "c-0000000000000000")
    assert (refused.value.status, refused.value.data.type) == (404, "validation")
    sandbox.requests_per_second = 0
    with pytest.raises(ApiException) as refused:
        bandwidth.CallsApi(client).list_calls(sandbox.account_id)
    assert refused.value.status == 429


def test_a_long_list_is_read_to_its_end_and_recordings_in_halves(
    sandbox: Sandbox, connector: Bandwidth, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = CLOCK()
    for _ in range(3):
        recorded_call(sandbox, connector)
        CLOCK.advance(minutes=1)
    monkeypatch.setattr(calls, "PAGE_SIZE", "2")
    monkeypatch.setattr(calls, "MAX_RECORDINGS", 2)
    events = connector.list_calls(since)
    assert [each.kind for each in events] == ["ringing", "answered", "completed", "recorded"] * 3
    assert len({each.recording_id for each in events if each.recording_id}) == 3


def test_a_next_page_elsewhere_is_not_asked_for(sandbox: Sandbox, connector: Bandwidth) -> None:
    rest, asked = connector._rest, []

    class Reply:
        content, headers = b"[]", {"link": '<https://elsewhere.example/calls>; rel="next"'}

    def send(method: str, url: str, **options: Any) -> Any:
        asked.append(url)
        return Reply()

    rest.send = send  # type: ignore[method-assign]
    with pytest.raises(RetryLater, match="not its own"):
        connector.list_calls(CLOCK())
    assert asked == [f"{rest.voice}/calls"]


def test_a_token_is_fetched_once_with_the_secret_in_the_header_and_renewed_if_refused(sandbox: Sandbox) -> None:
    connector = connect(Bandwidth, sandbox, clock=CLOCK)
    connector.services.tokens.save({})
    with heard(sandbox) as requests:
        connector.check_connection()
        connector.check_connection()
    assert [each.address.partition("?")[0].rpartition("/")[2] for each in requests].count("token") == 1
    assert requests[0].body == b"grant_type=client_credentials"
    connector.services.tokens.save({"access_token": "an old one", "expires_at": CLOCK().timestamp() + 9_000})
    assert connector.check_connection().ok, "a refused token is renewed"


def test_a_person_is_shown_what_was_written_when_and_never_the_content(sandbox: Sandbox, connector: Bandwidth) -> None:
    sandbox.message_webhook(CALLER, TRACKING, "A secret", HUB)
    person = PersonReference(phone_numbers=(CALLER,), tracking_numbers=(TRACKING,))
    (record,) = connector.export_person(person)
    assert record.record_type == "text" and record.fields["sourceTn"] == CALLER and "secret" not in repr(record)
    assert connector.erase_person(person).status == "impossible"
    assert datetime.fromisoformat(record.fields["receiveTime"]).tzinfo == UTC


def test_nothing_is_said_to_be_erased_of_a_list_that_bandwidth_counts_longer(
    sandbox: Sandbox, connector: Bandwidth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Source: `totalCount` and `pageInfo` of the SDK's MessagesList."""
    short = {"totalCount": 3, "messages": [{"messageId": "m", "sourceTn": CALLER, "destinationTn": TRACKING}]}
    monkeypatch.setattr(connector._rest, "read_json", lambda url, query: short)
    with pytest.raises(RetryLater, match="3 items, and gave 1"):
        connector.erase_person(PersonReference(phone_numbers=(CALLER,), tracking_numbers=(TRACKING,)))
