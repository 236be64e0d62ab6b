"""`hub privacy map` and the papers: what is printed, what is written, and the status that scripts look at."""

from __future__ import annotations

import json

import pytest
from cli_shop import Shop
from sqlalchemy import update

from hub.model import Disclosure
from hub.store.engine import Store


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """A shop that has sent something."""
    shop.play({})
    return shop


def disclose_elsewhere(shop: Shop) -> None:
    store = Store(shop.database)
    with store.writing() as session:
        session.execute(update(Disclosure).values(recipient="Nobody Knows Inc."))
    store.close()


def test_the_map_is_printed_and_written_in_every_form(busy: Shop) -> None:
    printed = busy.run("privacy", "map")
    assert printed.exit_code == 0, printed.output
    text = " ".join(printed.stdout.split())
    assert "Everything handed to connectors is declared. Connectors run inside the hub's process" in text
    assert "All that was sent is declared" not in text
    for form, sign in (("html", "<!doctype html>"), ("json", "{")):
        target = busy.folder / f"map.{form}"
        told = busy.run("privacy", "map", "--format", form, "--out", str(target))
        assert told.exit_code == 0 and target.read_text().startswith(sign), told.output
        assert busy.run("privacy", "map", "--format", form).stdout.startswith(sign)


def test_what_no_manifest_declares_ends_map_and_check_with_status_1(busy: Shop) -> None:
    assert busy.rows(Disclosure)
    disclose_elsewhere(busy)
    told = busy.run("privacy", "map", "--format", "json")
    assert told.exit_code == 1
    assert {each["recipient"] for each in json.loads(told.stdout)["undeclared"]} == {"Nobody Knows Inc."}
    checked = busy.run("check", "--json")
    assert checked.exit_code == 1
    assert any("Nobody Knows Inc." in each for each in json.loads(checked.stdout)["findings"])


def test_the_papers_are_printed(busy: Shop) -> None:
    listed = busy.json("privacy", "processors")
    assert {"Twilio Inc."} <= {each["recipient"] for each in listed}
    assert {each["change"] for each in busy.json("privacy", "processors", "--notices")} == {"added"}
    assert "Art. 30" in busy.run("privacy", "record").stdout
    assert busy.run("privacy", "notice", "north").stdout.startswith("# North: text blocks")
    assert busy.run("privacy", "notice", "nort").exit_code == 1
    heeded = busy.run("privacy", "notice", "north").stdout
    assert (
        "If your browser sends Global Privacy Control or Do Not Track, nothing about your visit goes to advertisers."
        in heeded
    )
    (twilio,) = [each for each in listed if each["recipient"] == "Twilio Inc."]
    assert twilio["erases"] and twilio["deletion"]


def test_a_notice_promises_no_signal_that_nobody_heeds(shop: Shop) -> None:
    shop.configure(consent="law: {plugin: jurisdictions, trades_in: [US]}")
    told = shop.run("privacy", "notice", "north")
    assert told.exit_code == 0, told.output
    assert "that changes nothing" in told.stdout, told.stdout
