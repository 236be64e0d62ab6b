"""What Vonage reports of calls and texts, as the hub's events, also where its webhooks differ from other carriers'."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.api import BadPayload, BadSignature, WebhookRequest
from hub.api.carriers import AnswerPoint, Dial
from hub.testing import samples
from plugins.carriers.vonage import Vonage
from plugins.carriers.vonage.sandbox import Sandbox

URL = "https://calls.example.com/webhooks/vonage"
CALL = "CON-aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
LEG = "63f61863-4a51-4f6b-86e1-46edebcf9356"
CALLER = "+13125550142"


def webhook(sandbox: Sandbox, url: str, **told: Any) -> WebhookRequest:
    body = {"uuid": LEG, "conversation_uuid": CALL, "from": "13125550142", "to": "13125550100", **told}
    return sandbox.signed(url, json.dumps(body).encode(), sandbox.clock())


def dial_address(vonage: Vonage, call_id: str = CALL, caller: str | None = CALLER) -> str:
    point = AnswerPoint(
        moment="ringing", tracking_number=samples.TRACKING_NUMBER, call_id=call_id, caller_number=caller
    )
    document = vonage.render_answer(point, (Dial(numbers=(samples.DIAL,), mark="v1.a"),))
    return str(json.loads(document.body)[0]["eventUrl"][0])


def reported(vonage: Vonage, sandbox: Sandbox, status: str, **address: Any) -> tuple[Any, list[Any]]:
    """A state of the dialed phone: the point at which Vonage asks, and our events."""
    told = {"from": "13125550100", "to": "13125550199", "status": status, "direction": "outbound"}
    request = webhook(sandbox, dial_address(vonage, **address), **told)
    return vonage.verify_webhook(request).answer, list(vonage.parse_webhook(request))


@pytest.mark.parametrize("status", ["busy", "timeout", "unanswered", "rejected", "failed"])
def test_an_unanswered_phone_asks_what_comes_next_for_the_real_caller(
    vonage: Vonage, sandbox: Sandbox, status: str
) -> None:
    point, (event,) = reported(vonage, sandbox, status)
    assert (point.moment, point.mark, point.answered) == ("dial_ended", "v1.a", False)
    assert (point.call_id, point.caller_number) == (CALL, CALLER), "the next step knows who calls"
    assert (event.kind, event.call_id) == ("not_answered", CALL)


@pytest.mark.parametrize("status", ["started", "ringing", "answered", "human", "machine", "transfer", "cancelled"])
def test_a_state_that_ends_nothing_is_answered_with_nothing(vonage: Vonage, sandbox: Sandbox, status: str) -> None:
    point, events = reported(vonage, sandbox, status)
    assert point is None
    assert [each.kind for each in events] == {"answered": ["answered"], "cancelled": ["not_answered"]}.get(status, [])
    request = webhook(sandbox, f"{URL}/status")
    assert vonage.acknowledge_webhook(request).body == "", "an empty list would replace the document of the call"


def test_a_lost_report_of_an_answer_is_made_good_by_the_end(vonage: Vonage, sandbox: Sandbox) -> None:
    told = {"status": "completed", "direction": "outbound", "duration": "60", "to": "13125550199"}
    request = webhook(sandbox, dial_address(vonage), timestamp=sandbox.stamp(sandbox.clock()), **told)
    (event,) = vonage.parse_webhook(request)
    assert (event.kind, event.answered_by) == ("answered", samples.DIAL)  # type: ignore[union-attr]
    assert (sandbox.clock() - event.at).total_seconds() == 60
    assert vonage.verify_webhook(request).answer.answered  # type: ignore[union-attr]


def test_a_hidden_caller_stays_hidden_and_a_prepared_document_leads_to_the_call(
    vonage: Vonage, sandbox: Sandbox
) -> None:
    point, _ = reported(vonage, sandbox, "busy", caller=None)
    assert point.caller_number is None
    point, (event,) = reported(vonage, sandbox, "busy", call_id="", caller=None)
    assert (point.call_id, event.call_id) == (CALL, CALL), "without its own address a call is known by its conversation"


def test_a_changed_address_is_refused_even_with_a_genuine_body(vonage: Vonage, sandbox: Sandbox) -> None:
    address = dial_address(vonage)
    for forged in (
        address.replace("v1.a", "v1.b"),
        address.replace("/dial?", "/digits?"),
        address.partition("&proof")[0],
    ):
        with pytest.raises(BadSignature):
            vonage.verify_webhook(webhook(sandbox, forged, status="busy"))


def test_a_call_sealed_for_another_call_names_nobody(vonage: Vonage) -> None:
    sealed = parse_qs(urlsplit(dial_address(vonage)).query)["call"][0]
    assert vonage._callers.opened(sealed) == (CALL, CALLER)
    moved = sealed.replace("CON-aaaaaaaa", "CON-bbbbbbbb")
    assert vonage._callers.opened(moved) == (moved.partition(".")[0], None)
    assert vonage._callers.opened("CON-x.%%%") == ("CON-x", None)


def test_a_dialed_phone_that_is_reported_to_the_application_is_no_caller(vonage: Vonage, sandbox: Sandbox) -> None:
    told = {"status": "completed", "direction": "outbound", "duration": "60"}
    assert list(vonage.parse_webhook(webhook(sandbox, f"{URL}/status", **told))) == []


def test_an_error_in_our_document_is_kept_for_people_without_numbers(vonage: Vonage, sandbox: Sandbox) -> None:
    told = {"reason": "Syntax error in NCCO. Invalid value for 13125550142", "conversation_uuid": CALL}
    request = sandbox.signed(f"{URL}/status", json.dumps(told).encode(), sandbox.clock())
    assert vonage.verify_webhook(request).event_key.startswith("sha256:")
    with pytest.raises(BadPayload, match="Syntax error in NCCO") as refused:
        vonage.parse_webhook(request)
    assert "13125550142" not in str(refused.value)


@pytest.mark.parametrize(
    "told",
    [
        {"recording_url": "https://files.example.net/v1/files/" + LEG},
        {"recording_url": "https://api.nexmo.com/v1/files/../../etc"},
        {"recording_url": f"https://api.nexmo.com/v1/files/{LEG}", "end_time": "soon"},
        {"recording_url": None},
    ],
)
def test_a_recording_that_is_not_at_vonage_is_not_taken(vonage: Vonage, sandbox: Sandbox, told: dict[str, Any]) -> None:
    address = vonage.addresses.of("recording", samples.TRACKING_NUMBER, CALL)
    times = {"start_time": "2026-11-25T12:00:00Z", "end_time": "2026-11-25T12:01:00Z"}
    with pytest.raises(BadPayload):
        vonage.parse_webhook(webhook(sandbox, address, **times | told))


def test_one_picture_comes_as_an_image_and_its_caption_is_the_text(vonage: Vonage, sandbox: Sandbox) -> None:
    request = sandbox.message_webhook(CALLER, samples.TRACKING_NUMBER, "The leak", URL, [b"\x89PNG"])
    assert json.loads(request.body)["message_type"] == "image"
    (event,) = vonage.parse_webhook(request)
    assert (event.body, len(event.media_urls)) == ("The leak", 1)  # type: ignore[union-attr]


def test_a_text_that_no_network_took_in_time_has_failed(vonage: Vonage, sandbox: Sandbox) -> None:
    """`expired`: "The target carrier did not send a status in the 48 hours" (Nexmo/nexmo-oas-renderer, message/search)."""
    body = {"message_uuid": LEG, "to": "13125550142", "from": "13125550100", "status": "expired"}
    (event,) = vonage.parse_webhook(sandbox.signed(f"{URL}/text", json.dumps(body).encode(), sandbox.clock()))
    assert event.status == "failed"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("error", "code", "opted_out"),
    [
        ({"title": 1250, "detail": "Illegal Number"}, "1250", True),
        ({"title": "1050", "detail": "The number has opted-out of texts"}, "1250", True),
        ({"type": "https://developer.vonage.com/api-errors/messages#1170", "title": "Invalid"}, "1170", False),
        ({}, None, False),
    ],
)
def test_a_failed_text_says_why_and_whether_the_person_said_stop(
    vonage: Vonage, sandbox: Sandbox, error: dict[str, Any], code: str | None, opted_out: bool
) -> None:
    body = {"message_uuid": LEG, "to": "13125550142", "from": "13125550100", "status": "rejected", "error": error}
    (event,) = vonage.parse_webhook(sandbox.signed(f"{URL}/text", json.dumps(body).encode(), sandbox.clock()))
    assert (event.status, event.code, event.opted_out) == ("failed", code, opted_out)  # type: ignore[union-attr]
    assert event.reason and "13125550142" not in event.reason  # type: ignore[union-attr]
