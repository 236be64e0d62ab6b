"""Default fields are exactly those that CallRail sends, because strict clients refuse a key that they do not know."""

from __future__ import annotations

import re
from typing import Any

import pytest
from callrail_stage import CALLS, CallRailHub, callrail_hub, fill
from sqlmodel import select

from hub.access.scope import AccessScope
from hub.callrail import fields, forms, people, texts, trackers, users
from hub.callrail.accounts import COMPANY_READERS
from hub.callrail.calls import READERS, TRANSCRIBED
from hub.callrail.ids import row_id
from hub.marks.spam import mark_spam
from hub.model import AuditEntry, Call, Recording, User
from hub.texts.threads import archive_thread

PUBLISHED = {
    "calls": "id, answered, business_phone_number, customer_city, customer_country, customer_name, customer_phone_number, "
    "customer_state, direction, duration, recording, recording_duration, recording_player, start_time, "
    "tracking_phone_number, voicemail",
    "companies": "id, name, status, time_zone, created_at, disabled_at, dni_active, script_url, callscore_enabled, "
    "lead_scoring_enabled, swap_exclude_jquery, swap_ppc_override, swap_landing_override, swap_cookie_duration, "
    "callscribe_enabled, keyword_spotting_enabled, form_capture",
    "form_submissions": "id, company_id, person_id, form_data, form_url, landing_page_url, referrer, referring_url, "
    "submitted_at, first_form, customer_phone_number, customer_name, formatted_customer_phone_number, "
    "formatted_customer_name, source, keywords, campaign, medium",
    "text-messages": "id, company_id, initial_tracker_id, current_tracker_id, customer_name, customer_phone_number, "
    "initial_tracking_number, current_tracking_number, last_message_at, state, company_time_zone, "
    "formatted_customer_phone_number, formatted_initial_tracking_number, formatted_current_tracking_number, "
    "formatted_customer_name, recent_messages",
    "users": "id, email, first_name, last_name, name, role, accepted, created_at, companies",
    "trackers": "id, name, type, status, destination_number, tracking_numbers, sms_supported, sms_enabled, company, source, "
    "call_flow, whisper_message, swap_targets, created_at, disabled_at",
    "leads": "id, name, phone, email, company_id, company_name, created_at",
}
"""As CallRail documents them, with the four `formatted_` fields of a conversation written out."""
PUBLISHED["sms-threads"] = PUBLISHED["text-messages"]
KEYS = {"text-messages": "conversations", "sms-threads": "sms_threads"}


