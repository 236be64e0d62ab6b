"""Passwords, codes of an app, recovery codes and one-time links: each works for its user, once where it must."""

from __future__ import annotations

import queue
import threading
from contextlib import ExitStack

import pyotp
import pytest
from compiled import librarys_hasher
from sqlmodel import select
from staff import OTHER, STRONG, Staff

from hub.access.sign_in import passwords
from hub.access.sign_in.credentials import (
    change_password,
    change_totp,
    forget_ways_in,
    remove_password,
    renew_recovery_codes,
    second_factor,
    set_password,
    user_of_password,
    ways_in,
)
from hub.access.sign_in.links import LIFETIMES, link_of, new_link, use_link
from hub.access.sign_in.passwords import check_password, hash_password, rehashed
from hub.access.sign_in.recovery_codes import recovery_codes_left
from hub.access.sign_in.totp import new_secret, opened_secret, proposal, proposed_secret, rotate_totp_secrets
from hub.access.users import AccessRefused, disable
from hub.errors import RetryLater
from hub.model import RecoveryCode, SignInLink, UserSecret
from hub.store.encryption.keyring import Keyring, new_key


def code(staff: Staff, secret: str) -> str:
    return pyotp.TOTP(secret).at(int(staff.clock().timestamp()))


def with_password(staff: Staff) -> tuple[str, list[str]]:
    secret = new_secret()
    with staff.writing() as session:
        codes = set_password(session, staff.keyring, staff.maria, STRONG, secret, code(staff, secret), staff.clock())
    staff.clock.advance(minutes=5)
    return secret, codes


def factor(staff: Staff, told: str) -> str | None:
    with staff.writing() as session:
        return second_factor(session, staff.keyring, staff.maria, told, staff.clock())


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("Sh0rt!pass", "at least 12"),
        ("passwordpassword", "easy to guess"),
        ("maria-maria-maria", "easy to guess"),
        ("x" * 400, "at most 128"),
    ],
)
def test_a_password_that_is_short_or_easy_to_guess_is_refused(password: str, words: str) -> None:
    with pytest.raises(AccessRefused, match=words):
        hash_password(password, ["maria", "agency"])


def test_a_hash_is_argon2id_with_19_mib_and_is_made_again_when_that_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from argon2 import PasswordHasher

    monkeypatch.setattr(passwords, "_hasher", librarys_hasher)
    stored = hash_password(STRONG, [])
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$") and STRONG not in stored
    assert check_password(stored, STRONG) and not check_password(stored, OTHER)
    assert not check_password(None, "the password of a user who does not exist"), (
        "not even with the stand-in's own word"
    )
    assert rehashed(stored, STRONG) is None
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(STRONG)
    with ExitStack() as others:
        for _ in range(passwords.MAX_HASHED + passwords.MAX_WAITING):
            others.enter_context(passwords._ADMITTED)
        assert rehashed(cheap, STRONG) is None, "the password was right: the next sign-in makes its new hash"
    renewed = rehashed(cheap, STRONG)
    assert renewed and check_password(renewed, STRONG)


def test_two_passwords_are_hashed_at_once_eight_wait_and_more_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        """A hash that takes until the test lets it end."""

        running, most, lock, go = 0, 0, threading.Lock(), threading.Event()

        def verify(self, stored: str, password: str) -> bool:
            with self.lock:
                self.running += 1
                self.most = max(self.most, self.running)
            assert self.go.wait(60)
            with self.lock:
                self.running -= 1
            return True

    slow, refused = Slow(), queue.Queue[str]()
    monkeypatch.setattr(passwords, "_hasher", lambda: slow)

    def check() -> None:
        try:
            check_password("x", STRONG)
        except RetryLater as busy:
            refused.put(str(busy))

    threads = [threading.Thread(target=check) for _ in range(40)]
    for each in threads:
        each.start()
    said = [refused.get(timeout=60) for _ in range(30)]
    slow.go.set()
    for each in threads:
        each.join()
    assert slow.most == 2 and refused.empty() and "Try again in a few seconds" in said[0]


def test_a_user_is_found_by_name_or_by_an_address_of_their_own(lite_staff: Staff) -> None:
    with_password(lite_staff)

    def found(name: str, password: str = STRONG) -> str | None:
        with lite_staff.reading() as session:
            user = user_of_password(session, name, password)
            return user.name if user else None

    assert found("maria") == found(" Maria ") == found("Maria@Example.com") == "maria"
    assert found("maria", OTHER) is None and found("nobody") is None and found("") is None
    lite_staff.add("twin", email="maria@example.com")
    assert found("maria@example.com") is None, "an address of two users is nobody's name"
    with lite_staff.writing() as session:
        disable(session, lite_staff.maria, lite_staff.clock())
    assert found("maria") is None


def test_a_code_of_the_app_works_once_and_the_clocks_may_differ_by_one_step(staff: Staff) -> None:
    secret, _ = with_password(staff)
    told = code(staff, secret)
    assert factor(staff, "000000") is None
    assert factor(staff, f"{told[:3]} {told[3:]}") == "password"
    assert factor(staff, told) == "used"
    staff.clock.advance(seconds=30)
    late = code(staff, secret)
    staff.clock.advance(seconds=30)
    assert factor(staff, late) == "password"
    staff.clock.advance(seconds=90)
    assert factor(staff, pyotp.TOTP(secret).at(int(staff.clock().timestamp()) - 60)) is None, "two steps are too old"


