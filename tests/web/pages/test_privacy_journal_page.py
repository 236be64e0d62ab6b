"""The journal with its proof, opt-outs that are questioned, and the law: what the officer reads and checks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from page_client import signed_in
from sqlalchemy import text as sql
from testbed import CALLER, NORTH_SHARED, SHARED, TestHub

from hub.model import AuditEntry, OptOut, Person
from hub.model.columns import new_id
from hub.privacy.opt_outs import opt_out
from hub.queries.privacy.legal_rules import law_state, legal_rules

DESK = "/privacy-desk"


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    made = lite_hub()
    made.call_in(SHARED, CALLER)
    return made


def opted_out(stage: TestHub, company: str = "lakeside", numbers: int = 1) -> list[OptOut]:
    with stage.hub.store.writing() as session:
        for number in range(numbers):
            opt_out(session, stage.hub.vault, stage.directory.companies[company].id, number=f"+131255501{number:02}",
                    visitor_id=None, network="192.0.2.0/24", scopes=["sharing"], now=stage.clock())  # fmt: skip
    return stage.rows(OptOut, company_id=stage.directory.companies[company].id)


def test_the_journal_lists_what_people_said_and_filters_it(stage: TestHub) -> None:
    person = stage.one(Person)
    stage.say(person, "given", "marketing", channel="web")
    stage.say(person, "objected", "marketing.advertising", channel="agent")
    officer = signed_in(stage, "privacy_officer")
    everything = officer.text(f"{DESK}/journal")
    assert "Website consent" in everything and "An agent consent" in everything and CALLER not in everything
    assert "An agent" not in officer.text(f"{DESK}/journal?state=given").split("Show all")[1]
    assert "Nothing matches" in officer.text(f"{DESK}/journal?channel=sms")
    assert "Nothing matches" in officer.text(f"{DESK}/journal?who=%2B13125550199")
    assert "Website consent" in officer.text(f"{DESK}/journal?who=%2B13125550142&use=marketing")
    limited = signed_in(stage, "privacy_officer", "northgate")
    assert "No record yet" in limited.text(f"{DESK}/journal")


def test_verify_now_says_whether_a_record_was_changed_and_who_checked(stage: TestHub) -> None:
    stage.say(stage.one(Person), "given", "marketing", channel="web")
    officer = signed_in(stage, "privacy_officer")
    assert "Not checked by hand yet" in officer.text(DESK)
    assert officer.post(f"{DESK}/journal/verify").status_code == 303
    shown = officer.text(f"{DESK}/journal")
    assert officer.user and "Journal whole" in shown and f"by {officer.user.name}" in shown
    with stage.hub.store.writing() as session:
        for row in session.execute(sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            session.execute(sql(f'DROP TRIGGER "{row}"'))
        session.execute(sql("UPDATE consent_record SET state = 'refused'"))
    officer.post(f"{DESK}/journal/verify")
    assert "Journal not whole" in officer.text(f"{DESK}/journal")
    assert [each.action for each in stage.rows(AuditEntry)].count("journal.verify") == 2
    assert signed_in(stage, "privacy_officer", "lakeside").post(f"{DESK}/journal/verify").status_code == 422


def test_an_opt_out_is_questioned_for_a_reason_and_counted_again(stage: TestHub) -> None:
    row = opted_out(stage)[0]
    officer = signed_in(stage, "privacy_officer")
    one = f"{DESK}/opt-outs/{row.id}"
    assert officer.post(one, {"deed": "question"}).status_code == 422
    assert officer.post(one, {"deed": "question", "reason": "made by a script <b>"}).status_code == 303
    shown = officer.get(f"{DESK}/opt-outs").text
    assert "Questioned" in shown and "script &lt;b&gt;" in shown
    assert officer.post(one, {"deed": "question", "reason": "again"}).status_code == 422
    assert officer.post(one, {"deed": "reinstate", "reason": "a person wrote"}).status_code == 303
    assert officer.post(one, {"deed": "forget", "reason": "x"}).status_code == 422
    assert stage.one(OptOut).state == "in_force"


def test_many_opt_outs_of_one_network_stand_out(stage: TestHub) -> None:
    opted_out(stage, numbers=6)
    opted_out(stage, "northgate")
    text = signed_in(stage, "privacy_officer").text(f"{DESK}/opt-outs")
    assert "6 numbers of Lakeside" in text and "Northgate" in text
    limited = signed_in(stage, "privacy_officer", "northgate")
    assert "Busy networks" not in limited.text(f"{DESK}/opt-outs")
    foreign = stage.rows(OptOut)[0]
    assert limited.post(f"{DESK}/opt-outs/{foreign.id}", {"deed": "question", "reason": "x"}).status_code == 404
    assert limited.post(f"{DESK}/opt-outs/{new_id()}", {"deed": "question", "reason": "x"}).status_code == 404


def test_the_law_is_listed_and_a_question_is_answered_with_its_rules(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    rules = officer.text(f"{DESK}/law?topic=requests&place=US-CA")
    assert "Cal. Civ. Code 1798.130" in rules and "Va. Code" not in rules
    assert "read on 2026-11-24" in rules and "2027-02-24" in rules
    assert "is not a place" in officer.text(f"{DESK}/law?place=Atlantis")
    question = {"purpose": "ads", "company": "lakeside", "caller": CALLER}
    answer = officer.post(f"{DESK}/law", question)
    assert answer.status_code == 200 and "said by Paper law" in answer.text and "Allowed" in answer.text
    for wrong in ({"company": ""}, {"at": "noon"}, {"caller_place": "Atlantis"}, {"purpose": "fun"}):
        assert officer.post(f"{DESK}/law", {**question, **wrong}).status_code == 422, wrong


def test_the_page_counts_the_rules_as_the_other_faces_do_and_marks_those_to_read_again(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    state = law_state((rule for _, rule in legal_rules(stage.hub.plugins)), stage.clock().date())
    assert state.rules and not state.overdue
    figures = f"{state.rules} rules, {state.unconfirmed} of them unconfirmed"
    assert figures in re.sub(r"<[^>]+>", "", officer.text(f"{DESK}/law"))
    stage.clock.now = datetime(2027, 2, 25, 12, 0, tzinfo=UTC)
    late = signed_in(stage, "privacy_officer").text(f"{DESK}/law?topic=requests&place=US-CA")
    assert "0 to be read again" not in re.sub(r"<[^>]+>", "", late)


def test_a_question_about_another_company_is_not_answered(stage: TestHub) -> None:
    limited = signed_in(stage, "privacy_officer", "lakeside")
    asked = {"purpose": "ads", "caller": CALLER}
    assert limited.post(f"{DESK}/law", {**asked, "company": "northgate"}).status_code == 422
    assert limited.post(f"{DESK}/law", {**asked, "company": "lakeside", "callee": NORTH_SHARED}).status_code == 422
