"""`hub privacy no-contact`: a person's no to texts and calls at the command line."""

from __future__ import annotations

from collections.abc import Callable

from cli_shop import CALLER, Shop
from typer.testing import Result

from hub.model import Person

WORDS = ("privacy", "no-contact", CALLER, "--company", "north")


def test_a_no_is_recorded_and_shown_and_the_wrong_words_are_named(shop: Shop, refusal: Callable[[Result], str]) -> None:
    assert "Calls: not refused" in shop.run(*WORDS).stdout
    assert "did you mean 'calls'" in refusal(shop.run(*WORDS, "--refused", "cals"))
    assert shop.run(*WORDS, "--refused", "calls", "--said", "Never again").exit_code == 0
    shown = shop.json(*WORDS)
    assert shown["texts"] is None and shown["calls"] is not None
    assert "Calls: refused since" in shop.run(*WORDS).stdout
    assert ("contact.refuse", shop.rows(Person)[0].id) in shop.audited()
    assert "is empty" in refusal(shop.run(*WORDS, "--again", "calls"))
    assert shop.run(*WORDS, "--again", "calls", "--said", "Their letter of today").exit_code == 0
    assert shop.json(*WORDS)["calls"] is None
    assert "either" in refusal(shop.run(*WORDS, "--again", "calls", "--refused", "calls"))
    assert "Give the phone number" in refusal(
        shop.run("privacy", "no-contact", "anonymous", "--company", "north", "--refused", "both")
    )