def test_the_secret_is_encrypted_for_its_user_and_goes_over_to_a_new_key(lite_staff: Staff) -> None:
    secret, _ = with_password(lite_staff)
    row = lite_staff.stage.one(UserSecret)
    assert secret.encode() not in row.totp_sealed
    key = new_key()
    from testbed import KEY

    newer = Keyring([key, KEY])
    with lite_staff.writing() as session:
        assert rotate_totp_secrets(session, newer) == 1
        assert rotate_totp_secrets(session, newer) == 0
    assert opened_secret(Keyring([key]), lite_staff.stage.one(UserSecret)) == secret


def test_a_proposed_secret_is_good_in_its_own_form_only(lite_staff: Staff) -> None:
    told = proposal(lite_staff.keyring, "link/1", "JBSWY3DPEHPK3PXP")
    assert proposed_secret(lite_staff.keyring, "link/1", told) == "JBSWY3DPEHPK3PXP"
    for place, wrong in (
        ("link/2", told),
        ("link/1", told[:-8]),
        ("link/1", "JBSWY3DPEHPK3PXP"),
        ("link/1", "é"),
        ("link/1", ""),
    ):
        assert proposed_secret(lite_staff.keyring, place, wrong) is None


def test_each_recovery_code_works_once_and_new_ones_end_the_old(staff: Staff) -> None:
    _, codes = with_password(staff)
    assert len(set(codes)) == 10 and all(len(each) == 19 for each in codes)
    stored = {row.code_sha256 for row in staff.stage.rows(RecoveryCode)}
    assert not stored & set(codes)
    assert factor(staff, codes[0].lower().replace("-", " ")) == "recovery"
    assert factor(staff, codes[0]) is None
    with staff.writing() as session:
        assert recovery_codes_left(session, staff.maria) == 9
        newer = renew_recovery_codes(session, staff.maria, staff.clock())
    assert factor(staff, codes[1]) is None and factor(staff, newer[1]) == "recovery"
    assert [each for each in staff.noted() if "recovery" in each] == [
        "recovery_code.use", "recovery_codes.new", "recovery_code.use",
    ]  # fmt: skip


def test_a_change_needs_what_proves_it(lite_staff: Staff) -> None:
    secret, _ = with_password(lite_staff)
    newer = new_secret()
    with lite_staff.writing() as session:
        with pytest.raises(AccessRefused, match="current password"):
            change_password(session, lite_staff.maria, OTHER, OTHER, lite_staff.clock())
        with pytest.raises(AccessRefused, match="not the code"):
            change_totp(
                session, lite_staff.keyring, lite_staff.maria, newer, code(lite_staff, secret), lite_staff.clock()
            )
        change_password(session, lite_staff.maria, STRONG, OTHER, lite_staff.clock())
        change_totp(session, lite_staff.keyring, lite_staff.maria, newer, code(lite_staff, newer), lite_staff.clock())
    lite_staff.clock.advance(seconds=60)
    assert factor(lite_staff, code(lite_staff, secret)) is None
    assert factor(lite_staff, code(lite_staff, newer)) == "password"


def test_the_only_way_in_is_not_removed_except_by_a_reset_at_the_machine(lite_staff: Staff) -> None:
    with_password(lite_staff)
    with lite_staff.writing() as session:
        with pytest.raises(AccessRefused, match="only way"):
            remove_password(session, lite_staff.maria, lite_staff.clock())
        assert ways_in(session, lite_staff.maria).count == 1
        forget_ways_in(session, lite_staff.maria)
        assert ways_in(session, lite_staff.maria).count == 0
        assert not session.exec(select(RecoveryCode)).all()


def test_a_link_works_once_for_its_time_and_the_newest_alone(staff: Staff) -> None:
    with staff.writing() as session:
        first = new_link(session, staff.maria, "setup", staff.clock(), "https://calls.example.com/")
    with staff.writing() as session:
        second = new_link(session, staff.maria, "setup", staff.clock(), "https://calls.example.com/")
    assert second.startswith("https://calls.example.com/setup/")
    tokens = [each.rpartition("/")[2] for each in (first, second)]
    assert not set(tokens) & {row.token_sha256 for row in staff.stage.rows(SignInLink)}
    with staff.writing() as session:
        assert link_of(session, tokens[0], staff.clock()) is None, "a newer link ends it"
        assert link_of(session, tokens[1], staff.clock() + LIFETIMES["setup"]) is None
        assert link_of(session, "x", staff.clock()) is None
        found = link_of(session, tokens[1], staff.clock())
        assert found is not None and found[1].name == "maria"
        assert use_link(session, found[0], staff.clock())
        assert not use_link(session, found[0], staff.clock())
    with staff.writing() as session:
        assert link_of(session, tokens[1], staff.clock()) is None
        disable(session, staff.maria, staff.clock())
        with pytest.raises(AccessRefused, match="disabled"):
            new_link(session, staff.maria, "setup", staff.clock(), "https://calls.example.com/")
