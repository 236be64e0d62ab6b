"""What only a person can decide: one person or two, and whether a text asks for a stop."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kept_forms import keep_form
from page_client import PageClient, seen, signed_in
from testbed import CALLER, SHARED, TestHub
from text_steps import write_in

from hub.model import AuditEntry, DoubtfulRefusal, PersonMerge, Suppression, TextMessage
from hub.model.purposes import CALL_BACK, LISTED_USES, TEXT_USES
from hub.visits.forms import SentForm

DESK = "/privacy-desk"
HOSTILE = "<b>enough already"


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    return lite_hub(conversions=[])


def send(stage: TestHub, phone: str | None, email: str | None, name: str | None = None) -> None:
    stage.clock.advance(minutes=1)
    form = SentForm(key=f"form-{stage.clock().timestamp()}", phone=phone, email=email, name=name)
    keep_form(stage.hub, stage.directory.companies["lakeside"], form)
    stage.flow()


def conflicting(stage: TestHub) -> str:
    """A caller whose number a stranger typed too; the caller's id."""
    call = stage.call_in(SHARED, CALLER)
    send(stage, CALLER, "ada@example.com", "Ada Exmaple")
    send(stage, CALLER, "mallory@example.net", "<b>Mallory</b>")
    return str(call.person_id)


def doubted(stage: TestHub, words: str = HOSTILE) -> TextMessage:
    """A text that may ask for a stop."""
    write_in(stage, words)
    stage.flow()
    (doubt,) = stage.rows(DoubtfulRefusal, state="open")
    return stage.one(TextMessage, id=doubt.id)


def deeds(stage: TestHub) -> list[str]:
    return [each.action for each in stage.rows(AuditEntry)]


def test_a_number_that_two_people_use_is_shown_with_what_speaks_for_each(stage: TestHub) -> None:
    conflicting(stage)
    officer = signed_in(stage, "privacy_officer")
    html = officer.get(DESK).text
    text = seen(html)
    assert "One number, 3 claims" in text and "other name" in text and "m•••@example.net" in text
    assert "mallory@example.net" not in html and "<b>Mallory" not in html and CALLER not in html
    assert "Queue 1" in text


@pytest.mark.parametrize("verdict", ["one", "two"])
def test_a_decision_settles_the_conflict_and_is_written_down(stage: TestHub, verdict: str) -> None:
    person_id = conflicting(stage)
    officer = signed_in(stage, "privacy_officer")
    one = f"{DESK}/conflicts/{person_id}"
    assert officer.post(one, {"kind": "number"}).status_code == 422
    assert officer.post(one, {"kind": "number", "verdict": verdict}).status_code == 303
    assert "No conflict" in officer.text(DESK)
    assert officer.post(one, {"kind": "number", "verdict": verdict}).status_code == 422, "it is decided"
    ties = stage.rows(PersonMerge)
    assert len(ties) == 2 and {each.undone_at is None for each in ties} == {verdict == "one"}
    assert deeds(stage).count("people.merge" if verdict == "one" else "people.apart") == 2
    send(stage, CALLER, "third@example.org")
    assert "One number, 4 claims" in officer.text(DESK), "somebody new claims it"


def test_people_who_were_merged_and_are_two_are_split(stage: TestHub) -> None:
    person_id = conflicting(stage)
    officer = signed_in(stage, "privacy_officer")
    officer.post(f"{DESK}/conflicts/{person_id}", {"kind": "number", "verdict": "one"})
    assert "2 merged by hand" in officer.text(DESK)
    merge = stage.rows(PersonMerge)[0]
    foreign = signed_in(stage, "privacy_officer", "northgate")
    assert foreign.post(f"{DESK}/merges/{merge.id}/split").status_code == 404
    assert officer.post(f"{DESK}/merges/{merge.id}/split").status_code == 303
    assert "1 merged by hand" in officer.text(DESK)
    send(stage, CALLER, "third@example.org")
    officer.post(f"{DESK}/conflicts/{person_id}", {"kind": "number", "verdict": "two"})
    assert all(each.undone_at for each in stage.rows(PersonMerge)) and "No conflict" in officer.text(DESK)


@pytest.mark.parametrize(("decision", "state"), [("texts", "stop"), ("both", "stop"), ("keep", "not_stop")])
def test_a_doubtful_text_is_read_and_decided(stage: TestHub, decision: str, state: str) -> None:
    text = doubted(stage)
    officer = signed_in(stage, "privacy_officer")
    html = officer.get(DESK).text
    assert "enough already" in html and HOSTILE not in html and CALLER not in html
    assert "texts.doubtful" in deeds(stage), "who read it is written down"
    one = f"{DESK}/doubts/{text.id}"
    assert officer.post(one, {"decision": "perhaps"}).status_code == 422
    assert officer.post(one, {"decision": decision}).status_code == 303
    assert stage.one(DoubtfulRefusal, id=text.id).state == state and "No doubtful refusal" in officer.text(DESK)
    uses = {"texts": set(TEXT_USES), "both": set(LISTED_USES)}.get(decision, set())
    assert {each.use for each in stage.rows(Suppression)} == uses


def test_other_companies_conflicts_and_doubts_do_not_exist_for_a_limited_officer(stage: TestHub) -> None:
    person_id, text = conflicting(stage), doubted(stage)
    limited = signed_in(stage, "privacy_officer", "northgate")
    shown = limited.text(DESK)
    assert "No conflict" in shown and "No doubtful refusal" in shown
    assert limited.post(f"{DESK}/conflicts/{person_id}", {"kind": "number", "verdict": "one"}).status_code == 404
    assert limited.post(f"{DESK}/doubts/{text.id}", {"decision": "texts"}).status_code == 404
    assert stage.one(DoubtfulRefusal, id=text.id).state == "open"


def test_an_admin_decides_too_and_a_receptionist_does_not(stage: TestHub) -> None:
    text = doubted(stage)
    receptionist = signed_in(stage, "receptionist")
    assert receptionist.post(f"{DESK}/doubts/{text.id}", {"decision": "keep"}).status_code == 403
    admin: PageClient = signed_in(stage, "admin")
    assert admin.post(f"{DESK}/doubts/{text.id}", {"decision": "keep"}).status_code == 303


def test_a_refusal_in_a_form_says_where_it_was_said_what_it_refuses_and_that_the_number_was_typed(
    stage: TestHub,
) -> None:
    fields = {"message": "Never call me again. <b>And</b> stop texting me."}
    keep_form(stage.hub, stage.directory.companies["lakeside"], SentForm(key="no", phone=CALLER, fields=fields))
    stage.flow()
    (doubt,) = stage.rows(DoubtfulRefusal)
    officer, admin = signed_in(stage, "privacy_officer"), signed_in(stage, "admin")
    html = officer.get(DESK).text
    assert "In a form" in html and "the number was typed" in html and "<b>And" not in html and CALLER not in html
    assert "texts and calls" in html and "No texts, no calls" in html and "decide by" in html
    link = f"/calls/{doubt.subject_id}"
    assert link not in html and link in admin.get(DESK).text and admin.get(link).status_code == 200
    assert officer.post(f"{DESK}/doubts/{doubt.id}", {"decision": "calls"}).status_code == 303
    assert {each.use for each in stage.rows(Suppression)} == {CALL_BACK}
