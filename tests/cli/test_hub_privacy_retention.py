"""`hub privacy retention`: lives, rows, and a status that tells whether the promise is kept."""

from __future__ import annotations

import json
from datetime import timedelta

from cli_shop import CALLER, Shop
from sqlalchemy import update

from hub.model import Call
from hub.platform.clock import utc_now
from hub.store.engine import Store


def test_what_a_legal_hold_keeps_is_told_apart_and_is_no_failure(shop: Shop) -> None:
    shop.play({})
    told = ("--company", "north", "--phone", CALLER, "--reason", "Case 17")
    assert shop.run("privacy", "request", "hold", *told).exit_code == 0
    store = Store(shop.database)
    with store.writing() as session:
        session.execute(update(Call).values(expires_at=utc_now() - timedelta(hours=25)))
    store.close()
    shown = shop.run("privacy", "retention")
    assert shown.exit_code == 0, shown.output
    assert "Kept past their retention period by a legal hold, until it is lifted: calls 1." in shown.stdout


def test_it_shows_what_is_kept_and_fails_once_a_row_is_past_its_life(shop: Shop) -> None:
    shop.play({})
    told = shop.run("privacy", "retention")
    assert told.exit_code == 0, told.output
    assert "No row is past its retention period" in told.stdout and "761 days" in told.stdout
    store = Store(shop.database)
    with store.writing() as session:
        session.execute(update(Call).values(expires_at=utc_now() - timedelta(hours=25)))
    store.close()
    late = shop.run("privacy", "retention", "--json")
    assert late.exit_code == 1
    found = json.loads(late.stdout)
    assert not found["ok"]
    assert {each["category"]: each["past"] for each in found["kept"] if each["table"] == "call"} == {
        "user.contact.phone_number": 1,
        "user.name": 1,
        "user.telephony.recording": 1,
    }
