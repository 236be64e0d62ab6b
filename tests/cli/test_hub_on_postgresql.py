"""The commands that ask the database in their own words do so on PostgreSQL as well."""

from __future__ import annotations

from cli_shop import CALLER, Shop

from hub.cli import check
from hub.model import Delivery, TextMessage
from hub.store.encryption.keyring import new_key


def test_the_commands_work_on_postgresql(shop: Shop, postgres_url: str) -> None:
    shop.database = postgres_url
    shop.configure(action=8)
    (call_id,) = shop.play(visit={})
    shop.park()
    assert shop.json("call", call_id[-8:])["timeline"][-1]["recipient"] == "Adco Inc."
    assert shop.json("inbox", "list")["counts"]["parked"] == 1
    assert shop.run("inbox", "replay", "--all").exit_code == 0
    (row,) = shop.rows(Delivery)
    assert shop.json("deliveries", "list", "--since", "2h")["counts"][0]["code"] == "BAD_ACTION"
    assert shop.json("deliveries", "why", row.item_key[:12])[0]["id"] == row.id
    assert shop.run("deliveries", "replay", "--state", "rejected", "--yes").exit_code == 0
    assert shop.json("sync", "ads", "--dry-run", status=1)["items"][0]["code"] == "BAD_ACTION"
    assert shop.json("consent", "show", "--company", "north", "--phone", CALLER)["said"] == []
    assert shop.json("connectors", "list")[1]["paused"] is None


def test_a_rotation_works_on_postgresql(shop: Shop, postgres_url: str) -> None:
    shop.database = postgres_url
    shop.configure()
    with shop.opened() as opened:
        address = shop.address(opened.hub)
        shop.receive(opened, [shop.carrier.message_webhook(CALLER, "+13125550120", "Hello.", address)])
        shop.work(opened)
    (shop.folder / "newer").write_text(new_key())
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace('["${file:key}"]', '["${file:newer}", "${file:key}"]'))
    assert "0 tokens, 0 app secrets and 2 keys" in shop.run("secrets", "rotate").stdout
    assert "0 tokens, 0 app secrets and 0 keys" in shop.run("secrets", "rotate").stdout
    assert "Hello." in shop.run("call", shop.rows(TextMessage)[0].id, "--show-personal").stdout


def test_check_warns_where_no_journal_tells_a_restore_who_was_erased(shop: Shop, postgres_url: str) -> None:
    def warned() -> bool:
        with shop.opened() as opened:
            return any("hub: tombstones:" in each for each in check._warnings(opened, numbers=False))

    shop.configure()
    assert not warned(), "beside an SQLite database there is one"
    shop.database = postgres_url
    shop.configure()
    assert warned()
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace("\n  database:", "\n  tombstones: erased.tombstones\n  database:"))
    assert not warned()
