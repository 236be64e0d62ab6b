"""Keys, tokens and notes: what is encrypted opens only where it was put, and one of many refreshes a token."""

from __future__ import annotations

import base64
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from hub.errors import ConfigError
from hub.model import ConnectorToken
from hub.store import Store
from hub.store.connectors import (
    StoredNotes,
    StoredTokens,
    move_cursor,
    pause,
    paused_connectors,
    read_cursor,
    resume,
)
from hub.store.encryption.keyring import Keyring, new_key
from hub.store.owner_consent import forget_token
from hub.testing import FrozenClock

OLD, NEW = new_key(), new_key()
NOW = FrozenClock()()


def tokens(store: Store, connector: str = "google", keys: tuple[str, ...] = (OLD,)) -> StoredTokens:
    return StoredTokens(store, Keyring(keys), FrozenClock(), connector)


# Keys


@given(plain=st.binary(max_size=300), where=st.text(max_size=30))
def test_what_is_encrypted_opens_where_it_was_put(plain: bytes, where: str) -> None:
    ring = Keyring([NEW, OLD])
    sealed = ring.encrypt(plain, where)
    assert ring.decrypt(sealed, where) == plain
    assert len(plain) < 8 or plain not in sealed
    assert ring.encrypt(plain, where) != sealed, "no two ciphertexts are alike"


def test_the_newest_key_encrypts_and_every_key_opens() -> None:
    before = Keyring([OLD]).encrypt(b"token", "here")
    both = Keyring([NEW, OLD])
    assert both.decrypt(before, "here") == b"token"
    assert Keyring.key_id(both.encrypt(b"token", "here")) == both.newest != Keyring([OLD]).newest
    with pytest.raises(ConfigError, match=r"is not in hub\.secret_keys; add it back"):
        Keyring([NEW]).decrypt(before, "here")


def test_a_ciphertext_that_was_moved_elsewhere_does_not_open() -> None:
    ring = Keyring([OLD])
    with pytest.raises(ConfigError, match="was not written there by this hub"):
        ring.decrypt(ring.encrypt(b"token", "connector_token/google"), "connector_token/salesforce")


@given(place=st.integers(16, 60), bit=st.integers(0, 7))
def test_a_ciphertext_that_was_changed_does_not_open(place: int, bit: int) -> None:
    ring = Keyring([OLD])
    sealed = bytearray(ring.encrypt(b"a token of some length, with more", "here"))
    sealed[place] ^= 1 << bit
    with pytest.raises(ConfigError):
        ring.decrypt(bytes(sealed), "here")


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(b"x" * 31).decode(), "!" * 44])
def test_what_is_no_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigError, match="is not 32 bytes in base64") as caught:
        Keyring([key])
    assert not key or key not in str(caught.value)


def test_without_a_key_nothing_is_stored_in_clear() -> None:
    assert not Keyring([])
    with pytest.raises(ConfigError, match="hub secrets new-key"):
        Keyring([]).encrypt(b"token", "here")


# Tokens


def test_a_token_survives_a_restart_and_is_not_readable_in_the_database(store: Store) -> None:
    tokens(store).save({"access_token": "ya29.secret", "expires_at": 5})
    assert tokens(store).load() == {"access_token": "ya29.secret", "expires_at": 5}
    assert tokens(store, "other").load() is None
    with store.reading() as session:
        row = session.exec(select(ConnectorToken)).one()
    assert b"ya29" not in row.ciphertext and row.key_id == Keyring([OLD]).newest


def test_tokens_that_were_swapped_in_the_database_do_not_open(store: Store) -> None:
    tokens(store, "google").save({"access_token": "one"})
    tokens(store, "other").save({"access_token": "two"})
    with store.writing() as session:
        one, two = session.get(ConnectorToken, "google"), session.get(ConnectorToken, "other")
        assert one and two
        one.ciphertext, two.ciphertext = two.ciphertext, one.ciphertext
        session.add_all([one, two])
    with pytest.raises(ConfigError, match="connector_token/google was not written there"):
        tokens(store, "google").load()


def test_a_token_of_an_older_key_opens_and_is_saved_with_the_newest(store: Store) -> None:
    tokens(store).save({"access_token": "one"})
    both = tokens(store, keys=(NEW, OLD))
    assert both.load() == {"access_token": "one"}
    both.save({"access_token": "two"})
    assert tokens(store, keys=(NEW,)).load() == {"access_token": "two"}


