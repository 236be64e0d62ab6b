"""Test calls: a carrier's stand-in calls a number, the hub leads the call, and nothing counts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from page_client import signed_in
from sqlmodel import SQLModel
from testbed import TestHub

from hub.flow.inbox import fold_inbox
from hub.model import AuditEntry, Call, CallTest, ConversionRow, Delivery, InboxWebhook, Person, TextMessage
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock

CONFIG = """
hub: {public_url: "https://calls.example.com", database: "sqlite:///hub.db"}
connectors:
  twilio: {plugin: twilio, account_sid: ACffffffffffffffffffffffffffffffff, auth_token: "${env:TWILIO_TOKEN}"}
  google: {plugin: google_ads, sandbox: true}
  signals: {plugin: signals}
  jurisdictions: {plugin: jurisdictions}
conversions:
  - {name: every call, when: {event: call}, value: 40 USD, send_to: {google: {conversion_action: "7"}}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: lakeside
        title: Lakeside
        country: US
        region: IL
        contact:
          postal_address: 120 Lake Street, Chicago
          phone: "+13125550190"
          email: privacy@lakeside.example.com
        route: {greeting: Thank you for calling., dial: "+13125550190", record: true, recording_notice: This call is recorded.}
        trackers:
          - {name: website, type: source, carrier: twilio, numbers: ["+13125550120"], source: website, default: true}
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock) -> Iterator[TestHub]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWILIO_TOKEN", "0" * 32)
    (tmp_path / "config.yaml").write_text(CONFIG)
    with open_hub(read_config(tmp_path / "config.yaml"), clock) as opened:
        yield TestHub(opened.hub, opened.directory, clock)


def test_a_test_call_is_led_stored_and_read_but_counts_nowhere(stage: TestHub) -> None:
    owner = signed_in(stage)
    assert "Nobody’s phone rings." in owner.text("/status/test-call?flow=route")
    for _ in range(2):  # a second one is another call
        answer = owner.post("/status/test-call", {"number": "+13125550120"})
        assert answer.status_code == 303 and answer.headers["location"] == "/status#tests"
    first, second = stage.rows(CallTest)
    assert first.problem is None and first.heard[:1] == ["Thank you for calling."] and first.answer_seconds is not None
    assert any("rings +13125550190" in step for step in first.steps)
    assert "stored; no worker has read it yet" in owner.text("/status")
    assert fold_inbox(stage.hub, stage.directory) > 0
    stage.flow()
    assert {row.state for row in stage.rows(InboxWebhook)} == {"done"}
    for table in (Call, Person, ConversionRow, Delivery, TextMessage):
        assert not stage.rows(table), table
    assert "read by the worker after 0.0 s" in owner.text("/status")
    assert second.carrier_call_id != first.carrier_call_id
    assert "Test call" in (shown := owner.text("/calls")) and "It counts nowhere." in shown
    assert "Nobody has called yet." in owner.text("/")
    notes = [row for row in stage.rows(AuditEntry) if row.action == "call_test.make"]
    assert [note.detail for note in notes] == ["+13125550120"] * 2


def test_a_number_of_nobody_is_not_called(stage: TestHub) -> None:
    answer = signed_in(stage).post("/status/test-call", {"number": "+13125550199"})
    assert answer.status_code == 422 and "Choose one of these numbers." in answer.text
    _none(stage, CallTest)


def _none(stage: TestHub, table: type[SQLModel]) -> None:
    assert not stage.rows(table)
