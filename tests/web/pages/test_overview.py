"""The overview: the day's figures, who may see which, live calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from page_client import PageClient, seen, signed_in
from sqlmodel import select
from testbed import SHARED, TestHub

from hub.access.sign_in.sessions import end_sessions
from hub.api import CallEvent
from hub.model import Company


def test_the_overview_counts_the_calls_of_the_day_against_the_same_day_a_week_ago(stage: TestHub) -> None:
    stage.call_in(caller="+13125550150")
    stage.clock.advance(days=7)
    for caller in ("+13125550151", "+13125550152"):
        stage.call_in(caller=caller)
    stage.clock.advance(minutes=20)
    text = signed_in(stage).text("/?company=lakeside")
    assert "2 calls so far, 1 more than last Tuesday." in text


def test_the_overview_of_many_days_shows_them_as_bars_with_a_table(stage: TestHub) -> None:
    stage.call_in()
    stage.clock.advance(days=2)
    text = signed_in(stage).text("/?period=7d")
    assert "Calls by day" in text and "1 call, none the 7 days before." in text


def test_an_empty_overview_says_so(stage: TestHub) -> None:
    text = signed_in(stage).text("/")
    assert "No calls so far." in text and "Nobody is calling right now." in text


def test_a_user_of_one_company_sees_no_figures_of_the_other(stage: TestHub) -> None:
    stage.call_in(number="+13135550120")
    stage.clock.advance(minutes=5)
    mine, theirs = signed_in(stage, "marketer", "lakeside"), signed_in(stage, "marketer", "northgate")
    assert "No calls so far." in mine.text("/")
    assert "No calls so far." in mine.text("/?company=northgate")
    assert "1 call so far" in theirs.text("/")


def test_a_receptionist_sees_calls_but_no_sources_and_no_deliveries(stage: TestHub) -> None:
    text = signed_in(stage, "receptionist").text("/")
    assert "First-time callers" in text
    assert "By source" not in text and "Delivered" not in text and "Connectors" not in text


def test_a_live_call_is_on_the_overview_until_it_ends(stage: TestHub) -> None:
    browser = signed_in(stage)
    stage.tell(
        CallEvent(kind="ringing", at=stage.clock(), call_id="CA1", tracking_number=SHARED, caller_number="+13125550177")
    )
    stage.flow()
    assert "+1 312 555 0177" in seen(browser.get("/live", headers={"hx-request": "true"}).text)
    stage.clock.advance(hours=5)
    assert "Nobody is calling right now." in seen(browser.get("/live", headers={"hx-request": "true"}).text)


def test_live_events_need_a_session(stage: TestHub) -> None:
    assert PageClient(stage, None).get("/live/events").status_code == 401
    browser = signed_in(stage)
    assert browser.user is not None
    with stage.hub.store.writing() as session:
        end_sessions(session, browser.user.id, stage.clock() + timedelta(seconds=1))
    assert browser.get("/live/events").status_code == 401
    assert signed_in(stage, "auditor").get("/live/events").status_code == 401


def test_a_missed_caller_is_on_the_list_until_somebody_speaks_with_them(stage: TestHub) -> None:
    stage.call_in(answered=False, caller="+13125550178")
    stage.clock.advance(minutes=52)
    browser = signed_in(stage)
    assert "One caller waits to be called back." in browser.text("/") and "+1 312 555 0178" in browser.text("/")
    stage.call_in(caller="+13125550178")
    assert "Everybody who was missed in the last two weeks was called back." in browser.text("/")


def test_an_hour_is_that_of_the_companys_time_zone_even_at_a_quarter(stage: TestHub) -> None:
    with stage.hub.store.writing() as session:
        row = session.exec(select(Company).where(Company.name == "lakeside")).one()
        row.time_zone = "Asia/Kathmandu"  # UTC+5:45
        session.add(row)
    stage.call_in(at=datetime(2026, 11, 24, 6, 10, tzinfo=UTC))
    stage.call_in(at=datetime(2026, 11, 24, 6, 20, tzinfo=UTC), caller="+13125550151")
    text = signed_in(stage).text("/?company=lakeside&first=2026-11-24&last=2026-11-24")
    assert " 11 am 1 0 0 " in text and " noon 1 0 0 " in text
