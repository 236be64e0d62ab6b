"""Saved reports: saved from a report's page, opened, renamed, deleted, shared, sent; and by whom not."""

from __future__ import annotations

import re

import pytest
from page_client import PageClient, seen, signed_in
from testbed import SHARED, TestHub

from hub.model import AuditEntry, Company, ReportSubscription, SavedView


def save(browser: PageClient, name: str, report: str = "trend", query: str = "", **form: str) -> SavedView:
    answer = browser.post(f"/reports/{report}/save{query}", {"name": name, **form})
    assert answer.status_code == 303, answer.text
    return browser.stage.one(SavedView, name=" ".join(name.split()))


def test_a_report_is_saved_with_its_filters_company_and_relative_days_and_opened(stage: TestHub) -> None:
    stage.call_in(SHARED)
    browser = signed_in(stage)
    view = save(browser, "  Lakeside   month ", "source", "?company=lakeside&model=first&first=2026-01-01&last=2026-01-31",
                days="last_month")  # fmt: skip
    assert (view.name, view.page, view.shared) == ("Lakeside month", "reports/source", False)
    assert view.query == "model=first&period=last_month&company=lakeside"
    assert view.company_id == stage.one(Company, name="lakeside").id
    html = browser.get(f"/reports/source?{view.query}&saved={view.id}").text
    assert "<h1>Lakeside month</h1>" in html and "October 1 to October 31, 2026" in seen(html)
    listed = browser.get("/reports/saved").text
    assert (
        f'href="/reports/source?model=first&amp;period=last_month&amp;company=lakeside&amp;saved={view.id}"' in listed
    )
    assert "Sources, last month, the first touch" in seen(listed) and "Only you" in listed
    assert "Lakeside month" in browser.text("/reports/companies"), "on the start page of the reports"


def test_two_dates_stay_as_they_are_unless_other_days_are_chosen(stage: TestHub) -> None:
    browser = signed_in(stage)
    dates = "?first=2026-01-01&last=2026-01-31"
    assert save(browser, "Always", "costs", dates, days="").query == "first=2026-01-01&last=2026-01-31"
    assert save(browser, "Moving", "costs", dates, days="30d").query == "period=30d"
    assert save(browser, "Strange", "costs", dates, days="9d").query == "first=2026-01-01&last=2026-01-31"
    assert "Always Jan 1 to Jan 31" in browser.text(f"/reports/costs{dates}")


def test_the_same_name_replaces_and_another_one_is_given_and_taken(stage: TestHub) -> None:
    browser = signed_in(stage)
    view = save(browser, "Weeks", query="?weeks=13")
    assert save(browser, "Weeks", query="?weeks=52").id == view.id
    save(browser, "Other")
    answer = browser.post(f"/reports/saved/{view.id}/rename", {"name": "Other"})
    assert answer.status_code == 422 and "Another one has this name already." in answer.text
    assert browser.post(f"/reports/saved/{view.id}/rename", {"name": "A year"}).status_code == 303
    assert "A year" in browser.text("/reports/saved") and "Weeks" not in browser.text("/reports/saved")
    assert browser.post(f"/reports/saved/{view.id}/delete").status_code == 303
    assert {each.name for each in stage.rows(SavedView)} == {"Other"}
    assert [len(stage.rows(AuditEntry, action=f"view.{each}")) for each in ("save", "rename", "delete")] == [3, 1, 1]


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(("name", "words"), [("", "Give the view a name."), ("x" * 65, "at most 64 characters")])
def test_a_name_that_cannot_be_is_an_error_beside_its_field(stage: TestHub, name: str, words: str) -> None:
    answer = signed_in(stage).post("/reports/trend/save", {"name": name})
    assert answer.status_code == 422 and re.search(f'id="save-name-error">[^<]*{words}', answer.text)


def test_what_is_shared_is_seen_by_those_who_may_see_its_company_and_changed_by_its_user_alone(stage: TestHub) -> None:
    owner = signed_in(stage)
    save(owner, "Mine")
    everywhere = save(owner, "All of us", shared="yes")
    ours = save(owner, "Of Lakeside", query="?company=lakeside", shared="yes")
    other, lakeside, northgate = (signed_in(stage, "marketer", *each) for each in ((), ("lakeside",), ("northgate",)))
    found = {
        browser: {name for name in ("Mine", "All of us", "Of Lakeside") if name in browser.text("/reports/saved")}
        for browser in (other, lakeside, northgate)
    }
    assert list(found.values()) == [{"All of us", "Of Lakeside"}, {"Of Lakeside"}, set()]
    for deed in ("rename", "delete"):
        assert other.post(f"/reports/saved/{everywhere.id}/{deed}", {"name": "Theirs"}).status_code == 404
    assert northgate.post(f"/reports/saved/{ours.id}/send").status_code == 404
    page = northgate.get(f"/reports/trend?saved={ours.id}")
    assert page.status_code == 200 and "Of Lakeside" not in page.text


def test_a_saved_report_goes_out_by_email_and_says_so_where_it_is_listed(stage: TestHub) -> None:
    browser = signed_in(stage)
    view = save(browser, "Weeks of Lakeside", query="?company=lakeside&weeks=13")
    opened = f"/reports/trend?{view.query}&saved={view.id}"
    assert "Send “Weeks of Lakeside” by email" in browser.text(opened)
    form = {"addresses": "pat@lakeside.example.com", "every": "weekly", "hour": "8"}
    address = re.search(r'action="(/reports/trend/emails\?[^"#]*)', browser.get(opened).text)
    assert address is not None
    assert browser.post(address[1].replace("&amp;", "&"), form).status_code == 303
    row = stage.one(ReportSubscription)
    assert (row.saved_view_id, row.all_companies, row.company_id) == (view.id, False, view.company_id)
    assert "“Weeks of Lakeside”" in browser.text("/reports/trend") and "1 address" in browser.text("/reports/saved")
    browser.post(f"/reports/saved/{view.id}/delete")
    assert stage.one(ReportSubscription).stop_reason == "Its saved report was deleted."


def test_without_a_mail_server_nothing_is_sent_and_the_page_says_why(stage: TestHub) -> None:
    browser = signed_in(stage)
    view = save(browser, "Weeks")
    answer = browser.post(f"/reports/saved/{view.id}/send")
    assert answer.status_code == 422 and "The hub has no mail server" in answer.text
    browser.post("/reports/trend/emails", {"addresses": "pat@lakeside.example.com", "every": "weekly", "hour": "8"})
    answer = browser.post(f"/reports/trend/emails/{stage.one(ReportSubscription).id}/send")
    assert answer.status_code == 422 and "The hub has no mail server" in answer.text


def test_a_saved_list_of_calls_is_listed_too_but_goes_to_nobody(stage: TestHub) -> None:
    browser = signed_in(stage)
    browser.post("/calls/views?outcome=missed", {"name": "Missed ones"})
    html = browser.get("/reports/saved").text
    assert re.search(r'href="/calls\?outcome=missed&amp;saved=[^"]+">Missed ones', html)
    assert "/send" not in html
    assert browser.post(f"/reports/saved/{stage.one(SavedView).id}/send").status_code == 404
