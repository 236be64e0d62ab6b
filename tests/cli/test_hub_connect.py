"""`hub connectors connect` and `disconnect`: the owner of an address book reads, agrees, signs in, and takes it back."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable

import httpx2
import pytest
from cli_shop import Shop
from provider_stage import agree
from typer.testing import Result

from hub.model import ConnectorToken, ConsentEntry, ConsentNotice

Refusal = Callable[[Result], str]
CONTACTS = "signals: {plugin: signals}\n  contacts: {plugin: google_contacts, sandbox: true}"
CONNECT = ("connectors", "connect", "contacts", "--owner", "Pat Doe")


@pytest.fixture
def owner(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The owner's browser, which follows where Google sends it; the addresses that it was opened at."""
    visited: list[str] = []

    def visit(address: str) -> bool:
        visited.append(address)
        answer = httpx2.get(address, trust_env=False)
        back = answer.headers["location"]
        # Others on this machine knock too; none of them is the answer.
        origin = back.partition("/ringfence")[0]
        assert httpx2.get(f"{origin}/favicon.ico", trust_env=False).status_code == 404
        assert httpx2.get(back, headers={"host": "attacker.example.com"}, trust_env=False).status_code == 404
        assert httpx2.get(f"{origin}/ringfence?state=made-up&code=x", trust_env=False).status_code == 200
        return httpx2.get(back, trust_env=False).status_code == 200

    monkeypatch.setattr(webbrowser, "open", visit)
    shop.configure(consent=CONTACTS)
    return visited


def test_the_owner_reads_the_text_agrees_signs_in_and_takes_it_back(shop: Shop, owner: list[str]) -> None:
    result = shop.run(*CONNECT, typed="y\n")
    assert result.exit_code == 0, result.output
    (evidence,), (shown,) = shop.rows(ConsentEntry), shop.rows(ConsentNotice)
    assert shown.text in result.stdout and (evidence.state, evidence.notice_hash) == ("given", shown.hash)
    assert "✓ contacts is connected." in result.stdout and len(owner) == 1
    assert "✓ contacts: Google answers" in shop.run("check").stdout
    ended = shop.run("connectors", "disconnect", "contacts", "--reason", "Enough.")
    assert ended.exit_code == 0 and "the token deleted" in ended.stdout
    assert [word.state for word in shop.rows(ConsentEntry)] == ["given", "withdrawn"]
    assert shop.rows(ConnectorToken) == []
    deeds = [action for action, _ in shop.audited()]
    assert sorted(deeds) == [
        "connectors.connect",
        "connectors.disconnect",
        "owner_consent.given",
        "owner_consent.withdrawn",
    ]
    assert "is not connected" in shop.run("connectors", "disconnect", "contacts").stdout


def test_an_owner_who_does_not_agree_is_not_sent_anywhere(shop: Shop, owner: list[str]) -> None:
    result = shop.run(*CONNECT, typed="n\n")
    assert result.exit_code == 1 and "nothing is read" in result.stdout
    assert owner == [] and shop.rows(ConsentEntry) == []


def test_a_pasted_address_that_answers_another_sign_in_is_refused(
    shop: Shop, owner: list[str], refusal: Refusal
) -> None:
    typed = "y\nhttp://127.0.0.1:8765/ringfence?state=made-up&code=x\n"
    assert "does not belong to the sign-in" in refusal(shop.run(*CONNECT, "--paste", typed=typed))
    assert [word.state for word in shop.rows(ConsentEntry)] == ["given", "withdrawn"]


def test_a_check_says_that_the_owner_was_not_asked(shop: Shop, owner: list[str]) -> None:
    result = shop.run("check")
    assert result.exit_code == 1 and "run hub connectors connect contacts." in result.stdout


def test_a_connector_without_an_owner_is_refused(shop: Shop, refusal: Refusal) -> None:
    sentence = refusal(shop.run("connectors", "connect", "ads", "--owner", "Pat Doe"))
    assert sentence.endswith("its credentials are in config.yaml.")


def test_an_account_is_signed_in_at_the_terminal_by_the_same_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def visit(address: str) -> bool:
        return httpx2.get(agree(address), trust_env=False).status_code == 200

    monkeypatch.setattr(webbrowser, "open", visit)
    shop.configure(consent="signals: {plugin: signals}\n  google: {plugin: google_ads, sandbox: true}")
    result = shop.run("connectors", "connect", "google")
    assert result.exit_code == 0, result.output
    assert "Manage your Google Ads campaigns" in result.stdout
    assert "google is signed in as ads@bluewrench.example.com" in " ".join(result.stdout.split())
    assert [row.connector for row in shop.rows(ConnectorToken)] == ["google"]
    assert [action for action, _ in shop.audited()] == ["connectors.sign_in"]
    assert "Nothing needs to be mended" in shop.run("connectors", "repairs").stdout
