"""What keeps a hub from starting is told in one sentence, with status 2 and no traceback."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_shop import Shop
from typer.testing import Result

from hub.errors import ConfigError
from hub.serving.addresses import refuse_taken_address
from hub.store.engine import Store
from hub.store.schema import current

Refusal = Callable[[Result], str]


def test_a_file_that_is_no_database_is_named_as_that(shop: Shop, refusal: Refusal) -> None:
    (shop.folder / "letter.db").write_text("Dear Sir or Madam, this is no database at all. " * 9)
    shop.database = "sqlite:///letter.db"
    shop.configure()
    said = refusal(shop.run("deliveries", "list"))
    assert said.startswith("The database does not answer (file is not a database); check hub.database. If that is the")
    assert "move the file" in said and "`hub restore`" in said
    assert refusal(shop.run("sync", "ads")) == said


def test_a_folder_that_cannot_be_made_is_named(shop: Shop, refusal: Refusal) -> None:
    (shop.folder / "data").write_text("a file where the folder is to be")
    shop.database = "sqlite:///data/hub.db"
    shop.configure()
    assert "cannot be created (File exists)" in refusal(shop.run("deliveries", "list"))


def test_an_empty_file_is_no_new_database_and_a_missing_one_is(shop: Shop, refusal: Refusal) -> None:
    shop.database = "sqlite:///emptied.db"
    shop.configure()
    emptied = shop.folder / "emptied.db"
    emptied.touch()
    assert "is an empty file, which the hub never leaves behind" in refusal(shop.run("deliveries", "list"))
    emptied.unlink()
    assert shop.run("deliveries", "list").exit_code == 0
    assert emptied.stat().st_size


def test_a_disk_that_is_read_only_is_named_as_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)
    monkeypatch.setattr("os.statvfs", lambda path: SimpleNamespace(f_flag=os.ST_RDONLY))
    store = Store(f"sqlite:///{tmp_path / 'hub.db'}")
    with pytest.raises(ConfigError, match="cannot be written: its disk is mounted read-only"):
        current(store)
    store.close()


def test_an_address_in_use_is_told_and_a_free_one_is_none_of_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(
            ConfigError, match="is already in use, perhaps by another hub; stop the program that listens there"
        ):
            refuse_taken_address(listen)
    refuse_taken_address(listen)


def test_a_host_that_this_machine_does_not_know_is_told() -> None:
    with pytest.raises(ConfigError, match=r"this machine does not know 'nowhere\.invalid'"):
        refuse_taken_address("nowhere.invalid:8080")
