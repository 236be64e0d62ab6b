"""The data map as really sent, retention with what is due, and policies with their consequences."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from page_client import signed_in
from testbed import ACCOUNTS, CALLER, TestHub, company

from hub.model import AuditEntry, HealthReport, PolicyAcceptance, PolicyVersion

DESK = "/privacy-desk"
DOCUMENT = """---
kind: privacy_statement
version: {version}
material: {material}
note: {note}
---
# Privacy statement <script>alert(1)</script>
We keep calls.
"""


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    made = lite_hub()
    made.call_in(made.visit().number, CALLER)
    made.deliver()
    return made


def document(version: str = "2027-01", material: str = "true", note: str = "''") -> dict[str, str]:
    return {"document": DOCUMENT.format(version=version, material=material, note=note)}


def test_the_data_map_shows_what_was_really_sent_to_whom(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    text = officer.text(f"{DESK}/data-map")
    assert "Paper Network" in text and "Nothing was sent that is not declared" in text
    assert "1 value sent" in text or "values sent" in text
    stage.clock.advance(days=40)
    assert "Nothing was sent in this time" in signed_in(stage, "privacy_officer").text(f"{DESK}/data-map?period=7d")


def test_documents_are_made_from_the_map_and_the_download_is_written_down(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    for name, words in (("record.md", "GDPR Art. 30"), ("processors.csv", "Paper Network"), ("map.json", '"flows"')):
        answer = officer.get(f"{DESK}/data-map/{name}")
        assert words in answer.text and "attachment" in answer.headers["content-disposition"], name
    assert "Lakeside: text blocks" in officer.get(f"{DESK}/data-map/notice.md?company=lakeside").text
    assert officer.get(f"{DESK}/data-map/notice.md").status_code == 422, "of which company?"
    assert officer.get(f"{DESK}/data-map/secrets.txt").status_code == 404
    assert [each.action for each in stage.rows(AuditEntry)].count("privacy.map.export") == 5


def test_a_limited_officer_gets_documents_of_their_companies_alone(stage: TestHub) -> None:
    limited = signed_in(stage, "privacy_officer", "northgate")
    record = limited.get(f"{DESK}/data-map/record.md").text
    assert "Northgate" in record and "Lakeside" not in record
    assert limited.get(f"{DESK}/data-map/map.json").status_code == 404
    assert "Nothing was sent in this time" in limited.text(f"{DESK}/data-map"), "what went out is of the other company"


def test_retention_shows_the_rules_the_last_sweep_and_what_is_late(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    text = officer.text(f"{DESK}/retention")
    assert "761 days" in text and "No sweep reported yet" in text and "Nothing is past its time" in text
    now = stage.clock()
    stage.add(HealthReport(kind="job", name="retention", every=60.0, at=now, written_at=now))
    stage.clock.advance(days=763)
    officer = signed_in(stage, "privacy_officer")
    late = officer.text(f"{DESK}/retention")
    assert "Swept 763 days ago" in late and "past its time by more than a day" in late
    limited = signed_in(stage, "privacy_officer", "lakeside").text(f"{DESK}/retention")
    assert "figures are of the whole hub" in limited and "761 days" in limited


def test_a_policy_is_drafted_announced_accepted_and_published(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    created = officer.post(f"{DESK}/policies", document())
    assert created.status_code == 303
    one = created.headers["location"]
    html = officer.get(one).text
    assert "<script>alert" not in html and "changes nothing" in html
    assert officer.post(f"{one}/announce", {"effective": "tomorrow"}).status_code == 422
    assert officer.post(f"{one}/announce", {"effective": "2026-11-25"}).status_code == 422, "30 business days"
    assert officer.post(f"{one}/announce").status_code == 303
    assert officer.post(f"{one}/publish").status_code == 422, "not before the announced day"
    assert officer.post(f"{one}/accept").status_code == 303
    assert officer.user and stage.one(PolicyAcceptance).accepted_by == officer.user.name
    stage.clock.advance(days=60)
    officer = signed_in(stage, "privacy_officer")
    assert officer.post(f"{one}/publish").status_code == 303
    assert "2027-01, en" in officer.text(f"{DESK}/policies")
    deeds = {each.action for each in stage.rows(AuditEntry)}
    assert {"policy.draft", "policy.announce", "policy.accept", "policy.publish"} <= deeds


def test_a_typo_is_published_with_a_note(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    first = officer.post(f"{DESK}/policies", document()).headers["location"]
    assert officer.post(f"{first}/publish").status_code == 303
    typo = officer.post(f"{DESK}/policies", document("2027-02", "false", "''")).headers["location"]
    assert officer.post(f"{typo}/publish", {"note": " "}).status_code == 422
    assert officer.post(f"{typo}/publish", {"note": "a comma"}).status_code == 303
    assert officer.post(f"{DESK}/policies", {"document": "no header"}).status_code == 422


def test_only_users_of_the_whole_account_change_policies(stage: TestHub) -> None:
    one = signed_in(stage, "owner").post(f"{DESK}/policies", document()).headers["location"]
    limited = signed_in(stage, "privacy_officer", "lakeside")
    assert limited.post(f"{DESK}/policies", document("2027-02")).status_code == 422
    for deed in ("announce", "publish", "accept"):
        assert limited.post(f"{one}/{deed}").status_code == 422, deed
    admin = signed_in(stage, "admin")
    assert admin.get(one).status_code == 200 and admin.post(f"{one}/publish").status_code == 403
    assert stage.one(PolicyVersion).state == "draft"


def test_another_accounts_document_does_not_exist_and_that_of_all_is_the_operators(
    lite_hub: Callable[..., TestHub],
) -> None:
    other = {"name": "other", "title": "Other", "companies": [company("hilltop", ("+17735550100",), "+17735550120")]}
    stage = lite_hub(accounts=[*ACCOUNTS, other])
    mine, theirs = (signed_in(stage, "privacy_officer", account=each) for each in ("agency", "other"))
    own = document()["document"].replace("kind:", "account: agency\nkind:")
    one = mine.post(f"{DESK}/policies", {"document": own}).headers["location"]
    assert theirs.get(one).status_code == 404 and theirs.post(f"{one}/publish").status_code == 404
    assert theirs.post(f"{DESK}/policies", {"document": own}).status_code == 422
    assert theirs.post(f"{DESK}/policies", document()).status_code == 422, "of all accounts"
    assert "figures are of the whole hub" in mine.text(f"{DESK}/retention")
