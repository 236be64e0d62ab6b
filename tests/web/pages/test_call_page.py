"""The page of one call: why it has its source, what was decided, what was sent, what can be heard, and what users add."""

from __future__ import annotations

import re
from datetime import timedelta

from page_client import PHONE, PageClient, seen, signed_in
from recorded_calls import heard_call
from testbed import CALLER, NORTH_SHARED, POOL, SHARED, TestHub

from hub.api.carriers import MessageEvent
from hub.model import (
    AuditEntry,
    Call,
    Delivery,
    FactRow,
    FormSubmission,
    Lead,
    LeadChange,
    Note,
    OutgoingCall,
    Tag,
    TextMessage,
)
from hub.model.states import DeliveryState
from hub.privacy.erasure.reach import PersonData
from hub.privacy.erasure.rows import erase_rows
from hub.store.encryption.encrypted_fields import seal_facts, seal_fields

HOSTILE = "<script>alert(1)</script>"


def test_the_page_says_who_called_when_and_what_became_of_it(stage: TestHub) -> None:
    call = stage.call_in(seconds=372)
    text = signed_in(stage).text(f"/calls/{call.id}")
    assert "+1 312 555 0142" in text and "Answered" in text
    assert "Tuesday, November 24, 3:00 pm UTC" in text
    assert "to +1 312 555 0120 , Lakeside" in text


def test_a_source_is_shown_with_its_rule_confidence_and_candidates(stage: TestHub) -> None:
    shown = stage.visit()
    stage.clock.advance(minutes=11)
    call = stage.call_in(shown.number or POOL[0])
    text = signed_in(stage).text(f"/calls/{call.id}")
    assert "Google Ads" in text and "The ad was clicked 11 min before" in text
    assert "Certain, 98%" in text or "Certain, 100%" in text
    assert "lease.live" in text and "held the number when the call began" in text
    assert "Came to lakeside.example.com/" in text


def test_a_source_that_nobody_knows_is_called_unknown(stage: TestHub) -> None:
    text = signed_in(stage).text(f"/calls/{stage.call_in().id}")
    assert "Unknown" in text and "tracker.unknown" in text


def test_what_was_sent_is_shown_with_state_reason_and_tries(stage: TestHub) -> None:
    call = stage.call_in()
    stage.deliver()
    (row,) = stage.rows(Delivery, hook="upload_conversions", subject_id=call.id)
    text = signed_in(stage).text(f"/calls/{call.id}")
    assert "“every call”, $40.00" in text and row.item_key in text
    assert "May ad networks know?" in text and "What was sent?" in text


def test_a_held_delivery_is_replayed_with_the_same_payload(stage: TestHub) -> None:
    call = stage.call_in()
    row = held(stage, call)
    client = signed_in(stage)
    page = client.get(f"/calls/{call.id}").text
    assert "Send the same again" in seen(page) and "1 held" in seen(page) and "The person refused." in seen(page)
    answer = client.post(f"/calls/{call.id}/deliveries/{row.id}/replay", {"how": "same"})
    assert answer.status_code == 303 and answer.headers["location"] == f"/calls/{call.id}#sent"
    assert stage.one(Delivery, id=row.id).state == DeliveryState.READY
    assert [entry.action for entry in stage.rows(AuditEntry, subject=row.id)] == ["deliveries.replay"]


def test_a_held_delivery_is_built_again_with_fresh_data(stage: TestHub) -> None:
    call = stage.call_in()
    row = held(stage, call)
    client = signed_in(stage)
    assert "Build it again and send" in client.text(f"/calls/{call.id}")
    assert client.post(f"/calls/{call.id}/deliveries/{row.id}/replay", {"how": "fresh"}).status_code == 303
    assert stage.one(Delivery, id=row.id).state == DeliveryState.READY
    assert {entry.detail for entry in stage.rows(AuditEntry, action="deliveries.replay_fresh")} == {"rebuilt"}


def test_what_would_change_nothing_is_not_built_again_and_the_page_says_so(stage: TestHub) -> None:
    call = stage.call_in()
    stage.deliver()
    (row,) = stage.rows(Delivery, hook="upload_conversions", subject_id=call.id)
    with stage.hub.store.writing() as session:
        found = session.get_one(Delivery, row.id)
        found.state, found.finished_at = DeliveryState.DELIVERED, stage.clock()
        session.add(found)
    answer = signed_in(stage).post(f"/calls/{call.id}/deliveries/{row.id}/replay", {"how": "fresh"})
    assert answer.status_code == 422 and "has exactly this already" in seen(answer.text)
    assert len(stage.rows(Delivery, hook="upload_conversions")) == 1


