"""`hub secrets rotate`: everything is under the newest key, and an older one may go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cli_shop import CALLER, Shop
from typer.testing import Result

from hub.model import ConfigProcess, ConnectorToken, TextMessage
from hub.platform.clock import utc_now
from hub.store.connectors import SANDBOX_KEYRING, StoredTokens
from hub.store.encryption.keyring import Keyring, new_key

Refusal = Callable[[Result], str]
WORDS = "My drain is blocked."


def fill(shop: Shop) -> None:
    """A token and a text under the first key."""
    with shop.opened() as opened:
        opened.hub.plugins.connectors["ads"].services.tokens.save({"access_token": "a-token-that-nobody-may-see"})
        for words in (WORDS, "And again."):
            address = shop.address(opened.hub)
            shop.receive(opened, [shop.carrier.message_webhook(CALLER, "+13125550120", words, address)])
        shop.work(opened)


def renew(shop: Shop) -> str:
    """Put a new key in front; its id."""
    (shop.folder / "newer").write_text(new_key())
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace('["${file:key}"]', '["${file:newer}", "${file:key}"]'))
    return Keyring([(shop.folder / "newer").read_text()]).newest


def test_tokens_and_texts_are_encrypted_anew_and_the_old_key_may_go(shop: Shop) -> None:
    fill(shop)
    newest = renew(shop)
    result = shop.run("secrets", "rotate")
    assert result.exit_code == 0, result.output
    done = "Encrypted 1 token, 0 app secrets and 2 keys of people again"
    assert f"{done}; everything is now under the key {newest}." in result.stdout
    assert shop.audited() == [("secrets.rotate", newest)]
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace(', "${file:key}"]', "]"))
    with shop.opened() as opened:
        tokens = opened.hub.plugins.connectors["ads"].services.tokens
        assert tokens.load() == {"access_token": "a-token-that-nobody-may-see"}
    assert {row.key_id for row in shop.rows(ConnectorToken)} == {newest}
    message = shop.rows(TextMessage)[0]
    assert WORDS in shop.run("call", message.id, "--show-personal").stdout


def test_nothing_is_rotated_while_a_process_runs_that_does_not_have_the_new_key_first(
    shop: Shop, refusal: Refusal
) -> None:
    fill(shop)
    newest, before = renew(shop), shop.rows(ConnectorToken)
    now = utc_now()
    process: dict[str, Any] = {
        "role": "run",
        "host": "here",
        "pid": 7,
        "started_at": now,
        "seen_at": now + timedelta(minutes=1),
    }
    with shop.opened() as opened, opened.hub.store.writing() as session:
        older = opened.hub.keyring.key_ids[1]
        session.add(ConfigProcess(id="p1", key_ids=older, **process))
    assert f"process 7 on here does not run with the key {newest} as its first one" in refusal(
        shop.run("secrets", "rotate")
    )
    assert shop.rows(ConnectorToken) == before
    for keys, code in ((f"{older} {newest}", 1), (f"{newest} {older}", 0)):
        with shop.opened() as opened, opened.hub.store.writing() as session:
            session.get_one(ConfigProcess, "p1").key_ids = keys
        assert shop.run("secrets", "rotate").exit_code == code


def test_a_second_rotation_finds_nothing_to_do(shop: Shop) -> None:
    fill(shop)
    renew(shop)
    shop.run("secrets", "rotate")
    before = shop.rows(TextMessage)
    assert "0 tokens, 0 app secrets and 0 keys of people" in shop.run("secrets", "rotate").stdout
    assert shop.rows(TextMessage) == before


def test_a_rotation_without_the_older_key_changes_nothing(shop: Shop, refusal: Refusal) -> None:
    fill(shop)
    before = shop.rows(TextMessage)
    renew(shop)
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace(', "${file:key}"]', "]"))
    assert "add it back at the end of the list" in refusal(shop.run("secrets", "rotate"))
    assert shop.rows(TextMessage) == before


def test_without_keys_in_the_settings_the_hub_makes_its_own_and_says_where(shop: Shop) -> None:
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace('  secret_keys: ["${file:key}"]\n', ""))
    told = " ".join(shop.run("check").stdout.split())
    assert "secret.key encrypts recordings, texts and tokens; keep a copy" in told
    fill(shop)
    assert "0 tokens" in shop.run("secrets", "rotate").stdout


def test_a_rotation_leaves_the_tokens_of_stand_ins_as_they_are(shop: Shop) -> None:
    fill(shop)
    with shop.opened() as opened:
        tokens = StoredTokens(opened.hub.store, SANDBOX_KEYRING, opened.hub.clock, "places")
        tokens.save({"access_token": "of a stand-in"})
        newest = renew(shop)
        result = shop.run("secrets", "rotate")
        assert result.exit_code == 0, result.output
        assert tokens.load() == {"access_token": "of a stand-in"}
    assert {row.key_id for row in shop.rows(ConnectorToken)} == {newest, SANDBOX_KEYRING.newest}


def test_a_lost_key_file_is_not_replaced_while_the_database_holds_what_it_encrypted(
    shop: Shop, refusal: Refusal
) -> None:
    file, own = shop.folder / "config.yaml", f"sqlite:///{shop.folder / 'data' / 'hub.db'}"
    text = file.read_text().replace('  secret_keys: ["${file:key}"]\n', "").replace(shop.database, own)
    file.write_text(text)
    fill(shop)
    key = shop.folder / "data" / "secret.key"
    kept = key.read_text()
    key.unlink()
    for command in (["secrets", "rotate"], ["privacy", "verify"], ["check"]):
        assert "restore the file from your copy" in refusal(shop.run(*command))
        assert not key.exists()
    key.touch(0o600)
    key.write_text(kept)
    assert shop.run("privacy", "verify").exit_code == 0
