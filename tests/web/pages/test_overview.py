"""The overview: the day's figures, who may see which, live calls."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from event_loops import in_a_thread
from page_client import PageClient, seen, signed_in
from recorded_calls import missed_with_message
from sqlmodel import select
from sse_starlette import EventSourceResponse
from testbed import SHARED, YELLOW_PAGES, TestHub, company

from hub.access.scope import AccessScope, scope_of
from hub.access.sign_in.sessions import end_sessions
from hub.api import CallEvent
from hub.api.carriers import MessageEvent
from hub.model import AuditEntry, Company, ConnectorState, OutgoingCall, TextMessage
from hub.queries.live_calls import LiveState, live_state
from hub.queries.needs import HISTORY_FILLED
from hub.store.connectors import StoredNotes
from hub.web.pages.live import MAX_OF_A_USER, LiveEvents


def text_in(number: str, body: str, at: datetime) -> MessageEvent:
    """A text from a number."""
    return MessageEvent(message_id=f"SM{number}", at=at, tracking_number=SHARED, sender_number=number, body=body)


def scope_for(stage: TestHub) -> AccessScope:
    """What the owner sees of calls."""
    user = signed_in(stage).user
    assert user is not None
    with stage.hub.store.reading() as session:
        scope = scope_of(session, user, "calls")
    assert scope is not None
    return scope


def test_the_overview_counts_the_calls_of_the_day_against_the_same_day_a_week_ago(stage: TestHub) -> None:
    stage.call_in(caller="+13125550150")
    stage.clock.advance(days=7)
    for caller in ("+13125550151", "+13125550152"):
        stage.call_in(caller=caller)
    stage.clock.advance(minutes=20)
    text = signed_in(stage).text("/?company=lakeside")
    assert "2 calls so far, 1 more than last Tuesday." in text


def test_shares_of_sources_add_up_where_companies_begin_their_day_at_different_hours(
    lite_hub: Callable[..., TestHub],
) -> None:
    plumbers = {**company("lakeside", ("+13125550100",), SHARED), "time_zone": "America/Los_Angeles"}
    drains = {**company("northgate", ("+13135550100",), "+13135550120"), "time_zone": "America/New_York"}
    stage = lite_hub(accounts=[{"name": "agency", "title": "Agency", "companies": [plumbers, drains]}])
    stage.clock.now = datetime(2026, 11, 30, 6, tzinfo=UTC)  # still Sunday in Los Angeles
    stage.call_in(number="+13135550120")
    stage.clock.advance(hours=3)
    stage.call_in(caller="+13125550151")
    stage.clock.advance(minutes=20)
    shares = re.findall(r"(\d+)%", signed_in(stage).text("/").partition("By source")[2].partition("When they call")[0])
    assert sum(map(int, shares)) == 100


def test_the_overview_of_many_days_shows_them_as_bars_with_a_table(stage: TestHub) -> None:
    stage.call_in()
    stage.clock.advance(days=2)
    text = signed_in(stage).text("/?period=7d")
    assert "Calls by day" in text and "1 call, none the 7 days before." in text


def test_while_a_demo_fills_in_its_history_the_overview_says_how_much_there_is(stage: TestHub) -> None:
    stage.call_in()
    browser, notes = signed_in(stage), StoredNotes(stage.hub.store, "hub")
    assert "Filling in" not in browser.text("/"), "not in a hub that is no demo"
    notes.put(HISTORY_FILLED, "62")
    assert "Filling in eight weeks of history: 62%" in browser.text("/")
    assert "Filling in" in browser.get("/", headers={"HX-Request": "true"}).text, "it follows what happens"
    notes.put(HISTORY_FILLED, "100")
    assert "Filling in" not in browser.text("/")


def test_an_empty_overview_says_so(stage: TestHub) -> None:
    text = signed_in(stage).text("/")
    assert "Nobody has called yet." in text and "were called back" not in text and "was called back" not in text
    for step in ("Play a call", "Put the tag on the website", "Connect a carrier", "Invite somebody"):
        assert step in text
    assert "Answered" not in text, "no row of zeros"


def test_an_empty_hub_offers_only_steps_that_the_role_can_take(stage: TestHub) -> None:
    marketer = signed_in(stage, "marketer").text("/")
    assert "Put the tag on the website" in marketer and "Invite somebody" not in marketer
    receptionist = signed_in(stage, "receptionist").text("/")
    assert "First steps" not in receptionist and "show here as soon as they come in" in receptionist


def test_steps_go_away_with_the_first_call_and_each_that_is_done_says_so(stage: TestHub) -> None:
    stage.visit()
    assert "Put the tag on the website Done" in signed_in(stage).text("/")
    stage.call_in()
    assert "First steps" not in signed_in(stage).text("/")


def test_a_user_of_one_company_sees_no_figures_of_the_other(stage: TestHub) -> None:
    stage.call_in(number="+13135550120")
    stage.clock.advance(minutes=5)
    mine, theirs = signed_in(stage, "marketer", "lakeside"), signed_in(stage, "marketer", "northgate")
    assert "Nobody has called yet." in mine.text("/")
    assert "Nobody has called yet." in mine.text("/?company=northgate")
    assert "1 call so far" in theirs.text("/")


def test_a_receptionist_sees_calls_but_no_sources_and_no_deliveries(stage: TestHub) -> None:
    stage.call_in()
    text = signed_in(stage, "receptionist").text("/")
    assert "First-time callers" in text
    assert "By source" not in text and "Delivered" not in text and "Connectors" not in text


def test_a_live_call_is_on_the_overview_until_it_ends(stage: TestHub) -> None:
    browser = signed_in(stage)
    stage.tell(
        CallEvent(kind="ringing", at=stage.clock(), call_id="CA1", tracking_number=SHARED, caller_number="+13125550177")
    )
    stage.flow()
    assert "+1 312 555 0177" in seen(browser.get("/", headers={"hx-request": "true"}).text)
    stage.clock.advance(hours=5)
    assert "Nobody is calling right now." in seen(browser.get("/", headers={"hx-request": "true"}).text)


def test_one_user_holds_a_few_live_views_and_leaves_the_others_to_everybody_else(stage: TestHub) -> None:
    users = {name: signed_in(stage, name).user for name in ("owner", "admin")}
    context: Any = SimpleNamespace(hub=stage.hub, retired=threading.Event())
    door: Any = SimpleNamespace(session_of=lambda request: SimpleNamespace(user=users[request], companies=None))
    events = LiveEvents(context, door)

    async def opened(who: Any) -> tuple[int, Any]:
        answer: Any = await events.endpoint(who)
        stream = getattr(answer, "body_iterator", None)
        if isinstance(answer, EventSourceResponse):
            await anext(stream)
        return answer.status_code, stream

    async def walk() -> None:
        mine = [await opened("owner") for _ in range(MAX_OF_A_USER + 3)]
        assert [status for status, _ in mine] == [200] * MAX_OF_A_USER + [503] * 3
        assert (await opened("admin"))[0] == 200
        await mine[0][1].aclose()
        assert (await opened("owner"))[0] == 200

    in_a_thread(walk())


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
    assert "One caller waits for a call back." in browser.text("/") and "+1 312 555 0178" in browser.text("/")
    stage.call_in(caller="+13125550178")
    text = browser.text("/")
    assert "Nothing waits for you." in text and "Nobody waits for a call back or an answer" in text


def test_an_hour_is_that_of_the_companys_time_zone_even_at_a_quarter(stage: TestHub) -> None:
    with stage.hub.store.writing() as session:
        row = session.exec(select(Company).where(Company.name == "lakeside")).one()
        row.time_zone = "Asia/Kathmandu"  # UTC+5:45
        session.add(row)
    stage.call_in(at=datetime(2026, 11, 24, 6, 10, tzinfo=UTC))
    stage.call_in(at=datetime(2026, 11, 24, 6, 20, tzinfo=UTC), caller="+13125550151")
    text = signed_in(stage).text("/?company=lakeside&first=2026-11-24&last=2026-11-24")
    assert " 11 am 1 0 0 " in text and " noon 1 0 0 " in text


def test_what_waits_stands_before_the_figures_and_says_who_since_when_and_why(stage: TestHub) -> None:
    stage.call_in(number=YELLOW_PAGES, answered=False, caller="+13125550178")
    stage.clock.advance(minutes=58)
    stage.tell(text_in("+13125550179", "Is the quote still good?", stage.clock()))
    stage.clock.advance(hours=2)
    html = signed_in(stage).get("/").text
    text = seen(html)
    assert "One caller waits for a call back and one text for an answer." in text
    assert text.index("Needs you now") < text.index("First-time callers")
    assert "Waits 2 h 58 min. Yellow Pages, Spring. Lakeside." in text
    assert "“Is the quote still good?”" in text
    assert 'href="tel:+13125550178"' in html


def test_those_who_wait_longest_come_first_among_callers_and_texts(stage: TestHub) -> None:
    for number in ("+13125550151", "+13125550152"):
        stage.call_in(answered=False, caller=number)
        stage.tell(text_in(number, f"Hello from {number}", stage.clock()))
        stage.clock.advance(hours=1)
    text = signed_in(stage).text("/")
    assert text.index("+1 312 555 0151") < text.index("+1 312 555 0152")
    assert text.index("Hello from +13125550151") < text.index("Hello from +13125550152")


def test_a_text_leaves_the_list_when_it_is_answered(stage: TestHub) -> None:
    stage.tell(text_in("+13125550179", "Is the quote still good?", stage.clock()))
    stage.call_in()
    browser = signed_in(stage)
    assert "One text waits for an answer." in browser.text("/")
    thread = stage.one(TextMessage).id
    assert browser.post(f"/texts/{thread}", {"body": "Yes, until Friday."}).status_code == 303
    assert "Nothing waits for you." in browser.text("/")


def test_done_takes_a_caller_off_every_list_with_an_audit_entry_and_a_line_on_the_call(stage: TestHub) -> None:
    call = stage.call_in(answered=False, caller="+13125550178")
    stage.clock.advance(minutes=5)
    browser = signed_in(stage, "receptionist")
    answer = browser.post(f"/calls/{call.id}/called-back?at=overview")
    assert answer.status_code == 303
    assert "Nothing waits for you." in browser.text("/")
    assert "+1 312 555 0178" not in browser.text("/calls?missed=open")
    assert "Called back from another phone" in browser.text(f"/calls/{call.id}")
    assert stage.rows(AuditEntry, action="calls.back_by_hand", subject=call.id)
    assert signed_in(stage, "marketer").post(f"/calls/{call.id}/called-back").status_code == 403


def test_done_can_be_undone_by_the_same_user_for_ten_minutes(stage: TestHub) -> None:
    call = stage.call_in(answered=False, caller="+13125550178")
    stage.clock.advance(minutes=5)
    browser = signed_in(stage, "receptionist")
    there = browser.post(f"/calls/{call.id}/called-back?at=overview").headers["location"]
    undo = re.search(r'name="undo" value="([^"]+)"', browser.get(there).text)
    assert undo and "One caller" not in browser.text("/")
    assert signed_in(stage).post(f"/calls/{call.id}/called-back", {"undo": undo[1]}).status_code == 303
    assert "One caller" not in browser.text("/"), "another user takes nothing back"
    browser.post(f"/calls/{call.id}/called-back?at=overview", {"undo": undo[1]})
    assert "One caller waits for a call back." in browser.text("/")
    assert 'name="undo"' not in browser.get(there).text
    there = browser.post(f"/calls/{call.id}/called-back").headers["location"]
    noted = there.rpartition(".")[2]
    stage.clock.advance(minutes=11)
    browser.post(f"/calls/{call.id}/called-back", {"undo": noted})
    assert "One caller" not in browser.text("/")


def test_a_call_back_is_one_touch_as_soon_as_the_hub_knows_the_users_phone(stage: TestHub) -> None:
    call = stage.call_in(answered=False, caller="+13125550178")
    browser = signed_in(stage, "receptionist")
    assert f"/calls/{call.id}/call-back" not in browser.get("/").text, "first it is a link for a phone"
    wrong = browser.post("/me/phone", {"call_back_number": "0190"})
    assert wrong.status_code == 422 and "Write the number with its country" in seen(wrong.text)
    assert browser.post("/me/phone", {"call_back_number": "(312) 555-0190"}).status_code == 303
    assert f'action="/calls/{call.id}/call-back?at=overview"' in browser.get("/").text
    assert browser.post(f"/calls/{call.id}/call-back?at=overview").headers["location"] == "/"
    made = stage.one(OutgoingCall)
    assert (made.user_number, made.status) == ("+13125550190", "queued")
    assert "Being called" in browser.text("/")


def test_the_phone_that_was_used_once_is_remembered(stage: TestHub) -> None:
    call = stage.call_in(answered=False, caller="+13125550178")
    browser = signed_in(stage, "receptionist")
    browser.post(f"/calls/{call.id}/call-back", {"phone": "other", "number": "+13125550191"})
    assert "+1 312 555 0191" in browser.get("/me").text
    assert 'value="+13125550191" checked' in browser.get(f"/calls/{call.id}/call-back").text


def test_a_voicemail_says_what_the_caller_said_to_roles_that_may_read_it_one_audit_entry_an_hour(
    recorded: TestHub,
) -> None:
    call = missed_with_message(recorded, "The basement drain is backing up.")
    browser = signed_in(recorded)
    for _ in range(2):
        text = browser.text("/")
        assert "Voicemail" in text and "“The basement drain is backing up.”" in text
    assert browser.user is not None
    assert len(recorded.rows(AuditEntry, action="transcript.read", actor=browser.user.id)) == 1
    assert "basement" not in signed_in(recorded, "marketer").text("/")
    assert call.id in browser.get("/").text


def test_a_stopped_connector_stands_on_the_overview_of_those_who_can_fix_it(stage: TestHub) -> None:
    stage.call_in()
    with stage.hub.store.writing() as session:
        session.add(ConnectorState(connector="crm", paused_at=stage.clock(), reason="The CRM refused the key."))
    owner = signed_in(stage).get("/").text
    assert "One connector needs you." in seen(owner) and "The CRM refused the key." in seen(owner)
    assert 'action="/connectors/crm/resume"' in owner
    assert "refused the key" not in signed_in(stage, "receptionist").text("/")


def test_the_part_that_changes_comes_alone_to_the_browsers_script(stage: TestHub) -> None:
    stage.call_in()
    browser = signed_in(stage)
    part = browser.get("/", headers={"hx-request": "true"}).text
    assert "First-time callers" in part and "<html" not in part and "When they call" not in part


def test_live_events_follow_what_comes_in_and_not_what_only_becomes_old(stage: TestHub) -> None:
    scope = scope_for(stage)
    companies = [each.id for each in stage.directory.companies.values()]

    def state() -> LiveState:
        with stage.hub.store.reading() as session:
            return live_state(session, scope, companies, stage.clock())

    before = state()
    call = stage.call_in(answered=False, caller="+13125550178", at=stage.clock())
    came = state()
    assert came.differs_from(before) and not state().differs_from(came)
    signed_in(stage, "receptionist").post(f"/calls/{call.id}/called-back")
    done = state()
    assert done.differs_from(came)
    stage.clock.advance(hours=1)
    assert not state().differs_from(done)
