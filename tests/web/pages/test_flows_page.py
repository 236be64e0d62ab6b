"""The pages of call flows: the list, the steps with their form, drafts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fake_connectors import FakeCarrier
from flow_forms import menu
from page_client import PageClient, seen, signed_in
from testbed import CONNECTORS, NORTH_POOL, NORTH_SHARED, POOL, SHARED, TestHub, company

from hub.config.callflow.definition import Flow, Voicemail
from hub.config.callflow.written import written_flow
from hub.model import AuditEntry, CallStep, ConsentDecision, FlowDraft, FlowVersion
from hub.numbers.flow_drafts import flow_of_draft

DESK, SECOND = "+13125550190", "+13125550191"
OFFICE: dict[str, Any] = {
    "name": "office",
    "forward": DESK,
    "start": "menu",
    "recording": {"notice": "This call is recorded."},
    "steps": {
        "menu": {"do": "menu", "say": "Press 1.", "keys": {"1": "desk", "2": "night"}, "otherwise": "desk"},
        "desk": {"do": "dial", "number": DESK, "record": True, "unanswered": "night"},
        "night": {"do": "voicemail", "say": "Leave a message."},
    },
}
OFFICE_PATH = "/flows/lakeside/office"


class AbleCarrier(FakeCarrier):
    """A carrier that can do most steps; # is no key of its menus."""

    manifest = FakeCarrier.manifest.model_copy(
        update={"abilities": ("call_back", "dial", "gather", "message", "record", "say", "whisper")}
    )


def accounts() -> list[dict[str, Any]]:
    lakeside = company("lakeside", POOL, SHARED) | {"flows": [OFFICE], "flow": "office"}
    del lakeside["route"]
    companies = [lakeside, company("northgate", NORTH_POOL, NORTH_SHARED)]
    return [{"name": "agency", "title": "Agency", "companies": companies}]


@pytest.fixture
def office(lite_hub: Callable[..., TestHub]) -> TestHub:
    """A hub whose Lakeside answers with a flow of three steps, and Northgate with a route."""
    return lite_hub(accounts=accounts(), connectors={**CONNECTORS, "carrier": AbleCarrier})


@pytest.fixture
def owner(office: TestHub) -> PageClient:
    return signed_in(office)


def test_pages_say_whether_a_company_is_open_and_until_when(lite_hub: Callable[..., TestHub]) -> None:
    made = accounts()
    hours = {"do": "schedule", "hours": {"mon-fri": "8:00-18:00"}, "open": "menu", "closed": "night"}
    steps = {"hours": hours, **OFFICE["steps"]}
    made[0]["companies"][0]["flows"] = [{**OFFICE, "start": "hours", "steps": steps}]
    stage = lite_hub(accounts=made, connectors={**CONNECTORS, "carrier": AbleCarrier})
    owner = signed_in(stage)
    for path in (OFFICE_PATH, "/flows", "/companies", "/?company=lakeside"):
        assert "Open now, closes at 6:00 pm" in owner.text(path), path
    assert "Open now" not in owner.text("/?company=northgate") + owner.text("/flows/northgate/route")
    stage.clock.advance(hours=12)
    assert "Closed, opens at 8:00 am" in signed_in(stage).text("/?company=lakeside")


def draft(stage: TestHub) -> Flow:
    return flow_of_draft(stage.one(FlowDraft))


def test_the_list_says_what_uses_each_flow_and_shows_routes_as_flows(office: TestHub, owner: PageClient) -> None:
    said = owner.text("/flows")
    assert "Office 3 steps, records Lakeside Website, Shared" in said
    assert "All calls The short form in config.yaml Northgate" in said
    assert "Call flow All calls" in owner.get("/flows/northgate/route").text
    limited = signed_in(office, "marketer", "northgate")
    assert "office" not in limited.text("/flows").lower() and limited.get(OFFICE_PATH).status_code == 404
    assert "Save to draft" not in signed_in(office, "marketer").text(f"{OFFICE_PATH}?step=menu"), (
        "sees, changes nothing"
    )


