"""The JSON Schema says the same as the loader, so an editor's word can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from config_samples import GOOD, InstalledPlugins

from hub.config.callflow.checks import dialed
from hub.config.loading import load_config
from hub.config.schema import config_schema
from hub.plugin_host.discovery import discover

EXAMPLE = Path(__file__).parents[2] / "config.yaml"


def errors(schema: Any, text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    return ["/".join(map(str, error.absolute_path)) for error in validator.iter_errors(yaml.safe_load(text))]


@pytest.fixture(scope="module")
def schema() -> Any:
    return config_schema(InstalledPlugins().classes)


def test_the_schema_is_one(schema: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


def test_a_right_file_fits_the_schema(schema: Any) -> None:
    text = GOOD.replace("[+13125550100, ", '["+13125550100", ')
    assert errors(schema, text) == []


def test_a_reference_may_stand_for_any_value(schema: Any) -> None:
    text = GOOD.replace("[+13125550100, ", '["+13125550100", ').replace(
        "plugin: phoneco", "plugin: phoneco\n    port: ${env:PORT}"
    )
    assert errors(schema, text) == []


@pytest.mark.parametrize(
    ("piece", "instead", "place"),
    [
        ("auth_token:", "auth_tokn:", "connectors/phone"),
        ("${env:PHONE_TOKEN}", "in-clear", "connectors/phone/auth_token"),
        ("plugin: adco", "plugin: adca", "connectors/ads/plugin"),
        ("    account:", "    acount:", "connectors/ads"),
        ("${env:PHONE_TOKEN}", "${env:PHONE_TOKEN}\n    port: 70000", "connectors/phone/port"),
        ("event: call", "event: calls", "conversions/0/when/event"),
        ("40 USD", "40", "conversions/0/value"),
        ("action: 7", "acton: 7", "conversions/0/send_to/ads"),
        ("title: North", "titel: North", "accounts/0/companies/0"),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(schema: Any, piece: str, instead: str, place: str) -> None:
    assert place in errors(schema, GOOD.replace(piece, instead, 1))


def test_a_sandboxed_connector_needs_no_credentials_in_an_editor_either(schema: Any) -> None:
    text = GOOD.replace("[+13125550100, ", '["+13125550100", ')
    assert errors(schema, text.replace("auth_token: ${env:PHONE_TOKEN}", "sandbox: true")) == []


def test_the_example_fits_the_schema_of_the_built_in_plugins() -> None:
    assert errors(config_schema(discover().classes), EXAMPLE.read_text()) == []


def test_the_example_loads_without_any_secret() -> None:
    config = load_config(EXAMPLE, discover, environ={})
    assert {entry.kind for entry in config.connectors.values()} == {"carrier", "ads", "crm", "enrichment", "consent"}
    assert all(entry.in_sandbox for entry in config.connectors.values() if entry.kind in ("carrier", "ads", "crm"))
    pools = [tracker for company in config.companies for tracker in company.trackers if tracker.type == "session"]
    assert all(len(tracker.numbers) >= 8 for tracker in pools)
    assert len(config.companies) == 2


def test_every_number_of_the_example_is_fictional() -> None:
    config = load_config(EXAMPLE, discover, environ={})
    flows = [company.flow_of(tracker) for company in config.companies for tracker in company.trackers]
    numbers = [number for company in config.companies for tracker in company.trackers for number in tracker.numbers]
    for number in [*numbers, *(number for flow in flows for _, number in dialed(flow))]:
        assert number[5:10] == "55501", number
