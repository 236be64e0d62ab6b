"""The pages of alerts: the list, the choice, the ways, and links in emails that need no sign-in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from page_client import PageClient, signed_in
from page_samples import HOSTILE
from sqlmodel import select
from testbed import SHARED, TestHub

from hub.alerts.settings import read_settings
from hub.alerts.spread import spread
from hub.alerts.unsubscribe import unsubscribe_url
from hub.model import Alert, AlertDelivery, AlertPhone, AlertPreference, AlertRule, Company, TextMessage, User
from hub.texts.bodies import open_body

SETTINGS = "/alerts/settings?company=lakeside"
WANTED = {
    "kind": ["missed_call", "lead"],
    "missed_call.by": ["email", "push"],
    "time_zone": "America/Chicago",
    "quiet_from": "22:00",
    "quiet_to": "07:00",
    "digest": ["weekly"],
}


@pytest.fixture
def lite_stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    return lite_hub()


def settings_of(browser: PageClient, company: str = "lakeside"):  # type: ignore[no-untyped-def]
    with browser.stage.hub.store.reading() as session:
        row = session.exec(select(Company).where(Company.name == company)).one()
        assert browser.user is not None
        return read_settings(session, browser.user, row)


def test_a_user_chooses_kinds_channels_quiet_hours_and_summaries(stage: TestHub) -> None:
    browser = signed_in(stage)
    assert "Missed call" in browser.text(SETTINGS) and "Pool overflow" in browser.text(SETTINGS)
    assert browser.post(SETTINGS, WANTED).status_code == 303
    chosen = settings_of(browser)
    assert {key: each.channels for key, each in chosen.kinds.items()} == {"missed_call": ("email", "push"), "lead": ()}
    assert (chosen.quiet, chosen.digests) == ((22 * 60, 7 * 60), ("weekly",))
    shown = browser.get(SETTINGS).text
    assert 'value="missed_call" checked' in shown and 'value="22:00"' in shown
    assert browser.post(SETTINGS, {**WANTED, "everywhere": "yes"}).status_code == 303
    assert settings_of(browser, "northgate") == chosen


def test_wrong_times_and_zones_are_said_beside_the_field_and_nothing_is_saved(lite_stage: TestHub) -> None:
    browser = signed_in(lite_stage)
    for wrong in ({"quiet_to": ""}, {"quiet_from": "25:00"}, {"quiet_to": "22:00"}, {"time_zone": "Mars/Base"}):
        answer = browser.post(SETTINGS, {**WANTED, **wrong})
        assert answer.status_code == 422 and 'class="error"' in answer.text, wrong
    assert lite_stage.rows(AlertRule) == []


def test_a_role_is_offered_only_the_kinds_that_it_may_see(lite_stage: TestHub) -> None:
    receptionist, agent = signed_in(lite_stage, "receptionist"), signed_in(lite_stage, "agent")
    text = receptionist.text(SETTINGS)
    assert "Text received" in text and "Connector failing" not in text and "Summaries by email" not in text
    text = agent.text(SETTINGS)
    assert "First-time caller" in text and "Missed call" not in text.replace("Missed call for", "")
    everything = {**WANTED, "kind": ["missed_call", "connector_failing", "text", "volume_drop", "lead", "nonsense"]}
    receptionist.post(SETTINGS, everything)
    agent.post(SETTINGS, everything)
    assert settings_of(receptionist).kinds.keys() == {"missed_call", "text", "lead"}
    assert settings_of(agent).kinds.keys() == {"lead"}


def test_the_list_names_the_caller_counts_what_is_new_and_marks_it_read(stage: TestHub) -> None:
    browser, other = signed_in(stage), signed_in(stage, "admin")
    browser.post(SETTINGS, {"kind": ["missed_call"], "time_zone": "UTC"})
    call = stage.call_in(SHARED, answered=False, caller_name=HOSTILE)
    stage.clock.advance(minutes=2)
    spread(stage.hub)
    page = browser.get("/alerts").text
    assert f"/calls/{call.id}" in page and "&lt;script&gt;" in page and "<script>alert" not in page
    assert "Alerts, 1 new" in browser.text("/calls") and "Alerts, 1 new" not in other.text("/calls")
    assert "No alerts yet" in other.text("/alerts")
    up_to = re.search(r'name="up_to" value="([^"]+)"', page)
    assert up_to and browser.post("/alerts/read", {"up_to": up_to[1]}).status_code == 303
    assert "Alerts, 1 new" not in browser.text("/calls") and "You have read all" in browser.text("/alerts")


def test_an_erased_person_is_not_named(lite_stage: TestHub) -> None:
    browser = signed_in(lite_stage)
    browser.post(SETTINGS, {"kind": ["missed_call"], "time_zone": "UTC"})
    call = lite_stage.call_in(SHARED, answered=False, caller_name="Pat Smith")
    lite_stage.clock.advance(minutes=2)
    spread(lite_stage.hub)
    assert "Pat Smith" in browser.text("/alerts")
    with lite_stage.hub.store.writing() as session:
        row = session.get_one(type(call), call.id)
        row.state, row.caller_number, row.sealed_name, row.person_id = "erased", None, None, None
        session.add(row)
    assert "Erased person" in browser.text("/alerts") and "0142" not in browser.text("/alerts")


def test_an_alert_of_a_company_that_is_no_longer_the_users_is_gone(lite_stage: TestHub) -> None:
    limited = signed_in(lite_stage, "admin", "lakeside")
    limited.post(SETTINGS, {"kind": ["missed_call"], "time_zone": "UTC"})
    now = lite_stage.clock()
    assert limited.user is not None
    north = lite_stage.one(Company, name="northgate")
    lite_stage.add(
        Alert(
            account_id=north.account_id, user_id=limited.user.id, company_id=north.id, kind="pool_overflow",
            dedup_key="x", facts={"visitors": 5, "pool": "website"}, at=now, expires_at=now + timedelta(days=90),
        )
    )  # fmt: skip
    assert "northgate" not in limited.text("/alerts").lower() and "Alerts, 1 new" not in limited.text("/alerts")


def test_a_number_gets_alerts_only_after_its_code_was_entered(lite_stage: TestHub) -> None:
    browser = signed_in(lite_stage)
    assert "Write the phone number" in browser.post("/alerts/phone?company=lakeside", {"number": "12"}).text
    assert browser.post("/alerts/phone?company=lakeside", {"number": "+1 312 555 0177"}).status_code == 303
    text = lite_stage.one(TextMessage, purpose="identity_code")
    with lite_stage.hub.store.reading() as session:
        body = open_body(lite_stage.hub.vault, session, text) or ""
    code = re.search(r"\d{6}", body)
    assert code and text.person_number == "+13125550177"
    wrong = f"{(int(code[0]) + 1) % 10**6:06}"
    assert "not the code" in browser.post("/alerts/phone/confirm", {"code": wrong}).text
    assert lite_stage.one(AlertPhone).tries == 1
    for _ in range(4):
        browser.post("/alerts/phone/confirm", {"code": wrong})
    assert "no longer valid" in browser.post("/alerts/phone/confirm", {"code": code[0]}).text
    for _ in range(4):
        assert browser.post("/alerts/phone", {"number": "+13125550177"}).status_code == 303
    assert "Five codes" in browser.post("/alerts/phone", {"number": "+13125550177"}).text
    with lite_stage.hub.store.reading() as session:
        newest = lite_stage.rows(TextMessage, purpose="identity_code")[-1]
        code = re.search(r"\d{6}", open_body(lite_stage.hub.vault, session, newest) or "")
    assert code and browser.post("/alerts/phone/confirm", {"code": code[0]}).status_code == 303
    assert "+1 312 555 0177" in browser.text(SETTINGS)
    assert browser.post("/alerts/phone/forget").status_code == 303
    assert lite_stage.one(AlertPhone).number is None


def test_an_address_that_no_webhook_may_go_to_is_refused(lite_stage: TestHub) -> None:
    browser = signed_in(lite_stage)
    for url, said in {
        "http://hooks.example.com/x": "begin with https",
        "https://user:pass@hooks.example.com/": "Leave the user and password",
        "https://hooks.example.com:6379/": "port 443 or 8443",
        "ftp://x": "begin with https",
    }.items():
        answer = browser.post("/alerts/webhook?company=lakeside", {"url": url})
        assert answer.status_code == 422 and said in answer.text, url


def test_a_webhooks_secret_is_shown_once_and_stored_sealed(lite_stage: TestHub) -> None:
    browser = signed_in(lite_stage)
    url = "https://hooks.example.com/T0KEN"
    answer = browser.post("/alerts/webhook?company=lakeside", {"url": url})
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", answer.text)
    assert answer.status_code == 200 and secret
    assert secret[0] not in browser.get(SETTINGS).text
    sealed = lite_stage.one(AlertPreference).webhook_sealed
    assert sealed is not None and b"T0KEN" not in sealed and secret[0].encode() not in sealed
    assert browser.post("/alerts/webhook/remove?company=lakeside").status_code == 303
    assert lite_stage.one(AlertPreference).webhook_sealed is None


def test_only_roles_that_see_the_set_up_have_a_webhook(lite_stage: TestHub) -> None:
    receptionist = signed_in(lite_stage, "receptionist")
    assert "Webhook" not in receptionist.text(SETTINGS)
    answer = receptionist.post("/alerts/webhook?company=lakeside", {"url": "https://hooks.example.com/x"})
    assert answer.status_code == 422 and lite_stage.rows(AlertPreference) == []
    receptionist.post(SETTINGS, {**WANTED, "missed_call.by": ["webhook", "push"]})
    assert settings_of(receptionist).kinds["missed_call"].channels == ("push",)


@pytest.mark.parametrize(
    ("channel", "url", "host"),
    [
        ("slack", "https://hooks.slack.com/services/T00/B00/S3cret", "hooks.slack.com"),
        ("teams", "https://x.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/1a/triggers/manual/"
         "paths/invoke?api-version=1&sig=S3cret", "x.environment.api.powerplatform.com"),
    ],
)  # fmt: skip
def test_the_address_of_a_chat_is_set_tried_replaced_and_removed_and_only_its_host_is_shown(
    lite_stage: TestHub, channel: str, url: str, host: str
) -> None:
    browser = signed_in(lite_stage)
    refused = browser.post(f"/alerts/{channel}?company=lakeside", {channel: "https://hooks.example.com/S3cret"})
    assert refused.status_code == 422 and "S3cret" not in refused.text and "Copy the" in refused.text
    assert browser.post("/alerts/test?company=lakeside", {"channel": channel}).status_code == 422
    assert browser.post(f"/alerts/{channel}?company=lakeside", {channel: url}).status_code == 303
    shown = browser.get(SETTINGS).text
    assert host in shown and "S3cret" not in shown and "Replace" in shown
    assert browser.post("/alerts/test?company=lakeside", {"channel": channel}).status_code == 303
    assert lite_stage.one(AlertDelivery).channel == channel
    assert browser.post(f"/alerts/{channel}/remove?company=lakeside").status_code == 303
    assert lite_stage.one(AlertPreference).chats_sealed is None
    receptionist = signed_in(lite_stage, "receptionist")
    assert "Slack" not in receptionist.text(SETTINGS) and "Teams" not in receptionist.text(SETTINGS)
    assert receptionist.post(f"/alerts/{channel}?company=lakeside", {channel: url}).status_code == 422


def test_a_test_says_what_is_missing_before_a_channel_works(lite_stage: TestHub) -> None:
    browser = signed_in(lite_stage)
    for channel, said in (("email", "no mail server"), ("text", "Confirm your phone"), ("push", "Allow notifications")):
        answer = browser.post("/alerts/test?company=lakeside", {"channel": channel})
        assert answer.status_code == 422 and said in answer.text
    assert browser.post("/alerts/test", {"channel": "pigeon"}).status_code == 422
    browser.post("/alerts/webhook?company=lakeside", {"url": "https://hooks.example.com/x"})
    assert browser.post("/alerts/test?company=lakeside", {"channel": "webhook"}).status_code == 303
    assert lite_stage.one(AlertDelivery).channel == "webhook"


def test_a_browser_is_added_by_its_script_and_removed_only_by_its_user(lite_stage: TestHub) -> None:
    mine, other = signed_in(lite_stage), signed_in(lite_stage, "admin")
    key = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
    keys = {"p256dh": key, "auth": "tBHItJI5svbpez7KI4CCXg"}
    given = json.dumps({"endpoint": "https://push.example.net/abc", "keys": keys})
    assert mine.post("/alerts/push", {"subscription": given}).status_code == 200
    for wrong in ("", "[]", "{}", given.replace("https", "http"), given.replace(key, "AAAA"), "[" * 3000):
        assert mine.post("/alerts/push", {"subscription": wrong}).status_code == 422, wrong
    found = re.search(r"/alerts/push/([0-9a-f-]+)/remove", mine.get(SETTINGS).text)
    assert found and "push.example.net" not in mine.get(SETTINGS).text
    assert other.post(f"/alerts/push/{found[1]}/remove").status_code == 404
    assert mine.post(f"/alerts/push/{found[1]}/remove").status_code == 303
    assert found[0] not in mine.get(SETTINGS).text


def test_a_link_in_an_email_ends_it_without_a_sign_in_and_only_by_a_post(lite_stage: TestHub) -> None:
    browser = signed_in(lite_stage)
    browser.post(SETTINGS, WANTED)
    company, stranger = lite_stage.one(Company, name="lakeside"), PageClient(lite_stage, None)
    user = lite_stage.one(User)
    alerts, weekly = (unsubscribe_url(lite_stage.hub, user.id, company.id, each) for each in ("alerts", "weekly"))
    assert "No more of these" in stranger.text(weekly) and settings_of(browser).digests == ("weekly",)
    answer = stranger.client.post(weekly, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and settings_of(browser).digests == ()
    assert stranger.client.post(alerts, headers={"sec-fetch-site": "cross-site"}).status_code == 200
    assert settings_of(browser).kinds["missed_call"].channels == ("push",)
    for forged in (
        alerts[:-1] + ("1" if alerts.endswith("0") else "0"),
        alerts.replace("alerts.", "weekly."),
        "/unsubscribe/a.b.c",
        "/unsubscribe/x",
    ):
        assert stranger.client.post(forged).status_code == 404


def test_the_app_needs_no_sign_in_and_holds_nothing_of_anybody(lite_stage: TestHub) -> None:
    stranger = PageClient(lite_stage, None)
    manifest = stranger.get("/manifest.webmanifest")
    assert manifest.headers["content-type"] == "application/manifest+json"
    assert manifest.json()["name"] == "Agency · Ringfence" and manifest.json()["display"] == "standalone"
    for icon in manifest.json()["icons"]:
        assert stranger.get(icon["src"]).headers["content-type"] == "image/png"
    worker = stranger.get("/service-worker.js")
    assert worker.headers["cache-control"] == "no-cache" and "/* files */" not in worker.text
    for name in re.findall(r'"(/static/[^"]+)"', worker.text):
        assert stranger.get(name).status_code == 200
    assert signed_in(lite_stage).get("/calls").headers["cache-control"] == "no-store"
