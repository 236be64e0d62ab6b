"""What is over is deleted: sessions, steps, links, used codes; what is not over stays."""

from __future__ import annotations

from datetime import timedelta

import pyotp
from staff import STRONG, Staff

from hub.access.sign_in.challenges import new_challenge
from hub.access.sign_in.credentials import set_password
from hub.access.sign_in.expired import delete_expired
from hub.access.sign_in.links import new_link
from hub.access.sign_in.recovery_codes import use_recovery_code
from hub.access.sign_in.sessions import end_session, open_session, session_of
from hub.access.sign_in.totp import accepted_step, new_secret
from hub.model import RecoveryCode, SignInChallenge, SignInLink, WebSession


def test_what_is_over_is_deleted_and_nothing_else(staff: Staff) -> None:
    now = staff.clock()
    secret = new_secret()
    code = pyotp.TOTP(secret).at(int(now.timestamp()))
    assert accepted_step(secret, code, now, 0)
    with staff.writing() as session:
        codes = set_password(session, staff.keyring, staff.maria, STRONG, secret, code, now)
        use_recovery_code(session, staff.maria, codes[0], now)
        ended, living = (open_session(session, staff.maria, "password", "", now) for _ in range(2))
        found = session_of(session, ended, now)
        assert found is not None
        end_session(session, found[0].id, now)
        new_challenge(session, "passkey", now)
        new_link(session, staff.maria, "setup", now, "https://calls.example.com")
        new_link(session, staff.maria, "setup", now, "https://calls.example.com")
    assert delete_expired(staff.stage.hub.store, now) == 3, "the ended session, the replaced link, the used code"
    assert len(staff.stage.rows(RecoveryCode)) == 9
    assert delete_expired(staff.stage.hub.store, now + timedelta(minutes=5)) == 1
    assert staff.stage.rows(SignInChallenge) == []
    assert delete_expired(staff.stage.hub.store, now + timedelta(hours=24)) == 1
    assert staff.stage.rows(SignInLink) == []
    with staff.reading() as session:
        assert session_of(session, living, now) is not None
    assert delete_expired(staff.stage.hub.store, now + timedelta(days=7)) == 1
    assert staff.stage.rows(WebSession) == []
