"""Do not contact: on the pages of a call, a form, a person and a thread, at the privacy desk, in the API and as a command."""

from __future__ import annotations

from typing import Any

import pytest
from page_client import PageClient, seen, signed_in
from testbed import CALLER, NORTH_SHARED, OTHER_CALLER, TestHub
from text_steps import outbound, queue, write_in

from hub.model import (
    AuditEntry,
    ConsentEntry,
    DoubtfulRefusal,
    FormSubmission,
    OutgoingCall,
    Person,
    PrivacyRequest,
    TextMessage,
)
from hub.model.purposes import CALL_BACK, LISTED_USES, TEXT_USES
from hub.texts.no_contact import ContactRefusals, contact_refusals


def in_force(stage: TestHub, number: str = CALLER) -> ContactRefusals:
    with stage.hub.store.reading() as session:
        return contact_refusals(session, stage.hub, stage.directory.companies["lakeside"].id, [number])


def refuse(browser: PageClient, subject_id: Any, refused: str, at: str = "calls", **more: str) -> Any:
    return browser.post(f"/do-not-contact/{subject_id}?at={at}", {"refused": refused, **more})


def test_the_page_of_a_call_records_that_its_caller_wants_nothing_and_says_so_from_then_on(stage: TestHub) -> None:
    call = stage.call_in(answered=False)
    browser, path = signed_in(stage, "receptionist"), f"/calls/{call.id}"
    before = browser.get(path).text
    assert f'action="/do-not-contact/{call.id}?at=calls"' in before and f'href="{path}/call-back"' in before
    answer = refuse(browser, call.id, "both", said="Take me off your list")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert in_force(stage).texts == in_force(stage).calls == stage.clock()
    page = browser.get(path).text
    assert "Recorded: no texts and no calls from now on." in page
    assert "They asked for no calls and no texts." in seen(page) and f'href="{path}/call-back"' not in page
    assert "Only they can take it back" in seen(page) and "/do-not-contact/" not in page
    assert "The person does not want to be called." in browser.text(f"{path}/call-back")
    entry = stage.one(AuditEntry, action="contact.refuse")
    assert browser.user and (entry.actor, entry.subject, entry.detail) == (browser.user.id, call.id, "both")
    assert "Take me off" not in page, "what they said is sealed, and this page does not show it"


def test_only_what_is_left_is_offered(stage: TestHub) -> None:
    call = stage.call_in(answered=False)
    browser = signed_in(stage, "admin")
    refuse(browser, call.id, "calls")
    page = browser.get(f"/calls/{call.id}").text
    assert 'value="texts" required checked' in page and 'value="calls"' not in page and 'value="both"' not in page
    assert "/texts/new?subject=" in page and "They asked for no calls." in seen(page)
    assert {each.use for each in stage.rows(ConsentEntry, state="withdrawn")} == {CALL_BACK}


def test_a_lost_stop_that_somebody_reads_in_a_thread_is_set_there(stage: TestHub) -> None:
    message_id = write_in(stage, "you people again, really")
    text = stage.one(TextMessage, carrier_message_id=message_id)
    queue(stage)
    browser = signed_in(stage, "receptionist")
    assert f'action="/do-not-contact/{text.id}?at=texts"' in browser.get(f"/texts/{text.id}").text
    answer = refuse(browser, text.id, "texts", "texts")
    assert answer.headers["location"] == f"/texts/{text.id}"
    assert [each.status for each in outbound(stage)] == ["refused"]
    page = browser.text(f"/texts/{text.id}")
    assert "Opted out" in page and "refused on Nov 24" in page
    assert {(each.channel, each.evidence) for each in stage.rows(ConsentEntry)} == {("sms", text.id)}


@pytest.mark.parametrize(
    ("words", "uses"), [("why do you keep calling", {CALL_BACK}), ("enough already", set(LISTED_USES))]
)
def test_yes_in_a_thread_refuses_what_the_doubtful_text_may_refuse(stage: TestHub, words: str, uses: set[str]) -> None:
    text = stage.one(TextMessage, carrier_message_id=write_in(stage, words))
    browser = signed_in(stage, "receptionist")
    answer = browser.post(f"/texts/{text.id}/doubt", {"decision": "stop"})
    assert answer.status_code == 303
    assert {each.use for each in stage.rows(ConsentEntry, state="withdrawn")} == uses
    assert stage.one(DoubtfulRefusal).state == "stop"


def test_the_page_of_a_person_reaches_all_numbers_that_were_merged_with_them(stage: TestHub) -> None:
    one, other = stage.call_in(), stage.call_in(caller=OTHER_CALLER)
    browser = signed_in(stage)
    browser.post(f"/people/{one.person_id}/merge", {"other": OTHER_CALLER, "reason": "A work phone"})
    assert "Not refused" in browser.text(f"/people/{one.person_id}")
    answer = refuse(browser, one.person_id, "both", "people")
    assert answer.headers["location"] == f"/people/{one.person_id}"
    assert in_force(stage).calls and in_force(stage, OTHER_CALLER).calls == in_force(stage).calls
    page = browser.get(f"/people/{other.person_id}").text
    assert page.count('aria-disabled="true"') == 2 and "They asked for no calls and no texts." in seen(page)


def test_a_refusal_on_the_page_of_a_call_counts_for_the_merged_persons_other_number(stage: TestHub) -> None:
    one = stage.call_in()
    stage.call_in(caller=OTHER_CALLER)
    browser = signed_in(stage)
    browser.post(f"/people/{one.person_id}/merge", {"other": OTHER_CALLER, "reason": "A work phone"})
    refuse(browser, one.id, "both")
    assert in_force(stage, OTHER_CALLER).calls == in_force(stage).calls == stage.clock()