def test_the_steps_are_nested_lists_whose_ways_link_to_steps_and_whose_words_are_no_code(
    office: TestHub, owner: PageClient
) -> None:
    owner.post(OFFICE_PATH, menu(say="<script>alert(1)</script>"))
    page = owner.get(f"{OFFICE_PATH}?step=menu")
    said = seen(page.text)
    assert "press 1 / nothing or another key desk Rings one phone" in said and "press 2 night Voicemail" in said
    assert "nobody answers → night below" in said and 'href="#at-night"' in page.text and 'id="at-night"' in page.text
    tree = page.text.partition('<ul class="tree">')[2].partition("</section>")[0]
    assert tree.count("<ul>") == 2 and tree.count('aria-current="true"') == 1 and "style=" not in tree
    assert "<script>alert" not in page.text and "&lt;script&gt;alert(1)" in tree
    read_only = signed_in(office, "marketer").get(f"{OFFICE_PATH}?step=menu").text
    assert 'href="#at-menu"' in read_only and "menu Menu" in seen(read_only)


def test_a_saved_step_is_a_draft_of_this_user_alone_until_it_is_published(office: TestHub, owner: PageClient) -> None:
    saved = owner.post(OFFICE_PATH, menu(say="Press one or two.", name="choice"))
    assert saved.status_code == 303 and saved.headers["location"].endswith("?step=choice")
    flow = draft(office)
    assert flow.start == "choice" and list(flow.steps) == ["choice", "desk", "night"]
    said = owner.text(OFFICE_PATH)
    assert "Callers hear version 1 until you publish" in said and "choice Menu new" in said
    assert "Press one" not in signed_in(office, "admin").text(f"{OFFICE_PATH}?step=menu")
    assert len(office.rows(FlowVersion)) == 2, "nothing is published"
    owner.post(OFFICE_PATH, {"form": "draft", "deed": "undo"})
    assert draft(office).steps["menu"] == Flow.model_validate(OFFICE).steps["menu"]
    owner.post(OFFICE_PATH, {"form": "draft", "deed": "discard"})
    assert office.rows(FlowDraft) == []
    notes = [row.detail for row in office.rows(AuditEntry, action="flow.draft")]
    assert notes == ["office: step choice changed", "office: last save undone", "office: discarded"]


def test_what_is_wrong_stands_at_its_field_and_is_not_saved(office: TestHub, owner: PageClient) -> None:
    wrong = menu(name="Menu!", say="", seconds="soon", **{"keys.key": ["1", "77"]})
    answer = owner.post(OFFICE_PATH, wrong)
    assert answer.status_code == 422 and office.rows(FlowDraft) == []
    for field, text in {
        "name": "Write lowercase letters", "seconds": "Found &#39;soon&#39;, expected a whole number.",
        "keys": "&#39;77&#39; is not a phone key", "say": "Write what the caller hears",
    }.items():  # fmt: skip
        assert f'id="{field}-error">{text}' in answer.text, field
    twice = owner.post(OFFICE_PATH, menu(**{"keys.key": ["1", "1"]}))
    assert "1 is there twice" in twice.text
    assert "There is a step &#39;desk&#39; already" in owner.post(OFFICE_PATH, menu(name="desk")).text
    assert "Choose a file of the list" in owner.post(OFFICE_PATH, menu(say="", play="/etc/passwd.wav")).text


