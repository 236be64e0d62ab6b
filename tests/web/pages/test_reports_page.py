"""The reports: figures that lead to their calls, comparison, order, parts, files; for whom; and links to one report."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from page_client import PageClient, seen, signed_in
from starlette.applications import Starlette
from starlette.testclient import TestClient
from testbed import ACCOUNTS, NORTH_SHARED, SHARED, YELLOW_PAGES, TestHub, company

from hub.access.scope import AccessScope
from hub.access.users import disable
from hub.contracts.titles import campaign_title
from hub.marks.leads import mark_leads
from hub.model import AuditEntry, Call, ReportLink, User, UserCompany
from hub.reports.report import make_report
from hub.web.pages.reports.kinds import KINDS
from hub.web.pages.routes import page_routes

Factory = Callable[..., TestHub]
OTHER_ACCOUNT = {
    "name": "rival",
    "title": "Rival",
    "companies": [company("south", ("+13145550100",), "+13145550120")],
}


def strangers(stage: TestHub) -> TestClient:
    """A browser without a session."""
    return TestClient(
        Starlette(routes=page_routes(stage.hub)),
        base_url="https://calls.example.com",
        follow_redirects=False,
        client=("8.8.8.8", 5000),
    )


def some_calls(stage: TestHub) -> None:
    """Three calls of Lakeside, one of them missed, and one of Northgate."""
    stage.call_in(SHARED)
    stage.call_in(SHARED, "+13125550144", answered=False, seconds=30)
    stage.call_in(YELLOW_PAGES, "+13125550145")
    stage.call_in(NORTH_SHARED, "+13125550146")


def rows_of(html: str) -> dict[str, list[str]]:
    """The rows of the page's first table: the name → the figures."""
    body = html[html.index('<table class="table report') :]
    found = {}
    for row in re.findall(r"<tr\b[^>]*>(.*?)</tr>", body[: body.index("</table>")], re.S)[1:]:
        name, *cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        found[seen(name).strip()] = [seen(re.sub(r'<span class="sub">.*?</span>', "", cell)).strip() for cell in cells]
    return found


def figures_link(html: str, text: str) -> list[str]:
    """The addresses that figures with this text lead to."""
    return [each.replace("&amp;", "&") for each in re.findall(rf'<a class="plain" href="([^"]*)">{text}</a>', html)]


def make_link(browser: PageClient, path: str = "/reports/source/links?company=lakeside", days: str = "7") -> str:
    """The path of a new link, as the page shows it one time."""
    answer = browser.post(path, {"days": days})
    assert answer.status_code == 200, answer.text[:300]
    found = re.search(r'value="https://calls\.example\.com(/r/[A-Za-z0-9_-]+)"', answer.text)
    assert found, "the page shows no new link"
    return found[1]


def test_the_reports_begin_with_the_companies_and_for_one_company_with_its_sources(stage: TestHub) -> None:
    some_calls(stage)
    browser = signed_in(stage)
    assert browser.get("/reports?period=7d").headers["location"] == "/reports/companies?period=7d"
    of_one = browser.get("/reports?company=lakeside").headers["location"]
    assert of_one == "/reports/source?company=lakeside"
    assert signed_in(stage, "marketer", "lakeside").get("/reports").headers["location"] == "/reports/source"
    found = rows_of(browser.get("/reports/source").text)
    assert found["Website"][:3] == ["3", "67%", "3"]
    assert found["Yellow Pages (print)"][:3] == ["1", "100%", "1"]
    assert found["All 2 sources"][0] == "4"


def test_a_figure_leads_to_the_calls_behind_it(stage: TestHub) -> None:
    some_calls(stage)
    html = signed_in(stage).get("/reports/source?company=lakeside&period=7d").text
    assert figures_link(html, "50%") == ["/calls?company=lakeside&source=website+%2F+direct&outcome=answered&period=7d"]
    assert "/calls?company=lakeside&source=yellow_pages+%2F+print&kind=call&period=7d" in figures_link(html, "1")


def test_credits_of_another_model_lead_to_no_calls_because_a_call_may_count_in_parts(stage: TestHub) -> None:
    some_calls(stage)
    html = signed_in(stage).get("/reports/source?model=linear").text
    assert "source=website" not in html
    assert "Give the credit to the last touch" in html


def test_a_report_says_what_changed_since_the_period_before(stage: TestHub) -> None:
    stage.call_in(SHARED)
    stage.clock.advance(days=8)
    some_calls(stage)
    browser = signed_in(stage)
    html = browser.get("/reports/source?company=lakeside&period=7d").text
    assert "against the 7 days before" in html
    assert '>2</a><span class="sub">+1</span>' in html
    assert '<span class="sub">' not in browser.get("/reports/source?company=lakeside&compare=none").text
    assert "nothing to compare with" in browser.get("/reports/source?compare=year").text


