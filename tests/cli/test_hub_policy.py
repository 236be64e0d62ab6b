"""`hub policy`: a version's whole life at the command line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from cli_shop import Shop
from typer.testing import Result

from hub.model import AuditEntry, ConsentEntry, PolicyAcceptance, PolicyNotice, PolicyVersion
from hub.platform.clock import utc_now
from hub.store.engine import Store

Refusal = Callable[[Result], str]
TEXT = "# Privacy\n\nYour callers' numbers go to Adco.\n"


def draft(shop: Shop, head: str, text: str = TEXT) -> Result:
    (shop.folder / "policy.md").write_text(f"---\n{head}\n---\n{text}")
    return shop.run("policy", "draft", "policy.md")


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def let_the_notice_pass(shop: Shop) -> None:
    """As if it had been announced long ago."""
    store = Store(shop.database)
    with store.writing() as session:
        (version,) = [row for row in shop.rows(PolicyVersion) if row.state == "announced"]
        version.effective_at = utc_now() - timedelta(minutes=1)
        session.merge(version)
    store.close()


def test_a_version_is_drafted_announced_published_and_accepted(shop: Shop, refusal: Refusal) -> None:
    done(draft(shop, "version: '1'", "# Privacy\n\nNothing goes anywhere.\n"))
    done(shop.run("policy", "publish", "1"))
    said = done(draft(shop, "version: '2'\nintroduces: [{use: marketing.advertising, recipient: Adco Inc.}]"))
    assert hashlib.sha256(TEXT.encode()).hexdigest() in said
    assert "No connector" not in said
    today = utc_now().date()
    sentence = refusal(shop.run("policy", "announce", "2", "--effective", str(today + timedelta(days=20))))
    assert "30 business days" in sentence
    assert shop.rows(PolicyNotice) == []
    assert "agency" in done(shop.run("policy", "announce", "2"))
    assert "may not be in force before" in refusal(shop.run("policy", "publish", "2"))
    (stands,) = shop.json("policy", "status", status=1)
    assert stands["applies"] == {"privacy_statement": "1"}
    assert stands["refused"][0]["introduces"] == "use marketing.advertising, recipient Adco Inc."
    let_the_notice_pass(shop)
    done(shop.run("policy", "publish", "2"))
    said = done(shop.run("policy", "accept", "--account", "agency", "--by", "Pat Doe", "--version", "2"))
    assert hashlib.sha256(TEXT.encode()).hexdigest() in said
    (stands,) = shop.json("policy", "status")
    assert (stands["applies"], stands["refused"]) == ({"privacy_statement": "2"}, [])
    shown = shop.json("policy", "show", "2")
    assert [(each["account"], each["by"]) for each in shown["accepted"]] == [("agency", "Pat Doe")]
    assert shown["texts"]["en"]["text"] == TEXT
    assert TEXT in done(shop.run("policy", "show", "2"))
    assert "everybody" in done(shop.run("policy", "list"))
    assert "agency" in done(shop.run("policy", "status"))
    assert [action for action, _ in shop.audited()] == [
        "policy.draft", "policy.publish", "policy.draft", "policy.announce", "policy.publish", "policy.accept",
    ]  # fmt: skip
    assert not any("Pat" in entry.detail for entry in shop.rows(AuditEntry))


def test_a_recipient_that_no_connector_has_is_pointed_out(shop: Shop) -> None:
    said = done(draft(shop, "version: '1'\nintroduces: [{recipient: Adko Inc.}]"))
    assert "No connector of config.yaml hands data to 'Adko Inc.'" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("publish", "9"), "no privacy_statement '9'"),
        (("publish", "1", "--kind", "poem"), "choose one of privacy_statement"),
        (("publish", "1", "--account", "nobody"), "no account with that name"),
        (("announce", "1", "--effective", "soon"), "write it like 2027-03-01"),
        (("accept", "--account", "agency", "--by", " ", "--version", "1"), "the person who accepted"),
        (("accept", "--account", "agency", "--by", "Pat", "--version", "1"), "is a draft"),
        (("show", "1", "--language", "fr"), "there are: en"),
        (("draft", "nothing.md"), "cannot be read"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_one_sentence(shop: Shop, refusal: Refusal, words: tuple[str, ...], said: str) -> None:
    done(draft(shop, "version: '1'"))
    assert said in refusal(shop.run("policy", *words))
    assert (shop.rows(PolicyAcceptance), shop.rows(ConsentEntry)) == ([], [])
