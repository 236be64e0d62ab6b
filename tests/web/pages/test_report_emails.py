"""Reports by email on the report's page: started, listed, stopped, and by whom not."""

from __future__ import annotations

import re

from page_client import signed_in
from testbed import TestHub

from hub.model import AuditEntry, ReportSubscription

FORM = {"addresses": "pat@lakeside.example.com, sam@lakeside.example.com", "every": "weekly", "hour": "8"}


def test_a_report_is_sent_to_addresses_and_stopped_on_its_page(stage: TestHub) -> None:
    browser = signed_in(stage)
    answer = browser.post("/reports/trend/emails?company=lakeside&show=leads&period=30d", FORM)
    assert answer.status_code == 303 and answer.headers["location"].endswith("#emails")
    rows = stage.rows(ReportSubscription)
    assert {row.email for row in rows} == {"pat@lakeside.example.com", "sam@lakeside.example.com"}
    assert {(row.query, row.every, row.hour, row.all_companies) for row in rows} == {
        ("show=leads&period=30d", "weekly", 8, False)
    }
    text = browser.text("/reports/trend?company=lakeside")
    assert "pat@lakeside.example.com" in text and "Every Monday at 8:00 am" in text
    assert "pat@" not in browser.text("/reports/source?company=lakeside"), "of another report"
    assert browser.post(f"/reports/trend/emails/{rows[0].id}/stop").status_code == 303
    assert "A user stopped it." in browser.text("/reports/trend?company=lakeside")
    assert len(stage.rows(AuditEntry, action="report_mail.add")) == 2
    assert len(stage.rows(AuditEntry, action="report_mail.stop")) == 1


def test_a_wrong_address_stays_in_the_form_with_its_reason(stage: TestHub) -> None:
    answer = signed_in(stage).post("/reports/source/emails", {**FORM, "addresses": "<b>pat"})
    assert answer.status_code == 422 and "is not an email address" in answer.text
    assert 'value="&lt;b&gt;pat"' in answer.text and stage.rows(ReportSubscription) == []


def test_who_sees_one_company_starts_stops_and_sees_only_its_emails(stage: TestHub) -> None:
    owner, limited = signed_in(stage), signed_in(stage, "marketer", "northgate")
    owner.post("/reports/source/emails?company=lakeside", FORM)
    owner.post("/reports/companies/emails", {**FORM, "addresses": "all@agency.example.com"})
    for row in stage.rows(ReportSubscription):
        assert limited.post(f"/reports/source/emails/{row.id}/stop").status_code in (404, 422)
    assert all(
        row.stopped_at is None for row in stage.rows(ReportSubscription, company_id=company_id(stage, "lakeside"))
    )
    for report in ("source", "companies"):
        assert not re.search(r"[a-z]+@(lakeside|agency)\.example", limited.text(f"/reports/{report}"))
    limited.post("/reports/source/emails", {**FORM, "addresses": "n@northgate.example.com"})
    row = stage.one(ReportSubscription, email="n@northgate.example.com")
    assert row.company_id == company_id(stage, "northgate") and not row.all_companies


def company_id(stage: TestHub, name: str) -> str:
    return str(stage.directory.companies[name].id)
