"""Disclosures to authorities in the browser: recorded by an officer, listed without the person, and never lost."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from page_client import seen, signed_in
from page_samples import HOSTILE
from testbed import CALLER, TestHub

from hub.model import AuditEntry, AuthorityDisclosure

PATH = "/privacy-desk/authorities"
OTHER = "+13125550177"


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    return lite_hub()


def form(**changed: Any) -> dict[str, Any]:
    """What an officer writes about recordings of one caller that a court got."""
    return {
        "company": "lakeside",
        "authority": "County court",
        "reference": "24-CV-117",
        "basis": "subpoena",
        "category": ["user.telephony.recording", "user.contact.phone_number"],
        "covers": "person",
        "phone": CALLER,
        **changed,
    }


def test_a_disclosure_is_recorded_and_listed_without_the_person(hub: Callable[..., TestHub]) -> None:
    stage = hub()
    officer = signed_in(stage, "privacy_officer")
    assert "No disclosure is recorded" in officer.text(PATH) and "Authorities" in officer.text("/privacy-desk")
    given = (stage.clock() - timedelta(days=3)).date().isoformat()
    until = (stage.clock() + timedelta(days=40)).date().isoformat()
    answer = officer.post(PATH, form(disclosed=given, withheld=until, note="on paper"))
    assert answer.status_code == 303 and answer.headers["location"].startswith(PATH)
    row = stage.one(AuthorityDisclosure)
    assert (row.authority, row.reference, row.legal_basis) == ("County court", "24-CV-117", "subpoena")
    assert row.categories == ["user.contact.phone_number", "user.telephony.recording"] and row.note == "on paper"
    assert officer.user is not None and row.recorded_by == officer.user.id and row.withheld_until > stage.clock()
    listed = officer.get(PATH).text
    for words in ("County court", "24-CV-117", "subpoena", "recording", "on paper", "One person", officer.user.name):
        assert words in seen(listed), words
    assert CALLER not in listed and "Not withheld" not in listed
    audited = [each.action for each in stage.rows(AuditEntry)]
    assert audited.count("privacy.authority.record") == 1 and audited.count("privacy.authority.list") == 1


def test_a_disclosure_of_everybody_says_so_and_a_withholding_ends_on_its_day(stage: TestHub) -> None:
    owner = signed_in(stage, "owner")
    until = (stage.clock() + timedelta(days=2)).date().isoformat()
    assert owner.post(PATH, form(covers="everybody", phone="", withheld=until)).status_code == 303
    assert "Everybody" in owner.text(PATH) and "no longer withheld" not in owner.text(PATH)
    stage.clock.advance(days=3)
    assert "no longer withheld" in signed_in(stage, "privacy_officer").text(PATH)


def test_what_cannot_be_recorded_is_said_at_the_form_which_keeps_what_was_typed(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"phone": ""}, "Say whose data it was"),
        ({"covers": "everybody"}, "Say whose data it was"),
        ({"phone": "12"}, "not valid"),
        ({"category": []}, "Name the categories"),
        ({"category": ["everything"]}, "Name the categories"),
        ({"authority": ""}, "The authority is empty"),
        ({"reference": f"about {CALLER}"}, "no phone number"),
        ({"disclosed": "2099-01-01"}, "in the future"),
        ({"disclosed": "yesterday"}, "not a date"),
        ({"withheld": "2020-01-01"}, "over already"),
        ({"company": ""}, "Choose the company"),
    ]
    for changed, why in wrong:
        answer = officer.post(PATH, form(basis=HOSTILE, **changed))
        assert answer.status_code == 422 and why in seen(answer.text), changed
        assert f'value="{HOSTILE}"' in html.unescape(answer.text) and HOSTILE not in answer.text, changed
        assert not stage.rows(AuthorityDisclosure), changed


def test_only_who_handles_requests_of_the_company_sees_and_records_its_disclosures(stage: TestHub) -> None:
    assert signed_in(stage, "privacy_officer").post(PATH, form()).status_code == 303
    for role in ("receptionist", "agent", "marketer", "admin", "auditor"):
        user = signed_in(stage, role)
        assert user.get(PATH).status_code == 403 and user.post(PATH, form()).status_code == 403, role
    assert PATH not in signed_in(stage, "admin").get("/privacy-desk").text
    limited = signed_in(stage, "privacy_officer", "northgate")
    assert "24-CV-117" not in limited.text(PATH)
    assert limited.post(PATH, form()).status_code == 404
    assert limited.post(PATH, form(company="northgate", reference="Case 18", phone=OTHER)).status_code == 303
    assert "Case 18" in limited.text(PATH) and len(stage.rows(AuthorityDisclosure)) == 2


def test_a_form_of_another_site_records_nothing(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    answer = officer.post(PATH, form(), headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403 and not stage.rows(AuthorityDisclosure)
