"""`hub backup drill`: a good backup passes, a changed one does not, and no scratch stays."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_shop import Shop
from shop_copies import once
from typer.testing import Result

from hub.backup.archive import ArchiveReader, ArchiveWriter
from hub.backup.save import DATA
from hub.backup.trials.scratch import PREFIX, refuse_full_disk
from hub.errors import CannotDo
from hub.model import Call, Person
from hub.privacy.erasure import erase_person
from hub.startup.reading import read_config
from hub.store.encryption.encrypted_fields import seal_names
from hub.store.encryption.keyfile import keyring_of

Refusal = Callable[[Result], str]


@pytest.fixture
def backed_up(shop: Shop) -> Shop:
    """A hub with two calls, one of them with a name, and a folder with its backups."""
    back_up(shop)
    return shop


@once
def back_up(shop: Shop) -> None:
    named, _ = shop.play({}, {"caller_number": "+13125550148"})
    with shop.opened() as opened, opened.hub.store.writing() as session:
        seal_names(opened.hub.vault, session, [(session.get_one(Call, named), "Maria Example")])
    assert shop.run("users", "add", "maria", "--role", "owner").exit_code == 0  # an entry of the journal
    (shop.folder / "backups").mkdir()
    assert shop.run("backup", "backups/data", "--keys", "backups/keys").exit_code == 0


def scratches(shop: Shop) -> list[Path]:
    return [*shop.folder.rglob(f".{PREFIX}*")]


def test_the_newest_backup_of_a_folder_is_restored_compared_and_opened(backed_up: Shop) -> None:
    assert backed_up.run("backup", "save", "backups/newer", "--keys", "backups/newer_keys").exit_code == 0
    found = backed_up.json("backup", "drill", "backups", "--keys", "backups", "--folder", str(backed_up.folder))
    tables = {each["table"]: each for each in found["tables"]}
    assert found["passed"] and found["file"] == "backups/newer" and found["journal"] == {}
    assert (tables["call"]["in_backup"], tables["call"]["restored"]) == (2, 2)
    assert all(each["same"] for each in tables.values())
    told = backed_up.run("backup", "drill", "backups/data", "--keys", "backups/keys", "--folder", str(backed_up.folder))
    assert told.exit_code == 0 and "The backup can be restored." in told.stdout, told.output
    assert scratches(backed_up) == []
    assert [action for action, _ in backed_up.audited()][-2:] == ["backup.drill", "backup.drill"]


def test_people_erased_since_are_no_difference(backed_up: Shop) -> None:
    with backed_up.opened() as opened:
        for person in backed_up.rows(Person):
            erase_person(opened.hub, person.id)
    found = backed_up.json("backup", "drill", "backups", "--keys", "backups", "--folder", str(backed_up.folder))
    calls = next(each for each in found["tables"] if each["table"] == "person")
    assert found["passed"] and calls["erased"] == 2 and calls["restored"] == 0


def altered(shop: Shop, change: Callable[[str, list[Any]], list[Any]], missing: str | None = None) -> str:
    """The backup of data as somebody with the hub's key could have rewritten it; of the table `missing` it promises one row
    more than it has."""
    keyring = keyring_of(read_config(shop.folder / "config.yaml").hub)
    reader, file = ArchiveReader(shop.folder / "backups" / "data", keyring, DATA), shop.folder / "altered"
    with ArchiveWriter(file, keyring, DATA) as writer:
        writer.id = reader.id
        for table in reader.manifest["tables"]:
            for rows in reader.rows(table):
                writer.rows(table, change(table, rows))
        if missing is not None:
            writer._counts[missing]["rows"] += 1
        writer.finish({**reader.manifest})
    reader.close()
    return str(file)


def test_a_row_that_is_not_there_after_the_restore_fails_the_drill(backed_up: Shop) -> None:
    file = altered(backed_up, lambda table, rows: rows, missing="fact")
    found = backed_up.json("backup", "drill", file, "--keys", "backups", "--folder", str(backed_up.folder), status=1)
    assert not found["passed"] and [each["table"] for each in found["tables"] if not each["same"]] == ["fact"]
    assert [action for action, _ in backed_up.audited()][-1] == "backup.drill_failed"
    assert scratches(backed_up) == []


def test_fields_that_no_key_opens_fail_the_drill(backed_up: Shop) -> None:
    def garbled(table: str, rows: list[Any]) -> list[Any]:
        for row in rows:
            if table == "call" and row["sealed_name"]:
                sealed = bytearray(base64.b64decode(row["sealed_name"]))
                sealed[-1] ^= 1
                row["sealed_name"] = base64.b64encode(sealed).decode()
        return rows

    file = altered(backed_up, garbled)
    told = backed_up.run("backup", "drill", file, "--keys", "backups", "--folder", str(backed_up.folder))
    assert told.exit_code == 1 and "0 of 1 names of callers opened" in told.stdout, told.output
    assert "not to be relied on" in told.stdout


def test_a_journal_with_a_changed_entry_fails_the_drill(backed_up: Shop) -> None:
    def changed(table: str, rows: list[Any]) -> list[Any]:
        return [{**row, "actor": "nobody"} if table == "audit_entry" else row for row in rows]

    found = backed_up.json(
        "backup", "drill", altered(backed_up, changed), "--keys", "backups", "--folder", str(backed_up.folder), status=1
    )
    assert not found["passed"] and found["journal"] and all(each["same"] for each in found["tables"])


def test_a_damaged_file_a_missing_one_and_a_full_disk_are_said_in_a_sentence(backed_up: Shop, refusal: Refusal) -> None:
    where = ("--folder", str(backed_up.folder))
    data = backed_up.folder / "backups" / "data"
    whole = data.read_bytes()
    data.write_bytes(whole[: len(whole) // 2])
    assert "not a complete Ringfence backup" in refusal(
        backed_up.run("backup", "drill", "backups/data", "--without-keys", *where)
    )
    assert [action for action, _ in backed_up.audited()][-1] == "backup.drill_failed"
    data.write_bytes(whole)
    assert "There is no backup of keys in plugins" in refusal(
        backed_up.run("backup", "drill", "backups", "--keys", "plugins", *where)
    )
    assert "use --without-keys" in refusal(backed_up.run("backup", "drill", "backups"))
    with pytest.raises(CannotDo, match="are free; name a folder on another disk"):
        refuse_full_disk(backed_up.folder, 10**18, 0)


def test_a_scratch_that_a_killed_drill_left_is_removed_by_the_next(backed_up: Shop) -> None:
    left = backed_up.folder / f".{PREFIX}left"
    left.mkdir()
    (left / "scratch.db").write_text("calls of people")
    backed_up.run("backup", "drill", "backups", "--keys", "backups", "--folder", str(backed_up.folder))
    assert not left.exists()