def test_of_many_threads_that_find_a_token_stale_one_refreshes(store: Store) -> None:
    refreshed: list[str] = []
    failures: list[BaseException] = []
    start = threading.Barrier(6)

    def use() -> None:
        mine = tokens(store)
        try:
            start.wait(30)
            with mine.refreshing():
                if (mine.load() or {}).get("access_token") != "fresh":
                    time.sleep(0.02)  # the provider's answer
                    refreshed.append(threading.current_thread().name)
                    mine.save({"access_token": "fresh"})
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == [] and len(refreshed) == 1


@pytest.mark.parametrize("minutes", [0.6, -60])
def test_a_refresh_whose_process_died_is_taken_over_also_after_the_clock_was_set_back(
    store: Store, minutes: float
) -> None:
    clock = FrozenClock()
    dead = StoredTokens(store, Keyring([OLD]), clock, "google")
    held = dead.refreshing()
    held.__enter__()
    clock.advance(minutes=minutes)
    alive = StoredTokens(store, Keyring([OLD]), clock, "google")
    with alive.refreshing():
        alive.save({"access_token": "fresh"})
    assert alive.load() == {"access_token": "fresh"}


@pytest.mark.parametrize("again", [None, {"access_token": "of the new account"}])
def test_a_refresh_that_ends_after_its_connector_was_removed_stores_nothing(
    store: Store, again: dict[str, object] | None
) -> None:
    """Another connector may have the name by then."""
    clock = FrozenClock()
    removed, added = (StoredTokens(store, Keyring([OLD]), clock, "google") for _ in range(2))
    with removed.refreshing():
        with store.writing() as session:
            forget_token(session, "google")
        if again is not None:
            added.save(again)
        clock.advance(seconds=1)
        with added.refreshing():
            removed.save({"access_token": "of the old account"})
            assert added.load() == again
    assert added.load() == again


def test_a_sign_in_during_a_refresh_wins(store: Store) -> None:
    refreshing, signing_in = tokens(store), tokens(store)
    with refreshing.refreshing():
        signing_in.save({"access_token": "of the sign-in"})
        refreshing.save({"access_token": "refreshed"})
    assert tokens(store).load() == {"access_token": "of the sign-in"}
    with refreshing.refreshing():
        refreshing.save({"access_token": "refreshed"})
    assert tokens(store).load() == {"access_token": "refreshed"}


def test_an_error_while_refreshing_lets_the_next_one_try(store: Store) -> None:
    with pytest.raises(ValueError, match="refused"), tokens(store).refreshing():
        raise ValueError("refused")
    with tokens(store).refreshing():
        assert tokens(store).load() is None


# Notes, cursors, pauses


def test_notes_are_each_connectors_own(store: Store) -> None:
    notes, other = StoredNotes(store, "google"), StoredNotes(store, "other")
    assert notes.get("api") is None
    notes.put("api", "data_manager")
    notes.put("api", "google_ads")
    assert (notes.get("api"), other.get("api")) == ("google_ads", None)


def test_a_cursor_moves_in_the_transaction_of_what_was_read(store: Store) -> None:
    with pytest.raises(ValueError, match="bad page"), store.writing() as session:
        move_cursor(session, "crm", "outcomes", "1", NOW)
        raise ValueError("bad page")
    with store.reading() as session:
        assert read_cursor(session, "crm", "outcomes") is None
    for value in ("1", "2", None):
        with store.writing() as session:
            move_cursor(session, "crm", "outcomes", value, NOW)
        with store.reading() as session:
            assert read_cursor(session, "crm", "outcomes") == value


def test_a_paused_connector_is_told_with_its_reason_until_it_is_resumed(store: Store) -> None:
    pause(store, "google", "reconnect it", NOW)
    with store.reading() as session:
        assert paused_connectors(session) == {"google": "reconnect it"}
    resume(store, "google")
    with store.reading() as session:
        assert paused_connectors(session) == {}


def test_two_processes_may_write_the_same_note_cursor_and_pause_at_once(store: Store) -> None:
    start = threading.Barrier(4)
    failures: list[BaseException] = []

    def write() -> None:
        try:
            start.wait(30)
            StoredNotes(store, "google").put("api", "data_manager")
            pause(store, "google", "reconnect it", NOW)
            with store.writing() as session:
                move_cursor(session, "google", "outcomes", "1", NOW)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []


# Logs


def test_what_libraries_log_goes_through_the_same_net() -> None:
    script = """
import logging
from hub.platform import logs
logs.configure()
logging.getLogger("some.library").warning("refused for %s", "+13125550142")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "refused for" in done.stderr and "+13125550142" not in done.stderr
