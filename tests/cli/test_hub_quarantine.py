"""`hub quarantine`: what processes died of, and its replay."""

from __future__ import annotations

from collections.abc import Callable

from cli_shop import Shop
from typer.testing import Result

from hub.model import Delivery, InboxWebhook, SyncSlot

Refusal = Callable[[Result], str]


def test_items_in_quarantine_are_listed_with_their_connector_and_replayed(shop: Shop, refusal: Refusal) -> None:
    now = shop.clock()
    work = {"state": "quarantined", "deaths": 3, "due_at": now}
    delivery = {"hook": "log_calls", "dedup_key": "k", "item_key": "k", "subject_id": "s", "made_at": now}
    with shop.opened() as opened, opened.hub.store.writing() as session:
        session.add(Delivery(connector="crm", last_hook="law.judge", **delivery, **work))
        session.add(SyncSlot(connector="crm", **work))
        session.add(InboxWebhook(connector="phone", event_key="1", received_at=now, expires_at=now, **work))
    told = shop.json("quarantine")
    assert told["counts"] == {"webhook": 1, "delivery": 1, "sync": 1}
    assert [item["kind"] for item in shop.json("quarantine", "--connector", "law")["items"]] == ["delivery"]
    (sync,) = shop.json("quarantine", "--kind", "sync")["items"]
    assert sync["reason"] == "3 processes died while connector 'crm' handled it."
    assert sync["id"][-8:] in shop.run("quarantine").stdout
    assert "choose one of webhook" in refusal(shop.run("quarantine", "--kind", "fax"))
    assert "Give the ids" in refusal(shop.run("quarantine", "replay"))
    assert "1 item will be handled again" in shop.run("quarantine", "replay", sync["id"][-8:]).stdout
    again = shop.run("quarantine", "replay", sync["id"])
    assert again.exit_code == 1 and "Not in quarantine: 1 of the ids" in again.stdout
    assert "2 items will be handled again" in shop.run("quarantine", "replay", "--all").stdout
    assert shop.json("quarantine") == {"counts": {}, "items": []}
    assert shop.audited() == [("quarantine.replay", sync["id"]), ("quarantine.replay", "all")]