def test_each_column_sorts_both_ways_by_the_url(stage: TestHub) -> None:
    some_calls(stage)
    browser = signed_in(stage)
    most, least = (list(rows_of(browser.get(f"/reports/source?{each}").text)) for each in ("", "order=asc"))
    assert most[0] == least[1] == "Website"
    html = browser.get("/reports/source?sort=name").text
    assert list(rows_of(html))[:2] == ["Website", "Yellow Pages (print)"]
    assert 'aria-sort="ascending"><a class="sort" href="/reports/source?sort=name&amp;order=desc">' in html


def test_every_row_can_be_reached_a_hundred_at_a_time(hub: Factory) -> None:
    many = [
        {"name": f"flyer{each:03}", "type": "source", "carrier": "carrier", "numbers": [f"+1312556{each:04}"],
         "source": "flyer", "medium": "print"}
        for each in range(130)
    ]  # fmt: skip
    lakeside = company("lakeside", ("+13125550100",), SHARED, *many)
    stage = hub(accounts=[{**ACCOUNTS[0], "companies": [lakeside]}])
    stage.call_in(SHARED)
    browser = signed_in(stage)
    first = browser.get("/reports/number").text
    second = browser.get("/reports/number?after=100").text
    assert "Rows 1 to 100 of 132" in seen(first) and "Rows 101 to 132 of 132" in seen(second)
    assert not (rows_of(first).keys() & rows_of(second).keys()) - {"All 132 trackers"}
    assert 'href="/reports/number?after=100"' in first


def test_numbers_agents_hours_and_missed_calls_have_their_reports(stage: TestHub) -> None:
    some_calls(stage)
    browser = signed_in(stage)
    numbers = browser.get("/reports/number?company=lakeside").text
    assert "yellow_pages" in numbers and "+1 312 555 0122" in numbers
    assert "/calls?company=lakeside&tracker=yellow_pages&kind=call&period=30d" in figures_link(numbers, "1")
    agents = browser.get("/reports/agent").text
    assert rows_of(agents)["+1 312 555 0190"][:4] == ["3", "3", "0", "0"]
    with stage.hub.store.writing() as session:
        call = next(each for each in stage.rows(Call) if each.answered_by)
        mark_leads(session, AccessScope(stage.rows(User)[0]), [call.id], "qualified", stage.clock())
    assert rows_of(browser.get("/reports/agent").text)["+1 312 555 0190"][2] == "1", "leads of these calls"
    assert "/calls?agent=%2B13125550190&kind=call&period=30d" in figures_link(agents, "3")
    local = stage.clock()
    hours = browser.get("/reports/hours").text
    assert f"/calls?hour={local.hour}&kind=call&weekday={local.weekday()}&period=30d" in figures_link(hours, "4")
    missed = browser.get("/reports/missed?by=source").text
    assert "1 call was not answered; 1 still open." in missed
    assert "/calls?source=website+%2F+direct&outcome=missed&period=30d" in figures_link(missed, "1")


def test_six_models_stand_side_by_side_on_request_with_the_same_total(stage: TestHub) -> None:
    some_calls(stage)
    browser = signed_in(stage)
    assert "Who gets the credit" not in browser.get("/reports/source").text
    html = browser.get("/reports/source?models=all").text
    table = html[html.index('<table class="table slim models') :]
    assert seen(table[table.index("<tfoot>") : table.index("</table>")]).split() == ["All", *["$160"] * 6]
    calls = browser.get("/reports/source?models=all&measure=calls").text
    assert "Calls by model" in calls


def test_a_report_of_all_companies_equals_the_sum_of_each(stage: TestHub) -> None:
    some_calls(stage)
    browser = signed_in(stage)
    totals = {}
    for each in ("", "?company=lakeside", "?company=northgate"):
        rows = rows_of(browser.get(f"/reports/source{each}").text)
        totals[each] = int(next(figures[0] for name, figures in rows.items() if name.startswith(("All", "Total"))))
    assert totals[""] == totals["?company=lakeside"] + totals["?company=northgate"] == 4


def test_the_page_shows_what_the_command_line_reports(stage: TestHub) -> None:
    some_calls(stage)
    lakeside = stage.directory.companies["lakeside"]
    today = stage.clock().date()
    report = make_report(stage.hub.store, lakeside, "campaign", "decay", today, today)
    rows = rows_of(signed_in(stage).get("/reports/campaign?model=decay&period=today&company=lakeside").text)
    wanted = {campaign_title(line.value or "No campaign"): f"{line.number('calls'):,.0f}" for line in report.lines}
    assert {name: figures[0] for name, figures in rows.items() if not name.startswith("All")} == wanted


