"""`hub privacy opt-outs`: an officer sees where opt-outs without proof come from, and questions one with a stated reason."""

from __future__ import annotations

from collections.abc import Callable

from cli_shop import CALLER, Shop
from sqlmodel import select
from typer.testing import Result

from hub.model import Company, OptOut
from hub.privacy.opt_outs import opt_out

QUIET, BUSY = "203.0.113.0/24", "198.51.100.0/24"


def opt_out_numbers(shop: Shop, network: str, *numbers: str) -> None:
    with shop.opened() as opened, opened.hub.store.writing() as session:
        company = session.exec(select(Company.id).where(Company.name == "north")).one()
        for number in numbers:
            opt_out(
                session,
                opened.hub.vault,
                company,
                number=number,
                visitor_id=None,
                network=network,
                scopes=("sharing",),
                now=opened.hub.clock(),
            )


def test_an_officer_sees_many_from_one_network_and_questions_them_with_a_reason(
    shop: Shop, refusal: Callable[[Result], str]
) -> None:
    assert "Nobody has opted out" in shop.run("privacy", "opt-outs", "list").stdout
    opt_out_numbers(shop, QUIET, CALLER)
    opt_out_numbers(shop, BUSY, *(f"+1312555018{end}" for end in range(6)))
    listed = shop.run("privacy", "opt-outs", "list", "--company", "north").stdout
    assert "1 network with 5 numbers or more" in listed and CALLER not in listed
    rows = shop.json("privacy", "opt-outs", "list")
    assert [each["numbers_from_network"] for each in rows] == [6] * 6 + [1]
    assert {each["proof"] for each in rows} == {"unproven"}
    words = ("privacy", "opt-outs", "question", rows[0]["id"], "--reason")
    assert "is empty" in refusal(shop.run(*words, " "))
    assert shop.run(*words, "A competitor's office, see ticket 12").exit_code == 0
    assert "questioned already" in refusal(shop.run(*words, "again"))
    (questioned,) = [each for each in shop.json("privacy", "opt-outs", "list") if each["state"] == "questioned"]
    assert questioned["reason"] == "A competitor's office, see ticket 12" and questioned["id"] == rows[0]["id"]
    assert ("privacy.opt_out.question", rows[0]["id"]) in shop.audited()
    assert len(shop.rows(OptOut)) == 7, "nothing is dropped"
    again = ("privacy", "opt-outs", "reinstate", rows[0]["id"], "--reason", "The person called us")
    assert shop.run(*again).exit_code == 0
    assert "already in force" in refusal(shop.run(*again))
    assert {each["state"] for each in shop.json("privacy", "opt-outs", "list")} == {"in_force"}
