"""Two ways to sign in to Twilio, and what each may read, against Twilio's own client where it can be the witness."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio_stage import Local

from hub.api import AuthError
from hub.testing import connect
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox


def test_the_connection_is_checked(twilio: Twilio) -> None:
    assert twilio.check_connection().ok


def test_a_wrong_token_asks_to_reconnect(sandbox: Sandbox) -> None:
    with pytest.raises(AuthError, match="20003"):
        connect(Twilio, sandbox, auth_token="wrong", rest_key_sid=None, rest_key_secret=None).check_connection()
    with pytest.raises(TwilioRestException) as refused:
        Client(sandbox.account_sid, "wrong", http_client=Local(sandbox.url)).calls("CA" + "0" * 32).fetch()
    assert (refused.value.status, refused.value.code) == (401, 20003)


def test_the_token_signs_in_where_there_is_no_api_key(sandbox: Sandbox) -> None:
    assert connect(Twilio, sandbox, rest_key_sid=None, rest_key_secret=None).check_connection().ok


def test_an_api_key_signs_in_in_place_of_the_token(sandbox: Sandbox) -> None:
    keyed = connect(Twilio, sandbox, rest_key_sid=sandbox.key_sid, rest_key_secret=sandbox.key_secret)
    assert keyed.check_connection().ok
    with pytest.raises(AuthError):
        connect(Twilio, sandbox, rest_key_sid=sandbox.key_sid, rest_key_secret="wrong").check_connection()


def test_a_standard_key_may_not_read_the_account(sandbox: Sandbox) -> None:
    """As at Twilio: only a main key and the auth token may, so nothing that the plugin needs may rest on it."""
    by_key = Client(sandbox.key_sid, sandbox.key_secret, sandbox.account_sid, http_client=Local(sandbox.url))
    with pytest.raises(TwilioRestException) as refused:
        by_key.api.accounts(sandbox.account_sid).fetch()
    assert (refused.value.status, refused.value.code) == (401, 20003)
    by_token = Client(sandbox.account_sid, sandbox.auth_token, http_client=Local(sandbox.url))
    assert by_token.api.accounts(sandbox.account_sid).fetch().status == "active"


def test_the_test_of_a_connection_with_an_api_key_notices_a_wrong_auth_token(sandbox: Sandbox) -> None:
    """The key signs in, but each webhook would be refused."""
    keyed = {"rest_key_sid": sandbox.key_sid, "rest_key_secret": sandbox.key_secret}
    with pytest.raises(AuthError, match="takes the API key and refuses auth_token"):
        connect(Twilio, sandbox, auth_token="wrong", **keyed).check_connection()
    shared = {"shared_keys": {"CF" + "0" * 32: "a shared key"}}
    assert connect(Twilio, sandbox, auth_token="not used", **keyed, **shared).check_connection().ok
    with pytest.raises(AuthError):
        connect(Twilio, sandbox, auth_token="wrong", **keyed, **shared, require_shared_key=False).check_connection()
