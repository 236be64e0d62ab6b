"""The page of the language of rules.yaml: its example works as it stands there, and it has every word."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.contracts.operations import KIND_NOTES, KINDS
from hub.contracts.vendor_file import Rules
from hub.contracts.vendor_rules import VendorRules

PAGE = (Path(__file__).parents[2] / "docs" / "rules-language.md").read_text("utf-8")
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


@pytest.fixture
def rules(tmp_path: Path) -> VendorRules:
    """Those that stand in the page."""
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found
    (tmp_path / "rules.yaml").write_text(found[1], encoding="utf-8")
    return VendorRules(tmp_path / "rules.yaml")


def test_each_good_request_of_the_page_is_taken(rules: VendorRules) -> None:
    said = {name: rules.check(rules.example(name, NOW), NOW) for name in rules.file.good}
    assert {name: (each.answer, list(each.refused)) for name, each in said.items()} == {
        "lead": (None, [None]),
        "purchase": (None, [None]),
        "account": (None, [None]),
    }


def test_each_probe_of_the_page_gets_the_answer_of_its_rule(rules: VendorRules) -> None:
    got = {rule.rule: rules.check(rules.probe(rule, NOW), NOW).answer for rule in rules.file.rules}
    assert got == {rule.rule: rule.answer for rule in rules.file.rules}


def test_the_page_has_every_key_and_every_kind() -> None:
    assert KINDS.keys() <= KIND_NOTES.keys()
    assert [
        name for name in (*Rules.model_fields, *KIND_NOTES) if f"| `{name.replace('|', chr(92) + '|')}` |" not in PAGE
    ] == []