def test_a_delivery_of_another_call_is_not_replayed(stage: TestHub) -> None:
    call, other = stage.call_in(), stage.call_in(caller="+13125550143")
    row = held(stage, other)
    assert signed_in(stage).post(f"/calls/{call.id}/deliveries/{row.id}/replay").status_code == 404
    assert stage.one(Delivery, id=row.id).state == DeliveryState.HELD


def held(stage: TestHub, call: Call) -> Delivery:
    row = stage.rows(Delivery, subject_id=call.id, hook="upload_conversions")[0]
    with stage.hub.store.writing() as session:
        found = session.get_one(Delivery, row.id)
        found.state, found.reason, found.finished_at = DeliveryState.HELD, "The person refused.", stage.clock()
        session.add(found)
    return row


# Who sees what


def test_each_role_gets_its_answer(stage: TestHub) -> None:
    call = stage.call_in()
    for role in ("owner", "admin", "marketer", "receptionist", "privacy_officer", "auditor"):
        answer = signed_in(stage, role).get(f"/calls/{call.id}")
        assert answer.status_code == (403 if role in ("privacy_officer", "auditor") else 200), role
        if answer.status_code == 200:
            assert ("What was sent?" in answer.text) == (role != "receptionist"), role


def test_an_agent_sees_only_calls_that_they_answered(stage: TestHub) -> None:
    own = stage.call_in()
    other = stage.call_in(caller="+13125550143", answered=False)
    agent = signed_in(stage, "agent")
    assert agent.get(f"/calls/{own.id}").status_code == 200
    assert agent.get(f"/calls/{other.id}").status_code == 404
    assert agent.post(f"/calls/{other.id}/lead", {"status": "new"}).status_code == 404


def test_a_call_of_a_company_beyond_the_users_limit_is_not_found(stage: TestHub) -> None:
    call = stage.call_in(NORTH_SHARED)
    limited = signed_in(stage, "admin", "lakeside")
    assert limited.get(f"/calls/{call.id}").status_code == 404
    assert limited.post(f"/calls/{call.id}/notes", {"note": "hello"}).status_code == 404
    assert limited.get("/calls/no-such-id").status_code == 404


def test_nobody_without_a_session_sees_anything(stage: TestHub) -> None:
    call = stage.call_in()
    answer = PageClient(stage, None).get(f"/calls/{call.id}")
    assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


# What users add


def test_lead_value_and_tags_are_saved_and_undone(stage: TestHub) -> None:
    call = stage.call_in()
    client = signed_in(stage)
    answer = client.post(
        f"/calls/{call.id}/lead", {"status": "qualified", "amount": "$1,240.00", "tags": "Kitchen, Hot"}
    )
    assert answer.status_code == 303
    lead = stage.one(Lead, subject_id=call.id)
    assert (lead.status, f"{lead.amount:.2f}", lead.currency) == ("qualified", "1240.00", "USD")
    assert {row.name for row in stage.rows(Tag, subject_id=call.id)} == {"Kitchen", "Hot"}
    page = client.get(answer.headers["location"]).text
    assert "Undo" in page and "marked the lead as qualified, $1,240.00" in page
    undo = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    assert undo == {"status": "", "amount": "", "tags": ""}
    assert client.post(f"/calls/{call.id}/lead", undo).status_code == 303
    assert stage.rows(Lead) == [] and stage.rows(Tag) == [] and len(stage.rows(LeadChange)) == 2


def test_a_wrong_field_is_explained_beside_it_and_nothing_is_saved(stage: TestHub) -> None:
    path, client = f"/calls/{stage.call_in().id}/lead", signed_in(stage)
    for told, fields in {
        "status is one of": {"status": "great"},
        "A value is written like 240": {"status": "new", "amount": "much"},
        "Choose a status too": {"status": "", "amount": "40"},
        "at most 40 characters": {"status": "new", "tags": "x" * 41},
    }.items():
        answer = client.post(path, fields)
        assert answer.status_code == 422 and told in seen(answer.text)
        assert stage.rows(Lead) == [] and stage.rows(Tag) == [], told


