"""An erasure finds the person's number and address in what users wrote elsewhere, and the plan says so before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select
from testbed import CALLER, OTHER_CALLER, TestHub

from hub.access.users import add_user
from hub.model import (
    Account,
    Attribution,
    Call,
    CallerRule,
    Company,
    LegalHold,
    Note,
    Person,
    PersonMerge,
    SavedView,
    Tag,
    TagDefinition,
)
from hub.privacy.erasure import erase_person, plan_erasure
from hub.privacy.erasure.mentions import Identifiers
from hub.privacy_requests.legal_holds import place_hold
from hub.privacy_requests.steps import RequestRefused
from hub.spam.callers import add_noted_rule
from hub.store.encryption.encrypted_fields import notes_of, rule_notes_of, seal_note

WRITTEN = "(312) 555-0142"
"""The number of CALLER as somebody types it."""


@pytest.fixture
def stage(hub: Callable[..., TestHub]) -> TestHub:
    """Two callers; what users wrote at the second one's call names the first one."""
    stage = hub()
    stage.call_in()
    _write(stage, stage.call_in(caller=OTHER_CALLER))
    return stage


def _write(stage: TestHub, other: Call) -> None:
    now, later = stage.clock(), stage.clock() + timedelta(days=300)
    made: dict[str, Any] = {"made_at": now, "made_by": "desk"}
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, other.company_id)
        account = session.get_one(Account, company.account_id)
        user = add_user(session, account, "olivia", "owner", now)
        own: dict[str, Any] = {"company_id": company.id, "expires_at": later, **made}
        note = Note(subject_id=other.id, **own)
        seal_note(stage.hub.vault, session, other, note, f"Husband of {WRITTEN}, call both")
        strangers = [Person(company_id=company.id, first_seen_at=now, expires_at=later) for _ in range(2)]
        session.add_all((note, *strangers))
        session.flush()
        session.add_all(
            (
                Tag(subject_id=other.id, name="same as 312.555.0142", **own),
                Tag(subject_id=other.id, name="plumbing", **own),
                TagDefinition(account_id=account.id, name=f"vip {WRITTEN}", color="red", **made),
                _view(user, "Pat (+1 312 555 0142)", "status=missed", now),
                _view(user, "a list", "q=%2B13125550142&days=7", now),
                _view(user, "missed", "status=missed", now),
                LegalHold(
                    company_id=company.id, fingerprint="x", reason=f"Dispute with {WRITTEN}", set_by="paula", set_at=now
                ),
                PersonMerge(person_id=strangers[0].id, other_id=strangers[1].id, reason=f"both share {WRITTEN}", **own),
            )
        )
        add_noted_rule(session, stage.hub.vault, account.id, company.id, "block", "+12175550199", now, "desk",
                       f"also calls as {WRITTEN}")  # fmt: skip


def _view(user: Any, name: str, query: str, now: Any) -> SavedView:
    return SavedView(account_id=user.account_id, user_id=user.id, page="calls", name=name, query=query, made_at=now)


def person_of(session: Session) -> Person:
    return session.exec(select(Person).where(Person.phone_number == CALLER)).one()


def test_the_plan_counts_what_was_written_elsewhere_and_the_erasure_blanks_it(stage: TestHub) -> None:
    with stage.hub.store.reading() as session:
        person = person_of(session)
        planned = plan_erasure(session, stage.hub, [person])
    done = erase_person(stage.hub, person.id)
    assert {name: planned[name] for name in ("tag", "tag_definition", "saved_view", "legal_hold", "person_merge", "note",
                                             "caller_rule")} == {"tag": 1, "tag_definition": 1, "saved_view": 2,
                                                                 "legal_hold": 1, "person_merge": 1, "note": 1,
                                                                 "caller_rule": 1}  # fmt: skip
    assert {name: done.rows[name] for name in planned} == planned, "the certificate says what the plan said"
    assert [each.name for each in stage.rows(Tag)] == ["plumbing"]
    assert stage.rows(TagDefinition) == []
    assert sorted(each.name for each in stage.rows(SavedView)) == ["Pat ([erased])", "missed"]
    assert stage.one(LegalHold).reason == "Dispute with [erased]"
    assert stage.one(PersonMerge).reason == "both share [erased]"
    with stage.hub.store.reading() as session:
        (note,) = notes_of(stage.hub.vault, session, stage.rows(Note)).values()
        (why,) = rule_notes_of(stage.hub.vault, session, stage.rows(CallerRule)).values()
    assert (note, why) == ("Husband of [erased], call both", "also calls as [erased]")


def test_a_later_caller_of_the_number_that_a_visitor_was_shown_keeps_nothing_of_the_erased_visitor(
    hub: Callable[..., TestHub],
) -> None:
    stage = hub()
    number = stage.visit(landing_page="https://lakeside.example.com/?gclid=CjErased").number or ""
    stage.call_in(number=number)
    other = stage.call_in(number=number, caller=OTHER_CALLER)
    assert stage.one(Attribution, subject_id=other.id).click_ids, "it was read as the visitor's"
    with stage.hub.store.reading() as session:
        planned = plan_erasure(session, stage.hub, [person_of(session)])["attribution"]
        person = person_of(session).id
    done = erase_person(stage.hub, person)
    assert done.rows["attribution"] == planned == 2
    kept = stage.one(Attribution, subject_id=other.id)
    assert (kept.visit_id, kept.landing_page, kept.click_ids, kept.candidates, kept.trace) == (None, None, {}, [], [])


@pytest.mark.parametrize(
    "text",
    ["+13125550142", "13125550142", "3125550142", "312-555-0142", "(312) 555-0142", "+1 (312) 555 0142", "q=%2B13125550142",
     "001 312 555 0142", "312.555.0142"],
)  # fmt: skip
def test_a_number_is_found_as_people_write_it(text: str) -> None:
    pattern = Identifiers("1", "3125550142", "").pattern
    assert pattern is not None
    assert pattern.search(f"x {text} y") and "555" not in pattern.sub("", f"x {text} y")


@pytest.mark.parametrize("text", ["order 93125550142", "31255501425", "312 555 0148", "2023-12-55 50142"])
def test_other_digits_are_left_as_they_are(text: str) -> None:
    pattern = Identifiers("1", "3125550142", "").pattern
    assert pattern is not None and pattern.search(text) is None


def test_an_address_is_found_in_any_case_and_in_the_query_of_a_view() -> None:
    pattern = Identifiers("", "", "pat+x@example.com").pattern
    assert pattern is not None
    assert pattern.sub("-", "Pat+X@Example.com") == pattern.sub("-", "pat%2Bx%40example.com") == "-"


@pytest.mark.parametrize("reason", ["Dispute with (312) 555-0142", "Case of pat@example.com"])
def test_the_reason_of_a_legal_hold_names_a_case_and_no_number_or_address(stage: TestHub, reason: str) -> None:
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        with pytest.raises(RequestRefused, match="name a case"):
            place_hold(
                session, stage.hub, company, phone=CALLER, email=None, everybody=False, reason=reason, actor="paula"
            )
    assert [each.fingerprint for each in stage.rows(LegalHold)] == ["x"]
