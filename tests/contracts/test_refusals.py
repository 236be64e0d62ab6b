"""What a provider's refusal means: its wait, its class, and a request that must not be made twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import (
    AuthError,
    ConfigError,
    OutcomeUnknown,
    Provider,
    Refusal,
    Rejected,
    RetryLater,
    Services,
    without_personal_data,
)
from hub.contracts.refusals import retry_after

NOW = datetime(2026, 7, 9, 15, 30, tzinfo=UTC)
ACME = Provider(
    name="Acme",
    remedy="reconnect it",
    details=lambda refusal: (refusal.body.get("code"), refusal.body.get("message", "")),
    special=lambda refusal: ConfigError("no such account") if refusal.body.get("code") == "GONE" else None,
    passing=frozenset({423}),
    wait_headers=("retry-after", "x-reset"),
    help="https://acme.example/{code}",
)


@pytest.mark.parametrize(("header", "seconds"), [
    ("0", 0.0), ("17", 17.0), (" 2.5 ", 2.5), ("999999999", 999999999.0),
    ("Thu, 09 Jul 2026 15:31:30 GMT", 90.0), ("Thu, 09 Jul 2026 15:31:30 -0000", 90.0),
    ("Thu, 09 Jul 2026 17:31:30 +0200", 90.0), ("Thu, 09 Jul 2026 15:00:00 GMT", 0.0),
    (None, None), ("", None), ("-1", None), ("1e9", None), ("nan", None), ("soon", None), ("١٢", None),
    ("9999999999", None), ("Thu, 99 Jul 2026", None),
])  # fmt: skip
def test_a_wait_is_a_number_of_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


def said(body: str, **where: Any) -> Rejected:
    provider = Provider(name="Acme", remedy="reconnect it", **where)
    error = provider.error(provider.refusal(400, {}, body, NOW))
    assert isinstance(error, Rejected)
    return error


def test_the_first_path_that_is_there_gives_code_and_words_also_in_a_list() -> None:
    where = {"code": ("error.code", "errors.0.code"), "words": ("error.message", "errors.0.message")}
    for body in ('{"errors": [{"code": 7, "message": "No."}]}', '{"error": {"code": 7, "message": "No."}}'):
        error = said(body, **where)
        assert (error.code, str(error)) == ("7", "Acme refuses (error 7): No.")


@pytest.mark.parametrize("words", ["", "reason"])
def test_a_sentence_as_code_is_said_once_and_without_personal_data(words: str) -> None:
    error = said('{"reason": "The click of +1 312 555 0100 is too old."}', code="reason", words=words)
    assert str(error) == "Acme refuses (HTTP 400): The click of … is too old."


@given(st.text())
def test_any_header_can_be_read_as_a_wait(header: str) -> None:
    wait = retry_after(header, NOW)
    assert wait is None or wait >= 0


@pytest.mark.parametrize(("status", "kind"), [
    (400, Rejected), (404, Rejected), (409, Rejected), (418, Rejected),
    (401, AuthError), (403, AuthError),
    (0, RetryLater), (302, RetryLater), (408, RetryLater), (423, RetryLater), (425, RetryLater), (429, RetryLater),
    (500, RetryLater), (503, RetryLater),
])  # fmt: skip
@pytest.mark.parametrize("body", [None, "", "<html>", "[]", "[" * 100_000, '{"message": 5}', b"\xff"])
def test_every_status_has_its_class_whatever_the_body(status: int, kind: type[Exception], body: Any) -> None:
    assert type(ACME.error(ACME.refusal(status, None, body, NOW))) is kind


def test_a_rejection_keeps_the_code_and_the_words_without_personal_data() -> None:
    error = ACME.error(Refusal(400, body={"code": "E7", "message": "no call to +1 (312) 555-0142."}))
    assert isinstance(error, Rejected) and error.code == "E7"
    assert str(error) == "Acme refuses (error E7): no call to …; see https://acme.example/E7."


def test_the_providers_own_codes_come_first() -> None:
    assert isinstance(ACME.error(Refusal(401, body={"code": "GONE"})), ConfigError)


def test_the_longest_wait_of_all_headers_counts() -> None:
    error = ACME.error(ACME.refusal(429, {"Retry-After": "3", "X-Reset": "5"}, b"", NOW))
    assert isinstance(error, RetryLater) and error.after == 5


@given(st.text(), st.lists(st.text(min_size=2)))
def test_what_is_known_never_comes_back(text: str, known: list[str]) -> None:
    told = without_personal_data(" ".join([text, *known]), known)
    assert len(told) <= 300
    assert not [value for value in known if value in told and "…" not in value]


def services(answer: Callable[[httpx2.Request], httpx2.Response]) -> Services:
    client = httpx2.Client(transport=httpx2.MockTransport(answer))
    nothing: Any = None
    return Services(
        clock=lambda: NOW, http=lambda: client, tokens=nothing, memory=nothing, log=nothing, webhook_url="https://x"
    )


def raising(error: type[Exception]) -> Callable[[httpx2.Request], httpx2.Response]:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise error("said with +13125550142")

    return answer


def status(code: int, content: bytes = b"{}") -> Callable[[httpx2.Request], httpx2.Response]:
    return lambda request: httpx2.Response(code, content=content)


def test_a_good_answer_is_its_json_object() -> None:
    given = services(
        lambda request: httpx2.Response(200, json={"method": request.method, "q": request.url.query.decode()})
    )
    assert given.json(ACME, "GET", "https://acme.example/", params={"a": "1"}) == {"method": "GET", "q": "a=1"}


@pytest.mark.parametrize(("answer", "plain", "once"), [
    (raising(httpx2.ConnectError), RetryLater, RetryLater),
    (raising(httpx2.ConnectTimeout), RetryLater, RetryLater),
    (raising(httpx2.ReadTimeout), RetryLater, OutcomeUnknown),
    (raising(httpx2.RemoteProtocolError), RetryLater, OutcomeUnknown),
    (status(429), RetryLater, RetryLater), (status(503), RetryLater, RetryLater),
    (status(500), RetryLater, OutcomeUnknown), (status(302), RetryLater, OutcomeUnknown),
    (status(408), RetryLater, OutcomeUnknown),
    (status(200, b"<html>"), RetryLater, OutcomeUnknown), (status(200, b"[]"), RetryLater, OutcomeUnknown),
    (status(400), Rejected, Rejected), (status(401), AuthError, AuthError),
])  # fmt: skip
def test_what_must_not_be_made_twice_is_not_tried_again_where_it_may_have_been_made(
    answer: Callable[[httpx2.Request], httpx2.Response], plain: type[Exception], once: type[Exception]
) -> None:
    for only_once, kind in ((False, plain), (True, once)):
        with pytest.raises(kind) as caught:
            services(answer).json(ACME, "POST", "https://acme.example/", once=only_once)
        assert caught.type is kind and "555" not in str(caught.value)


def test_an_expected_status_is_given_back() -> None:
    assert services(status(404)).send(ACME, "GET", "https://acme.example/", expected=(404,)).status_code == 404


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("80004", RetryLater),
        ("8000", Rejected),
        ("NotExpected", AuthError),
        ("NotE1pected", Rejected),
        ("80005", ConfigError),
    ],
)
def test_a_family_of_codes_means_one_thing_and_a_code_of_its_own_comes_first(code: str, kind: type[Exception]) -> None:
    codes = {"800xx": RetryLater, "*Expected": AuthError, "80005": ConfigError}
    provider = Provider(name="Acme", remedy="reconnect it", code="code", codes=codes)
    assert type(provider.error(Refusal(400, body={"code": code, "message": "no"}))) is kind


def test_a_refusal_that_is_expected_is_no_object_with_what_was_asked_for() -> None:
    """The body of a 404 was returned like that of a 200, and nothing said which of both it was."""
    said = httpx2.MockTransport(lambda request: httpx2.Response(404, json={"error": "Not found"}))
    nothing: Any = None
    services = Services(
        clock=lambda: NOW,
        http=lambda: httpx2.Client(transport=said),
        tokens=nothing,
        memory=nothing,
        log=nothing,
        webhook_url="",
    )
    assert services.json(ACME, "GET", "https://api.example.com/contacts/7", expected=(404,)) == {}
