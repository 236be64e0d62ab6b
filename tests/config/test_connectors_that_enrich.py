"""What config.yaml may say of connectors that tell facts about callers: TLS only, and how long their answers are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from config_samples import GOOD, installed_plugins
from pydantic import Field

from hub.api import Connector, PluginSettings, Recipient
from hub.config.redacted import shown
from hub.plugin_host.discovery import Catalog


class Settings(PluginSettings):
    base_url: str = Field(default="https://data.example.com", description="Where it answers.")


class Enriching(Connector):
    Settings = Settings

    def enrich_caller(self, caller: Any) -> tuple[()]:
        return ()


def with_data_service(kind: str) -> Any:
    def discover(folders: Any) -> Catalog:
        known = installed_plugins(folders).classes
        declared = known["nayco"].manifest.model_copy(update={"name": "dataco", "kind": kind})
        return Catalog({**known, "dataco": type("Dataco", (Enriching,), {"manifest": declared})}, {})

    return discover


def told(problems: Any, line: str, kind: str = "enrichment") -> list[str]:
    text = GOOD.replace("  nay:\n", f"  data:\n    plugin: dataco\n    {line}\n  nay:\n")
    return [str(problem) for problem in problems(text, discover=with_data_service(kind))]


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("enrichment", "http://data.example.com"),
        ("enrichment", "http://127.0.0.1:8080"),
        ("crm", "http://crm.example.com"),
    ],
)
def test_an_address_without_tls_is_refused_in_one_sentence(problems: Any, kind: str, address: str) -> None:
    sentence, *_ = told(problems, f"base_url: {address}", kind)
    assert sentence.endswith(
        "connectors.data.base_url: data about callers is fetched over TLS only; write an https:// address"
    )


def test_an_address_without_tls_is_told_beside_the_other_problems(problems: Any) -> None:
    lines = "base_url: http://data.example.com\n    no_such_key: 1"
    assert {text.partition(": ")[2].partition(":")[0] for text in told(problems, lines)} == {
        "connectors.data.base_url",
        "connectors.data.no_such_key",
    }


def test_tls_and_a_life_for_the_answers_are_fine(load: Any) -> None:
    text = GOOD.replace(
        "  nay:\n", "  data: {plugin: dataco, base_url: https://eu.example.com, keep: 5 days}\n  nay:\n"
    )
    config = load(text, discover=with_data_service("enrichment"))
    assert config.connectors["data"].common.keep == timedelta(days=5)


def test_keep_is_for_connectors_that_tell_facts(problems: Any) -> None:
    (problem,) = problems(GOOD.replace("    plugin: nayco\n", "    plugin: nayco\n    keep: 5 days\n"))
    assert "connectors.nay.keep" in str(problem) and "remove the line" in str(problem)


def test_a_long_span_is_shown_as_it_can_be_written(load: Any) -> None:
    text = GOOD.replace("  nay:\n", "  data: {plugin: dataco, keep: 90 days}\n  nay:\n")
    told = shown(load(text, discover=with_data_service("enrichment")))
    assert told["connectors"]["data"]["keep"] == "7776000s"


# addresses of this machine


def at_address(address: str, hub: str = "") -> str:
    text = GOOD.replace("  nay:\n", f"  data:\n    plugin: dataco\n    base_url: {address}\n  nay:\n")
    return text.replace("hub:\n", f"hub:\n{hub}", 1)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_what_listens_on_this_machine_is_no_provider_unless_the_operator_lists_it(
    load: Any, problems: Any, host: str
) -> None:
    name, address, plugins = host.strip("[]"), f"https://{host}:8443/v2", with_data_service("crm")
    (problem,) = problems(at_address(address), discover=plugins)
    assert f"connectors.data.base_url: {name} is this machine; add it to hub.private_hosts" in str(problem)
    assert load(at_address(address, f"  private_hosts: ['{name}']\n"), discover=plugins).connectors["data"]
    assert load(at_address("https://data.example.com:8443/v2"), discover=plugins).connectors["data"]


class Hearing(Connector):
    Settings = Settings


def with_a_speech_server(folders: Any) -> Catalog:
    known = installed_plugins(folders).classes
    update = {"name": "dataco", "kind": "transcription", "recipient": Recipient(name="us", role="none")}
    declared = known["nayco"].manifest.model_copy(update=update)
    return Catalog({**known, "dataco": type("Dataco", (Hearing,), {"manifest": declared})}, {})


@pytest.mark.parametrize(
    "address", ["http://10.7.0.4:8000", "https://speech.internal", "http://speech:8000", "http://box.home.arpa"]
)
def test_a_plugin_whose_data_nobody_else_gets_takes_a_server_of_the_own_network(load: Any, address: str) -> None:
    assert load(at_address(address), discover=with_a_speech_server).connectors["data"].checked


@pytest.mark.parametrize(
    "address",
    ["https://api.example.com", "https://8.8.8.8", "https://internal.example.com", "http://169.254.169.254"],
)
def test_a_plugin_whose_data_nobody_else_gets_takes_no_server_outside(problems: Any, address: str) -> None:
    (problem,) = problems(at_address(address), discover=with_a_speech_server)
    assert "connectors.data.base_url: is outside your own network" in str(problem)
