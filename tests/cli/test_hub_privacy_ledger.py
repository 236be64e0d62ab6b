"""`hub privacy verify` and `hub privacy ledger`, and what `hub consent record` writes there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cli_shop import CALLER, Shop
from sqlalchemy import text
from typer.testing import Result

from hub.model import ConsentEntry, ConsentNotice, JournalEntry
from hub.store import Store

Refusal = Callable[[Result], str]
PERSON = ("--company", "north", "--phone", CALLER)
WORD = ("consent", "record", *PERSON, "--use", "marketing.communications.sms", "--channel", "letter")


def test_an_express_opt_in_with_its_notice_basis_and_end_stands_in_the_ledger(shop: Shop) -> None:
    notice = shop.folder / "notice.txt"
    notice.write_text("Pouvons-nous vous écrire ?\n", encoding="utf-8")
    limits = ("--jurisdiction", "CA-QC", "--category", "user.contact.phone_number", "--recipient", "Adco Inc.")
    said = ("--state", "given", "--notice", str(notice), "--language", "fr-CA", "--expires", "2027-06-01", *limits)
    assert shop.run(*WORD, *said).exit_code == 0
    assert shop.run(*WORD, "--state", "withdrawn").exit_code == 0
    (kept,) = shop.rows(ConsentNotice)
    assert kept.text == "Pouvons-nous vous écrire ?\n"
    given, withdrawn = shop.json("consent", "show", *PERSON)["said"]
    assert (given["notice"], given["basis"], given["jurisdictions"]) == (kept.hash, "consent", ["CA-QC"])
    assert (given["expires"], given["recipients"]) == ("2027-06-01T00:00:00+00:00", ["Adco Inc."])
    assert withdrawn["supersedes"] == given["id"], "the revocation names what it takes back"
    listed = shop.json("privacy", "ledger", "--company", "north")
    assert [each["state"] for each in listed] == ["withdrawn", "given"]
    shown = shop.run("privacy", "ledger").stdout
    assert "withdrawn" in shown and CALLER not in shown


def test_an_objection_to_marketing_has_its_own_basis(shop: Shop) -> None:
    shop.run(*WORD, "--state", "objected")
    (row,) = shop.rows(ConsentEntry)
    assert (row.state, row.basis) == ("objected", "objection")


def signed(shop: Shop) -> list[JournalEntry]:
    return [row for row in shop.rows(JournalEntry) if row.kind == "signed"]


def test_a_sound_chain_is_signed_and_its_end_can_be_held_against_it_later(shop: Shop) -> None:
    assert shop.run("privacy", "verify").exit_code == 0
    shop.run(*WORD, "--state", "given")
    shown = shop.run("privacy", "verify", "--account", "agency")
    assert shown.exit_code == 0 and "sound" in shown.stdout
    assert [row.chain == "hub" for row in signed(shop)] == [False, True]
    last = signed(shop)[0]
    noted = f"{last.position - 1}:{last.previous_hash}"
    assert noted in shown.stdout
    shop.run(*WORD, "--state", "withdrawn")
    assert shop.run("privacy", "verify", "--account", "agency", "--head", noted).exit_code == 0
    (told,) = shop.json("privacy", "verify", "--account", "agency", "--head", f"1:{'0' * 64}", status=1)
    assert (told["sound"], told["position"], told["found"]) == (False, 1, "changed")


def test_a_changed_record_ends_with_status_one_and_its_position(shop: Shop) -> None:
    for state in ("given", "withdrawn"):
        shop.run(*WORD, "--state", state)
    store = Store(shop.database)
    with store.writing() as session:
        session.execute(text("DROP TRIGGER consent_record_no_update"))
        session.execute(text("UPDATE consent_record SET state = 'given' WHERE state = 'withdrawn'"))
    store.close()
    shown = shop.run("privacy", "verify")
    assert shown.exit_code == 1 and "changed agency at entry" in shown.stdout and "consent_record" in shown.stdout
    assert signed(shop) == [], "what is not sound is not signed"


def test_a_deleted_disclosure_and_a_flipped_decision_are_found(shop: Shop) -> None:
    shop.play(visit={})
    for statement, kind in (
        ("DELETE FROM disclosure", "dropped"),
        ("UPDATE consent_decision SET verdict = 'x'", "changed"),
    ):
        store = Store(shop.database)
        with store.writing() as session:
            session.execute(text(statement))
        store.close()
        (told,) = shop.json("privacy", "verify", "--account", "agency", status=1)
        assert (told["sound"], told["found"]) == (False, kind)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--basis", "because"), "no such basis"),
        (("--category", "user.contact.phone"), "did you mean"),
        (("--notice", "nowhere.txt"), "cannot be read"),
    ],
)
def test_a_word_with_limits_that_make_no_sense_is_one_sentence(
    shop: Shop, refusal: Refusal, more: tuple[str, ...], said: str
) -> None:
    assert said in refusal(shop.run(*WORD, "--state", "given", *more))
    assert shop.rows(ConsentEntry) == []


def test_an_end_that_is_none_is_refused(shop: Shop, refusal: Refusal) -> None:
    assert "POSITION:HASH" in refusal(shop.run("privacy", "verify", "--account", "agency", "--head", "7"))
    assert "--account" in refusal(shop.run("privacy", "verify", "--head", f"1:{'0' * 64}"))
