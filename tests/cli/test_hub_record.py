"""`hub record`: an operator keeps what a live connector and its vendor say, sees that it is on, and it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from cli_shop import Shop
from sqlmodel import col, select
from typer.testing import Result

from hub.connecting.recording import end_recordings
from hub.contracts.webhooks import WebhookRequest
from hub.errors import BadPayload
from hub.hookspecs import CallHooks, OperationHooks
from hub.model import AuditEntry, VendorRecording
from hub.testing.exchanges.exchange_file import exchange_paths, read_exchange_file


def entries(shop: Shop) -> list[tuple[str, str]]:
    with shop.opened() as opened, opened.hub.store.reading() as session:
        found = session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
        return [(each.action, each.subject) for each in found if each.action.startswith("connectors.")]


def check(shop: Shop) -> None:
    assert shop.run("check").exit_code == 0


def test_it_is_off_until_somebody_turns_it_on(shop: Shop) -> None:
    check(shop)
    assert not any("record" in each for each in shop.json("check")["warnings"])
    assert not (shop.folder / "kept").exists()


def test_what_the_vendor_says_is_kept_and_everybody_sees_it(shop: Shop) -> None:
    folder = shop.folder / "kept"
    told = shop.run("record", "phone", "--into", str(folder), "--for", "30m", "--count", "5")
    assert told.exit_code == 0, told.output
    assert f"phone is recorded into {folder} until " in told.stdout
    assert any(each.startswith(f"phone is recorded into {folder} until ") for each in shop.json("check")["warnings"])
    files = sorted(folder.iterdir())
    assert [each.name for each in files] == ["twilio_check_connection_0001.http"]
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    text = files[0].read_text()
    assert shop.carrier.account_sid not in text
    assert shop.carrier.auth_token not in text
    assert "authorization: Basic {{account_sid:auth_token}}" in text
    assert shop.run("record", "phone", "--off").stdout == "The recording of phone has ended.\n"
    assert shop.run("record", "phone", "--off").stdout == "phone is not recorded.\n"
    check(shop)
    assert sorted(folder.iterdir()) == files
    assert entries(shop) == [("connectors.record", "phone"), ("connectors.record_end", "phone")]


def test_it_ends_after_its_count(shop: Shop) -> None:
    folder = shop.folder / "kept"
    shop.run("record", "phone", "--into", str(folder), "--count", "2")
    for _ in range(4):
        check(shop)
    assert len(list(folder.iterdir())) == 2


def test_it_never_outlives_its_time(shop: Shop) -> None:
    folder = shop.folder / "kept"
    shop.run("record", "phone", "--into", str(folder), "--for", "10m")
    with shop.opened() as opened:
        with opened.hub.store.writing() as session:
            session.get_one(VendorRecording, "phone").until = shop.clock() + timedelta(minutes=10)
        opened.hub.plugins.call("phone", OperationHooks.check_connection)
        shop.clock.advance(minutes=9)
        opened.hub.plugins.call("phone", OperationHooks.check_connection)
        shop.clock.advance(minutes=1)
        opened.hub.plugins.call("phone", OperationHooks.check_connection)
        assert len(list(folder.iterdir())) == 2
        assert end_recordings(opened.hub) == 1
        assert end_recordings(opened.hub) == 0
    assert entries(shop)[-1] == ("connectors.record_end", "phone")


def test_what_the_vendor_sends_to_the_hub_is_kept_too_with_the_events_that_were_found(shop: Shop) -> None:
    folder = shop.folder / "kept"
    shop.run("record", "phone", "--into", str(folder))
    form = {
        "CallSid": f"CA{'7' * 32}",
        "AccountSid": shop.carrier.account_sid,
        "From": "+13125550142",
        "To": "+13125550143",
    }
    form |= {"CallStatus": "ringing", "Direction": "inbound", "CallerName": "JORDAN CANARY"}
    where = "https://calls.acme-plumbing.com/webhooks/phone/voice?proof=canary-of-an-address"
    kind = {"content-type": "application/x-www-form-urlencoded"}
    with shop.opened() as opened:
        whole, broken = (
            WebhookRequest("POST", where, body, shop.clock(), kind) for body in (urlencode(form).encode(), b"x=1")
        )
        [events, error] = opened.hub.plugins.call_each("phone", CallHooks.parse_webhook, [(whole,), (broken,)])
    assert [each.kind for each in events] == ["ringing"] and isinstance(error, BadPayload)
    kept, second = map(read_exchange_file, exchange_paths(folder))
    assert [kept.path.name, second.path.name] == ["twilio_parse_webhook_0001.http", "twilio_parse_webhook_0002.http"]
    assert kept.note("event").json({}) == [{"kind": "ringing"}] and second.note("event").json({}) == []
    [message] = kept.webhooks
    assert message.start.startswith("POST https://hub.example.com/webhooks/") and "/voice" in message.start
    assert "CallStatus=ringing" in message.body and "AccountSid={{account_sid}}" in message.body
    text = kept.path.read_text()
    assert not any(real in text for real in ("CANARY", "canary", "acme-plumbing", "7" * 32, shop.carrier.account_sid))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["phone"], "Give --into DIR to begin a recording, or --off to end it."),
        (["phone", "--into", "kept", "--off"], "Give --into DIR to begin a recording, or --off to end it."),
        (["phone", "--into", "kept", "--for", "2d"], "A recording takes at most 1 day and 1,000 exchanges."),
        (["phone", "--into", "kept", "--count", "0"], "A recording takes at most 1 day and 1,000 exchanges."),
        (["phone", "--into", "kept", "--for", "soon"], "--for: 'soon' is not a duration; write it like 60s"),
        (["phone", "--into", "key"], "cannot be made (File exists)"),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    shop: Shop, refusal: Callable[[Result], str], words: list[str], said: str
) -> None:
    assert said in refusal(shop.run("record", *words))
    assert entries(shop) == []