def test_saving_what_is_there_changes_nothing(stage: TestHub) -> None:
    call = stage.call_in()
    client = signed_in(stage)
    client.post(f"/calls/{call.id}/lead", {"status": "new", "tags": "Hot"})
    again = client.post(f"/calls/{call.id}/lead", {"status": "new", "tags": "hot"})
    assert "undo" not in again.headers["location"] and len(stage.rows(LeadChange)) == 1


def test_spam_is_marked_shown_with_who_said_so_and_taken_back(stage: TestHub) -> None:
    call = stage.call_in()
    client = signed_in(stage)
    assert client.post(f"/calls/{call.id}/spam", {"spam": "yes"}).status_code == 303
    page = seen(client.get(f"/calls/{call.id}").text)
    assert "Marked as spam" in page and "marked it as spam" in page and "This is not spam" in page
    assert client.post(f"/calls/{call.id}/spam", {"spam": "no"}).status_code == 303
    assert "marked it as not spam" in seen(client.get(f"/calls/{call.id}").text)


def test_notes_are_added_shown_and_deleted(stage: TestHub) -> None:
    call = stage.call_in()
    client = signed_in(stage)
    assert client.post(f"/calls/{call.id}/notes", {"note": " "}).status_code == 422
    assert client.post(f"/calls/{call.id}/notes", {"note": "Dog in the yard. " + HOSTILE}).status_code == 303
    page = client.get(f"/calls/{call.id}").text
    assert "Dog in the yard. &lt;script&gt;" in page and HOSTILE not in page
    (note,) = stage.rows(Note)
    other = stage.call_in(caller="+13125550143")
    assert client.post(f"/calls/{other.id}/notes/{note.id}/delete").status_code == 404
    assert client.post(f"/calls/{call.id}/notes/{note.id}/delete").status_code == 303
    assert stage.rows(Note) == []


# Texts, forms, erased people, hostile content, neighbors


def wrote(stage: TestHub, body: str) -> TextMessage:
    stage.tell(
        MessageEvent(message_id="SM1", at=stage.clock(), tracking_number=SHARED, sender_number=CALLER, body=body)
    )
    stage.flow()
    return stage.one(TextMessage, direction="in")


def sent_form(stage: TestHub, fields: dict[str, str]) -> FormSubmission:
    form = FormSubmission(
        company_id=stage.directory.companies["lakeside"].id,
        submission_key="f1",
        form_id="contact",
        phone_number=CALLER,
        submitted_at=stage.clock(),
        due_at=stage.clock(),
        state="done",
        expires_at=stage.clock() + timedelta(days=30),
    )
    with stage.hub.store.writing() as session:
        seal_fields(stage.hub.vault, session, form, fields)
        session.add(form)
    return form


def test_a_form_has_the_same_page_and_its_fields_are_for_roles_that_read_them(stage: TestHub) -> None:
    form = sent_form(stage, {"Problem": HOSTILE})
    page = signed_in(stage).get(f"/calls/{form.id}").text
    assert HOSTILE not in page and "Form" in seen(page) and "May we record?" not in page
    assert "Your role does not include what people write" in signed_in(stage, "marketer").text(f"/calls/{form.id}")


def test_a_text_has_the_same_page_and_its_words_are_for_roles_that_read_them(stage: TestHub) -> None:
    text = wrote(stage, "The pipe burst " + HOSTILE)
    page = signed_in(stage).get(f"/calls/{text.id}").text
    assert "The pipe burst &lt;script&gt;" in page and HOSTILE not in page
    seen_by_marketer = signed_in(stage, "marketer").text(f"/calls/{text.id}")
    assert "The pipe burst" not in seen_by_marketer and "Your role does not include" in seen_by_marketer


def test_an_erased_person_is_named_so_and_the_page_says_what_is_gone(recorded: TestHub) -> None:
    call, _ = heard_call(recorded)
    with recorded.hub.store.writing() as session:
        erase_rows(session, PersonData(calls=frozenset({call.id})), recorded.clock())
    page = signed_in(recorded).get(f"/calls/{call.id}").text
    assert "<h1>Erased person</h1>" in page and "0142" not in page
    assert "recordings, transcripts, texts, notes and the visit are gone" in seen(page)
    assert "Call back" not in page and "Add note" not in page


