"""`hub backup` and `hub restore`: what they write, what they ask for, and who stays erased."""

from __future__ import annotations

from collections.abc import Callable

from cli_shop import Shop
from typer.testing import Result

from hub.model import Call, Person
from hub.privacy.erasure import erase_person
from hub.store.tombstones import journal_of

Refusal = Callable[[Result], str]


def move(shop: Shop) -> None:
    """Point config.yaml at a new, empty database."""
    shop.database = f"sqlite:///{shop.folder / 'new.db'}"
    shop.configure()


def test_a_restored_hub_has_everything_and_the_deeds_are_in_the_audit_trail(shop: Shop) -> None:
    (call_id,) = shop.play()
    told = shop.run("backup", "data", "--keys", "keys")
    assert told.exit_code == 0, told.output
    assert "Wrote data: " in told.stdout
    assert "Wrote keys: " in told.stdout
    move(shop)
    result = shop.run("restore", "data", "--keys", "keys", "--without-tombstones")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Restored the hub as it was at ")
    assert "emptied" not in result.stdout
    assert shop.json("call", call_id)["caller_number"] == "…47"
    assert [action for action, _ in shop.audited()] == ["backup.restored"]


def test_an_erased_person_stays_erased_through_a_restore(shop: Shop) -> None:
    shop.play()
    shop.run("backup", "data", "--keys", "keys")
    (person,) = shop.rows(Person)
    with shop.opened() as opened:
        erase_person(opened.hub, person.id)
        journal = journal_of(opened.hub.config.hub)
    move(shop)
    result = shop.run("restore", "data", "--keys", "keys", "--tombstones", str(journal))
    assert result.exit_code == 0, result.output
    assert "  call: 1 row cleared or deleted" in result.stdout
    assert shop.rows(Person) == []
    assert [call.caller_number for call in shop.rows(Call)] == [None]


def test_a_young_hub_moves_from_sqlite_to_postgresql_without_a_word_about_erasures(
    shop: Shop, postgres_url: str
) -> None:
    (call_id,) = shop.play()
    with shop.opened() as opened:
        journal = journal_of(opened.hub.config.hub)
    assert journal is not None and not journal.exists(), "nobody was erased yet"
    assert shop.run("backup", "save", "data", "--keys", "keys").exit_code == 0
    shop.database = f"{postgres_url}\n  tombstones: {journal}"
    shop.configure()
    result = shop.run("restore", "data", "--keys", "keys")
    assert result.exit_code == 0, result.output
    assert shop.json("call", call_id)["id"] == call_id


def test_a_journal_that_was_begun_after_the_backup_says_nothing_of_the_time_before(
    shop: Shop, refusal: Refusal
) -> None:
    shop.play()
    shop.run("backup", "data", "--keys", "keys")
    move(shop)
    shop.play()
    shop.run("backup", "later", "--keys", "later-keys")
    shop.database = f"sqlite:///{shop.folder / 'third.db'}\n  tombstones: {shop.folder / 'new.tombstones'}"
    shop.configure()
    assert "was begun after the backup was made" in refusal(shop.run("restore", "data", "--keys", "keys"))
    assert shop.run("restore", "later", "--keys", "later-keys").exit_code == 0


def test_a_command_that_cannot_do_it_says_what_to_do(shop: Shop, refusal: Refusal) -> None:
    shop.play()
    assert refusal(shop.run("backup")).startswith("Name a file for the data")
    shop.run("backup", "data", "--keys", "keys")
    assert "use --replace" in refusal(shop.run("backup", "data"))
    assert shop.run("backup", "data", "--replace").exit_code == 0
    assert "use --without-keys" in refusal(shop.run("restore", "data"))
    assert "point hub.database at a new one" in refusal(
        shop.run("restore", "data", "--keys", "keys", "--without-tombstones")
    )
    assert "is not a complete backup" in refusal(shop.run("restore", "keys", "--without-keys", "--without-tombstones"))