def records(hub: CallRailHub, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hub.read(f"{path}.json", **query)[KEYS.get(path, path)]
    assert found
    return found


@pytest.mark.parametrize("path", PUBLISHED)
def test_a_record_has_the_published_fields_and_no_other_listed_or_alone(filled: CallRailHub, path: str) -> None:
    wanted = set(PUBLISHED[path].split(", "))
    found = records(filled, path)
    assert {frozenset(each) for each in found} == {frozenset(wanted)}
    assert filled.read(f"{path}/{found[0]['id']}.json") == found[0]


def test_the_account_has_the_published_fields() -> None:
    assert fields.ACCOUNT.default == ("id", "name", "outbound_recording_enabled", "hipaa_account", "numeric_id")
    assert set(fields.TAG.default) == {
        "id", "name", "tag_level", "color", "background_color", "company_id", "status", "created_at",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("known", "readers"),
    [
        (fields.CALL, READERS),
        (fields.COMPANY, COMPANY_READERS),
        (fields.FORM_SUBMISSION, forms.READERS),
        (fields.CONVERSATION, texts.READERS),
        (fields.TRACKER, trackers.READERS),
    ],
)
def test_every_field_can_be_read(known: fields.FieldSet, readers: dict[str, Any]) -> None:
    assert set(readers) == set(known.all) and len(set(known.all)) == len(known.all)
    assert set(fields.CALL.optional) >= TRANSCRIBED
    assert people.PREFIXES.keys() == {"call", "form_submission", "text_message"} and users.ROLES["owner"] == "admin"


def test_other_fields_come_when_they_are_asked_for_in_any_form_of_a_list(filled: CallRailHub) -> None:
    plain = set(records(filled, "calls")[0])
    for query in ({"fields": "tags,value, gclid,nonsense"}, {"fields[]": ["tags", "value", "gclid"]}):
        assert set(records(filled, "calls", **query)[0]) == plain | {"tags", "value", "gclid"}
    best = records(filled, "calls", tags="roof", fields=",".join(fields.CALL.optional))[0]
    assert set(best) == set(fields.CALL.all)
    assert best["lead_status"] == "good_lead" and best["value"] == "240.00" and best["formatted_value"] == "$240.00"
    assert best["source"] == "Google Ads" and best["gclid"] == "Cj0KCQjw123456789" and best["tags"] == ["roof"]
    assert best["utm_source"] == "google" and best["last_requested_url"].startswith(
        "https://lakeside.example.com/drains"
    )
    assert best["first_call"] is True and (best["prior_calls"], best["total_calls"]) == (0, 1)
    assert (
        best["agent_email"] == "agent@agency.example.com" and best["milestones"]["qualified"]["source"] == "Google Ads"
    )


def test_what_was_said_and_which_keys_were_pressed_comes_only_for_who_may_read_it(filled: CallRailHub) -> None:
    wanted = "keypad_entries,transcription,conversational_transcript,speaker_percent"
    noted = {"action": "recording.transcript", "subject": filled.stage.one(Recording).id}
    before = len(filled.stage.rows(AuditEntry, **noted))
    best = records(filled, "calls", tags="roof", fields=wanted)[0]
    assert best["keypad_entries"] == "2" and best["transcription"] == "Hello My sink leaks"
    assert best["conversational_transcript"][1] == {"speaker": "Caller", "phrase": "My sink leaks", "start": 3.0}
    assert best["speaker_percent"] == {"agent": 75, "customer": 25}
    assert len(filled.stage.rows(AuditEntry, **noted)) == before + 1
    told = filled.read("calls.json", "marketer", tags="roof", fields=wanted)["calls"][0]
    assert told["transcription"] is told["conversational_transcript"] is told["speaker_percent"] is None


def test_times_are_written_in_the_companys_zone_with_milliseconds_and_a_colon(filled: CallRailHub) -> None:
    pattern = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")
    calls = records(filled, "calls", fields="company_time_zone")
    offsets = {(each["company_time_zone"], each["start_time"][-6:]) for each in calls}
    assert offsets == {("America/Chicago", "-06:00"), ("America/New_York", "-05:00")}
    for path, name in (
        ("calls", "start_time"),
        ("form_submissions", "submitted_at"),
        ("text-messages", "last_message_at"),
    ):
        assert all(pattern.fullmatch(each[name]) for each in records(filled, path))
    assert all(each["created_at"].endswith("Z") for each in records(filled, "companies") + records(filled, "users"))


def test_words_of_forms_and_texts_are_only_for_who_may_read_them(filled: CallRailHub) -> None:
    assert records(filled, "form_submissions")[0]["form_data"]["message"] == "My sink leaks"
    words = {text["content"] for each in records(filled, "text-messages") for text in each["recent_messages"]}
    assert words == {f"Text {number}" for number in range(11)}, "and the text that was never sent is none"
    for path in ("form_submissions", "text-messages"):
        told = filled.get(f"{path}.json", "marketer").text
        assert "My sink leaks" not in told and "Text 8" not in told and "+13125550142" in told


def test_an_agent_reads_no_forms_texts_or_people(filled: CallRailHub) -> None:
    assert filled.read("form_submissions.json", "agent")["total_records"] == 0
    assert {
        filled.get(f"{path}.json", "agent").status_code for path in ("text-messages", "leads", "users", "trackers")
    } == {403}


def test_readings_are_in_the_audit_log_before_words_and_sound_are_given(filled: CallRailHub) -> None:
    best = records(filled, "calls", tags="roof")[0]
    link = filled.read(f"calls/{best['id']}/recording.json")["url"]
    recording = filled.stage.one(Recording)
    assert link.startswith(f"https://calls.example.com/recordings/{recording.id}/audio?")
    thread = records(filled, "sms-threads")[0]["id"]
    filled.read(f"sms-threads/{thread}.json")
    owner = filled.stage.one(User, name="owner").id
    with filled.stage.hub.store.reading() as session:
        noted = {(each.action, each.actor) for each in session.exec(select(AuditEntry))}
    assert {("recording.link", owner), ("text.list", owner), ("text.read", owner)} <= noted


def test_a_call_without_a_stored_recording_and_a_role_without_ears_get_no_link(filled: CallRailHub) -> None:
    best = records(filled, "calls", tags="roof")[0]["id"]
    other = records(filled, "calls", answer_status="missed")[0]["id"]
    assert filled.get(f"calls/{other}/recording.json").status_code == 404
    assert filled.get(f"calls/{best}/recording.json", "marketer").status_code == 403
    assert filled.get(f"calls/{best}/recording.json", "receptionist").status_code == 404, "it is a conversation"
    with filled.stage.hub.store.writing() as session:
        session.exec(select(Recording)).one().kind = "voicemail"
    assert "/audio?" in filled.read(f"calls/{best}/recording.json", "receptionist")["url"]
    assert filled.get(f"calls/{best}/transcription.json").status_code == 404


def test_spam_is_in_no_list_and_404_alone_and_an_archived_conversation_says_so(databases: Any) -> None:
    with callrail_hub(databases) as hub:
        fill(hub.stage)
        call, thread = (records(hub, path)[0]["id"] for path in ("calls", "text-messages"))
        owner = hub.stage.one(User, name="owner")
        with hub.stage.hub.store.writing() as session:
            scope = AccessScope(owner)
            mark_spam(session, scope, row_id("CAL", call) or "", True, hub.stage.clock())
            archive_thread(session, scope, row_id("SMT", thread) or "", hub.stage.clock())
        assert hub.get(f"calls/{call}.json").status_code == 404
        assert call not in {each["id"] for each in records(hub, "calls")}
        totals = [
            hub.read("calls.json")["total_records"],
            hub.read("calls/summary.json")["total_results"]["total_calls"],
        ]
        assert totals == [CALLS - 1, CALLS - 1]
        assert [each["state"] for each in records(hub, "sms-threads")] == ["archived", "active", "active"]


def test_nothing_of_an_erased_person_is_given(databases: Any) -> None:
    with callrail_hub(databases) as hub:
        call = hub.stage.call_in()
        with hub.stage.hub.store.writing() as session:
            row = session.get_one(Call, call.id)
            row.state, row.caller_number, row.sealed_name, row.person_id = "erased", None, None, None
        answer = hub.get("calls.json", fields=",".join(fields.CALL.optional))
        assert answer.status_code == 200 and "+13125550142" not in answer.text
