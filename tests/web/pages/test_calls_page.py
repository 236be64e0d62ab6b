"""The list of calls, texts and forms: what each role sees, filters in the URL, marks, saved views, the CSV file."""

from __future__ import annotations

import csv
import html
import re
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from page_client import PageClient, seen, signed_in
from testbed import CALLER, NORTH_SHARED, OTHER_CALLER, YELLOW_PAGES, TestHub

from hub.access.saved_views import save_view
from hub.access.scope import AccessScope
from hub.api import Receipt
from hub.contracts.events import MessageEvent
from hub.model import Attribution, AuditEntry, Call, Delivery, FormSubmission, Lead, SavedView, Tag
from hub.queries.lists.keyset import Cursor

SHOWN_CALLER, SHOWN_OTHER = "+1 312 555 0142", "+1 312 555 0143"


def text_in(stage: TestHub, body: str = "Do you fix boilers?") -> None:
    told = MessageEvent(
        message_id="SM1", tracking_number=YELLOW_PAGES, sender_number=OTHER_CALLER, body=body, at=stage.clock()
    )
    stage.tell(told)
    stage.flow()


def form_in(stage: TestHub, **more: Any) -> FormSubmission:
    call = stage.rows(Call)[0]
    form = FormSubmission(
        company_id=call.company_id, submission_key="f1", submitted_at=stage.clock(), state="done", due_at=stage.clock(),
        expires_at=stage.clock() + timedelta(days=9), **more,
    )  # fmt: skip
    stage.add(form)
    return form


def chosen(stage: TestHub, caller: str = CALLER) -> str:
    return stage.one(Call, caller_number=caller).id


