"""`hub texts`: threads, a text by hand, why it did not go, and a decision on one that is held; through Twilio's stand-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_shop import CALLER, Shop
from typer.testing import Result

from hub.contracts.faults import Fault
from hub.delivery.send_texts import send_texts
from hub.flow.inbox import fold_inbox
from hub.model import AuditEntry, Company, Delivery, Suppression, TextMessage
from hub.platform.clock import utc_now

Refusal = Callable[[Result], str]
PRINT = "+13125550120"
SIGNALS = "signals: {plugin: signals}"


def send(shop: Shop, *words: str, to: str = CALLER) -> Any:
    return shop.run("texts", "send", "--from", PRINT, "--to", to, "--text", "Your part is here.", *words)


def leave(shop: Shop) -> Sequence[Any]:
    """The worker sends what is due; what Twilio has taken so far."""
    shop.clock.now = utc_now() + timedelta(seconds=1)
    with shop.opened() as opened:
        send_texts(opened.hub, opened.directory.current(), "phone")
    return list(shop.carrier.texts())


def come_in(shop: Shop, body: str) -> None:
    with shop.opened() as opened:
        shop.receive(opened, [shop.carrier.message_webhook(CALLER, PRINT, body, shop.address(opened.hub))])
        fold_inbox(opened.hub, opened.directory.current())


def test_a_picture_goes_with_a_text_and_a_file_that_is_none_does_not(
    shop: Shop, tmp_path: Path, refusal: Refusal
) -> None:
    come_in(shop, "What does it look like?")
    picture, page = tmp_path / "part.png", tmp_path / "part.pdf"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    page.write_bytes(b"%PDF-1.7")
    assert "PNG, JPEG or GIF" in refusal(send(shop, "--picture", str(page)))
    assert "Queued as" in send(shop, "--picture", str(picture)).stdout
    (taken,) = leave(shop)
    assert "/texts/pictures/" in taken["media"] and "&signature=" in taken["media"]


def test_a_text_by_hand_goes_through_twilio_and_its_end_is_told(shop: Shop) -> None:
    come_in(shop, "Is my part here?")
    assert "Queued as" in send(shop).stdout
    (taken,) = leave(shop)
    assert (taken["sender"], taken["recipient"]) == (PRINT, CALLER)
    assert taken["body"] == "Your part is here.\nReply STOP to stop texts."
    with shop.opened() as opened:
        status = shop.carrier.text_status_webhook(taken["reference"], "delivered", shop.address(opened.hub))
        shop.receive(opened, [status])
        fold_inbox(opened.hub, opened.directory.current())
    (row,) = [each for each in shop.rows(TextMessage) if each.direction == "out"]
    assert (row.status, row.carrier_message_id) == ("delivered", taken["reference"])
    assert [each.state for each in shop.rows(Delivery)] == ["delivered"]
    story = shop.run("texts", "why", row.id).stdout
    assert "is delivered" in story and CALLER not in story and "part is here" not in story
    assert ("texts.send", row.id) in shop.audited()


def test_threads_are_shown_masked_unless_a_person_asks(shop: Shop) -> None:
    come_in(shop, "Is my part here?")
    send(shop)
    (thread,) = shop.json("texts", "list")
    assert (thread["texts"], thread["company"], thread["direction"]) == (2, "north", "out")
    masked = shop.run("texts", "show", thread["thread"]).stdout
    assert CALLER not in masked and "part" not in masked
    clear = shop.json("texts", "show", thread["thread"], "--show-personal")
    assert [each["body"] for each in clear] == ["Is my part here?", "Your part is here."]
    assert shop.json("texts", "list", "--company", "north") == [thread]


def test_whoever_sees_numbers_or_words_of_texts_in_clear_stands_in_the_audit(shop: Shop) -> None:
    come_in(shop, "Is my part here?")
    (thread,) = shop.json("texts", "list")
    shop.run("texts", "show", thread["thread"])
    assert not [what for what, _ in shop.audited() if what.startswith("texts.")]
    shop.run("texts", "list", "--show-personal")
    shop.run("texts", "show", thread["thread"], "--show-personal")
    (company,) = shop.rows(Company)
    assert shop.audited()[-2:] == [("texts.show_personal", company.id), ("texts.show_personal", thread["thread"])]
    assert CALLER not in str(shop.rows(AuditEntry)) and "part here" not in str(shop.rows(AuditEntry))


def test_a_stop_at_twilio_is_a_stop_here(shop: Shop) -> None:
    somebody = "+13125550148"  # the stand-in outlives the test, and so does its block
    shop.carrier.block(PRINT, somebody)
    send(shop, to=somebody)
    assert leave(shop) == []
    (row,) = shop.rows(TextMessage)
    assert (row.status, row.code) == ("refused", "21610")
    assert len(shop.rows(Suppression)) == 2


def test_a_text_whose_end_nobody_knows_is_held_until_a_person_decides(shop: Shop, refusal: Refusal) -> None:
    send(shop)
    shop.carrier.fail_next(Fault("status", status=500))
    leave(shop)
    (row,) = shop.rows(TextMessage)
    assert row.status == "held"
    assert leave(shop) == [] and "hub texts release" in shop.run("texts", "why", row.id).stdout
    assert "use --again" in refusal(shop.run("texts", "release", row.id))
    assert shop.run("texts", "release", row.id, "--again").exit_code == 0
    assert len(leave(shop)) == 1
    assert "there is nothing to decide" in refusal(shop.run("texts", "release", row.id, "--went"))
    assert ("texts.release", row.id) in shop.audited()


def test_a_no_that_an_agent_writes_down_stops_texts_until_a_yes_to_them_with_evidence(
    shop: Shop, refusal: Refusal
) -> None:
    come_in(shop, "Is my part here?")
    use = "essential.service.notifications.sms"
    words = ("consent", "record", "--company", "north", "--phone", CALLER, "--use", use, "--channel", "agent")
    assert shop.run(*words, "--state", "withdrawn").exit_code == 0
    assert [row.use for row in shop.rows(Suppression)] == [use]
    send(shop)
    assert leave(shop) == [] and shop.rows(Delivery)[-1].code == "stopped"
    assert "--evidence" in refusal(shop.run(*words, "--state", "given"))
    typed = (*words[:-1], "form", "--state", "given", "--evidence", "form 12")
    assert shop.run(*typed).exit_code == 0
    assert len(shop.rows(Suppression)) == 1, "anybody can type somebody else's number into a form"
    assert shop.run(*words, "--state", "given", "--evidence", "call of today, recording 12").exit_code == 0
    assert shop.rows(Suppression) == []
    send(shop)
    assert len(leave(shop)) == 1


def test_a_held_text_that_went_is_left_alone(shop: Shop) -> None:
    send(shop)
    shop.carrier.fail_next(Fault("status", status=500))
    leave(shop)
    (row,) = shop.rows(TextMessage)
    assert shop.run("texts", "release", row.id, "--went").exit_code == 0
    assert leave(shop) == [] and shop.rows(TextMessage)[0].status == "sent"


def test_doubtful_texts_are_listed_masked_until_a_person_decides(shop: Shop, refusal: Refusal) -> None:
    come_in(shop, "enough already")
    come_in(shop, "who gave you this number")
    first, second = shop.json("texts", "doubtful", "--company", "north")
    assert (first["company"], first["doubt"]) == ("north", "open") and CALLER not in str(first)
    assert "doubtful" in shop.run("texts", "show", first["id"]).stdout
    assert any(
        each.startswith("2 texts, forms, calls or notes may be refusals") for each in shop.json("check")["warnings"]
    )
    shown = shop.json("texts", "doubtful", "--show-personal")
    assert [row["body"] for row in shown] == ["enough already", "who gave you this number"]
    (company,) = shop.rows(Company)
    assert shop.audited()[-1] == ("texts.show_personal", company.id)
    assert "not a stop" in shop.run("texts", "keep", first["id"]).stdout
    assert ("texts.keep", first["id"]) in shop.audited()
    assert "already decided" in refusal(shop.run("texts", "keep", first["id"]))
    assert [row["id"] for row in shop.json("texts", "doubtful")] == [second["id"]]
    assert "no more texts" in shop.run("texts", "stop", second["id"], "--refused", "texts").stdout
    assert "Nothing is doubtful" in shop.run("texts", "doubtful").stdout and len(shop.rows(Suppression)) == 2


def test_a_person_who_reads_a_stop_in_other_words_writes_it_down(shop: Shop, refusal: Refusal) -> None:
    come_in(shop, "Thanks, but I have got my own plumber")
    (theirs,) = shop.rows(TextMessage)
    send(shop)
    assert "no more texts" in shop.run("texts", "stop", theirs.id).stdout
    assert leave(shop) == [] and len(shop.rows(Suppression)) == 2
    (ours,) = [each for each in shop.rows(TextMessage) if each.direction == "out"]
    assert ours.status == "refused"
    assert "a text that the person wrote" in refusal(shop.run("texts", "stop", ours.id))
    assert ("contact.refuse", theirs.id) in shop.audited()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("send", "--from", "+13125550199", "--to", CALLER, "--text", "x"), "not one of our tracking numbers"),
        (("send", "--from", PRINT, "--to", "12345", "--text", "x"), "That phone cannot be texted"),
        (("send", "--from", PRINT, "--to", CALLER, "--text", "x", "--purpose", "spam"), "not a purpose of a text"),
        (("show", "nobody-knows-this"), "No text has the id"),
        (("list", "--company", "nrth"), "did you mean 'north'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(shop: Shop, refusal: Refusal, words: Any, said: str) -> None:
    assert said in refusal(shop.run("texts", *words))


@pytest.mark.parametrize(
    ("words", "meaning", "how"),
    [
        ("Stop.", "stop", "word"),
        ("pls dont text me", "stop", "wording"),
        ("enough already", "other", "doubtful"),
        ("See you at 5", "other", "none"),
    ],
)
def test_what_words_are_taken_for_is_told(shop: Shop, words: str, meaning: str, how: str) -> None:
    told = shop.json("texts", "classify", words)
    assert (told["meaning"], told["how"]) == (meaning, how)