def test_what_the_checks_find_is_saved_listed_and_stands_beside_its_field(office: TestHub, owner: PageClient) -> None:
    owner.post(OFFICE_PATH, menu(**{"keys.key": ["1", "#"], "keys.to": ["desk", "desk"]}))
    desk = {"form": "step", "was": "desk", "shown_do": "dial", "do": "dial", "name": "desk", "number": "(312) 555-0120"}
    owner.post(OFFICE_PATH, desk | {"ring_seconds": "20", "record": "yes", "unanswered": "end", "deed": "save"})
    assert draft(office).steps["desk"].phones() == (SHARED,)  # type: ignore[attr-defined]
    page = owner.get(f"{OFFICE_PATH}?step=desk")
    assert 'id="number-error">+13125550120 is one of your own tracking numbers' in page.text
    said = seen(page.text)
    assert "night No call ever comes to this step" in said and "menu carrier takes # for the end of the input" in said
    assert "No call comes here night Voicemail problem" in said


def test_a_phone_of_the_business_is_written_by_its_name(office: TestHub, owner: PageClient) -> None:
    desk = {"form": "step", "was": "desk", "shown_do": "dial", "do": "dial", "name": "desk", "unanswered": "end"}
    desk |= {"ring_seconds": "20", "deed": "save"}
    owner.post(OFFICE_PATH, desk | {"number": "phone:anna"})
    assert draft(office).steps["desk"].phones() == ("phone:anna",)  # type: ignore[attr-defined]
    assert 'value="phone:anna"' in owner.get(f"{OFFICE_PATH}?step=desk").text
    wrong = owner.post(OFFICE_PATH, desk | {"number": "phone:Anna Lee"})
    assert "write it with lowercase letters, digits and -, like phone:anna" in wrong.text


def test_rows_are_added_moved_and_removed_without_saving(office: TestHub, owner: PageClient) -> None:
    more = owner.post(OFFICE_PATH, menu(deed="add keys"))
    assert more.status_code == 200 and 'id="keys-2-key"' in more.text and 'data-focus="keys-2-key"' in more.text
    moved = owner.post(OFFICE_PATH, menu(deed="down keys 0"))
    assert moved.text.index('name="keys.key" value="2"') < moved.text.index('name="keys.key" value="1"')
    gone = owner.post(OFFICE_PATH, menu(deed="remove keys 0"))
    assert 'id="keys-1-key"' not in gone.text
    other = owner.post(OFFICE_PATH, menu(do="greeting"))
    assert "Nothing is saved yet" in other.text and ">Press 1.</textarea>" in other.text
    assert office.rows(FlowDraft) == []


def test_a_step_is_added_on_a_way_and_deleted_when_nothing_leads_to_it(office: TestHub, owner: PageClient) -> None:
    form = owner.get(f"{OFFICE_PATH}?add=menu&way=keys.2&do=text_back")
    assert 'name="name" value="text_back"' in form.text and "after menu" in form.text
    new = {"form": "step", "was": "", "after": "menu", "way": "keys.2", "shown_do": "text_back", "do": "text_back"}
    owner.post(OFFICE_PATH, new | {"name": "sorry", "text": "We will call you.", "then": "night", "deed": "save"})
    flow = draft(office)
    assert dict(flow.steps["menu"].leads())["keys.2"] == "sorry" and list(flow.steps)[1] == "sorry"
    refused = owner.post(OFFICE_PATH, {"form": "step", "was": "night", "shown_do": "voicemail", "deed": "delete"})
    assert refused.status_code == 422 and "sorry, desk lead here" in refused.text
    owner.post(OFFICE_PATH, menu(**{"keys.to": ["desk", "night"]}))
    deleted = owner.post(OFFICE_PATH, {"form": "step", "was": "sorry", "shown_do": "text_back", "deed": "delete"})
    assert deleted.status_code == 303 and "sorry" not in draft(office).steps


def test_the_settings_of_the_whole_flow_are_edited_too(office: TestHub, owner: PageClient) -> None:
    sent = {"form": "settings", "start": "desk", "forward": "312 555 0191", "language": "es-US", "notice": ""}
    owner.post(OFFICE_PATH, sent | {"refuse": "", "agree": "", "seconds": "4", "allow": "premium"})
    flow = draft(office)
    assert (flow.start, flow.forward, flow.language, flow.recording) == ("desk", SECOND, "es-US", None)
    assert flow.allow == ("premium",)
    assert "nobody may be recorded without notice" in owner.text(OFFICE_PATH).lower()
    wrong = owner.post(OFFICE_PATH, sent | {"forward": "none", "seconds": "4"})
    assert wrong.status_code == 422 and 'id="forward-error">Is not a phone number' in wrong.text


