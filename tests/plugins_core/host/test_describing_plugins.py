"""A plugin that is not built in is never imported by the hub: a child process describes it."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from hub.config.error_messages import validated
from hub.contracts.connector import Connector
from hub.plugin_host.discovery import Catalog, discover
from hub.plugin_host.host.messages import Origin
from hub.plugin_host.host.probe import Probe
from hub.testing import connect

ADCO = '''
    from typing import Annotated, Literal
    from pydantic import AnyHttpUrl, Field, SecretStr, field_validator
    from hub.api import Connector, DataFlow, Manifest, PluginSettings, Recipient, Share, Transform, hookimpl

    class Office(PluginSettings):
        name: str = "main"

    class Settings(PluginSettings):
        token: SecretStr = Field(description="The token of the account.")
        mode: Literal["test", "live"] = "test"
        base_url: AnyHttpUrl = AnyHttpUrl("https://api.adco.example")
        office: Office = Office()
        size: Annotated[int, Field(ge=1, le=9)] = 2

        @field_validator("token")
        @classmethod
        def _token(cls, token):
            if not token.get_secret_value().startswith("ad-"):
                raise ValueError("a token of AdCo begins with ad-")
            return token

    class Destination(PluginSettings):
        action: str

        @field_validator("action")
        @classmethod
        def _digits(cls, action):
            return action.replace("-", "")

    LAST_FOUR = Transform(name="last_four", function=lambda text: text[-4:], example=("+13125550100", "0100"))

    class AdCo(Connector):
        """Sends conversions to AdCo."""

        manifest = Manifest(
            name="adco", kind="ads", version="1", summary="AdCo.", hosts=("api.adco.example",),
            recipient=Recipient(name="AdCo", role="processor"),
            flows=(DataFlow(hook="upload_conversions", use="marketing.advertising.third_party.targeted",
                            shares=(Share(field="phone_number", transform=LAST_FOUR),)),),
        )
        Settings = Settings
        Destination = Destination

        @classmethod
        def needs_sign_in(cls, settings):
            return settings.mode == "live"

        @hookimpl
        def upload_conversions(self, conversions, dry_run):
            return []
'''


def put(folder: Path, name: str, source: str) -> Path:
    file = folder / f"{name}.py"
    file.write_text(dedent(source))
    return file


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    sys.modules.pop("ringfence_plugin_adco", None)  # another test's plugin of this name, which runs in a thread
    return discover([put(tmp_path_factory.mktemp("plugins"), "adco", ADCO)])


@pytest.fixture(scope="module")
def adco(catalog: Catalog) -> type[Connector]:
    return catalog.classes["adco"]


def test_the_hub_knows_a_plugin_without_importing_it(adco: type[Connector]) -> None:
    assert "ringfence_plugin_adco" not in sys.modules
    assert adco.manifest.hosts == ("api.adco.example",)
    assert hasattr(adco, "upload_conversions") and not hasattr(adco, "log_calls")
    assert adco.sandbox_class() is None


@pytest.mark.parametrize(
    ("tree", "wrong"),
    [
        ({"token": "ad-1", "office": {"name": "x"}}, None),
        ({"token": "secret"}, "a token of AdCo begins with ad-"),
        ({"token": "ad-1", "mode": "fast"}, "one of test, live"),
        ({"token": "ad-1", "size": 10}, "less than or equal to 9"),
        ({"tokn": "ad-1"}, "The token of the account"),
    ],
)
def test_settings_are_checked_by_their_types_and_by_the_plugin_itself(
    adco: type[Connector], tree: dict[str, Any], wrong: str | None
) -> None:
    settings, problems = validated(adco.Settings, tree)
    assert (settings is None) == (wrong is not None)
    assert wrong is None or any(wrong in sentence for _, _, sentence in problems)
    assert not any("secret" in sentence for _, _, sentence in problems)


@pytest.mark.parametrize(("file", "is_read"), [("adco.rules.yaml", True), ("other.yaml", False)])
def test_a_plugin_of_one_file_reads_the_rules_beside_it_and_no_other_file(
    tmp_path: Path, file: str, is_read: bool
) -> None:
    (tmp_path / file).write_text("rules: []")
    source = ADCO.replace('summary="AdCo."', f'summary=(Path(__file__).parent / "{file}").read_text()')
    plugin = put(tmp_path, "adco", f"from pathlib import Path\n{dedent(source)}")
    known = discover([plugin]).classes
    assert ("adco" in known and known["adco"].manifest.summary == "rules: []") is is_read


def test_a_destination_is_stored_as_the_plugin_changes_it(adco: type[Connector]) -> None:
    assert adco.Destination is not None
    assert adco.Destination.model_validate({"action": "12-34"}).model_dump() == {"action": "1234"}


def test_the_plugin_says_whether_somebody_must_sign_in(adco: type[Connector]) -> None:
    found = [
        adco.needs_sign_in(adco.Settings.model_validate({"token": "ad-1", "mode": mode})) for mode in ("live", "test")
    ]
    assert found == [True, False]


def test_the_plugins_own_transform_runs_in_its_process(adco: type[Connector]) -> None:
    connector: Any = connect(adco, token="ad-1")
    try:
        (share,) = connector.manifest.flows[0].shares
        assert (share.transform_name, share.transform("+13125559876")) == ("last_four", "9876")
    finally:
        connector.supervisor.close()


def test_the_same_file_is_looked_at_once_and_a_changed_one_again(catalog: Catalog) -> None:
    file = catalog.origins["adco"].file
    assert file is not None
    assert discover([file]).classes["adco"] is catalog.classes["adco"]
    file.write_text(dedent(ADCO).replace('summary="AdCo."', 'summary="Newer."'))
    assert discover([file]).classes["adco"].manifest.summary == "Newer."


def test_in_a_thread_the_plugin_is_imported_by_the_hub(catalog: Catalog) -> None:
    found = catalog.isolated("adco", "thread")
    assert found.__module__ == "ringfence_plugin_adco"
    assert found is not catalog.classes["adco"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os; os._exit(3)", "it ended the process with status 3"),
        ("import sys; sys.exit(2)", "SystemExit at bad.py:1"),
        ("held = bytearray(2_000_000_000)", "MemoryError at bad.py:1"),
        ("import socket; socket.create_connection(('192.0.2.1', 80), 1)", "HostRefused at bad.py:1"),
        ("import os; os.kill(os.getppid(), 9)", "PermissionError at bad.py:1"),
    ],
)
def test_a_plugin_that_does_harm_when_it_is_imported_is_only_broken(tmp_path: Path, source: str, reason: str) -> None:
    assert reason in discover([put(tmp_path, "bad", source)]).broken["bad"]


def test_a_plugin_whose_import_never_ends_is_broken(tmp_path: Path) -> None:
    file = put(tmp_path, "bad", "import time; time.sleep(60)")
    probe = Probe(seconds=0.3)
    try:
        assert probe.ask("describe", Origin(file=file), "bad") == {
            "broken": "it cannot be imported: it took longer than 0.3 seconds"
        }
    finally:
        probe.close()