def test_a_name_that_a_crm_knows_stands_there_once_with_who_says_so(stage: TestHub) -> None:
    call = stage.call_in(caller_name="Noah Kerr")
    with stage.hub.store.writing() as session:
        row = session.get_one(Call, call.id)
        for name, value in (("line_type", "mobile"), ("name", "Noah Kerr"), ("name", "N. KERR")):
            fact = FactRow(
                subject_id=call.id, source="crm" if value == "Noah Kerr" else "index", name=name, value=value,
                category="user.name", confidence=0.9, learned_at=stage.clock(), expires_at=stage.clock() + timedelta(days=30),
            )  # fmt: skip
            seal_facts(stage.hub.vault, session, [(row, fact)])
            session.add(fact)
    text = signed_in(stage).text(f"/calls/{call.id}").partition("Caller This person")[2]
    assert text.count("Noah Kerr") == 1
    assert re.match(r" *Name Noah Kerr 90% sure from \S+ ?.*, until", text), text[:200]
    assert "Name N. KERR 90% sure" in text and "mobile" in text


def test_hostile_campaigns_and_names_are_escaped(stage: TestHub) -> None:
    shown = stage.visit(
        landing_page="https://lakeside.example.com/?utm_source=x&utm_medium=y&utm_campaign=%3Cscript%3Ealert(1)%3C/script%3E"
    )
    call = stage.call_in(shown.number or POOL[0], caller_name=HOSTILE)
    page = signed_in(stage).get(f"/calls/{call.id}?list=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
    assert HOSTILE not in page and "&lt;script&gt;" in page


def test_newer_and_older_lead_to_the_neighbors(stage: TestHub) -> None:
    calls = []
    for number in range(3):
        calls.append(stage.call_in(caller=f"+1312555014{number}"))
        stage.clock.advance(minutes=5)
    page = signed_in(stage).get(f"/calls/{calls[1].id}?list=first%3Dyes").text
    assert f'href="/calls/{calls[2].id}?list=first%3Dyes" rel="prev"' in page
    assert f'href="/calls/{calls[0].id}?list=first%3Dyes" rel="next"' in page
    assert 'href="/calls?first=yes"' in page


def test_newer_and_older_stay_within_the_list_that_the_user_came_from(stage: TestHub) -> None:
    missed = stage.call_in(caller="+13125550140", answered=False)
    stage.clock.advance(minutes=5)
    stage.call_in(caller="+13125550141")
    stage.clock.advance(minutes=5)
    newest = stage.call_in(caller="+13125550142", answered=False)
    client = signed_in(stage)
    page = client.get(f"/calls/{newest.id}?list=outcome%3Dmissed").text
    assert f'href="/calls/{missed.id}?list=outcome%3Dmissed" rel="next"' in page and 'rel="prev"' not in page
    listed = client.get("/calls?outcome=missed").text
    assert f'href="/calls/{newest.id}?list=outcome%3Dmissed"' in listed


# Calling back


def test_a_call_back_asks_which_phone_and_is_queued(stage: TestHub) -> None:
    call = stage.call_in(answered=False)
    client = signed_in(stage, "receptionist")
    assert f'href="/calls/{call.id}/call-back"' in client.get(f"/calls/{call.id}").text
    assert "Which phone of yours?" in client.text(f"/calls/{call.id}/call-back")
    wrong = client.post(f"/calls/{call.id}/call-back", {"phone": "other", "number": "12"})
    assert wrong.status_code == 422 and "write it in E.164" in wrong.text
    placed = client.post(f"/calls/{call.id}/call-back", {"phone": "other", "number": "+13125550191"})
    assert placed.status_code == 303
    (row,) = stage.rows(OutgoingCall)
    assert (row.status, row.subject_id, row.user_number) == ("queued", call.id, "+13125550191")
    assert "Called back" in client.text(f"/calls/{call.id}")


def test_a_call_back_that_is_not_possible_says_why(stage: TestHub) -> None:
    hidden = stage.call_in(caller=None, answered=False)
    client = signed_in(stage)
    assert "The number is not known." in client.text(f"/calls/{hidden.id}")
    assert "nobody can be called back" in client.text(f"/calls/{hidden.id}/call-back")
    refused = client.post(f"/calls/{hidden.id}/call-back", {"phone": "other", "number": PHONE})
    assert refused.status_code == 422


def test_a_role_that_contacts_nobody_gets_no_call_back(stage: TestHub) -> None:
    call = stage.call_in(answered=False)
    client = signed_in(stage, "marketer")
    assert "Call back" not in client.text(f"/calls/{call.id}")
    assert client.get(f"/calls/{call.id}/call-back").status_code == 403
    assert client.post(f"/calls/{call.id}/call-back").status_code == 403