def test_a_new_flow_and_a_route_of_its_own_begin_as_drafts(office: TestHub, owner: PageClient) -> None:
    begun = owner.post("/flows/new", {"company": "lakeside", "title": "Tom's summer & fall", "number": "312 555 0191"})
    assert begun.headers["location"] == "/flows/lakeside/toms_summer_and_fall"
    assert "not published yet" in owner.text("/flows/lakeside/toms_summer_and_fall")
    assert "summer & fall New" in owner.text("/flows")
    again = owner.post("/flows/new", {"company": "lakeside", "title": "Office", "number": DESK})
    assert again.headers["location"] == "/flows/lakeside/office_2", "the name of another flow is not taken"
    for title, number, field in (("…", DESK, "title"), ("Autumn", "12", "number")):
        refused = owner.post("/flows/new", {"company": "lakeside", "title": title, "number": number})
        assert refused.status_code == 422 and f'id="{field}-error"' in refused.text
    turned = owner.post("/flows/northgate/route/change", {"deed": "hours"})
    assert turned.headers["location"] == "/flows/northgate/all_calls?add=-&do=schedule#open"
    assert office.one(FlowDraft, name="all_calls").replaces == "route"
    assert "Opening hours" in owner.text(turned.headers["location"])
    assert owner.post("/flows/lakeside/office/change").status_code == 404, "it is a flow already"


def hours(**changes: Any) -> dict[str, Any]:
    """The form of new opening hours as a browser sends it."""
    days = {}
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
        days |= {f"from.{day}": "9:00 am", f"to.{day}": "5:00 pm"}
        days |= {f"open.{day}": "yes"} if day not in ("sat", "sun") else {}
    sent = {"form": "step", "was": "", "after": "-", "shown_do": "schedule", "do": "schedule", "name": "hours"}
    return {**sent, **days, "open": "menu", "closed": "voicemail", "deed": "save", **changes}


def test_opening_hours_come_before_a_flow_with_a_voicemail_made_for_them(office: TestHub, owner: PageClient) -> None:
    page = owner.get(OFFICE_PATH).text
    link = re.search(r'href="([^"]*)">\+ Add opening hours', page)
    assert link is not None
    form = owner.get(link[1].replace("&amp;", "&"))
    assert "at the beginning" in form.text and form.text.count('value="9:00 am"') == 8
    assert '<option value="night" selected>' in form.text, "the voicemail that is there hears the closed hours"
    saved = owner.post(OFFICE_PATH, hours(**{"to.fri": "16:30", "open.sat": "yes", "to.sat": "1"}))
    assert saved.status_code == 303, seen(saved.text)
    flow = draft(office)
    assert flow.start == "hours" and dict(flow.steps["hours"].leads()) == {"open": "menu", "closed": "voicemail"}
    assert isinstance(flow.steps["voicemail"], Voicemail)
    said = owner.text(f"{OFFICE_PATH}?step=hours")
    assert "Mon–Thu 9:00 am to 5:00 pm, Fri 9:00 am to 4:30 pm, Sat 9:00 am to 1:00 pm" in said


def test_hours_are_set_the_same_on_several_days_and_get_a_break_without_saving(
    office: TestHub, owner: PageClient
) -> None:
    same = {"from.same": "8", "to.same": "5:30pm", "open.mon": ""}
    page = owner.post(OFFICE_PATH, hours(deed="same all", **same)).text
    assert page.count('value="8"') == page.count('value="5:30pm"') == 8
    broken = owner.post(OFFICE_PATH, hours(deed="break")).text
    assert broken.count('name="from.mon"') == 2
    assert office.rows(FlowDraft) == []
    lunch = {"from.mon": ["9", "13:00"], "to.mon": ["noon", "5 p.m."]}
    owner.post(OFFICE_PATH, hours(**lunch))
    assert written_flow(draft(office))["steps"]["hours"]["hours"]["mon"] == ["9:00-12:00", "13:00-17:00"]


