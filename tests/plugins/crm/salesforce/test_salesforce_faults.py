"""Salesforce's refusals and failures, with a session already open, each end in the right outcome."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import AuthError, ConfigError, Rejected, RetryLater
from hub.api.sandbox import Fault
from hub.testing import FrozenClock, connect
from plugins.crm.salesforce import Salesforce
from plugins.crm.salesforce.refusals import LIMIT_PAUSE, SALESFORCE, first_error, scrubbed
from plugins.crm.salesforce.sandbox import Sandbox


def test_at_the_daily_limit_the_hub_waits(salesforce: Salesforce, sandbox: Sandbox) -> None:
    assert salesforce.check_connection().detail == "Salesforce answers; 14999 of 15000 API requests are left today."
    sandbox.daily_limit = sandbox.used
    with pytest.raises(RetryLater, match="REQUEST_LIMIT_EXCEEDED") as caught:
        salesforce.pull_outcomes(None)
    assert caught.value.after == LIMIT_PAUSE


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        (Fault("status", 503), None),
        (Fault("status", 429, retry_after=30), 30),
        (Fault("status", 500), None),
        (Fault("garbage"), None),
        (Fault("hang", seconds=3.0), None),
    ],
)
def test_a_failure_in_an_open_session_is_tried_later(
    sandbox: Sandbox, clock: FrozenClock, fault: Fault, after: float | None
) -> None:
    salesforce = connect(Salesforce, sandbox, clock=clock, timeout=1.0 if fault.kind == "hang" else 10.0)
    cursor = salesforce.pull_outcomes(None).cursor
    sandbox.fail_next(fault)
    with pytest.raises(RetryLater) as caught:
        salesforce.pull_outcomes(cursor)
    assert caught.value.after == after
    assert salesforce.pull_outcomes(cursor).outcomes == ()


def test_nobody_listening_is_tried_later(sandbox: Sandbox, clock: FrozenClock) -> None:
    gone = connect(Salesforce, sandbox, clock=clock, login_url="http://127.0.0.1:9")
    with pytest.raises(RetryLater, match="cannot be reached"):
        gone.pull_outcomes(None)


@pytest.mark.parametrize(
    ("status", "content", "wanted"),
    [
        (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}], RetryLater),
        (400, [{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}], RetryLater),
        (403, [{"errorCode": "API_DISABLED_FOR_ORG", "message": "The REST API is not enabled."}], AuthError),
        (400, [{"errorCode": "INVALID_FIELD", "message": "No such column"}], ConfigError),
        (404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}], ConfigError),
        (404, "<html>", ConfigError),
        (403, [{"errorCode": "INSUFFICIENT_ACCESS", "message": "insufficient access rights"}], Rejected),
        (400, [{"errorCode": "MALFORMED_QUERY", "message": "unexpected token"}], Rejected),
        (400, {"error": "unsupported"}, Rejected),
        (400, [], Rejected),
        (414, "URI too long", Rejected),
    ],
)
def test_each_refusal_has_its_class(status: int, content: Any, wanted: type[Exception]) -> None:
    error = SALESFORCE.error(SALESFORCE.refusal(status, None, json.dumps(content), FrozenClock().now))
    assert type(error) is wanted
    if isinstance(error, Rejected):
        assert error.code


def test_a_wrong_api_version_is_told(sandbox: Sandbox, clock: FrozenClock) -> None:
    with pytest.raises(ConfigError, match="api_version"):
        connect(Salesforce, sandbox, clock=clock, api_version="99.0").pull_outcomes(None)


@pytest.mark.parametrize(
    "cursor", ["", "x", "[]", "{}", '{"place":["2026-11-24T15:00:00"],"floor":null,"read":{}}', "1"]
)
def test_a_cursor_of_something_else_is_refused(salesforce: Salesforce, cursor: str) -> None:
    with pytest.raises(Rejected, match="cursor"):
        salesforce.pull_outcomes(cursor)


@settings(max_examples=40)
@given(
    st.recursive(st.none() | st.integers() | st.text(max_size=8), lambda c: st.lists(c) | st.dictionaries(st.text(), c))
)
def test_any_error_body_can_be_read(content: Any) -> None:
    code, message = first_error(content)
    assert code is None or code
    assert message


PHONES: list[Callable[[str, str, str], str]] = [
    "+1{}{}{}".format,
    "({}) {}-{}".format,
    "{}-{}-{}".format,
    "{}.{}.{}".format,
    "1 {} {} {}".format,
]


@given(st.sampled_from(PHONES), st.from_regex(r"[2-9]\d\d", fullmatch=True), st.from_regex(r"01\d\d", fullmatch=True))
def test_no_phone_number_gets_into_a_reason(written: Callable[[str, str, str], str], area: str, line: str) -> None:
    shown = scrubbed(f"The number {written(area, '555', line)} of jo.roe+x@example.com is a duplicate.")
    assert line not in shown.replace("…", "")
    assert "jo.roe" not in shown
    assert shown.endswith("is a duplicate.")


def test_words_about_limits_and_ids_stay() -> None:
    for text in (
        "max length=255",
        "id value of incorrect type: 0035g0000000001AAA",
        "cannot submit more than 200 records",
    ):
        assert scrubbed(text) == text


def test_times_of_salesforce_are_read() -> None:
    from plugins.crm.salesforce.translate import instant

    assert instant("2026-11-24T15:00:00.000+0000") == datetime(2026, 11, 24, 15, tzinfo=UTC)
    for nonsense in ("2026-11-24", "soon", None):
        with pytest.raises(ValueError, match=r".*"):
            instant(nonsense)


def test_a_missing_library_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("plugins.crm.salesforce.library", "simple_salesforce.metadata"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "simple_salesforce", None)
    with pytest.raises(ConfigError, match=r"install the extra salesforce: `hub docs deploy/one-machine#extras`"):
        import_module("plugins.crm.salesforce.library")
