"""`hub config` and `hub secrets`, as a person uses them."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from commands import CliRunner
from typer.testing import Result

from hub.cli import config as config_commands
from hub.cli import secrets as secret_commands
from hub.errors import ConfigError

Run = Callable[..., Result]
LIVE = """\
hub: {public_url: https://calls.example.com}
connectors:
  carrier: {plugin: twilio, account_sid: AC00000000000000000000000000000000, auth_token: "${env:TWILIO_TOKEN}"}
"""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `hub …` in an empty folder."""
    app = typer.Typer()
    app.add_typer(config_commands.commands, name="config")
    app.add_typer(secret_commands.commands, name="secrets")
    monkeypatch.chdir(tmp_path)

    def run(*words: str, **environ: str) -> Result:
        return CliRunner().invoke(app, list(words), env=environ)

    return run


def refusal(result: Result) -> str:
    """The sentence that `hub` prints before it ends with status 2."""
    assert isinstance(result.exception, ConfigError)
    return str(result.exception)


def test_the_configuration_is_shown_without_its_secrets(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(LIVE)
    result = hub("config", "show", TWILIO_TOKEN="nobody-may-see")
    assert result.exit_code == 0
    assert "auth_token: '***'" in result.stdout
    assert "nobody-may-see" not in result.output


def test_a_wrong_configuration_ends_with_every_problem(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(LIVE.replace("public_url", "publik_url"))
    result = hub("config", "show", "--config", "my.yaml", TWILIO_TOKEN="")
    assert "my.yaml has 3 problems" in refusal(result)
    assert "line 3: connectors.carrier.auth_token: the environment variable TWILIO_TOKEN is empty" in refusal(result)


def test_a_missing_configuration_is_one_sentence(hub: Run) -> None:
    assert (
        refusal(hub("config", "show"))
        == "config.yaml does not exist. Run hub init to write one, or name another file with --config."
    )


def test_in_sandboxes_no_credentials_are_asked_for(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(LIVE)
    assert hub("config", "show", "--sandbox").exit_code == 0


def test_the_schema_is_printed_for_editors(hub: Run) -> None:
    result = hub("config", "schema")
    assert result.exit_code == 0
    assert "connector.twilio" in json.loads(result.stdout)["$defs"]


def test_the_schema_holds_the_plugins_of_a_folder(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from hub.api import Connector, Manifest, PluginSettings, Recipient\n"
        "class Mine(Connector):\n"
        "    manifest = Manifest(name='mine', kind='ads', version='1', summary='Mine.',"
        " recipient=Recipient(name='x', role='none'))\n"
        "    Settings = PluginSettings\n"
    )
    result = hub("config", "schema", "--plugin-dir", str(tmp_path))
    assert "connector.mine" in json.loads(result.stdout)["$defs"]


def test_a_new_key_is_32_random_bytes(hub: Run) -> None:
    first, second = (hub("secrets", "new-key").stdout for _ in range(2))
    assert len(base64.b64decode(first, validate=False)) == 32
    assert first != second


def test_a_key_file_is_readable_by_its_owner_alone_and_never_overwritten(hub: Run, tmp_path: Path) -> None:
    result = hub("secrets", "new-key", "--file", "key")
    key = (tmp_path / "key").read_text()
    assert result.exit_code == 0
    assert key.strip() not in result.output
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    again = hub("secrets", "new-key", "--file", "key")
    assert "already exists" in refusal(again)
    assert (tmp_path / "key").read_text() == key


def test_a_key_file_in_no_folder_is_one_sentence(hub: Run) -> None:
    result = hub("secrets", "new-key", "--file", "nowhere/key")
    assert "cannot be written" in refusal(result)
