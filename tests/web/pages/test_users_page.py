"""The pages of users: who has access, one-time links and keys, and what no owner may do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from page_client import PageClient, signed_in
from testbed import ACCOUNTS, TestHub, company

from hub.access.keys import key_holder
from hub.access.sign_in.links import link_of
from hub.access.user_changes import deactivate
from hub.access.users import AccessRefused, add_user
from hub.model import Account, ApiKey, AuditEntry, Company, Passkey, User, UserCompany, WebSession

RIVAL = {"name": "rival", "title": "Rival", "companies": [company("southside", ("+13145550100",), "+13145550120")]}


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    """A hub with two accounts."""
    return lite_hub(accounts=[*ACCOUNTS, RIVAL])


@pytest.fixture
def owner(stage: TestHub) -> PageClient:
    return signed_in(stage)


def made(stage: TestHub, name: str = "maria", role: str = "marketer", account: str = "agency") -> User:
    with stage.hub.store.writing() as session:
        return add_user(
            session, stage.one(Account, name=account), name, role, stage.clock(), email=f"{name}@example.com"
        )


def reread(stage: TestHub, user: User) -> User:
    return stage.one(User, id=user.id)


def once_in(html: str) -> str:
    found = re.search(r'class="link-text"[^>]* value="([^"]+)"', html)
    assert found
    return found[1]


def actions(stage: TestHub) -> list[tuple[str, str]]:
    return [
        (row.action, row.detail) for row in stage.rows(AuditEntry) if row.action.startswith(("users.", "sessions."))
    ]


def post(browser: PageClient, user: User, deed: str, **more: Any) -> Any:
    return browser.post(f"/users/{user.id}", {"deed": deed, **more})


def test_a_user_is_added_with_a_link_that_is_shown_once_and_works(stage: TestHub, owner: PageClient) -> None:
    answer = owner.post(
        "/users",
        {"name": "Maria", "role": "marketer", "companies": ["lakeside"], "email": "maria@example.com", "deed": "link"},
    )
    link = once_in(answer.text)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    with stage.hub.store.reading() as session:
        found = link_of(session, link.rpartition("/")[2], stage.clock())
    assert found and (found[1].name, found[1].role) == ("maria", "marketer")
    text = owner.text("/users")
    assert "Invited link until" in text and "maria maria@example.com Marketer Lakeside" in text
    assert link.rpartition("/")[2] not in owner.get("/users").text
    assert actions(stage) == [("users.add", "marketer lakeside")]
    assert all(link.rpartition("/")[2] not in str(row.model_dump()) for row in stage.rows(AuditEntry))


def test_what_does_not_fit_is_said_beside_the_field_and_adds_nobody(stage: TestHub, owner: PageClient) -> None:
    wrong: dict[str, dict[str, str]] = {
        "2 to 64 of a-z": {"name": "x"},
        "There is no such role": {"name": "maria", "role": "king"},
        "write their phone numbers": {"name": "maria", "role": "agent"},
        "Write an email address": {"name": "maria", "email": "nobody"},
        "The account has no company southside": {"name": "maria", "companies": "southside"},
        "cannot be limited": {"name": "maria", "role": "auditor", "companies": "lakeside"},
        "There is already a user": {"name": "owner-agency"},
    }
    for says, form in wrong.items():
        where = {} if "companies" in form else {"everywhere": "yes"}
        answer = owner.post("/users", {"role": "marketer", **where, **form})
        assert answer.status_code == 422 and says in answer.text, says
        assert len(stage.rows(User)) == 1, says


def test_a_role_and_companies_change_at_once_and_the_sessions_end(stage: TestHub, owner: PageClient) -> None:
    maria = made(stage)
    assert post(owner, maria, "role", role="agent", phone="+1 312 555 0190").status_code == 422, "one number a word"
    assert post(owner, maria, "role", role="agent", phone="+13125550190").status_code == 303
    assert (reread(stage, maria).role, reread(stage, maria).phone_numbers) == ("agent", "+13125550190")
    assert post(owner, maria, "companies", companies=["northgate"]).status_code == 303
    north = stage.one(Company, name="northgate").id
    assert [row.company_id for row in stage.rows(UserCompany, user_id=maria.id)] == [north]
    assert "Northgate" in owner.text(f"/users/{maria.id}")
    assert post(owner, maria, "companies").status_code == 422
    assert post(owner, maria, "companies", everywhere="yes").status_code == 303
    assert stage.rows(UserCompany, user_id=maria.id) == []
    assert actions(stage) == [
        ("users.role", "marketer to agent"),
        ("users.companies", "northgate"),
        ("users.companies", "all"),
    ]


def test_a_reset_ends_sessions_and_after_a_theft_all_ways_in(stage: TestHub, owner: PageClient) -> None:
    theirs = signed_in(stage, "marketer")
    user = theirs.user
    assert user is not None
    stage.add(
        Passkey(
            account_id=user.account_id,
            user_id=user.id,
            credential_id="c",
            public_key=b"k",
            name="Phone",
            made_at=stage.clock(),
        )
    )
    assert "1 passkey" in owner.text("/users") and theirs.get("/calls").status_code == 200
    link = once_in(post(owner, user, "reset").text)
    assert theirs.get("/calls").headers["location"].startswith("/sign-in") and len(stage.rows(Passkey)) == 1
    second = once_in(post(owner, user, "clear").text)
    assert stage.rows(Passkey) == []
    with stage.hub.store.reading() as session:
        works = [link_of(session, each.rpartition("/")[2], stage.clock()) is not None for each in (link, second)]
    assert works == [False, True], "a new link ends the one before"
    again = signed_in(stage, "marketer")
    assert post(owner, user, "sign_out").status_code == 303
    assert again.get("/calls").status_code == 303
    assert actions(stage) == [("users.reset", ""), ("users.reset", "clear"), ("sessions.end", "1")]


def test_a_deactivated_user_has_no_session_key_or_link_and_stays_in_the_list(stage: TestHub, owner: PageClient) -> None:
    theirs = signed_in(stage, "marketer")
    user = theirs.user
    assert user is not None
    key = once_in(post(owner, user, "key", days="30").text)
    assert post(owner, user, "deactivate").status_code == 303
    assert theirs.get("/calls").status_code == 303
    with stage.hub.store.reading() as session:
        assert key_holder(session, key, stage.clock()) is None
    assert "Deactivated" in owner.text("/users") and "Deactivate…" not in owner.text(f"/users/{user.id}")
    for deed in ("reset", "key"):
        assert post(owner, user, deed, days="30").status_code == 422, deed


def test_a_key_is_shown_once_listed_by_its_prefix_and_revoked(stage: TestHub, owner: PageClient) -> None:
    maria = made(stage)
    key = once_in(post(owner, maria, "key", days="90").text)
    (row,) = stage.rows(ApiKey)
    with stage.hub.store.reading() as session:
        found = key_holder(session, key, stage.clock())
    assert found and found[1].id == maria.id and (row.ends_at - row.made_at).days == 90
    html = owner.get("/users").text
    assert f"ctk_{row.id}_…" in html and key not in html
    for days in ("0", "366", "x", "99999"):
        assert post(owner, maria, "key", days=days).status_code == 422
    assert owner.post(f"/users/keys/{row.id}/revoke").status_code == 303
    assert owner.post(f"/users/keys/{row.id}/revoke").status_code == 303
    with stage.hub.store.reading() as session:
        assert key_holder(session, key, stage.clock()) is None
    assert "Revoked" in owner.text(f"/users/{maria.id}")
    assert actions(stage) == [("users.key", row.id), ("users.revoke", row.id)], "revoking twice is one deed"


def test_nobody_changes_their_own_role_companies_or_access(stage: TestHub, owner: PageClient) -> None:
    second = made(stage, "second", "owner")
    own = owner.user
    assert own is not None
    for deed, more in (
        ("role", {"role": "admin"}),
        ("companies", {"companies": "lakeside"}),
        ("deactivate", {}),
        ("reset", {}),
        ("clear", {}),
    ):
        assert post(owner, own, deed, **more).status_code == 422, deed
    assert reread(stage, own).role == "owner" and actions(stage) == []
    assert "Another owner changes your role" in owner.text(f"/users/{own.id}")
    assert post(owner, second, "role", role="admin").status_code == 303, "while another owner stays"


def test_an_owner_of_some_companies_only_does_not_count_as_one_who_stays(stage: TestHub, owner: PageClient) -> None:
    own = owner.user
    limited = made(stage, "limited", "owner")
    assert own is not None and post(owner, limited, "companies", companies="lakeside").status_code == 303
    with pytest.raises(AccessRefused, match="last owner of the whole account"), stage.hub.store.writing() as session:
        deactivate(session, own, stage.clock(), actor="root")
    assert reread(stage, own).disabled_at is None


def test_a_user_has_a_name_to_be_read_and_keeps_the_one_for_sign_in(stage: TestHub, owner: PageClient) -> None:
    maria = made(stage)
    assert post(owner, maria, "name", first_name="Maria", last_name="Lopez").status_code == 303
    assert "Maria Lopez" in owner.text("/users") and "Maria Lopez" in owner.text(f"/users/{maria.id}")
    assert reread(stage, maria).name == maria.name
    assert post(owner, maria, "name", first_name="A" * 101).status_code == 422


def test_changes_need_a_recent_sign_in(stage: TestHub, owner: PageClient) -> None:
    maria = made(stage)
    stage.clock.advance(minutes=31)
    text = owner.text("/users")
    assert "sign in again first" in text and "Add the user" not in text
    for path, form in (("/users", {"name": "eve", "role": "owner"}), (f"/users/{maria.id}", {"deed": "role", "role": "owner"}),
                       ("/users/keys/0/revoke", {})):  # fmt: skip
        answer = owner.post(path, form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/users"), path
    assert reread(stage, maria).role == "marketer" and len(stage.rows(User)) == 2


def test_users_and_keys_of_another_account_are_not_there(stage: TestHub, owner: PageClient) -> None:
    eve = made(stage, "trudy", account="rival")
    rival = signed_in(stage, account="rival")
    key = once_in(post(rival, eve, "key", days="30").text)
    (row,) = stage.rows(ApiKey)
    assert "trudy" not in owner.text("/users") and row.id not in owner.text("/users")
    assert owner.get(f"/users/{eve.id}").status_code == 404
    for deed in ("role", "reset", "key", "deactivate", "sign_out"):
        assert post(owner, eve, deed, role="owner", days="30").status_code == 404, deed
    assert owner.post(f"/users/keys/{row.id}/revoke").status_code == 404
    assert key and stage.rows(ApiKey)[0].revoked_at is None


def test_only_owners_see_users(stage: TestHub) -> None:
    maria = made(stage)
    for role in ("admin", "marketer", "receptionist", "agent", "privacy_officer", "auditor"):
        browser = signed_in(stage, role)
        assert browser.get("/users").status_code == browser.get(f"/users/{maria.id}").status_code == 403, role
        assert browser.post("/users", {"name": "eve", "role": "owner"}).status_code == 403, role
        assert post(browser, maria, "role", role="owner").status_code == 403, role
        assert reread(stage, maria).role == "marketer", role


def test_the_list_shows_the_last_sign_in_and_living_sessions(stage: TestHub, owner: PageClient) -> None:
    theirs = signed_in(stage, "marketer")
    assert theirs.user is not None
    assert re.search(r"marketer-agency Marketer All companies 0 s ago 1 session", owner.text("/users"))
    assert len(stage.rows(WebSession)) == 2
    hostile = made(stage, "mallory")
    with stage.hub.store.writing() as session:
        session.get_one(User, hostile.id).email = "<img src=x>@example.com"
    assert "<img" not in owner.get("/users").text + owner.get(f"/users/{hostile.id}").text


def test_an_owner_writes_the_address_for_alerts_of_a_user_and_of_themselves(stage: TestHub, owner: PageClient) -> None:
    maria, pat = made(stage), made(stage, "pat")
    assert owner.user is not None
    assert post(owner, maria, "email", email="m@example.org").status_code == 303
    assert post(owner, owner.user, "email", email="me@example.org").status_code == 303
    assert (reread(stage, maria).email, reread(stage, owner.user).email) == ("m@example.org", "me@example.org")
    for wrong in ("nobody", "a b@example.com", "x@example.com\nBcc: y@example.com", pat.email.upper()):  # type: ignore[union-attr]
        assert post(owner, maria, "email", email=wrong).status_code == 422, wrong
    assert post(owner, maria, "email", email="").status_code == 303 and reread(stage, maria).email is None
    assert [detail for action, detail in actions(stage) if action == "users.email"] == ["set", "set", "removed"]
