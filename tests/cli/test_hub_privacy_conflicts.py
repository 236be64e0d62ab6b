"""`hub privacy conflicts`: an officer sees which numbers and addresses forms name for several people."""

from __future__ import annotations

from cli_shop import CALLER, Shop
from kept_forms import keep_form

from hub.flow.pipeline import process
from hub.model import FormSubmission
from hub.visits.forms import SentForm


def test_conflicts_are_listed_with_masked_names_and_shown_in_clear_with_an_audit_entry(shop: Shop) -> None:
    assert "No number or address" in shop.run("privacy", "conflicts").stdout
    with shop.opened() as opened:
        directory = opened.directory.current()
        for key, email in (("form-one", "ada@example.com"), ("form-two", "mallory@example.net")):
            keep_form(opened.hub, directory.companies["north"], SentForm(key=key, phone=CALLER, email=email))
        process(opened.hub, directory, FormSubmission)
    listed = shop.run("privacy", "conflicts", "--company", "north").stdout
    assert CALLER not in listed and f"…{CALLER[-2:]}" in listed
    (told,) = shop.json("privacy", "conflicts", "--show-personal")
    assert (told["kind"], told["name"], told["known"], told["forms"]) == ("number", CALLER, None, 2)
    assert "privacy.conflicts.show_personal" in {action for action, _ in shop.audited()}