def test_a_number_in_a_form_may_be_refused_and_makes_nobody_known(stage: TestHub) -> None:
    company = stage.directory.companies["lakeside"]
    form = FormSubmission(
        company_id=company.id, submission_key="k", form_id="contact", phone_number=CALLER,
        submitted_at=stage.clock(), due_at=stage.clock(), expires_at=stage.clock(), state="done",
    )  # fmt: skip
    stage.add(form)
    form_id = stage.one(FormSubmission).id
    assert refuse(signed_in(stage), form_id, "both").status_code == 303
    assert {each.channel for each in stage.rows(ConsentEntry)} == {"form"}
    assert {each.phone_learnt for each in stage.rows(Person)} == {"typed"} and in_force(stage).calls


def test_roles_that_may_not_contact_see_what_is_in_force_and_no_form(stage: TestHub) -> None:
    call = stage.call_in()
    refuse(signed_in(stage), call.id, "texts")
    marketer = signed_in(stage, "marketer")
    page = marketer.get(f"/calls/{call.id}").text
    assert "refused on Nov 24" in seen(page) and "/do-not-contact/" not in page
    assert refuse(marketer, call.id, "calls").status_code == 403 and in_force(stage).calls is None


def test_a_person_without_a_number_has_nothing_to_refuse(stage: TestHub) -> None:
    call = stage.call_in(caller=None)
    browser = signed_in(stage)
    assert "do-not-contact" not in browser.get(f"/calls/{call.id}").text
    assert refuse(browser, call.id, "both").status_code == 422 and stage.rows(ConsentEntry) == []


def test_what_is_not_among_the_choices_is_refused_and_the_way_back_is_always_ours(stage: TestHub) -> None:
    call = stage.call_in()
    browser = signed_in(stage)
    for refused in ("", "faxes"):
        assert refuse(browser, call.id, refused).status_code == 422
    answer = refuse(browser, call.id, "texts", "//evil.example")
    assert answer.headers["location"] == f"/calls/{call.id}"


def test_another_companys_caller_does_not_exist(stage: TestHub) -> None:
    theirs = stage.call_in(number=NORTH_SHARED)
    browser = signed_in(stage, "receptionist", "lakeside")
    for subject in (theirs.id, theirs.person_id):
        assert refuse(browser, subject, "both").status_code == 404
    assert stage.rows(ConsentEntry) == []


@pytest.mark.parametrize(
    ("kind", "uses"), [("no_texts", set(TEXT_USES)), ("no_calls", {CALL_BACK}), ("no_contact", set(LISTED_USES))]
)
def test_the_officer_records_it_for_a_person_on_the_phone_without_a_request(
    stage: TestHub, kind: str, uses: set[str]
) -> None:
    officer = signed_in(stage, "privacy_officer")
    form = {"company": "lakeside", "kind": kind, "channel": "phone", "phone": "(312) 555-0142", "proof": "Said so."}
    assert "No texts and no calls" in officer.text("/privacy-desk/requests/new")
    missing = officer.post("/privacy-desk/requests/new", {**form, "phone": ""})
    assert missing.status_code == 422 and "Give the phone number" in seen(missing.text)
    assert officer.post("/privacy-desk/requests/new", form).headers["location"].startswith("/privacy-desk")
    entries = stage.rows(ConsentEntry)
    assert {(each.use, each.channel) for each in entries} == {(use, "phone") for use in uses}
    assert stage.one(Person).phone_learnt == "proven" and stage.rows(PrivacyRequest) == []
    assert stage.one(AuditEntry, action="contact.refuse").subject == stage.one(Person).id


def test_a_refused_call_back_is_recorded_with_the_reason(stage: TestHub) -> None:
    call = stage.call_in(answered=False)
    browser = signed_in(stage, "admin")
    refuse(browser, call.id, "calls")
    browser.post(f"/calls/{call.id}/call-back", {"phone": "other", "number": "+13125550191"})
    assert stage.one(OutgoingCall).reason == "The person does not want to be called."


def test_the_list_of_missed_callers_offers_no_call_to_somebody_who_wants_none(stage: TestHub) -> None:
    call, other = stage.call_in(answered=False), stage.call_in(caller=OTHER_CALLER, answered=False)
    browser = signed_in(stage)
    refuse(browser, call.id, "calls")
    page = browser.get("/").text
    assert f'id="call-{call.id}"' not in page and f'id="call-{other.id}"' in page
    assert seen(page).count("Wants no calls") == 1


def test_the_officer_records_a_yes_only_with_how_it_is_known(stage: TestHub) -> None:
    call = stage.call_in(answered=False)
    refuse(signed_in(stage), call.id, "both")
    stage.clock.advance(hours=1)
    officer = signed_in(stage, "privacy_officer")
    form = {"company": "lakeside", "kind": "calls_again", "channel": "letter", "phone": CALLER}
    bare = officer.post("/privacy-desk/requests/new", form)
    assert bare.status_code == 422 and "How you know that they want it is empty" in seen(bare.text)
    assert in_force(stage).calls is not None
    proven = officer.post("/privacy-desk/requests/new", {**form, "proof": "Their letter of today"})
    assert proven.status_code == 303
    assert in_force(stage).calls is None and in_force(stage).texts is not None
    assert officer.post("/privacy-desk/requests/new", {**form, "kind": "texts_again", "proof": "It too"}).is_redirect
    since = in_force(stage)
    assert since.texts is None and since.marketing is not None, "marketing needs a consent of its own"
    assert [entry.detail for entry in stage.rows(AuditEntry, action="contact.allow")] == ["calls", "texts"]
    assert (
        "That was in force already."
        in officer.get(officer.post("/privacy-desk/requests/new", {**form, "proof": "Again"}).headers["location"]).text
    )
