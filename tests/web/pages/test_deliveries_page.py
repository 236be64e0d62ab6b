"""The pages of deliveries: what needs somebody, the list, one delivery, both replays, setting aside, the file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from page_client import PageClient, signed_in
from testbed import ACCOUNTS, CALLER, EVERY_CALL, NORTH_SHARED, OTHER_CALLER, TestHub, company

from hub.api import Money, Receipt
from hub.model import AuditEntry, Call, Delivery, Person
from hub.model.states import SubjectState

Factory = Callable[..., TestHub]
HOSTILE = '<script>alert("provider")</script>'
RIVAL = {"name": "rival", "title": "Rival", "companies": [company("southside", ("+13145550100",), "+13145550120")]}


@pytest.fixture
def stage(hub: Factory) -> TestHub:
    """A hub with two accounts."""
    return hub(accounts=[*ACCOUNTS, RIVAL])


def refuse(stage: TestHub, code: str = "GOAL_GONE", reason: str = "The goal does not exist.") -> None:
    """The network refuses what is due."""
    stage.network.script = [
        lambda batch: [Receipt(key=each.key, status="rejected", code=code, reason=reason) for each in batch]
    ]
    stage.deliver()


def refused_call(stage: TestHub, **more: Any) -> Delivery:
    call = stage.call_in(**more)
    refuse(stage)
    return stage.delivery(subject_id=call.id)


def actions(stage: TestHub) -> list[str]:
    return [row.action for row in stage.rows(AuditEntry) if row.action.startswith("deliveries.")]


# The list


def test_what_needs_somebody_is_grouped_by_reason_with_its_next_step(stage: TestHub) -> None:
    refused_call(stage)
    refused_call(stage, caller=OTHER_CALLER)
    text = signed_in(stage).text("/deliveries")
    assert "2 Paper Network refused it. The goal does not exist. Mend what it names" in text
    assert "Rejected The goal does not exist." in text and "$40.00" in text
    assert re.search(r"Needs you 2 .*All 4 .*Rejected 2", text), "two more are log entries of the CRM"


def test_tabs_without_a_delivery_are_left_out_and_days_stand_over_their_rows(stage: TestHub) -> None:
    refused_call(stage)
    browser = signed_in(stage)
    text = browser.text("/deliveries")
    tabs = text[text.index("Needs you 1") : text.index("What needs you")]
    assert "Rejected 1" in tabs and "Held" not in tabs and "Gave up" not in tabs and " 0" not in tabs
    assert "Held 0" in browser.text("/deliveries?state=held"), "the chosen one stays"
    assert text.count("Tuesday, November 24") == 1


def test_each_filter_leaves_only_what_it_names(stage: TestHub) -> None:
    row = refused_call(stage)
    stage.call_in(NORTH_SHARED, OTHER_CALLER)
    stage.deliver()
    browser = signed_in(stage)
    paths = {
        "?state=rejected": 1, "?state=delivered": 1, "?state=open": 1, "?state=aside": 0, "?state=nonsense": 4,
        "?connector=crm": 2, "?connector=nobody": 0, "?rule=every+call": 2, "?code=GOAL_GONE": 1, "?code=none": 3,
        f"?subject={row.subject_id}": 2, "?company=northgate": 2, "?company=northgate&state=rejected": 0,
        "?first=2020-01-01&last=2020-01-02": 0, f"?subject={row.subject_id}&first=2020-01-01&last=2020-01-02": 2,
    }  # fmt: skip
    shown = {path: browser.get("/deliveries" + path).text.count('class="main-link"') for path in paths}
    assert shown == paths


def test_older_deliveries_follow_page_by_page_without_a_gap(stage: TestHub) -> None:
    row = refused_call(stage)
    kept = row.model_dump(exclude={"id", "dedup_key", "item_key"})
    stage.add(*(Delivery(**kept, dedup_key=f"more{number}", item_key=f"more{number}") for number in range(104)))
    browser, path, seen = signed_in(stage), "/deliveries", []
    for _ in range(3):
        html = browser.get(path).text
        seen += re.findall(r'main-link" href="/deliveries/([^"?]+)', html)
        following = re.search(r'href="([^"]+)" rel="next"', html)
        path = following[1].replace("&amp;", "&") if following else ""
    assert path == "" and len(seen) > 104
    assert sorted(seen) == sorted(row.id for row in stage.rows(Delivery))
    for bad in ("x", "9" * 30 + ".a", "1.", "١.a", "0.%00"):
        answer = browser.get(f"/deliveries?after={bad}")
        assert answer.status_code == 422 and "begin with the first page" in answer.text


def test_texts_are_not_in_the_list(stage: TestHub) -> None:
    row = refused_call(stage)
    stage.add(
        Delivery(
            connector="carrier", hook="send_text", dedup_key="t", item_key="t", subject_id=row.subject_id,
            company_id=row.company_id, state="rejected", reason="a text", made_at=stage.clock(), due_at=stage.clock(),
        )
    )  # fmt: skip
    text = stage.delivery("carrier")
    browser = signed_in(stage)
    assert "a text" not in browser.text("/deliveries")
    assert browser.get(f"/deliveries/{text.id}").status_code == 404


def test_an_empty_list_says_what_makes_a_delivery(stage: TestHub) -> None:
    text = signed_in(stage).text("/deliveries")
    assert "No deliveries in this time" in text and "under conversions: in config.yaml" in text


# Who sees what


def test_only_roles_with_deliveries_see_them(stage: TestHub) -> None:
    row = refused_call(stage)
    see = ("owner", "admin", "marketer")
    for role in ("receptionist", "agent", "privacy_officer", "auditor", *see):
        browser = signed_in(stage, role)
        for path in ("/deliveries", f"/deliveries/{row.id}", "/deliveries.csv", "/deliveries/bulk?deed=same"):
            assert browser.get(path).status_code == (200 if role in see else 403), (role, path)
        for path in (f"/deliveries/{row.id}", "/deliveries/bulk?deed=aside"):
            assert browser.post(path, {"deed": "aside"}).status_code == (303 if role in see else 403), (role, path)
            browser.post("/deliveries/bulk?deed=back")


def test_a_user_of_one_company_sees_and_changes_only_its_deliveries(stage: TestHub) -> None:
    own, foreign = refused_call(stage, number=NORTH_SHARED), refused_call(stage, caller=OTHER_CALLER)
    browser = signed_in(stage, "marketer", "northgate")
    html = browser.get("/deliveries").text
    assert own.id in html and foreign.id not in html
    assert browser.get(f"/deliveries/{own.id}").status_code == 200
    assert_closed(browser, foreign)
    browser.post("/deliveries/bulk?deed=same&state=rejected")
    states = {row.id: row.state for row in stage.rows(Delivery, connector="network")}
    assert states == {own.id: "ready", foreign.id: "rejected"}


def test_a_delivery_of_another_account_is_not_there(stage: TestHub) -> None:
    row = refused_call(stage)
    browser = signed_in(stage, account="rival")
    assert row.id not in browser.get("/deliveries").text
    assert_closed(browser, row)


def assert_closed(browser: PageClient, row: Delivery) -> None:
    assert browser.get(f"/deliveries/{row.id}").status_code == 404
    for deed in ("same", "fresh", "aside"):
        assert browser.post(f"/deliveries/{row.id}", {"deed": deed}).status_code == 404
    assert browser.stage.one(Delivery, id=row.id).state == "rejected"


# One delivery


def test_a_delivery_shows_its_tries_the_providers_words_and_its_call(stage: TestHub) -> None:
    call = stage.call_in()
    stage.network.script = ["retry"]
    stage.deliver()
    stage.clock.advance(days=1)
    refuse(stage)
    row = stage.delivery()
    browser = signed_in(stage)
    text, html = browser.text(f"/deliveries/{row.id}"), browser.get(f"/deliveries/{row.id}").text
    assert "Delivery to Paper Network" in text and "Made by the rule every call" in text
    assert "Not taken yet; it is sent again" in text and "The goal does not exist. (code GOAL_GONE)" in text
    assert f'href="/calls/{call.id}"' in html and row.item_key in text and "action 7" in text
    assert "Call from +1 312 555 0142" in text


def test_a_held_delivery_shows_the_decision_its_rule_and_what_releases_it(stage: TestHub) -> None:
    stage.call_in()
    stage.say(stage.one(Person), "refused", "marketing", "web")
    stage.deliver()
    row = stage.delivery()
    text = signed_in(stage).text(f"/deliveries/{row.id}")
    assert "May it go there? No. The person said no." in text and "Decided by paper.refused" in text
    assert "What releases it." in text
    assert "Consent still says no: The person said no." in text, "asked again, just now"


def test_words_of_a_provider_are_escaped_everywhere(stage: TestHub) -> None:
    stage.call_in()
    refuse(stage, code=HOSTILE[:40], reason=HOSTILE)
    browser = signed_in(stage)
    for path in ("/deliveries", f"/deliveries/{stage.delivery().id}", "/deliveries?code=" + HOSTILE):
        html = browser.get(path).text
        assert "<script>alert" not in html and "&lt;script&gt;alert" in html, path


def test_an_erased_person_is_named_as_such(stage: TestHub) -> None:
    row = refused_call(stage)
    with stage.hub.store.writing() as session:
        session.get_one(Call, row.subject_id).state = SubjectState.ERASED
    browser = signed_in(stage)
    assert "Call from Erased person" in browser.text("/deliveries")
    assert "The person was erased" in browser.text(f"/deliveries/{row.id}")


def test_a_delivery_whose_connector_is_gone_can_still_be_read(hub: Factory) -> None:
    row = refused_call(hub())
    stage = hub(connectors={}, conversions=[], accounts=ACCOUNTS)
    text = signed_in(stage).text(f"/deliveries/{row.id}")
    assert "Delivery to Network" in text and "Build it again" not in text


# Replays


def test_the_two_replays_are_told_apart_by_what_each_would_send(hub: Factory) -> None:
    row = refused_call(hub())
    stage = hub(conversions=[{**EVERY_CALL, "value": "55 USD"}])
    browser = signed_in(stage, "marketer")
    text = browser.text(f"/deliveries/{row.id}")
    assert re.search(r"Send the same again Exactly what was decided on Nov \d+: \$40.00, action 7", text)
    assert "Build it again and send From what is known now: $55.00, action 7" in text
    assert "phone number" in text and CALLER not in text.partition("it would contain")[2].partition("Neither")[0]
    answer = browser.post(f"/deliveries/{row.id}", {"deed": "fresh"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/deliveries/{row.id}")
    stage.deliver()
    assert stage.network.uploaded[-1].value == Money(Decimal(55), "USD")
    assert actions(stage) == ["deliveries.replay", "deliveries.replay_fresh"]


def test_the_same_again_sends_what_was_decided(hub: Factory) -> None:
    row = refused_call(hub())
    stage = hub(conversions=[{**EVERY_CALL, "value": "55 USD"}])
    assert signed_in(stage).post(f"/deliveries/{row.id}", {"deed": "same"}).status_code == 303
    stage.deliver()
    assert [(each.key, each.value) for each in stage.network.uploaded] == [(row.item_key, Money(Decimal(40), "USD"))]


def test_a_replay_that_is_refused_says_why_and_changes_nothing(stage: TestHub) -> None:
    stage.call_in()
    stage.deliver()
    row, browser = stage.delivery(), signed_in(stage)
    same = browser.post(f"/deliveries/{row.id}", {"deed": "same"})
    assert same.status_code == 422 and "Nothing was changed" in same.text
    fresh = browser.post(f"/deliveries/{row.id}", {"deed": "fresh"})
    assert fresh.status_code == 422 and "has exactly this already" in fresh.text
    assert browser.post(f"/deliveries/{row.id}", {"deed": "x"}).status_code == 422
    assert stage.delivery().state == "delivered" and actions(stage) == []


def test_all_of_a_reason_are_sent_again_after_a_page_that_says_the_consequence(stage: TestHub) -> None:
    first, second = refused_call(stage), refused_call(stage, number=NORTH_SHARED, caller=OTHER_CALLER)
    stage.call_in(caller="+13125550144")
    refuse(stage, code="OTHER")
    browser = signed_in(stage)
    path = "/deliveries/bulk?deed=same&state=open&connector=network&code=GOAL_GONE"
    text = browser.text(path)
    assert "Send again: 2 deliveries" in text and "nothing counts twice" in text
    assert stage.deliver() == {}, "looking changes nothing"
    assert browser.post(path).status_code == 303
    assert stage.deliver() == {"delivered": 2}
    assert {row.id for row in stage.rows(Delivery, state="delivered", connector="network")} == {first.id, second.id}
    assert actions(stage) == ["deliveries.replay", "deliveries.replay"], "one for each company"


def test_several_are_built_again_and_what_cannot_be_is_said(stage: TestHub) -> None:
    refused_call(stage)
    stage.call_in(caller=OTHER_CALLER)
    stage.deliver("crm", "log_calls")
    with stage.hub.store.writing() as session:
        session.get_one(Delivery, stage.rows(Delivery, connector="crm")[0].id).state = "rejected"
    browser = signed_in(stage)
    answer = browser.post("/deliveries/bulk?deed=fresh&state=rejected")
    notice = answer.headers["set-cookie"]
    assert "1%20delivery%20will%20be%20sent" in notice and "1%20stayed%20as%20they%20were" in notice
    assert browser.get("/deliveries/bulk?deed=explode").status_code == 422


def test_what_is_set_aside_no_longer_needs_anybody_until_it_is_brought_back(stage: TestHub) -> None:
    row, browser = refused_call(stage), signed_in(stage)
    browser.post("/deliveries/bulk?deed=aside&state=open")
    assert "What needs you" not in browser.text("/deliveries")
    assert "set aside" in browser.text("/deliveries?state=aside") and "Needs you 0" in browser.text("/deliveries")
    browser.post(f"/deliveries/{row.id}", {"deed": "back"})
    assert "What needs you" in browser.text("/deliveries")
    browser.post(f"/deliveries/{row.id}", {"deed": "aside"})
    browser.post("/deliveries/bulk?deed=back")
    assert stage.delivery().set_aside_at is None
    assert actions(stage) == ["deliveries.set_aside", "deliveries.bring_back"] * 2


# The file


def test_the_file_holds_the_chosen_rows_no_formula_and_is_audited(stage: TestHub) -> None:
    stage.call_in()
    refuse(stage, reason="=HYPERLINK(1)")
    stage.clock.advance(hours=1)
    stage.call_in(caller=OTHER_CALLER)
    browser = signed_in(stage, "marketer")
    answer = browser.get("/deliveries.csv?connector=network")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["state"] for row in rows] == ["Ready", "Rejected"]
    assert rows[1]["reason"] == "'=HYPERLINK(1)" and rows[1]["code"] == "GOAL_GONE" and rows[1]["rule"] == "every call"
    assert rows[1]["person"] == "'+1 312 555 0142" and rows[1]["amount"].startswith("40")
    entry = stage.one(AuditEntry, action="deliveries.export")
    assert (entry.actor, entry.detail) == (browser.user.id if browser.user else "", "connector")


def test_a_period_ends_before_its_next_day(stage: TestHub) -> None:
    refused_call(stage)
    today = stage.clock().date()
    browser = signed_in(stage)
    assert "Paper Network" in browser.text(f"/deliveries?first={today}&last={today}")
    before = today - timedelta(days=1)
    assert "No delivery" in browser.text(f"/deliveries?state=rejected&first={before}&last={before}")