def test_hours_that_cannot_be_read_are_refused_at_their_day(office: TestHub, owner: PageClient) -> None:
    wrong = (("", "5 pm"), ("9", "25"), ("13 pm", "5 pm"), ("5 pm", "9 am"), ("nine", "five"), ("9", "9 am"))
    for opens, closes in wrong:
        answer = owner.post(OFFICE_PATH, hours(**{"from.wed": opens, "to.wed": closes}))
        assert answer.status_code == 422, (opens, closes)
        assert 'id="hours-error">Wednesday: write times like 9:00 am' in answer.text, (opens, closes)
        assert office.rows(FlowDraft) == [], (opens, closes)


def test_special_days_have_hours_in_words_or_are_closed(office: TestHub, owner: PageClient) -> None:
    days = {"dates.day": ["2026-12-24", "2026-12-31"], "dates.hours": ["9 am to 1 pm", ""]}
    owner.post(OFFICE_PATH, hours(holidays="US-IL", **days))
    step = written_flow(draft(office))["steps"]["hours"]
    assert step["dates"] == {"2026-12-24": "9:00-13:00", "2026-12-31": "closed"} and step["holidays"] == "US-IL"
    page = owner.get(f"{OFFICE_PATH}?step=hours").text
    assert 'value="9:00 am to 1:00 pm"' in page and 'value="closed"' in page
    assert "Thanksgiving" in page or "Labor Day" in page or "New Year" in page
    wrong = owner.post(OFFICE_PATH, hours(**{"dates.day": "2026-12-24", "dates.hours": "late"}))
    assert wrong.status_code == 422 and "write its hours like 9:00 am to 1:00 pm" in wrong.text


def test_a_simulated_call_shows_its_path_the_lawful_notice_and_the_carriers_document(
    office: TestHub, owner: PageClient
) -> None:
    owner.post(OFFICE_PATH, menu(say="Press two."))
    call = "simulate=yes&at=2026-11-24T10:00&from=%2B13125550142"
    said = owner.text(f"{OFFICE_PATH}?{call}&keys=2&who=nobody")
    assert "After 2 steps the caller leaves a message" in said
    assert "menu Hears “Press two.” Presses 2. night Hears “Leave a message.”, and leaves a message." in said
    assert "Recording: this call comes to no step that records" in said
    page = owner.get(f"{OFFICE_PATH}?{call}&keys=1&who=")
    said = seen(page.text)
    assert "After 2 steps somebody answers" in said and "Recording: recorded after a notice" in said
    assert "This call is recorded." in said and "law" in said
    assert "Path of the simulated call: Tuesday 10:00 am, presses 1, somebody answers." in said
    assert 'class="node walked' in page.text and "Stop 2 of the simulated call" in said
    assert "What Paper carrier gets after key 1" in said and "Dial(numbers=" in said
    assert "Press 1." in owner.text(f"{OFFICE_PATH}?{call}&version=1"), "any version can be simulated"
    assert "Area code 312: Illinois (US-IL)" in owner.text(f"{OFFICE_PATH}?simulate=yes&from=312")
    assert "Michigan (US-MI)" in owner.text(f"{OFFICE_PATH}?simulate=yes&from=michigan")
    wrong = owner.text(f"{OFFICE_PATH}?simulate=yes&at=noon&from=nobody&keys=x")
    assert "Write a day and a time" in wrong and "neither a phone number" in wrong and "Write the keys" in wrong
    assert office.rows(CallStep) == [] and office.rows(ConsentDecision) == [], "nothing is stored"
