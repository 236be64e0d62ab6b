"""What a plugin's mistake in a hook says: where it is and what is wrong, but nothing about a person."""

# ruff: noqa: E501 - a sentence is easier to read on one line

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.facts import Caller
from hub.errors import PluginFailure
from hub.hookspecs import EnrichmentHooks
from hub.plugin_host.discovery import discover
from hub.plugin_host.host.load import class_in_file
from hub.plugin_host.registry import Plugins
from hub.testing import connect

LOOKUP = """
from hub.api import Connector, DataFlow, Fact, Manifest, PluginSettings, Recipient, Share, hookimpl
MISTAKES = ["category", "confidence", "field", "missing", "crash", "kind", "items", "nothing", "wrong_settings"]
class Settings(PluginSettings):
    key: int = 1
class Lookup(Connector):
    Settings = Settings
    manifest = Manifest(
        name="lookup", kind="enrichment", version="1", summary="-", recipient=Recipient(name="-", role="none"),
        flows=(DataFlow(hook="enrich_caller", use="functional.service", shares=(Share(field="phone_number"),)),),
    )

    @hookimpl
    def enrich_caller(self, caller):
        return getattr(self, MISTAKES[int(caller.phone_number[-2:])])(caller.phone_number)

    def category(self, number):
        return [Fact(name="line", value=number, category=f"user.{number}")]

    def confidence(self, number):
        return [Fact(name="line", value=number, category="user.name", confidence=90)]

    def field(self, number):
        return [Fact(name="line", value=number, categry="user.name")]

    def missing(self, number):
        return [Fact(name="line", value=number)]

    def crash(self, number):
        raise ValueError(number)

    def kind(self, number):
        return {number: number}

    def items(self, number):
        return [number]

    def nothing(self, number):
        return None

    def wrong_settings(self, number):
        type(self).Settings.model_validate({"key": number + "x"})
"""
AT = "at lookup.py:"
SAID = {
    "category": f"crashed in enrich_caller (WrongValue {AT}18: Fact.category is not a data category; it is one of user.advertising.click_id, ",
    "confidence": f"crashed in enrich_caller (WrongValue {AT}21: Fact.confidence is from 0 to 1)",
    "field": f"(TypeError {AT}24: Fact has no field 'categry'; did you mean 'category'? It is one of category, confidence, lifetime, name, value)",
    "missing": f"(TypeError {AT}27: Fact missing 1 required keyword-only argument: 'category')",
    "crash": f"(ValueError {AT}30)",
    "kind": "returned a dict, which is not a list of Fact, in enrich_caller",
    "items": "returned a list with a str, which is not a list of Fact, in enrich_caller",
    "nothing": "returned nothing, which is not a list of Fact, in enrich_caller",
    "wrong_settings": f"(ValidationError {AT}42: Settings.key: Input should be a valid integer, unable to parse string as an integer)",
}  # fmt: skip


@pytest.fixture(scope="module", params=["thread", "process"])
def plugins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugins]:
    file = tmp_path_factory.mktemp("plugins") / "lookup.py"
    file.write_text(LOOKUP)
    made: Any = class_in_file(file) if request.param == "thread" else discover([file]).classes["lookup"]
    found = Plugins([connect(made)])
    yield found
    found.close()


@pytest.mark.parametrize("mistake", SAID)
def test_an_author_reads_what_is_wrong_and_nothing_about_a_person(plugins: Plugins, mistake: str) -> None:
    number = f"+131255501{list(SAID).index(mistake):02}"
    [failure] = plugins.call_each("lookup", EnrichmentHooks.enrich_caller, [(Caller(phone_number=number),)])
    assert isinstance(failure, PluginFailure)
    assert SAID[mistake] in str(failure)
    assert number[2:] not in str(failure)


def test_a_default_factory_that_is_none_is_named_with_its_field(tmp_path: Path) -> None:
    file = tmp_path / "lookup.py"
    file.write_text(
        LOOKUP.replace("key: int = 1", "key: dict = Field(default_factory={})").replace(
            "\nfrom hub", "\nfrom pydantic import Field\nfrom hub", 1
        )
    )
    assert (
        discover([file])
        .broken["lookup"]
        .endswith("Settings.key: default_factory is a function that makes the default, not a dict")
    )
