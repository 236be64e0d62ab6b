"""A destination is stored and sent as the plugin's own model has it, defaults included."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import update
from testbed import CONNECTORS, EVERY_CALL, TestHub

from hub.config.loading import config_of
from hub.config.models import Config, ConversionRule
from hub.delivery.replay_fresh import replay_fresh
from hub.errors import CannotDo, ConfigError
from hub.model import Delivery
from hub.plugin_host.discovery import discover

Factory = Callable[..., TestHub]
PLUGIN = """
from typing import Literal
from pydantic import Field
from hub.api import Connector, DataFlow, Manifest, PluginSettings, Receipt, Recipient, Share, hookimpl


class Destination(PluginSettings):
    kind: Literal["LEAD", "PURCHASE"] = "LEAD"
    to: str | None = Field(None, alias="set")
    {more}


class Shelfads(Connector):
    manifest = Manifest(
        name="shelfads",
        kind="ads",
        version="1",
        summary="Ads on shelves.",
        recipient=Recipient(name="Shelf Ads", role="independent_controller"),
        flows=(
            DataFlow(
                hook="upload_conversions",
                use="marketing.advertising.third_party.targeted",
                shares=(Share(field="phone_number", transform="sha256_e164"),),
            ),
        ),
    )
    Settings = PluginSettings
    Destination = Destination
    sent = []

    @hookimpl
    def upload_conversions(self, conversions, dry_run):
        self.sent += [(each.destination["kind"], each.destination["set"]) for each in conversions]
        return [Receipt(key=each.key, status="delivered") for each in conversions]
"""
CONFIG = """\
hub: {{public_url: "https://calls.example.com", plugin_dirs: [.]}}
connectors:
  network: {{plugin: shelfads, isolation: thread}}
  signals: {{plugin: signals}}
conversions:
  - name: every call
    when: {{event: call}}
    send_to: {{network: {written}}}
"""


def load(folder: Path, written: str, more: str = "") -> Config:
    (folder / "shelfads.py").write_text(PLUGIN.replace("{more}", more))
    return config_of(CONFIG.format(written=written), folder / "config.yaml", discover)


def test_an_empty_destination_is_stored_and_sent_with_the_plugins_defaults(tmp_path: Path, lite_hub: Factory) -> None:
    config = load(tmp_path, "{}")
    assert config.conversions[0].send_to == {"network": {"kind": "LEAD", "set": None}}
    network = config.connectors["network"].connector_class
    stage = lite_hub(
        connectors={**CONNECTORS, "network": network},
        conversions=[each.model_dump(exclude_none=True) for each in config.conversions],
    )
    stage.call_in()
    assert stage.delivery().destination == {"kind": "LEAD", "set": None}
    assert stage.deliver() == {"delivered": 1}
    assert network.sent == [("LEAD", None)]  # type: ignore[attr-defined]


def test_a_row_of_an_earlier_version_gets_the_defaults_when_it_is_sent(tmp_path: Path, lite_hub: Factory) -> None:
    network = load(tmp_path, "{}").connectors["network"].connector_class
    rule: dict[str, Any] = {**EVERY_CALL, "send_to": {"network": {"kind": "LEAD"}}}
    stage = lite_hub(connectors={**CONNECTORS, "network": network}, conversions=[rule])
    stage.call_in()
    with stage.hub.store.writing() as session:
        session.exec(update(Delivery).values(destination={}))
    assert stage.deliver() == {"delivered": 1}
    assert network.sent == [("LEAD", None)]  # type: ignore[attr-defined]
    with stage.hub.store.writing() as session, pytest.raises(CannotDo, match="exactly this already"):
        replay_fresh(stage.hub, session, stage.directory, stage.delivery().id, actor="dana")


@pytest.mark.parametrize(
    ("written", "more", "says"),
    [
        ("{kind: SALE}", "", "'SALE' is not allowed"),
        ("{}", "number: int", "is missing; write it"),
        ("", "", "expected keys with values"),
        ("{secret: abc}", "secret: __import__('pydantic').SecretStr", "cannot read back what it stores"),
    ],
)
def test_a_destination_that_the_plugin_cannot_use_is_an_error_of_the_file(
    tmp_path: Path, written: str, more: str, says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, written, more)
    assert [says in each.text for each in caught.value.problems] == [True], caught.value.problems


def test_a_rule_made_in_code_is_sent_with_the_defaults_too(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[ConversionRule.model_validate({**EVERY_CALL, "send_to": {"network": {}}})])
    stage.call_in()
    stage.deliver()
    assert stage.network.uploaded[0].destination == {"action": 1}
