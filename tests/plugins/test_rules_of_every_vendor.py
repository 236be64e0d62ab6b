"""Each provider's rules.yaml says enough: answers that pass and that are final, and what an unlisted code means."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from hub.contracts.vendor_file import Rules, read_rules
from hub.testing.exchanges.exchange_file import exchange_paths, read_exchange_file

PLUGINS = Path(__file__).parents[2] / "plugins"
OF_PROTOCOLS = {"chat": {"chat_agent", "chat_model", "model_server"}}
"""Packages of hub/protocols whose rules.yaml counts for several plugins."""
SHARED = [PLUGINS.parent / "hub" / "protocols" / name / "rules.yaml" for name in OF_PROTOCOLS]
FILES = [*sorted(PLUGINS.glob("*/*/sandbox/rules.yaml")), *SHARED]
MIN_PASSING, MIN_FINAL = 8, 5


NOT_YET = {"sip"}
"""Has no vendor: the stand-in is the hub's own gateway, which reads operations.yaml itself."""


@pytest.fixture(params=FILES, ids=lambda file: file.parts[-3])
def rules(request: pytest.FixtureRequest) -> Rules:
    return read_rules(request.param)


def test_the_stand_in_of_every_provider_has_its_rules() -> None:
    stand_ins = {each.parent.name for each in PLUGINS.glob("*/*/sandbox*")}
    assert stand_ins - {file.parts[-3] for file in FILES} <= NOT_YET.union(*OF_PROTOCOLS.values())


def test_it_has_enough_answers_that_pass_and_that_are_final(rules: Rules) -> None:
    means = Counter("wait" if each.means == "wait_long" else each.means for each in rules.answers.values())
    enough = means["wait"] >= MIN_PASSING and means["final"] >= MIN_FINAL
    assert enough is not bool(rules.fewer), f"{means}: write more, or say under `fewer` why the vendor has no more"


def test_an_unlisted_answer_of_a_server_in_trouble_waits(rules: Rules) -> None:
    assert "HTTP 5xx" in rules.others.get("wait", ())


def test_each_answer_says_in_plain_words_what_it_is_about(rules: Rules) -> None:
    assert [name for name, each in rules.answers.items() if " " not in each.says] == []


def test_every_page_is_used(rules: Rules) -> None:
    used = {each.page for each in (*rules.rules, *rules.answers.values(), *rules.versions.values())}
    assert rules.pages.keys() == used | {str(each["page"]) for each in rules.operations.values()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-3])
def test_an_exchange_from_a_page_that_the_rules_do_not_take_for_the_vendors_says_so(file: Path) -> None:
    pages = read_rules(file).pages.values()
    own = {re.split("[ ,]", page.address)[0] for page in pages if page.sure is None}
    others = {address for page in pages if page.sure and "/" in (address := re.split("[ ,]", page.address)[0])} - own
    read = [read_exchange_file(path) for path in exchange_paths(file.parents[1] / "exchanges")]
    vendors = [each for each in read if each.size]
    assert [each.path.name for each in vendors if any(address in each.text("source") for address in others)] == []
