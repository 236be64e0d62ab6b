"""A plugin that returns, notes, logs or sends without measure: it is refused with a reason, and the hub keeps little of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs
from testbed import CONNECTORS, TestHub

from hub.api import Receipt, WebhookRequest
from hub.contracts.facts import Caller
from hub.errors import PluginFailure
from hub.hookspecs import CallHooks, EnrichmentHooks
from hub.model import Delivery
from hub.model.syncs import ConnectorNote
from hub.platform import metrics
from hub.plugin_host.discovery import discover
from hub.plugin_host.host.wire import LISTS, MAX_CONTAINERS, MESSAGES, CannotPass, decode, encode

FLOOD = """
    import gc, json
    from datetime import UTC, datetime
    from hub.api import (
        AnswerDocument,
        CallEvent,
        Connector,
        Fact,
        Manifest,
        PluginSettings,
        Recipient,
        VerifiedWebhook,
        hookimpl,
    )

    class Flood(Connector):
        manifest = Manifest(name="flood", kind="carrier", version="1", summary="-",
                            recipient=Recipient(name="-", role="none"))
        Settings = PluginSettings

        @hookimpl
        def verify_webhook(self, request):
            word, size = request.body.decode().split()
            size = int(size)
            if word == "note":
                self.services.memory.put("n", "x" * size)
            elif word == "notes":
                for number in range(size):
                    self.services.memory.put(f"n{number}", "x")
            elif word == "change":
                self.services.memory.change("n", lambda before: "x" * size)
            elif word == "token":
                self.services.tokens.save({"access_token": "x" * size})
            elif word == "log":
                for number in range(size):
                    self.services.log.info(f"line {number}")
            elif word == "key":
                return VerifiedWebhook("x" * size)
            elif word == "frame":
                for each in gc.get_objects():
                    if type(each).__name__ == "FrameSocket":
                        each._socket.sendall(size.to_bytes(4, "big"))
            return VerifiedWebhook("done")

        @hookimpl
        def render_answer(self, point, instructions):
            return AnswerDocument("text/plain", "x" * 250_000)

        @hookimpl
        def list_calls(self, since):
            if since.year == 2001:
                return [CallEvent(kind="ringing", call_id="c", at=since, duration=10 ** 1_000_000)]
            if since.year == 2002:
                return [CallEvent(kind="ringing", call_id="c" * 60_000, at=since)] * 300
            return [CallEvent(kind="ringing", call_id="c" * 60, at=since)] * (100_001 if since.year == 2003 else 2)

        @hookimpl
        def enrich_caller(self, caller):
            return [Fact(name="n", value="v", category="user.telemetry")] * 600
