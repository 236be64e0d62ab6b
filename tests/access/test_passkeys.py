"""Passkeys: an answer counts for this hub, this challenge and this user alone."""

from __future__ import annotations

from typing import Any

import pytest
from software_key import SoftwareKey
from staff import Staff

from hub.access.sign_in.challenges import LIFETIME, new_challenge, open_challenge, take_challenge
from hub.access.sign_in.passkeys import (
    RelyingParty,
    authentication_options,
    passkey_user,
    passkeys_of,
    register_passkey,
    registration_options,
)
from hub.access.users import AccessRefused, disable
from hub.model import Passkey, User

ORIGIN = "https://calls.example.com"
PARTY = RelyingParty.of(f"{ORIGIN}/")


def register(staff: Staff, key: SoftwareKey, user: User | None = None) -> Passkey:
    with staff.writing() as session:
        options, challenge = registration_options(session, PARTY, user or staff.maria)
        return register_passkey(
            session, PARTY, user or staff.maria, challenge, key.make(options), "Phone", staff.clock()
        )


def signs_in(staff: Staff, key: SoftwareKey, **how: Any) -> str | None:
    options, challenge = authentication_options(PARTY)
    return answered(staff, challenge, key.sign(options, **how))


def answered(staff: Staff, challenge: str, answer: dict[str, Any]) -> str | None:
    with staff.writing() as session:
        user = passkey_user(session, PARTY, challenge, answer, staff.clock())
        return user.name if user else None


def test_a_passkey_signs_its_user_in_and_its_count_and_last_use_are_kept(staff: Staff) -> None:
    key = SoftwareKey(ORIGIN)
    row = register(staff, key)
    assert (row.name, row.transports, row.used_at) == ("Phone", ["internal"], None)
    assert signs_in(staff, key) == signs_in(staff, key, user_id=staff.maria.id) == "maria"
    kept = staff.stage.one(Passkey)
    assert (kept.sign_count, kept.used_at) == (2, staff.clock())


def test_an_answer_from_another_site_another_host_or_without_the_users_check_is_refused(lite_staff: Staff) -> None:
    for bad in (
        SoftwareKey("https://evil.example"),
        SoftwareKey("http://calls.example.com"),
        SoftwareKey(ORIGIN, verified=False),
    ):
        with pytest.raises(AccessRefused, match="not valid"):
            register(lite_staff, bad)
    key = SoftwareKey(ORIGIN)
    register(lite_staff, key)
    key.origin = "https://evil.example"
    assert signs_in(lite_staff, key) is None
    key.origin, key.verified = ORIGIN, False
    assert signs_in(lite_staff, key) is None
    key.verified = True
    assert signs_in(lite_staff, key, rp_id="evil.example") is None
    assert signs_in(lite_staff, key) == "maria"


def test_an_answer_to_another_challenge_a_copied_key_and_a_foreign_signature_are_refused(lite_staff: Staff) -> None:
    key = SoftwareKey(ORIGIN)
    register(lite_staff, key)
    options, challenge = authentication_options(PARTY)
    answer = key.sign(options)
    assert answered(lite_staff, authentication_options(PARTY)[1], answer) is None
    assert answered(lite_staff, challenge, answer) == "maria"
    copy = SoftwareKey(ORIGIN, key.private, key.id, count=0)
    assert signs_in(lite_staff, copy) is None, "a count that goes back shows a copied key"
    assert signs_in(lite_staff, SoftwareKey(ORIGIN, id=key.id, count=9)) is None
    assert signs_in(lite_staff, SoftwareKey(ORIGIN)) is None


def test_a_passkey_is_its_users_alone_and_ends_with_the_user(lite_staff: Staff) -> None:
    key, eve = SoftwareKey(ORIGIN), lite_staff.add("eve")
    register(lite_staff, key)
    with pytest.raises(AccessRefused, match="stored already"):
        register(lite_staff, key, eve)
    assert signs_in(lite_staff, key, user_id=eve.id) is None
    with lite_staff.writing() as session:
        assert len(passkeys_of(session, lite_staff.maria)) == 1
        disable(session, session.merge(lite_staff.maria), lite_staff.clock())
    assert signs_in(lite_staff, key) is None


@pytest.mark.parametrize(
    "answer",
    [{}, {"id": "x"}, {"id": 7, "response": 8}, {"id": "x", "response": {"clientDataJSON": "é"}}, {"response": []}],
    ids=str,
)
def test_an_answer_that_is_none_is_refused_without_an_error(lite_staff: Staff, answer: dict[str, Any]) -> None:
    key = SoftwareKey(ORIGIN)
    row = register(lite_staff, key)
    challenge = authentication_options(PARTY)[1]
    assert answered(lite_staff, challenge, answer) is None
    assert answered(lite_staff, challenge, {**answer, "id": row.credential_id}) is None
    with lite_staff.writing() as session, pytest.raises(AccessRefused, match="not valid"):
        register_passkey(session, PARTY, lite_staff.maria, challenge, answer, "", lite_staff.clock())


@pytest.mark.parametrize(
    ("address", "possible"),
    [
        ("https://calls.example.com/", True),
        ("http://localhost:8080", True),
        ("http://calls.example.com/", False),
        ("http://127.0.0.1:8080/", False),
        ("https://192.0.2.7/", False),
    ],
)
def test_passkeys_are_offered_where_browsers_permit_them(address: str, possible: bool) -> None:
    assert RelyingParty.of(address).possible is possible


def test_a_waiting_step_ends_when_it_is_answered_and_after_five_minutes(staff: Staff) -> None:
    with staff.writing() as session:
        first, second = (new_challenge(session, "passkey", staff.clock(), data={"challenge": "c"}) for _ in range(2))
    with staff.writing() as session:
        assert take_challenge(session, "factor", first, staff.clock()) is None, "a step of another kind"
        taken = take_challenge(session, "passkey", first, staff.clock())
        assert taken is not None and taken.data == {"challenge": "c"}
    with staff.writing() as session:
        assert take_challenge(session, "passkey", first, staff.clock()) is None
        assert open_challenge(session, "passkey", second, staff.clock()) is not None
        assert take_challenge(session, "passkey", second, staff.clock() + LIFETIME) is None
