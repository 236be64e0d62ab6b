"""`hub users`: links to set up and reset a sign-in, the limit to companies, sessions; and the first start of a hub."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from cli_shop import Shop
from sqlmodel import select
from testbed import KEY
from typer.testing import Result

from hub.access.companies import companies_by_user
from hub.access.first_owner import first_steps, owner_of_demo
from hub.access.keys import new_api_key
from hub.access.sign_in.links import link_of, new_link, use_link
from hub.access.sign_in.sessions import open_session, session_of
from hub.access.users import add_user
from hub.model import Account, AuditEntry, OidcIdentity, Passkey, User
from hub.platform.clock import utc_now
from hub.store import Store
from hub.store.encryption.keyring import Keyring

Refusal = Callable[[Result], str]


def start(shop: Shop) -> Store:
    with shop.opened():
        pass
    return Store(shop.database, lambda: Keyring([KEY]))


def token_in(text: str) -> str:
    found = re.search(r"https://calls\.example\.com/setup/([A-Za-z0-9_-]{43})", text)
    assert found, text
    return found[1]


def test_a_new_user_gets_a_link_that_works_once_and_is_in_no_log(shop: Shop) -> None:
    store = start(shop)
    token = token_in(shop.run("users", "add", "maria", "--role", "owner").stdout)
    with store.writing() as session:
        link, user = link_of(session, token, utc_now()) or (None, None)
        assert link is not None and user is not None and (user.name, link.purpose) == ("maria", "setup")
        assert use_link(session, link, utc_now())
    with store.reading() as session:
        assert link_of(session, token, utc_now()) is None
    assert token not in str([each.detail for each in shop.rows(AuditEntry)])
    store.close()


def test_a_user_is_limited_to_companies_and_the_limit_is_lifted(shop: Shop, refusal: Refusal) -> None:
    store = start(shop)
    assert shop.run("users", "add", "client", "--role", "marketer", "--company", "north").exit_code == 0
    assert [each["companies"] for each in shop.json("users", "list")] == [["north"]]
    assert "sees north" in shop.run("users", "companies", "client").stdout
    assert "all companies" in shop.run("users", "companies", "client", "--all").stdout
    assert "sees north" in shop.run("users", "companies", "client", "north").stdout
    with store.reading() as session:
        assert list(companies_by_user(session).values()) == [["north"]]
    assert "no company south" in refusal(shop.run("users", "companies", "client", "south"))
    assert "not both" in refusal(shop.run("users", "companies", "client", "north", "--all"))
    shop.run("users", "add", "ruth", "--role", "auditor")
    assert "account as a whole" in refusal(shop.run("users", "companies", "ruth", "north"))
    noted = [(each.action, each.detail) for each in shop.rows(AuditEntry) if "companies" in each.action]
    assert noted == [("users.companies", "all"), ("users.companies", "north")]
    store.close()


def test_a_reset_ends_the_sessions_and_on_request_all_ways_in(shop: Shop) -> None:
    store = start(shop)
    shop.run("users", "add", "maria", "--role", "owner")
    (maria,) = shop.rows(User)

    def enter() -> str:
        with store.writing() as session:
            return open_session(session, maria, "passkey", "Firefox on Linux", utc_now())

    def is_in(token: str) -> bool:
        with store.reading() as session:
            return session_of(session, token, utc_now()) is not None

    with store.writing() as session:
        session.add(
            Passkey(
                account_id=maria.account_id, user_id=maria.id, credential_id="c", public_key=b"k", name="Phone",
                made_at=utc_now(),
            )
        )  # fmt: skip
    first, second = enter(), enter()
    shown = shop.run("users", "sessions", "maria").stdout
    assert shown.count("Firefox on Linux") == 2 and "passkey" in shown
    said = shop.run("users", "reset", "maria").stdout
    assert "Ended 2 sessions" in said and not is_in(first) and not is_in(second)
    assert token_in(said) and len(shop.rows(Passkey)) == 1
    third = enter()
    assert "Ended 1 session" in shop.run("users", "sessions", "maria", "--end").stdout and not is_in(third)
    shop.run("users", "reset", "maria", "--clear")
    assert shop.rows(Passkey) == []
    for command in (("role", "maria", "admin"), ("disable", "maria"), ("companies", "maria", "north")):
        assert shop.run("users", *command).exit_code == 1, "she is the last owner"
    shop.run("users", "add", "ruth", "--role", "owner")
    for command in (("role", "maria", "admin"), ("disable", "maria")):
        token = enter()
        assert shop.run("users", *command).exit_code == 0 and not is_in(token)
    store.close()


def test_the_first_start_prints_a_link_until_somebody_has_a_way_in(shop: Shop) -> None:
    store, now, url = start(shop), utc_now(), "https://calls.example.com/"
    first, second = first_steps(store, now, url), first_steps(store, now, url)
    assert first and second and token_in(first) != token_in(second)
    with store.reading() as session:
        assert link_of(session, token_in(first), now) is None
        assert link_of(session, token_in(second), now) is not None
    (owner,) = shop.rows(User)
    assert (owner.name, owner.role) == ("owner", "owner")
    with store.writing() as session:
        new_api_key(session, owner, now, timedelta(days=1))
    assert first_steps(store, now, url) is None
    store.close()


def test_an_owner_who_was_sent_a_link_keeps_it_and_the_start_says_how_to_get_another(shop: Shop) -> None:
    store = start(shop)
    token = token_in(shop.run("users", "add", "maria", "--role", "owner").stdout)
    said = first_steps(store, utc_now(), "https://calls.example.com/")
    assert said is not None and "hub users reset maria" in said and "/setup/" not in said
    with store.reading() as session:
        assert link_of(session, token, utc_now()) is not None
    store.close()


def test_an_owner_who_is_disabled_or_whose_key_ended_or_whose_provider_is_gone_keeps_nobody_out(shop: Shop) -> None:
    store, url, now, issuer = start(shop), "https://calls.example.com/", utc_now(), "https://login.example.com"
    with store.writing() as session:
        account = session.exec(select(Account)).one()
        disabled, keyed, outside = (add_user(session, account, each, "owner", now) for each in ("dora", "kim", "sam"))
        new_api_key(session, disabled, now)
        disabled.disabled_at = now
        new_api_key(session, keyed, now, timedelta(hours=1))
        session.add(OidcIdentity(account_id=account.id, user_id=outside.id, issuer=issuer, subject="sam", made_at=now))
    later = now + timedelta(hours=2)
    assert first_steps(store, now, url) is None, "the key of kim is still valid"
    assert first_steps(store, later, url, issuer) is None, "sam signs in at the provider"
    said = first_steps(store, later, url, "https://other.example.com")
    assert said is not None and token_in(said) and "the user kim" in said
    store.close()


def test_users_of_other_roles_do_not_keep_the_owner_out(shop: Shop) -> None:
    store, url = start(shop), "https://calls.example.com/"
    with store.writing() as session:
        account = session.exec(select(Account)).one()
        for name, role in (("maria", "admin"), ("owner", "marketer")):
            add_user(session, account, name, role, utc_now())
    printed = first_steps(store, utc_now(), url)
    assert printed is not None
    with store.reading() as session:
        _, user = link_of(session, token_in(printed), utc_now()) or (None, None)
    assert user is not None and (user.role, user.name) == ("owner", "owner_2")
    assert [each.role for each in shop.rows(User)].count("owner") == 1
    store.close()


def test_an_owner_whose_link_ran_out_unused_gets_another_at_the_next_start(shop: Shop) -> None:
    store, url = start(shop), "https://calls.example.com/"
    with store.writing() as session:
        maria = add_user(session, session.exec(select(Account)).one(), "maria", "owner", utc_now())
        new_link(session, maria, "setup", utc_now(), url)
    assert "/setup/" not in (first_steps(store, utc_now(), url) or "")
    later = first_steps(store, utc_now() + timedelta(hours=25), url)
    assert later is not None and "maria" in later
    store.close()


def test_the_demos_link_signs_in_as_an_owner_whom_it_makes_once(shop: Shop) -> None:
    store, now = start(shop), utc_now()
    links = [token_in(owner_of_demo(store, now, "https://calls.example.com/")) for _ in range(2)]
    (owner,) = shop.rows(User)
    assert owner.role == "owner"
    with store.reading() as session:
        assert link_of(session, links[0], now) is None
        link, user = link_of(session, links[1], now) or (None, None)
        assert link is not None and user is not None and (link.purpose, user.id) == ("demo", owner.id)
    store.close()


def test_the_start_of_a_hub_with_several_accounts_names_the_command_to_run(shop: Shop) -> None:
    store = start(shop)
    with store.writing() as session:
        session.add(Account(name="rival", title="Rival"))
    said = first_steps(store, utc_now(), "https://calls.example.com/")
    assert said is not None and "hub users add owner --role owner --account ACCOUNT" in said and "agency, rival" in said
    assert shop.rows(User) == []
    store.close()