def test_calls_texts_and_forms_are_one_list_newest_first(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    stage.clock.advance(hours=1)
    text_in(stage)
    stage.clock.advance(hours=1)
    form_in(stage, email="grace@example.com")
    page = signed_in(stage).text("/calls")
    assert page.index("grace@example.com") < page.index(SHOWN_OTHER) < page.index(SHOWN_CALLER)
    assert "1 call, 1 text, 1 form" in page
    assert "Yellow Pages (print)" in page and "1 to 3 of 3" in page


def test_a_text_has_the_name_that_a_call_of_the_same_person_has(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES, OTHER_CALLER, caller_name="Grace Hopper")
    stage.clock.advance(hours=1)
    text_in(stage)
    browser = signed_in(stage)
    assert browser.text("/calls?kind=text").count("Grace Hopper") == 1
    (line,) = lines(browser, "/calls.csv?kind=text")
    assert (line["kind"], line["name"]) == ("text", "Grace Hopper")


def test_filters_offer_titles_and_keep_ids(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    browser = signed_in(stage)
    page = browser.get("/calls?columns=tracker&tracker=yellow_pages").text
    assert '<option value="yellow_pages" selected>Yellow pages</option>' in page
    assert "Tracker is Yellow pages" in seen(page) and SHOWN_CALLER in seen(page)
    both = browser.text(f"/calls?{urlencode({'source': 'yellow_pages / print'})}")
    assert SHOWN_CALLER in both and "Source is Yellow Pages" in both


def test_an_empty_list_says_why_and_what_to_do(stage: TestHub) -> None:
    browser = signed_in(stage)
    assert "There are no calls, texts or forms with all of them" in browser.text("/calls")
    assert "Calls appear here as soon as somebody calls" in browser.text("/calls?period=all")


def test_each_value_is_a_link_that_filters_by_it(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    stage.call_in(caller=OTHER_CALLER, answered=False, seconds=30)
    browser = signed_in(stage)
    page = browser.get("/calls?company=lakeside").text
    link = next(
        html.unescape(each) for each in re.findall(r'href="(/calls\?[^"]*)"', page) if "source=yellow_pages" in each
    )
    assert link == "/calls?company=lakeside&source=yellow_pages&medium=print"
    filtered = browser.text(link)
    assert SHOWN_CALLER in filtered and SHOWN_OTHER not in filtered
    assert "Source is Yellow Pages" in filtered and "1 to 1 of 1" in filtered
    missed = browser.text("/calls?outcome=missed")
    assert SHOWN_OTHER in missed and SHOWN_CALLER not in missed


def test_a_filter_is_a_chip_whose_link_removes_only_it(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    page = signed_in(stage).get(f"/calls?campaign=spring&tag=a%26b&after={Cursor((stage.clock(), 'x'))}").text
    assert 'href="/calls?tag=a%26b">Campaign is <b>Spring</b>' in page
    assert 'href="/calls?campaign=spring">Tag is <b>a&amp;b</b>' in page


def test_older_and_newer_walk_through_the_list(stage: TestHub) -> None:
    first = stage.call_in()
    kept = first.model_dump(exclude={"id", "carrier_call_id", "started_at"})
    later = [
        Call(**kept, carrier_call_id=f"later{minute}", started_at=first.started_at + timedelta(minutes=minute))
        for minute in range(1, 105)
    ]
    stage.add(*later)
    ids = [first.id, *(each.id for each in later)][::-1]
    stage.clock.advance(hours=2)
    browser, url, pages = signed_in(stage), "/calls", []
    while url:
        page = browser.get(url).text
        pages.append(re.findall(r'main-link" href="/calls/([^"?]+)', page))
        found = re.search(r'href="([^"]*)" rel="next"', page)
        url = html.unescape(found[1]) if found else ""
    assert [len(shown) for shown in pages] == [50, 50, 5]
    assert [each for shown in pages for each in shown] == ids
    back = browser.get(html.unescape(re.search(r'href="([^"]*)" rel="prev"', page)[1])).text  # type: ignore[index]
    assert re.findall(r'main-link" href="/calls/([^"?]+)', back) == pages[1]


def test_callers_whom_nobody_called_back_are_a_view(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES, answered=False)
    stage.call_in(caller=OTHER_CALLER, answered=False)
    stage.clock.advance(hours=1)
    stage.call_in(caller=OTHER_CALLER)
    page = signed_in(stage).text("/calls?missed=open")
    assert SHOWN_CALLER in page and SHOWN_OTHER not in page
    assert "Not called back 1" in page


def test_columns_are_chosen_in_the_url(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    head = re.findall(
        r'role="columnheader"[^>]*>([^<]+)<', signed_in(stage).get("/calls?columns=tracker&columns=agent,x").text
    )
    assert head == ["Time ", "Who", "What", "Tracker", "Answered by"]


def test_an_agent_sees_only_own_calls(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    stage.call_in(caller=OTHER_CALLER, answered=False)
    form_in(stage, email="grace@example.com")
    page = signed_in(stage, "agent").text("/calls?period=all")
    assert SHOWN_CALLER in page and SHOWN_OTHER not in page and "grace@" not in page
    assert "Calls that you answered" in page and "delivered" not in page


def test_a_receptionist_sees_calls_and_texts_but_no_deliveries(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    text_in(stage)
    browser = signed_in(stage, "receptionist")
    page = browser.text("/calls?columns=sent,lead&sent=held")
    assert SHOWN_CALLER in page and SHOWN_OTHER in page
    assert "Something held" not in page and "Conversion is" not in page
    assert "sent" not in browser.get("/calls.csv").text.partition("\n")[0].split(",")


def test_a_marketer_reads_no_bodies_of_texts(stage: TestHub) -> None:
    text_in(stage, "My boiler leaks")
    browser = signed_in(stage, "marketer")
    assert SHOWN_OTHER in browser.text("/calls")
    assert "boiler" not in browser.get("/calls").text + browser.get("/calls.csv").text


def test_a_user_of_one_company_sees_only_its_calls(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    stage.call_in(NORTH_SHARED, OTHER_CALLER)
    browser = signed_in(stage, "marketer", "northgate")
    for path in ("/calls", "/calls?company=lakeside", "/calls.csv?company=lakeside"):
        page = browser.get(path).text
        assert "0142" not in page and "0143" in page, path


def test_hostile_values_are_escaped(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    bad = "\"><script>alert('x')</script>"
    with stage.hub.store.writing() as session:
        cause = session.get_one(Attribution, chosen(stage))
        cause.campaign = cause.keyword = cause.source = cause.landing_page = bad
        session.add(cause)
    page = signed_in(stage).get(f"/calls?columns=source,landing_page&{urlencode({'campaign': bad, 'tag': ''})}").text
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_the_chosen_are_tagged_and_marked_at_once(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    stage.call_in(caller=OTHER_CALLER)
    ids = [chosen(stage), chosen(stage, OTHER_CALLER)]
    browser = signed_in(stage, "receptionist")
    answer = browser.post("/calls/mark?source=x", {"id": ids, "tag": "estimate", "lead": "qualified"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls?source=x")
    assert {each.subject_id for each in stage.rows(Tag, name="estimate")} == set(ids)
    assert {each.subject_id for each in stage.rows(Lead, status="qualified")} == set(ids)
    page = browser.text("/calls?tag=estimate&lead=qualified")
    assert "1 to 2 of 2" in page and "Qualified" in page


def test_marking_nothing_says_what_is_missing_and_keeps_the_choice(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    browser = signed_in(stage)
    answer = browser.post("/calls/mark", {"tag": "estimate"})
    assert answer.status_code == 422 and "Choose at least one row first." in answer.text
    answer = browser.post("/calls/mark", {"id": chosen(stage)})
    assert answer.status_code == 422 and "Write a tag or choose a lead status." in answer.text
    assert f'value="{chosen(stage)}" checked' in answer.text


def test_nobody_marks_what_they_do_not_see(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    answer = signed_in(stage, "marketer", "northgate").post("/calls/mark", {"id": chosen(stage), "tag": "x"})
    assert answer.status_code == 404 and stage.rows(Tag) == []


def test_a_view_is_saved_shown_and_deleted(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    browser = signed_in(stage)
    state = "campaign=spring&columns=tracker"
    answer = browser.post(f"/calls/views?{state}", {"name": "Van and print"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/calls?{state}")
    page = browser.get(f"/calls?{state}").text
    assert re.search(r'href="/calls\?campaign=spring&amp;columns=tracker" aria-current="true">Van and print', page)
    view = stage.one(SavedView)
    assert browser.post(f"/calls/views/{view.id}/delete").status_code == 303
    assert stage.rows(SavedView) == []


def test_a_view_without_a_name_is_an_error_beside_the_field(stage: TestHub) -> None:
    answer = signed_in(stage).post("/calls/views?tag=a", {"name": " "})
    assert answer.status_code == 422
    assert re.search(r'id="view-name-error">Give the view a name\.', answer.text)
    assert "Tag is" in seen(answer.text)


def test_a_private_view_is_for_its_user_and_a_shared_one_for_the_account(stage: TestHub) -> None:
    owner = signed_in(stage)
    assert owner.user is not None
    with stage.hub.store.writing() as session:
        for name, shared in (("Mine", False), ("Ours", True)):
            save_view(session, AccessScope(owner.user), "calls", name, "tag=a", stage.clock(), shared=shared)
    other = signed_in(stage, "marketer").text("/calls")
    assert "Ours" in other and "Mine" not in other
    limited = signed_in(stage, "marketer", "northgate").text("/calls")
    assert "Ours" not in limited, "another company's words may be in its name"
    mine = stage.one(SavedView, name="Ours")
    assert signed_in(stage, "marketer").post(f"/calls/views/{mine.id}/delete").status_code == 404


def lines(browser: PageClient, path: str = "/calls.csv") -> list[dict[str, str]]:
    answer = browser.get(path)
    assert answer.status_code == 200 and answer.headers["content-disposition"] == 'attachment; filename="calls.csv"'
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))


def test_the_csv_file_holds_the_filtered_list_and_leaves_an_audit_entry(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    stage.call_in(caller=OTHER_CALLER)
    browser = signed_in(stage)
    (line,) = lines(browser, "/calls.csv?campaign=spring")
    assert (line["number"], line["source"], line["outcome"]) == (f"'{CALLER}", "yellow_pages", "answered")
    titles = (line["came_from"], line["campaign_title"], line["tracker_title"])
    assert titles == ("Yellow Pages (print)", "Spring", "Yellow pages"), "ids for programs, and titles for people"
    (entry,) = stage.rows(AuditEntry, action="calls.export")
    assert browser.user is not None and (entry.actor, entry.detail) == (browser.user.id, "campaign")


def test_no_cell_of_the_csv_file_is_a_formula(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    for bad in ("=HYPERLINK(1)", "+1+1", "-2", "@SUM(A1)", "\t=1", "\r=1"):
        with stage.hub.store.writing() as session:
            cause = session.get_one(Attribution, chosen(stage))
            cause.campaign = cause.keyword = bad
            session.add(cause)
        (line,) = lines(signed_in(stage))
        assert (line["campaign"], line["keyword"]) == (f"'{bad}", f"'{bad}")


def test_an_erased_person_is_shown_as_such(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    with stage.hub.store.writing() as session:
        call = session.get_one(Call, chosen(stage))
        call.state, call.caller_number = "erased", None
        session.add(call)
    browser = signed_in(stage)
    assert "Erased person" in browser.text("/calls")
    assert lines(browser)[0]["name"] == "Erased person"


def test_no_parameter_breaks_the_page(stage: TestHub) -> None:
    stage.call_in(YELLOW_PAGES)
    browser = signed_in(stage)
    names = (
        "columns",
        "company",
        "hour",
        "weekday",
        "first",
        "last",
        "period",
        "q",
        "tag",
        "value_from",
        "agent",
    )
    for bad in ("", "\0", "9" * 40, "-1", "'\"<>", "%", "é" * 400, "newer-99999999999999999.x", "1-2", "2026-11-24"):
        for path in ("/calls", "/calls.csv"):
            assert browser.get(f"{path}?{urlencode(dict.fromkeys(names, bad))}").status_code == 200, bad
    assert "begin with the first page" in browser.get("/calls?after=nothing").text


def test_a_saved_view_keeps_no_text_of_a_search(stage: TestHub) -> None:
    browser = signed_in(stage)
    answer = browser.post("/calls/views?kind=call&q=%2B13125550142", {"name": "Calls of one person"})
    assert answer.status_code == 303
    assert [view.query for view in stage.rows(SavedView)] == ["kind=call"]


def test_a_row_has_one_state_of_what_was_sent_the_worst_with_its_count_and_reason(stage: TestHub) -> None:
    call = stage.call_in(YELLOW_PAGES)
    stage.network.script = [
        lambda batch: [
            Receipt(key=each.key, status="rejected", code="GONE", reason="The goal is gone.") for each in batch
        ]
    ]
    stage.deliver()
    assert {row.state for row in stage.rows(Delivery, subject_id=call.id)} > {"rejected"}
    page = signed_in(stage).get("/calls").text
    assert page.count('class="state') - page.count('class="state good">Answered') == 1
    assert "1 rejected The goal is gone." in seen(page)


def test_a_lead_and_its_value_share_a_cell_and_a_row_says_how_long_people_spoke(stage: TestHub) -> None:
    call = stage.call_in(YELLOW_PAGES, seconds=222)
    browser = signed_in(stage)
    browser.post(f"/calls/{call.id}/lead", {"status": "booked", "amount": "620", "tags": ""})
    row = browser.text("/calls")
    assert "Booked $620.00" in row
    talked = re.search(r"talked (\d+:\d+)", browser.text(f"/calls/{call.id}"))
    assert talked and f"Answered {talked[1]} " in row
    assert f"Answered {talked[1]} " in browser.text(f"/people/{call.person_id}")


def test_numbers_of_callers_can_be_touched(stage: TestHub) -> None:
    call = stage.call_in(YELLOW_PAGES)
    browser = signed_in(stage)
    for path in ("/calls", f"/calls/{call.id}", f"/people/{call.person_id}"):
        assert f'href="tel:{CALLER}"' in browser.get(path).text, path
