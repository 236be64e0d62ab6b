"""Alerts in channels of Slack and Teams: as both take them, without a caller, and with what their refusals mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from alert_stage import AlertStage
from chat_stand_ins import SLACK, TEAMS, slack, teams
from receivers import Received, Receiver

from hub.alerts.channels.chat import CHATS, checked_chat, send_chat
from hub.alerts.settings import chat_hosts, copy_alerts, queue_test, read_settings, set_chat, set_webhook, webhook_url
from hub.alerts.wording import Message
from hub.errors import CannotDo, Rejected, RetryLater
from hub.model import AlertPreference, Company, User
from hub.model.columns import new_id
from hub.plugin_host.public_post import Answer, PublicPost

ADDRESSES = {"slack": SLACK, "teams": TEAMS}
JUDGES = {"slack": slack, "teams": teams}
both = pytest.mark.parametrize("channel", ADDRESSES)


def in_chat(alerting: AlertStage, channel: str, **more: object) -> User:
    maria = alerting.user()
    alerting.wants(maria, "missed_call", channels=[channel], **more)
    with alerting.hub.store.writing() as session:
        set_chat(session, alerting.hub, maria, alerting.company(), channel, ADDRESSES[channel])
    return maria


def missed(alerting: AlertStage, receiver: Receiver, channel: str) -> None:
    receiver.judge = JUDGES[channel]
    alerting.stage.call_in(answered=False, caller_name="Pat Smith")
    alerting.stage.clock.advance(minutes=2)
    alerting.run(post=receiver.post)


@both
def test_an_alert_comes_into_the_chat_and_names_no_caller(
    alerting: AlertStage, receiver: Receiver, channel: str
) -> None:
    maria = in_chat(alerting, channel, names_caller=True)
    missed(alerting, receiver, channel)
    (request,) = receiver.received
    body = request.body.decode()
    assert "Missed call" in body and "/calls/" in body and "0142" not in body and "Pat" not in body
    assert [row.state for row in alerting.deliveries(maria)] == ["sent"]


@both
def test_what_quiet_hours_held_comes_as_one_message(alerting: AlertStage, receiver: Receiver, channel: str) -> None:
    maria = in_chat(alerting, channel, quiet=(14 * 60, 17 * 60))
    for number in range(3):
        alerting.stage.call_in(caller=f"+1312555010{number}", answered=False)
    missed(alerting, receiver, channel)
    assert receiver.received == []
    alerting.stage.clock.advance(hours=2)
    alerting.run(post=receiver.post)
    (request,) = receiver.received
    assert "4 alerts while it was quiet" in request.body.decode()
    assert {row.state for row in alerting.deliveries(maria)} == {"sent"}


@both
def test_a_busy_chat_gets_it_later_and_a_refusal_says_what_to_do(
    alerting: AlertStage, receiver: Receiver, channel: str
) -> None:
    maria = in_chat(alerting, channel)
    receiver.answers = [(429, {"Retry-After": "30"}), (500, {}), (404, {})]
    missed(alerting, receiver, channel)
    for _ in range(2):
        assert alerting.deliveries(maria)[0].state == "ready"
        alerting.stage.clock.advance(hours=6)
        alerting.run(post=receiver.post)
    (row,) = alerting.deliveries(maria)
    assert row.state == "failed" and "is gone (404); make a new one and set its address again" in str(row.reason)
    assert len(receiver.received) == 3


TITLES = [
    "<!channel> & <https://evil.example|*click*>",
    "[Acme](https://evil.example) **& Sons**",
    "&" * 400,
    "a" * 9_000,
    "é",
    "é" * 500,
]


@both
@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("count", [1, 60])
def test_no_text_of_ours_becomes_a_mention_a_link_or_too_long(channel: str, title: str, count: int) -> None:
    url = "https://calls.example.com/calls/1?company=a&b=c"
    message = Message(
        alert_id="1", kind="lead", company=title, at=datetime(2026, 11, 24, tzinfo=UTC), title=title,
        lines=(title, "Tuesday"), path="/calls/1?company=a&b=c", url=url,
    )  # fmt: skip
    heard: list[bytes] = []

    class Post(PublicPost):
        def send(self, url: str, headers: Any, body: bytes) -> Answer:
            heard.append(body)
            path = url.split(".com", 1)[1]
            return Answer(JUDGES[channel](Received(path, dict(headers), body)), None)

    send_chat(Post(), channel, ADDRESSES[channel], [message] * count, lambda: None)
    (body,) = heard
    shown = json.loads(body)
    if channel == "slack":
        assert "<!" not in body.decode() and "<https://evil" not in body.decode()
        assert len(shown["blocks"]) == min(count, 20) + 1
    else:
        runs = [run for each in shown["attachments"][0]["content"]["body"] for run in each["inlines"]]
        assert {each["type"] for each in runs} == {"TextRun"}, "a TextBlock would read Markdown"


@pytest.mark.parametrize(
    ("channel", "url", "said"),
    [
        ("slack", "https://hooks.example.com/services/T0/B0/x", "begins with https://hooks.slack.com/services/"),
        ("slack", "https://hooks.slack.com.evil.example/services/T0/B0/x", "Copy the webhook URL"),
        ("slack", "http://hooks.slack.com/services/T0/B0/x", "begin with https"),
        ("slack", "https://a:b@hooks.slack.com/services/T0/B0/x", "Leave the user"),
        ("teams", "https://contoso.webhook.office.com/webhookb2/a@b/IncomingWebhook/c/d", "ended in May 2026"),
        ("teams", TEAMS.partition("&sig=")[0], "ends with a signature"),
        ("teams", TEAMS.replace("powerplatform.com", "powerplatform.com.evil.example"), "Copy the address"),
        ("teams", TEAMS.replace("https://", "https://evil.example/"), "Copy the address"),
        ("teams", SLACK, "Copy the address"),
    ],
)
def test_an_address_elsewhere_is_refused(channel: str, url: str, said: str) -> None:
    with pytest.raises(CannotDo, match=said.replace("(", r"\(")):
        checked_chat(channel, url)


def test_the_addresses_of_both_today_and_of_a_logic_app_are_taken() -> None:
    logic_app = f"https://prod-186.westus.logic.azure.com:443/workflows/{TEAMS.partition('workflows/')[2]}"
    assert [checked_chat(each, url) for each, url in ADDRESSES.items()] == list(ADDRESSES.values())
    assert checked_chat("teams", f" {logic_app}\n") == logic_app


@both
def test_the_stand_in_refuses_what_the_chat_would_refuse(channel: str) -> None:
    path, judge = ADDRESSES[channel].split(".com", 1)[1], JUDGES[channel]
    for wrong in (b"", b"[]", b"{}", b'{"text": "<!channel>"}', b'{"@type": "MessageCard", "text": "x"}'):
        assert judge(Received(path, {}, wrong)) == 400
    assert judge(Received("/", {}, b"{}")) in (401, 404)
    assert set(CHATS[channel].refusals) >= {400, 403, 404}


def test_an_address_is_stored_sealed_shown_by_its_host_and_not_copied_to_another_company(alerting: AlertStage) -> None:
    maria = in_chat(alerting, "slack")
    hub, company = alerting.hub, alerting.company()
    with hub.store.writing() as session:
        set_chat(session, hub, maria, company, "teams", TEAMS)
        set_webhook(session, hub, maria, company, "https://hooks.example.com/x")
    (row,) = alerting.stage.rows(AlertPreference)
    assert row.chats_sealed is not None and b"XXXX" not in row.chats_sealed and b"S3cret" not in row.chats_sealed
    copied = Company(**company.model_dump(exclude={"id", "name"}), id=new_id(), name="copied")
    with hub.store.writing() as session:
        session.add(copied)
        session.flush()
        copy_alerts(session, company.id, copied.id, alerting.stage.clock())
        assert chat_hosts(session, hub, maria, company).keys() == {"slack", "teams"}
        assert (chat_hosts(session, hub, maria, copied), webhook_url(session, hub, maria, copied)) == ({}, None)
        assert read_settings(session, maria, copied).kinds["missed_call"].channels == ()
        assert chat_hosts(session, hub, maria, company)["slack"] == "hooks.slack.com"
        for each in ADDRESSES:
            set_chat(session, hub, maria, company, each, None)
    assert alerting.stage.one(AlertPreference, company_id=company.id).chats_sealed is None


@both
def test_a_test_goes_to_the_chat_after_its_address_is_set_and_only_for_roles_of_the_set_up(
    alerting: AlertStage, receiver: Receiver, channel: str
) -> None:
    receiver.judge = JUDGES[channel]
    maria, rosa, hub = alerting.user(), alerting.user("rosa", "receptionist"), alerting.hub
    with hub.store.writing() as session:
        with pytest.raises(CannotDo, match="Set the address first"):
            queue_test(session, hub, maria, alerting.company(), channel)
        with pytest.raises(CannotDo, match="only roles that see the set-up"):
            set_chat(session, hub, rosa, alerting.company(), channel, ADDRESSES[channel])
        set_chat(session, hub, maria, alerting.company(), channel, ADDRESSES[channel])
        queue_test(session, hub, maria, alerting.company(), channel)
    alerting.run(post=receiver.post)
    assert "Test alert" in receiver.received[0].body.decode()


@both
def test_a_message_that_may_have_arrived_when_a_worker_died_is_not_sent_again(
    alerting: AlertStage, receiver: Receiver, channel: str
) -> None:
    maria = in_chat(alerting, channel)
    begun: list[str] = []

    class Dies(PublicPost):
        def send(self, url: str, headers: Any, body: bytes) -> Answer:
            begun.append(url)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _run_with(alerting, Dies())
    alerting.stage.clock.advance(hours=1)
    alerting.run(post=receiver.post)
    (row,) = alerting.deliveries(maria)
    assert row.state == "unknown" and "may have arrived" in str(row.reason)
    assert len(begun) == 1 and receiver.received == []


def _run_with(alerting: AlertStage, post: PublicPost) -> None:
    alerting.stage.call_in(answered=False)
    alerting.stage.clock.advance(minutes=2)
    alerting.run(post=post)


def test_a_removed_address_ends_what_was_due(alerting: AlertStage, receiver: Receiver) -> None:
    with pytest.raises(Rejected, match="no address of this chat"):
        send_chat(receiver.post, "slack", None, [], lambda: None)
    with pytest.raises(RetryLater):
        closed = PublicPost(lambda address: True, lambda host, port: [("127.0.0.1", 9)], timeout=0.2)
        message = Message(
            alert_id="1", kind="lead", company="a", at=datetime(2026, 11, 24, tzinfo=UTC), title="a", lines=(), path="/",
            url="https://calls.example.com/",
        )  # fmt: skip
        send_chat(closed, "slack", SLACK, [message], lambda: None)