"""


@pytest.fixture(params=["thread", pytest.param("process", marks=pytest.mark.soak)])
def stage(request: pytest.FixtureRequest, lite_hub: Callable[..., TestHub], tmp_path: Path) -> Iterator[TestHub]:
    file = tmp_path / "flood.py"
    file.write_text(dedent(FLOOD))
    flood = discover([file]).isolated("flood", request.param)
    opened = lite_hub(connectors={"flood": flood}, conversions=(), accounts=())
    yield opened
    opened.hub.plugins.close()


def ask(stage: TestHub, word: str, size: int) -> str:
    request = WebhookRequest("POST", "https://calls.example.com/", f"{word} {size}".encode(), datetime.now(UTC))
    return stage.hub.plugins.call_within(60, "flood", CallHooks.verify_webhook, request).event_key


def alive(stage: TestHub) -> bool:
    return ask(stage, "log", 0) == "done"


# notes and tokens


@pytest.mark.parametrize(
    ("word", "size"), [("note", 200_001), ("change", 200_001), ("note", 3_000_000), ("notes", 150), ("token", 50_001)]
)
def test_notes_and_tokens_have_a_size_and_a_number_and_what_is_too_much_is_refused(
    stage: TestHub, word: str, size: int
) -> None:
    with pytest.raises(PluginFailure):
        ask(stage, word, size)
    rows = stage.rows(ConnectorNote)
    assert len(rows) <= 100 and all(len(row.value) < 200_000 for row in rows)
    assert alive(stage)


def test_what_fits_is_kept(stage: TestHub) -> None:
    assert ask(stage, "note", 200_000) == ask(stage, "change", 20) == ask(stage, "notes", 90) == "done"
    assert ask(stage, "token", 40_000) == "done"


# logs


def test_of_thousands_of_log_lines_some_are_kept_and_the_others_counted(stage: TestHub) -> None:
    with capture_logs() as lines:
        assert ask(stage, "log", 900) == "done"
    assert 40 < sum(line["event"].startswith("line ") for line in lines) < 120


# results


def test_a_result_that_is_too_large_is_refused_with_a_reason_and_the_plugin_lives(stage: TestHub) -> None:
    plugins = stage.hub.plugins
    with pytest.raises(PluginFailure, match=r"not 1 to 64 printable characters|more than 16,000,000 bytes"):
        plugins.call("flood", CallHooks.list_calls, datetime(2002, 1, 1, tzinfo=UTC))
    with pytest.raises(PluginFailure, match="600 items where at most 500 are taken"):
        plugins.call("flood", EnrichmentHooks.enrich_caller, Caller())
    with pytest.raises(PluginFailure, match="a document that is too long"):
        plugins.call("flood", CallHooks.render_answer, None, [])  # type: ignore[arg-type]
    assert len(plugins.call("flood", CallHooks.list_calls, datetime(2004, 1, 1, tzinfo=UTC))) == 2
    assert alive(stage)


@pytest.mark.parametrize("stage", ["thread"], indirect=True)
def test_a_list_has_at_most_a_hundred_thousand_items(stage: TestHub) -> None:
    with pytest.raises(PluginFailure, match="100,001 items where at most 100,000 are taken"):
        stage.hub.plugins.call("flood", CallHooks.list_calls, datetime(2003, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("stage", [pytest.param("process", marks=pytest.mark.soak)], indirect=True)
def test_a_frame_that_announces_megabytes_where_none_are_due_ends_the_plugin_unread(stage: TestHub) -> None:
    with pytest.raises(PluginFailure, match=r"more than|too large"):
        ask(stage, "frame", 30_000_000)


@pytest.mark.parametrize("stage", [pytest.param("process", marks=pytest.mark.soak)], indirect=True)
def test_an_integer_of_a_million_digits_does_not_reach_the_hub(stage: TestHub) -> None:
    with pytest.raises(PluginFailure):
        stage.hub.plugins.call("flood", CallHooks.list_calls, datetime(2001, 1, 1, tzinfo=UTC))


def frame(text: str) -> bytes:
    return len(text).to_bytes(4, "big") + text.encode()


@pytest.mark.parametrize(
    "text",
    [
        f"[{'[],' * MAX_CONTAINERS}0]",
        "[" * 100_000 + "]" * 100_000,
        "[" * 3_000 + "]" * 3_000,
        "1" * 1_000_000,
        json.dumps({"~": "decimal", "v": "9" * 101}),
        json.dumps({"~": "date", "v": "2026-11-30" + " " * 100}),
        json.dumps("x" * LISTS.json),
        '{"a": 1}',
        json.dumps({"~": "bytes", "v": [0, 5]}),
    ],
)
def test_a_frame_with_too_much_in_it_is_not_decoded(text: str) -> None:
    with pytest.raises(CannotPass):
        decode(frame(text), LISTS)


def test_a_frame_is_decoded_alike_whether_it_is_small_or_large() -> None:
    value: Any = [{"n": number, "t": (number, "é\N{SNOWMAN}", 0.5, None)} for number in range(9)]
    assert decode(encode(value)) == value
    assert decode(encode(value * 1_000)) == value * 1_000
    with pytest.raises(CannotPass, match="of files"):
        decode(encode([b"x" * 100], LISTS._replace(blobs=100)), MESSAGES)


# what identifies and counts a delivery


def test_a_long_reference_is_cut_and_codes_without_end_make_no_figures_without_end(
    lite_hub: Callable[..., TestHub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "MAX_CODES", 3)
    monkeypatch.setattr(metrics, "_codes", {})
    stage = lite_hub(connectors=CONNECTORS)
    number = iter(range(1_000))
    stage.network.script = [
        lambda batch: [
            Receipt(key=each.key, status="rejected", code=f"FLOOD{next(number)}", reference="r" * 5_000)
            for each in batch
        ]
    ] * 3
    for _ in range(7):
        stage.call_in()
    stage.deliver()
    states = [row for row in stage.rows(Delivery, connector="network") if row.code]
    assert len(states) == 7 and all(len(row.reference or "") == 1_000 for row in states if row.reference)
    series = [line for line in generate_latest().decode().splitlines() if 'code="FLOOD' in line and "_total{" in line]
    assert len(series) == 3