def test_a_file_has_all_rows_no_formulas_and_an_audit_entry(hub: Factory) -> None:
    stage = hub()
    stage.visit(landing_page="https://lakeside.example.com/?utm_source=x&utm_medium=cpc&utm_campaign=%3DSUM(1)")
    stage.call_in("+13125550100")
    browser = signed_in(stage)
    answer = browser.get("/reports/campaign/csv?period=7d")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="ringfence-campaign-')
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["Campaign", "Calls", "Calls, before"]
    assert rows[1][:3] == ["'=SUM(1)", "1", "0"]
    entry = stage.one(AuditEntry, action="report.export")
    assert browser.user is not None and entry.actor == browser.user.id and entry.detail.startswith("campaign, ")


def test_a_campaign_with_markup_is_shown_as_text(stage: TestHub) -> None:
    page = "https://lakeside.example.com/?utm_source=x&utm_medium=cpc&utm_campaign=%3Cscript%3Ealert(1)%3C/script%3E"
    stage.visit(landing_page=page)
    stage.call_in("+13125550100")
    html = signed_in(stage).get("/reports/campaign").text
    assert "<script>alert" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_an_empty_report_says_so_and_what_to_do_next(stage: TestHub) -> None:
    browser = signed_in(stage)
    for name in KINDS:
        text = browser.text(f"/reports/{name}")
        assert "No calls in this period" in text and "Show 90 days" in text, name


def test_parameters_without_sense_are_ignored(stage: TestHub) -> None:
    some_calls(stage)
    browser = signed_in(stage)
    for query in (
        "sort=%00&order=x",
        "after=-5",
        "after=99999",
        "model=x&compare=y&show=z&by=q",
        "models=all&measure=%F0%9F%92%A5",
        "first=2026-02-30&last=x",
        "after=%C2%B2",
    ):
        for name in ("source", "hours", "missed"):
            assert browser.get(f"/reports/{name}?{query}").status_code == 200, (name, query)


def test_a_report_of_calls_covers_a_year_at_most_and_says_so(stage: TestHub) -> None:
    some_calls(stage)
    last = stage.clock().date()
    query = f"first={last - timedelta(days=700)}&last={last}"
    browser = signed_in(stage)
    assert "covers 366 days at most" in browser.text(f"/reports/agent?{query}")
    assert "at most" not in browser.text(f"/reports/source?{query}")


def test_roles_without_reports_see_none(stage: TestHub) -> None:
    for role in ("receptionist", "agent", "privacy_officer", "auditor"):
        browser = signed_in(stage, role)
        for name in KINDS:
            assert browser.get(f"/reports/{name}").status_code == 403, (role, name)
            assert browser.get(f"/reports/{name}/csv").status_code == 403, (role, name)
        assert browser.post("/reports/source/links?company=lakeside", {"days": "7"}).status_code == 403, role
        assert not stage.rows(ReportLink), role


def test_a_user_of_one_company_sees_only_its_figures(stage: TestHub) -> None:
    some_calls(stage)
    browser = signed_in(stage, "marketer", "northgate")
    for name in KINDS:
        html = browser.get(f"/reports/{name}").text
        assert "lakeside" not in html.lower() and "yellow_pages" not in html
        if name not in ("missed", "trend", "signal"):  # of today no call is in them
            assert rows_of(browser.get(f"/reports/{name}?company=lakeside").text) == rows_of(html)
    assert rows_of(browser.get("/reports/source").text)["Total"][0] == "1"


def test_an_unknown_report_is_not_found(stage: TestHub) -> None:
    browser = signed_in(stage)
    assert browser.get("/reports/visits").status_code == 404
    assert browser.get("/reports/visits/csv").status_code == 404
    assert browser.post("/reports/visits/links?company=lakeside", {"days": "7"}).status_code == 404


def test_a_link_shows_one_report_without_a_session_and_leads_nowhere(stage: TestHub) -> None:
    some_calls(stage)
    path = make_link(signed_in(stage))
    answer = strangers(stage).get(path)
    assert answer.status_code == 200
    assert rows_of(answer.text)["Website"][0] == "2"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert re.findall(r'<a [^>]*href="([^"]*)"', answer.text) == ["#main"]
    assert "<script" not in answer.text and "<form" not in answer.text and "set-cookie" not in answer.headers


def test_a_link_keeps_the_parameters_it_was_made_with(stage: TestHub) -> None:
    some_calls(stage)
    browser = signed_in(stage)
    path = make_link(browser, "/reports/source/links?company=lakeside&period=7d&compare=none&sort=name&junk=1")
    locked = strangers(stage).get(path).text
    tampered = strangers(stage).get(f"{path}?company=northgate&period=90d&model=first&sort=calls&models=all").text
    assert locked == tampered
    assert "Northgate" not in tampered
    assert stage.one(ReportLink).query == "compare=none&sort=name&period=7d"


