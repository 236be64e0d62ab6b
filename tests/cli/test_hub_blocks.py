"""`hub blocks`: callers are blocked and allowed from the command line."""

from __future__ import annotations

from cli_shop import Shop

from hub.model import AuditEntry, CallerRule

CALLER = "+13125550166"


def test_callers_are_blocked_allowed_listed_and_removed(shop: Shop) -> None:
    shop.play()
    assert "Blocked." in shop.run("blocks", "add", CALLER, "--note", "sells listings").stdout
    assert "Blocked." in shop.run("blocks", "add", "+1900*").stdout
    assert "Allowed." in shop.run("blocks", "allow", "+13125550167").stdout
    listing = shop.run("blocks", "list")
    listed = listing.stdout
    assert listing.exit_code == 0, listing.exception
    assert "+1900*" in listed and "…66" in listed and CALLER not in listed
    shown = shop.json("blocks", "list", "--show-personal")
    assert {row["number"] for row in shown} == {CALLER, "+1900*", "+13125550167"}
    assert "Removed." in shop.run("blocks", "remove", CALLER).stdout
    refused = shop.run("blocks", "remove", CALLER)
    assert "on no list" in str(refused.exception)
    wrong = shop.run("blocks", "add", "hello")
    assert "write it like" in str(wrong.exception)
    assert {row.pattern for row in shop.rows(CallerRule)} == {"+1900", "+13125550167"}
    actions = [row.action for row in shop.rows(AuditEntry) if row.action.startswith("caller")]
    assert actions == ["caller.block", "caller.block", "caller.allow", "callers.show", "caller.block.end"]
