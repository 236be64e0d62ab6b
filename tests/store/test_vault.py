"""The vault: what one person said is sealed under a key of their own, and is gone for good once that key is destroyed."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlmodel import select

from hub.config.models import HubSection
from hub.errors import ConfigError
from hub.model import PersonKey
from hub.store import Store
from hub.store.encryption.keyfile import key_file, keyring_of
from hub.store.encryption.keyring import Keyring, new_key
from hub.store.encryption.vault import Vault, rotate_person_keys
from hub.store.schema import upgrade
from hub.testing import FrozenClock

OLD, NEW = new_key(), new_key()
ANNA, BEN = "+13125550142", "+13125550143"
WHERE = "recording/1"
WORDS = b"My drain is blocked, and my name is Anna."


def vault(*keys: str) -> Vault:
    return Vault(Keyring(keys or (OLD,)), FrozenClock())


def seal(
    store: Store, number: str | None = ANNA, company: str = "north", subject: str = "call-1", **more: bytes
) -> bytes:
    with store.writing() as session:
        return vault().seal(session, company, number, subject, more.get("plain", WORDS), WHERE)


def opened(store: Store, sealed: bytes, where: str = WHERE, *keys: str) -> bytes | None:
    with store.reading() as session:
        return vault(*keys).open(session, sealed, where)


def destroy(store: Store, number: str | None = ANNA, company: str = "north", subject: str = "call-1") -> bool:
    with store.writing() as session:
        return vault().destroy(session, company, number, subject)


def rows(store: Store) -> list[PersonKey]:
    with store.reading() as session:
        return list(session.exec(select(PersonKey).where(PersonKey.holder != "holders").order_by(PersonKey.id)))


def test_what_is_sealed_opens_where_it_was_put_and_nowhere_else(store: Store) -> None:
    sealed = seal(store)
    assert WORDS not in sealed and opened(store, sealed) == WORDS
    with pytest.raises(ConfigError, match="cannot be decrypted with any key"):
        opened(store, sealed, "recording/2")


def test_all_of_one_person_is_under_one_key_and_of_two_people_under_two(store: Store) -> None:
    first, again, other = seal(store), seal(store, subject="call-2"), seal(store, BEN)
    elsewhere = seal(store, company="south")
    ids = [Vault.key_id(each) for each in (first, again, other, elsewhere)]
    assert ids[0] == ids[1] and len(set(ids)) == 3
    assert {row.id for row in rows(store)} == set(ids)


def test_a_caller_who_hides_the_number_has_a_key_for_each_call(store: Store) -> None:
    first, second = seal(store, None), seal(store, None, subject="call-2")
    assert destroy(store, None)
    assert opened(store, first) is None and opened(store, second) == WORDS


def test_a_destroyed_key_erases_all_of_the_person_and_leaves_a_tombstone(store: Store) -> None:
    mine, other = seal(store), seal(store, BEN)
    assert destroy(store) and not destroy(store)
    assert opened(store, mine) is None and opened(store, other) == WORDS
    tombstone = next(row for row in rows(store) if row.id == Vault.key_id(mine))
    assert tombstone.wrapped is None and tombstone.destroyed_at == FrozenClock()()
    assert destroy(store, "+13125550199") is False


def test_who_calls_again_after_an_erasure_gets_a_new_key(store: Store) -> None:
    before = seal(store)
    destroy(store)
    after = seal(store)
    assert opened(store, before) is None and opened(store, after) == WORDS
    assert Vault.key_id(before) != Vault.key_id(after)
    assert destroy(store) and opened(store, after) is None


def test_the_table_of_keys_names_nobody(store: Store) -> None:
    seal(store)
    (row,) = rows(store)
    assert ANNA[1:] not in row.holder and "north" not in row.holder and len(row.holder) == 64


def test_a_key_that_was_put_on_another_persons_row_opens_nothing(store: Store) -> None:
    mine = seal(store)
    seal(store, BEN)
    with store.writing() as session:
        first, second = session.exec(select(PersonKey).where(PersonKey.holder != "holders").order_by(PersonKey.id))
        first.wrapped = second.wrapped
        session.add(first)
    with pytest.raises(ConfigError):
        opened(store, mine)


def test_a_rotation_wraps_the_keys_anew_and_leaves_what_they_sealed(store: Store) -> None:
    sealed, gone = seal(store), seal(store, BEN)
    destroy(store, BEN)
    both = Keyring([NEW, OLD])
    assert rotate_person_keys(store, both) == 2, "one person's, and the one that hashes the names"
    assert rotate_person_keys(store, both) == 0
    assert opened(store, sealed, WHERE, NEW) == WORDS and opened(store, gone, WHERE, NEW) is None
    with store.writing() as session:
        assert Vault.key_id(vault(NEW).seal(session, "north", ANNA, "call-3", WORDS, WHERE)) == Vault.key_id(sealed)


def test_a_hub_with_another_key_is_stopped_before_it_begins(store: Store) -> None:
    with store.reading() as session:
        vault(NEW).check(session)
    seal(store)
    with store.reading() as session:
        vault().check(session)
        with pytest.raises(ConfigError, match="add it back"):
            vault(NEW).check(session)


def test_two_that_meet_a_new_person_at_once_seal_under_one_key(store: Store) -> None:
    ready = threading.Barrier(2)
    sealed: list[bytes] = []

    def work() -> None:
        ready.wait(30)
        sealed.append(seal(store))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [opened(store, each) for each in sealed] == [WORDS, WORDS]
    assert len({Vault.key_id(each) for each in sealed}) == 1


MEMORY = Store("sqlite://")
upgrade(MEMORY)


@settings(max_examples=40, deadline=None)
@given(plain=st.binary(max_size=200), place=st.integers(0, 200), bit=st.integers(0, 7))
def test_sealed_bytes_that_were_changed_do_not_open(plain: bytes, place: int, bit: int) -> None:
    sealed = bytearray(seal(MEMORY, plain=plain))
    assert opened(MEMORY, bytes(sealed)) == plain
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(ConfigError):
        opened(MEMORY, bytes(sealed))


# Where the hub's own key is kept


def section(folder: Path, *keys: str) -> HubSection:
    return HubSection(
        public_url="https://calls.example.com",  # type: ignore[arg-type]
        database=f"sqlite:///{folder / 'data' / 'ringfence.db'}",
        secret_keys=tuple(SecretStr(key) for key in keys),
    )


def test_a_hub_without_keys_makes_one_beside_its_database_once(tmp_path: Path) -> None:
    first, second = keyring_of(section(tmp_path)), keyring_of(section(tmp_path))
    file = tmp_path / "data" / "secret.key"
    assert first.newest == second.newest and key_file(section(tmp_path)) == file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["secret.key"]


def test_hubs_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    ready, made = threading.Barrier(4), []

    def work() -> None:
        ready.wait(30)
        made.append(keyring_of(section(tmp_path)).newest)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(made) == 4 and len(set(made)) == 1


def test_the_keys_of_the_settings_come_first_and_make_no_file(tmp_path: Path) -> None:
    assert keyring_of(section(tmp_path, NEW)).newest == Keyring([NEW]).newest
    assert list(tmp_path.iterdir()) == [] and key_file(section(tmp_path, NEW)) is None


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    keyring_of(section(tmp_path))
    (tmp_path / "data" / "secret.key").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        keyring_of(section(tmp_path))


def test_on_a_server_the_keys_must_be_told(tmp_path: Path) -> None:
    served = section(tmp_path).model_copy(update={"database": "postgresql+psycopg://hub@db/ringfence"})
    with pytest.raises(ConfigError, match="hub secrets new-key"):
        _ = keyring_of(served).newest