def test_the_token_is_shown_one_time_and_only_its_hash_is_stored(stage: TestHub) -> None:
    browser = signed_in(stage)
    token = make_link(browser).rpartition("/")[2]
    assert token not in browser.get("/reports/source").text
    link = stage.one(ReportLink)
    assert token not in repr(link.model_dump()) and len(link.token_sha256) == 64
    entry = stage.one(AuditEntry, action="report_link.add")
    assert (entry.subject, entry.detail) == (
        link.company_id,
        f"{link.id}: source, 7 days",
    ) and token not in entry.detail


def test_a_link_that_ended_was_revoked_or_never_was_is_not_found(stage: TestHub) -> None:
    browser = signed_in(stage)
    ended, revoked = make_link(browser, days="7"), make_link(browser, days="90")
    link = max(stage.rows(ReportLink), key=lambda each: each.ends_at)
    answer = browser.post(f"/reports/source/links/{link.id}/revoke?company=lakeside")
    assert (answer.status_code, answer.headers["location"]) == (303, "/reports/source?company=lakeside#share")
    assert stage.one(AuditEntry, action="report_link.revoke").detail == f"{link.id}: source"
    stranger = strangers(stage)
    assert stranger.get(ended).status_code == 200
    stage.clock.advance(days=7)
    tampered = ended[:-1] + ("A" if ended[-1] != "A" else "B")
    answers = [stranger.get(path) for path in (ended, revoked, tampered, "/r/x", "/r/" + "A" * 43, "/r/%00%F0%9F")]
    assert {each.status_code for each in answers} == {404}
    assert len({each.text for each in answers}) == 1


def test_a_link_ends_with_its_makers_right_to_share(stage: TestHub) -> None:
    browser = signed_in(stage, "marketer")
    path = make_link(browser)
    stranger = strangers(stage)
    assert stranger.get(path).status_code == 200
    northgate = stage.directory.companies["northgate"].id
    assert browser.user is not None
    limit = UserCompany(user_id=browser.user.id, company_id=northgate)
    stage.add(limit)
    assert stranger.get(path).status_code == 404
    with stage.hub.store.writing() as session:
        session.delete(session.merge(limit))
    assert stranger.get(path).status_code == 200
    with stage.hub.store.writing() as session:
        user = session.get(User, browser.user.id)
        assert user is not None
        disable(session, user, stage.clock())
    assert stranger.get(path).status_code == 404


def test_links_of_another_account_or_company_are_neither_seen_nor_revoked(hub: Factory) -> None:
    stage = hub(accounts=[*ACCOUNTS, OTHER_ACCOUNT])
    path = make_link(signed_in(stage))
    link = stage.one(ReportLink)
    for other in (signed_in(stage, account="rival"), signed_in(stage, "marketer", "northgate")):
        assert link.id not in other.get("/reports/source").text
        assert other.post(f"/reports/source/links/{link.id}/revoke").status_code == 404
    assert strangers(stage).get(path).status_code == 200


def test_a_link_needs_a_company(stage: TestHub) -> None:
    browser = signed_in(stage)
    for path in ("/reports/source/links", "/reports/source/links?company=elsewhere"):
        answer = browser.post(path, {"days": "7"})
        assert answer.status_code == 422 and "Choose the company first." in answer.text, path


def test_a_link_lasts_a_week_a_month_or_three(stage: TestHub) -> None:
    browser = signed_in(stage)
    for days in ("", "0", "365", "x", "²"):
        answer = browser.post("/reports/source/links?company=lakeside", {"days": days})
        assert answer.status_code == 422 and "A link lasts 7, 30 or 90 days." in answer.text, days
        assert not stage.rows(ReportLink), days


def test_a_page_of_another_site_makes_no_link(stage: TestHub) -> None:
    answer = signed_in(stage).post(
        "/reports/source/links?company=lakeside", {"days": "7"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403 and not stage.rows(ReportLink)


def test_guesses_at_links_are_limited_by_network(lite_hub: Factory) -> None:
    stage = lite_hub()
    path = make_link(signed_in(stage))
    stranger = strangers(stage)
    answers = [stranger.get(f"/r/{'A' * 43}") for _ in range(31)]
    assert (answers[29].status_code, answers[30].status_code) == (404, 429)
    assert answers[30].headers["x-robots-tag"] == "noindex, nofollow"
    elsewhere: Any = TestClient(stranger.app, base_url="https://calls.example.com", client=("7.7.7.7", 5000))
    assert elsewhere.get(path).status_code == 200


def test_a_shared_report_shows_no_number_of_a_caller(stage: TestHub) -> None:
    some_calls(stage)
    browser = signed_in(stage)
    callers = {str(call.caller_number) for call in stage.rows(Call)}
    for name in KINDS:
        html = strangers(stage).get(make_link(browser, f"/reports/{name}/links?company=lakeside")).text
        assert not [each for each in callers if each in html or each[-4:] in seen(html)]
