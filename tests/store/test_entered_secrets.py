"""Secrets that users entered in the browser: encrypted, named by config.yaml, and never another account's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select
from testbed import KEY, TestHub

from hub.access.users import add_user
from hub.config.loading import load_config
from hub.errors import CannotDo, ConfigError
from hub.model import Account, StoredSecret, User
from hub.plugin_host.discovery import discover
from hub.store.encryption.keyring import Keyring, new_key
from hub.store.secrets import read_secret, rotate_secrets, save_secret, secrets_of

TOKEN = "auth-token-of-a-carrier"
TEXT = """
hub: {{public_url: "https://calls.example.com", database: "{database}", secret_keys: ["${{env:HUB_KEY}}"]}}
connectors:
  twilio: {{plugin: twilio, account_sid: "{sid}", auth_token: "${{secret:{name}}}"}}
  signals: {{plugin: signals}}
"""


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    return lite_hub()


def user_of(stage: TestHub, account: str = "agency") -> User:
    with stage.hub.store.writing() as session:
        row = session.exec(select(Account).where(Account.name == account)).first()
        if row is None:
            row = Account(name=account, title=account)
            session.add(row)
            session.flush()
        return add_user(session, row, f"owner-{account}", "owner", stage.clock())


def enter(stage: TestHub, name: str, value: str = TOKEN, user: User | None = None) -> None:
    with stage.hub.store.writing() as session:
        save_secret(session, stage.hub.keyring, name, value, user or user_of(stage), stage.clock())


def load(stage: TestHub, folder: Path, name: str) -> str:
    path = folder / "config.yaml"
    database = str(stage.hub.config.hub.database)
    path.write_text(TEXT.format(database=database, sid="AC" + "0" * 32, name=name))
    config = load_config(path, discover, environ={"HUB_KEY": KEY}, secrets=secrets_of)
    token: str = config.connectors["twilio"].settings.auth_token.get_secret_value()  # type: ignore[attr-defined]
    return token


def test_the_file_names_a_secret_and_the_database_has_it(stage: TestHub, tmp_path: Path) -> None:
    enter(stage, "twilio.auth_token")
    assert TOKEN.encode() not in stage.one(StoredSecret).ciphertext
    assert load(stage, tmp_path, "twilio.auth_token") == TOKEN


def test_a_secret_that_is_not_stored_is_a_problem_with_its_line(stage: TestHub, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(stage, tmp_path, "twilio.other")
    (problem,) = refused.value.problems
    assert (
        problem.line == 4
        and "the secret twilio.other is not stored; enter it on the page of connectors" in problem.text
    )


def test_a_new_key_encrypts_the_entered_secrets_again(stage: TestHub) -> None:
    enter(stage, "twilio.auth_token")
    keyring = Keyring([new_key(), KEY])
    with stage.hub.store.writing() as session:
        assert rotate_secrets(session, keyring) == 1
        assert rotate_secrets(session, keyring) == 0
        assert read_secret(session, keyring, "twilio.auth_token") == TOKEN
    assert stage.one(StoredSecret).key_id == keyring.newest


def test_another_accounts_secret_is_not_replaced(stage: TestHub) -> None:
    enter(stage, "twilio.auth_token")
    with pytest.raises(CannotDo, match="Another account"):
        enter(stage, "twilio.auth_token", "stolen", user_of(stage, "rival"))
    with stage.hub.store.reading() as session:
        assert read_secret(session, stage.hub.keyring, "twilio.auth_token") == TOKEN
