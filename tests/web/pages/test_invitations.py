"""Invitations: mailed or passed on, once within a week; companies have to be chosen; what became of each is in the list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from mail_server import MailServer
from page_client import PageClient, signed_in
from testbed import TestHub

from hub.access.sign_in.links import link_of
from hub.config.mail import MailSection
from hub.model import AuditEntry, SignInLink, User, UserCompany

NEW = {"email": "Jo@lakeside.example.com", "role": "receptionist", "companies": "lakeside"}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with ExitStack() as stack:
        yield MailServer.start(stack)


@pytest.fixture
def mailing(lite_hub: Callable[..., TestHub], server: MailServer) -> TestHub:
    """A hub with a mail server."""
    stage = lite_hub()
    section = MailSection.model_validate({"smtp": f"smtp://127.0.0.1:{server.port}", "from": "hub@example.org"})
    stage.hub = replace(stage.hub, config=replace(stage.hub.config, mail=section))
    return stage


def token_in(text: str) -> str:
    found = re.search(r"/setup/([\w-]{20,})", text)
    assert found, text
    return found[1]


def opens(stage: TestHub, token: str) -> str | None:
    """The name of the user whom a link lets in."""
    with stage.hub.store.reading() as session:
        found = link_of(session, token, stage.clock())
        return found[1].name if found else None


def invited(stage: TestHub) -> User:
    return next(each for each in stage.rows(User) if each.email)


def do(browser: PageClient, user: User, deed: str) -> Any:
    return browser.post(f"/users/{user.id}", {"deed": deed})


def test_an_invitation_is_mailed_and_works_once_within_a_week(mailing: TestHub, server: MailServer) -> None:
    owner = signed_in(mailing)
    answer = owner.post("/users", NEW)
    assert answer.status_code == 303
    (letter,) = server.letters
    text = letter.get_content()
    assert letter["To"] == "Jo@lakeside.example.com" and "owner-agency invites you to Agency" in letter["Subject"]
    assert "You will see Lakeside" in text and "December 1, 2026" in text
    token = token_in(text)
    user = invited(mailing)
    assert opens(mailing, token) == user.name == "jo"
    row = mailing.one(SignInLink)
    assert token not in str(row.model_dump()) and row.mail_refused is False
    assert "Invited by email, until Dec 1" in owner.text("/users")
    assert token not in owner.get("/users").text
    mailing.clock.advance(days=7)
    assert opens(mailing, token) is None
    assert "Invitation over" in signed_in(mailing).text("/users")


def test_a_new_invitation_ends_the_earlier_link_and_a_revoked_one_lets_nobody_in(
    mailing: TestHub, server: MailServer
) -> None:
    owner = signed_in(mailing)
    owner.post("/users", NEW)
    user, first = invited(mailing), token_in(server.letters[0].get_content())
    assert do(owner, user, "invite").status_code == 303
    second = token_in(server.letters[1].get_content())
    assert (opens(mailing, first), opens(mailing, second)) == (None, user.name)
    assert do(owner, user, "uninvite").status_code == 303
    assert opens(mailing, second) is None and "Invitation over" in owner.text("/users")
    assert [each.action for each in mailing.rows(AuditEntry)] == ["users.add", "users.invite", "users.uninvite"]


def test_a_refused_mail_shows_in_the_list_and_gives_the_link(mailing: TestHub, server: MailServer) -> None:
    server.refusal = "550 5.1.1 No such user"
    owner = signed_in(mailing)
    answer = owner.post("/users", NEW)
    assert answer.status_code == 200 and "Not mailed" in answer.text
    assert opens(mailing, token_in(answer.text)) == "jo"
    assert "Email refused" in owner.text("/users")


def test_without_a_mail_server_the_link_is_shown_to_be_copied(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    owner = signed_in(stage)
    assert "The hub has no mail server" in owner.text("/users")
    answer = owner.post("/users", {**NEW, "deed": "link"})
    assert answer.status_code == 200 and "data-copy" in answer.text
    assert opens(stage, token_in(answer.text)) == "jo"


def test_what_is_missing_is_said_at_its_field_and_invites_nobody(mailing: TestHub, server: MailServer) -> None:
    browser = signed_in(mailing)
    missing: list[tuple[dict[str, Any], str]] = [
        ({"companies": []}, "Choose at least one company"),
        ({"everywhere": "yes"}, "Choose single companies or all of them"),
        ({"email": "nobody"}, "Write an email address"),
        ({"email": ""}, "Write an email address, or a name"),
        ({"role": ""}, "There is no such role"),
    ]
    for change, says in missing:
        answer = browser.post("/users", {**NEW, **change})
        assert answer.status_code == 422 and says in answer.text, change
        assert len(mailing.rows(User)) == 1 and server.letters == [], change


def test_all_companies_are_chosen_apart_and_names_are_made_from_what_is_there(mailing: TestHub) -> None:
    owner = signed_in(mailing)
    forms: list[dict[str, Any]] = [
        {"email": "jo@a.example.com"},
        {"email": "jo@b.example.com"},
        {"email": "4711@a.example.com"},
        {"email": "z@c.example.com", "name": "José Hartmán"},
    ]
    for each in forms:
        assert owner.post("/users", {"role": "marketer", "everywhere": "yes", **each}).status_code == 303
    assert sorted(each.name for each in mailing.rows(User) if each.email) == ["jo", "jo2", "jose.hartman", "user.4711"]
    assert mailing.rows(UserCompany) == []
    again = owner.post("/users", {"role": "marketer", "everywhere": "yes", "email": "JO@a.example.com"})
    assert again.status_code == 422 and "Another user has this address" in again.text


def test_who_has_accepted_is_not_invited_again_and_mails_are_limited(mailing: TestHub, server: MailServer) -> None:
    owner = signed_in(mailing)
    assert owner.user is not None
    other = signed_in(mailing, "marketer")
    assert other.user is not None
    mailing.add(_passkey(other.user))
    assert do(owner, other.user, "invite").status_code == 422
    sent = [
        owner.post("/users", {**NEW, "email": f"u{number}@lakeside.example.com"}).status_code for number in range(22)
    ]
    assert sent == [303] * 19 + [429] * 3 or sent == [303] * 20 + [429] * 2


def _passkey(user: User) -> Any:
    from hub.model import Passkey

    return Passkey(
        account_id=user.account_id, user_id=user.id, credential_id="x", public_key=b"x", name="x", made_at=user.made_at
    )
