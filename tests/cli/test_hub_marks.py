"""`hub calls mark`, `tag` and `note`: a user's marks from the command line, as the timeline then shows them."""

from __future__ import annotations

from collections.abc import Callable

from cli_shop import Shop
from typer.testing import Result

from hub.model import AuditEntry, User

Refusal = Callable[[Result], str]


def test_a_call_is_marked_tagged_and_noted_for_a_user(shop: Shop) -> None:
    (call_id,) = shop.play()
    assert shop.run("users", "add", "rita", "--role", "receptionist").exit_code == 0
    as_rita = ("--user", "rita")
    said = shop.run("calls", "mark", call_id, "--lead", "qualified", "--value", "240", *as_rita).stdout
    assert "before: no mark" in said
    again = shop.run("calls", "mark", call_id, "--lead", "booked", *as_rita).stdout
    assert "before: qualified, 240 USD" in again
    assert "Tagged." in shop.run("calls", "tag", call_id, "roof", *as_rita).stdout
    assert "It was so already." in shop.run("calls", "tag", call_id, "Roof", *as_rita).stdout
    assert "Removed." in shop.run("calls", "tag", call_id, "roof", "--remove", *as_rita).stdout
    assert "Marked as spam" in shop.run("calls", "spam", call_id, *as_rita).stdout
    assert "no longer" in shop.run("calls", "spam", call_id, "--remove", *as_rita).stdout
    assert "It was so already." in shop.run("calls", "spam", call_id, "--remove", *as_rita).stdout
    assert "Written as" in shop.run("calls", "note", call_id, "Wants a quote", *as_rita).stdout
    told = shop.json("call", call_id, "--show-personal")["timeline"]
    marks = [entry["text"] for entry in told if entry["stage"] == "mark"]
    assert marks[0] == "lead: qualified, 240 USD" and marks[1] == "lead: booked, 240 USD"
    (rita,) = shop.rows(User)
    noted = [row for row in shop.rows(AuditEntry) if row.action == "lead.mark"]
    assert {row.actor for row in noted} == {rita.id}
    assert [row.detail for row in shop.rows(AuditEntry) if row.action == "marks.for_user"] == ["rita"] * 9


def test_a_wrong_mark_is_refused_with_a_sentence(shop: Shop, refusal: Refusal) -> None:
    (call_id,) = shop.play()
    shop.run("users", "add", "rita", "--role", "receptionist")
    shop.run("users", "add", "otto", "--role", "auditor")
    assert "one of new, qualified" in refusal(shop.run("calls", "mark", call_id, "--lead", "hot", "--user", "rita"))
    assert "auditor may not" in refusal(shop.run("calls", "tag", call_id, "roof", "--user", "otto"))
