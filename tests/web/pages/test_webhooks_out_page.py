"""Webhooks in the web interface: added by an edit of config.yaml, watched, tested, sent again, given a new secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from page_client import PageClient, seen, signed_in
from testbed import CALLER, TestHub
from webhook_receiver import WebhookReceiver

from hub.config.edit import tree_of
from hub.model import Company, WebhookEndpoint, WebhookEvent
from hub.numbers.accounts import write_accounts
from hub.privacy_requests.run import run, work_tasks
from hub.privacy_requests.steps import open_request, verify
from hub.webhooks_out.send import send_events

CRM = {"name": "crm", "use": "sales"}
FORM = {
    "company": "lakeside",
    "name": "crm",
    "format": "standard",
    "role": "processor",
    "use": "sales",
    "events": "post_call",
}


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with ExitStack() as stack:
        yield WebhookReceiver.start(stack)


def webhooks(stage: TestHub) -> list[dict[str, Any]]:
    assert stage.config_file is not None
    tree = tree_of(stage.config_file.path.read_text())
    return tree["accounts"][0]["companies"][0].get("webhooks", [])  # type: ignore[no-any-return]


def test_a_webhook_is_added_changed_and_removed_in_config_yaml(config_stage: TestHub) -> None:
    owner = signed_in(config_stage)
    assert "No webhook yet" in owner.text("/webhooks-out")
    nameless = owner.post("/webhooks-out/new", {**FORM, "url": "https://hooks.example.com/", "use": ""})
    assert nameless.status_code == 422 and 'id="use-error">Choose one.' in nameless.text
    refused = owner.post("/webhooks-out/new", {**FORM, "url": "http://10.0.0.1/"})
    assert refused.status_code == 422 and "must begin with https://" in seen(refused.text)
    for inside in (
        "https://2130706433/",
        "https://[::1/",
        "https://metadata.google.internal/",
        "https://h.example.com/#x",
    ):
        assert owner.post("/webhooks-out/new", {**FORM, "url": inside}).status_code == 422, inside
    added = owner.post("/webhooks-out/new", {**FORM, "url": "https://hooks.example.com/a?key=1", "withhold": "name"})
    assert added.status_code == 303, seen(added.text)
    assert webhooks(config_stage) == [
        {**CRM, "url": "https://hooks.example.com/a?key=1", "events": ["post_call"], "withhold": ["name"]}
    ]
    assert "already one of this name" not in owner.text("/webhooks-out/new")
    reread(config_stage)
    owner = signed_in(config_stage)
    page = owner.text("/webhooks-out")
    assert "hooks.example.com" in page and "key=1" not in page and "Nothing sent yet" in page
    form = {**FORM, "url": "https://hooks.example.com/b", "events": ["post_call", "form"], "disabled": "yes"}
    assert owner.post("/webhooks-out/lakeside/crm/edit", form).status_code == 303
    assert webhooks(config_stage) == [
        {**CRM, "url": "https://hooks.example.com/b", "events": ["post_call", "form"], "enabled": False}
    ]
    assert owner.post("/webhooks-out/lakeside/crm/remove").status_code == 303
    assert webhooks(config_stage) == []


def test_what_only_the_file_has_of_a_webhook_stays_when_its_form_is_saved(config_stage: TestHub) -> None:
    hook = {**CRM, "url": "https://hooks.example.com/", "postal_address": "1 Main Street, Springfield"}
    written(config_stage, str(hook))
    form = {**FORM, "url": hook["url"], "recipient": "Hooks Inc."}
    answer = signed_in(config_stage).post("/webhooks-out/lakeside/crm/edit", form)
    assert answer.status_code == 303, seen(answer.text)
    assert webhooks(config_stage) == [{**hook, "events": ["post_call"], "recipient": "Hooks Inc."}]


def test_whoever_adds_a_third_party_reads_what_that_means(config_stage: TestHub) -> None:
    owner = signed_in(config_stage)
    assert "so it is a third party" in owner.text("/webhooks-out/new")
    form = {**FORM, "url": "https://hooks.example.com/a", "role": "independent_controller"}
    assert owner.post("/webhooks-out/new", form).status_code == 303
    reread(config_stage)
    page = signed_in(config_stage).text("/webhooks-out/lakeside/crm")
    assert "Third party" in page and "It gets nothing about people who opted out" in page


def test_an_endpoint_is_watched_tested_and_sent_again(config_stage: TestHub, receiver: WebhookReceiver) -> None:
    stage = config_stage
    written(stage, f"{{name: crm, url: '{receiver.url}', use: sales, allow_private: true}}")
    receiver.answers = [(422, {})]
    stage.call_in()
    send(stage)
    owner = signed_in(stage)
    path = "/webhooks-out/lakeside/crm"
    page = owner.text(path)
    assert "A call comes in" in page and "Try now" in page and "does not take this event" in page and "422" in page
    (refused,) = stage.rows(WebhookEvent, state="ready")
    assert owner.post(f"{path}/replay", {"event": refused.id}).status_code == 303
    assert stage.one(WebhookEvent, id=refused.id).first_tried_at is None
    assert owner.post(f"{path}/test").status_code == 303
    receiver.answers = [(500, {})]
    assert "answered 500" in seen(owner.post(f"{path}/test").text)
    first = re.findall(r"whsec_[\w+/=]+", owner.post(f"{path}/secret").text)
    second = re.findall(r"whsec_[\w+/=]+", owner.post(f"{path}/rotate").text)
    assert len(first) == len(second) == 1 and first != second
    assert "Two secrets sign" in owner.text(path)
    assert owner.post(f"{path}/rotate/end").status_code == 303
    assert owner.post(f"{path}/resume").status_code == 422


def test_a_dead_endpoint_is_shown_with_since_when_how_many_wait_and_its_last_answer(
    config_stage: TestHub, receiver: WebhookReceiver
) -> None:
    stage, path = config_stage, "/webhooks-out/lakeside/crm"
    written(stage, f"{{name: crm, url: '{receiver.url}', use: sales, allow_private: true}}")
    receiver.answers = [(503, {})] * 100
    stage.call_in()
    send(stage)
    assert "Trying again" in signed_in(stage).text(path)
    stage.clock.advance(minutes=31)
    owner = signed_in(stage)
    page = owner.text(path)
    assert "Takes nothing" in page and "The endpoint answered 503." in page and "3 on the way" in page
    assert "Takes nothing" in owner.text("/webhooks-out")
    assert "webhook/lakeside/crm" in owner.text("/") and "One webhook needs you" in owner.text("/")
    assert "it takes nothing" in owner.text("/connectors") and f'href="{path}' in owner.get("/connectors").text
    receiver.answers = []
    assert owner.post(f"{path}/test").status_code == 303
    send(stage), send(stage)
    assert "Working" in owner.text(path) and {row.state for row in stage.rows(WebhookEvent)} == {"delivered"}


def test_a_range_is_sent_again_by_time_and_state(config_stage: TestHub, receiver: WebhookReceiver) -> None:
    stage, path = config_stage, "/webhooks-out/lakeside/crm"
    written(stage, f"{{name: crm, url: '{receiver.url}', use: sales, allow_private: true}}")
    begins = stage.clock()
    stage.call_in()
    send(stage)
    owner = signed_in(stage)
    first, last = (f"{at:%Y-%m-%dT%H:%M}" for at in (begins, stage.clock()))
    form = {"first": first, "last": last, "what": ["dead", "tried"]}
    assert owner.post(f"{path}/replay-range", form).status_code == 303
    assert {row.state for row in stage.rows(WebhookEvent)} == {"delivered"}
    assert owner.post(f"{path}/replay-range", {**form, "what": "delivered"}).status_code == 303
    assert {row.state for row in stage.rows(WebhookEvent)} == {"ready"}
    for wrong in ({**form, "first": ""}, {**form, "what": "nonsense"}, {**form, "first": last, "last": first}):
        assert owner.post(f"{path}/replay-range", wrong).status_code == 422


def test_plan_certificate_and_events_name_the_address_that_is_notified_of_an_erasure(
    config_stage: TestHub, receiver: WebhookReceiver
) -> None:
    stage = config_stage
    written(stage, f"{{name: crm, url: '{receiver.url}', use: sales, allow_private: true}}")
    call = stage.call_in()
    send(stage)
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        asked = open_request(session, stage.hub, company, "erasure", actor="o", channel="letter", phone=CALLER)
        verify(session, asked, "o", "officer", stage.clock())
    officer = signed_in(stage, "privacy_officer")
    plan = officer.text(f"/privacy-desk/requests/{asked.id}/plan")
    assert "Webhooks that are notified" in plan and "webhook/lakeside/crm" in plan
    run(stage.hub, asked.id, "officer")
    send(stage)
    work_tasks(stage.hub)
    certificate = officer.text(f"/privacy-desk/certificates/{asked.id}")
    assert "Webhooks notified of the erasure" in certificate and "Notified" in certificate
    page = signed_in(stage).text("/webhooks-out/lakeside/crm")
    assert "A person was erased" in page and "1 contact" in page
    assert receiver.received[-1].document["data"]["ids"] == [call.id]


def send(stage: TestHub) -> None:
    """The worker sends what is due after a while."""
    stage.clock.advance(minutes=3)
    send_events(stage.hub, stage.directory, stage.one(WebhookEndpoint).id)


def test_a_marketer_sees_and_replays_but_learns_no_secret(config_stage: TestHub) -> None:
    written(config_stage, "{name: crm, url: 'https://hooks.example.com/', use: sales}")
    marketer: PageClient = signed_in(config_stage, "marketer")
    assert "Signing secret" not in marketer.text("/webhooks-out/lakeside/crm")
    for deed in ("secret", "rotate", "test", "edit", "remove"):
        assert marketer.post(f"/webhooks-out/lakeside/crm/{deed}").status_code == 403
    other = signed_in(config_stage, "marketer", "northgate")
    assert other.get("/webhooks-out/lakeside/crm").status_code == 404


def written(stage: TestHub, hook: str) -> None:
    """The hub takes a config.yaml with this webhook."""
    assert stage.config_file is not None
    file = stage.config_file.path
    file.write_text(re.sub(r"name: lakeside\b", f"\\g<0>\n        webhooks: [{hook}]", file.read_text(), count=1))
    reread(stage)


def reread(stage: TestHub) -> None:
    """The hub takes config.yaml as it is now."""
    assert stage.config_file is not None
    loaded = stage.config_file.check(stage.config_file.path.read_text())
    stage.hub = replace(stage.hub, config=replace(stage.hub.config, accounts=loaded.accounts))
    with stage.hub.store.writing() as session:
        write_accounts(session, stage.hub.config, stage.clock())
    stage.live.refresh()
