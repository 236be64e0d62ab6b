"""docs/connect/: each provider that a hub can be connected to has five steps, and their YAML is accepted as it stands."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.config.loading import load_config
from hub.config.models import Config
from hub.contracts.vendor_file import read_rules
from hub.plugin_host.discovery import discover
from hub.proof.docs.config import built_in
from hub.proof.docs.providers import KINDS, providers_part

FOLDER = Path(__file__).parents[2] / "docs" / "connect"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page.name != "README.md")
BLOCK = re.compile(r"^( *)```yaml\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
KEY = "bm9ib2R5LW1heS1zZWUtdGhpcy1zZWNyZXQta2V5ISE="
FILES = {
    "google.json": json.dumps({"client_email": "hub@example.com", "private_key": "made-up"}),
    "salesforce.pem": "made-up",
    "vonage.pem": "made-up",
}
ENVIRON = {
    "HUB_KEY": KEY,
    "BANDWIDTH_CALLBACK_PASSWORD": 24 * "0",
    "LINE_SECRET": KEY,
    "TWILIO_ACCOUNT_SID": "AC" + 32 * "0",
    "PLIVO_AUTH_ID": "MA" + 18 * "0",
    "TELNYX_PUBLIC_KEY": KEY,
    "TELNYX_ACCOUNT_ID": "4001767f-0c6b-4a5b-9c07-1f6f0d6f1f2a",
}
HUB = {"public_url": "https://calls.example.com", "secret_keys": ["${env:HUB_KEY}"]}
OTHERS = {"google": {"plugin": "google_ads", "sandbox": True}, "signals": {"plugin": "signals"}}
"""Connectors that other pages explain: one that rules about deals send to, and one for consent."""


def written(page: Path) -> dict[str, Any]:
    """The YAML of a page as one tree."""
    tree: dict[str, Any] = {}
    for indent, block in BLOCK.findall(page.read_text()):
        tree |= yaml.safe_load(textwrap.dedent(indent + block if not block.startswith(indent) else block))
    return tree


def read(page: Path, folder: Path) -> Config:
    """What the hub reads from it; a ConfigError names what is wrong."""
    tree = written(page)
    tree["connectors"] = {**OTHERS, **tree["connectors"]}
    for name, text in FILES.items():
        (folder / name).write_text(text)
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump({"hub": HUB, "accounts": [], **tree}, sort_keys=False))
    named = re.findall(r"\$\{env:(\w+)\}", file.read_text())
    return load_config(file, discover, environ={**dict.fromkeys(named, "made-up-secret"), **ENVIRON})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_the_yaml_of_each_page_is_accepted(page: Path, tmp_path: Path) -> None:
    config = read(page, tmp_path)
    (own,) = set(written(page)["connectors"])
    assert not config.connectors[own].in_sandbox
    kind = config.connectors[own].connector_class.manifest.kind
    rules = [rule for rule in config.conversions if own in rule.send_to]
    assert rules or kind != "ads", "a page about an ad network shows a rule that sends to it"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_each_page_has_five_steps_from_the_account_to_a_test(page: Path) -> None:
    text = page.read_text()
    assert text.startswith("# ") and text.partition("\n")[0].endswith("in five steps")
    assert re.findall(r"^(\d)\. \*\*", text, re.MULTILINE) == list("12345")
    assert "*Connectors → Connect another →" in text and "hub check" in text


def test_every_built_in_provider_of_calls_deals_and_ads_has_a_page() -> None:
    explained = {each["plugin"] for page in PAGES for each in written(page)["connectors"].values()}
    kinds = ("carrier", "crm", "ads")
    assert explained == {name for name, each in built_in().items() if each.manifest.kind in kinds}
    listed = (FOLDER / "README.md").read_text()
    assert [page.name for page in PAGES if f"({page.name})" not in listed] == []


def test_the_table_of_providers_has_each_of_them_with_every_fact() -> None:
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in providers_part().splitlines()]
    wanted = {each.manifest.label for each in built_in().values() if each.manifest.kind in KINDS}
    assert {row[0] for row in rows[2:]} == wanted and len(wanted) >= 14
    empty = [(row[0], column) for row in rows[2:] for column, cell in zip(rows[0], row, strict=True) if not cell]
    assert empty == [], "declare it in the manifest; a version as Manifest(versions=(ApiVersion(…),))"
    by_name = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[2:]}
    assert by_name["Meta"]["Version and its end"] == "v26.0, ends about July 29, 2027"
    assert by_name["LinkedIn"]["Consent"] == "before sending; it has no field"
    assert by_name["Google Analytics"]["Receipts"] == "none: unverifiable"
    assert by_name["Google Ads"]["Known again by"] == "`transactionId`"


@pytest.mark.parametrize("name", sorted(built_in()))
def test_a_version_ends_in_the_manifest_when_it_does_in_the_vendors_rules(name: str) -> None:
    found = built_in()[name]
    file = Path(inspect.getfile(found)).parent / "sandbox" / "rules.yaml"
    ends = {each: version.ends for each, version in read_rules(file).versions.items()} if file.exists() else {}
    declared = {each.name: each.ends for each in found.manifest.versions if each.name in ends}
    assert declared == {each: end for each, end in ends.items() if each in declared}
    assert not ends or declared, "the manifest declares none of the versions that the rules have"
