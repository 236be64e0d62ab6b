"""No real value is in a recorded exchange, wherever it stood; what says how the vendor answers stays."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import tracemalloc
import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.plugin_host.vendor_exchanges.allowed_words import AllowedWords, ordinary_words
from hub.plugin_host.vendor_exchanges.fiction import Fiction
from hub.plugin_host.vendor_exchanges.rendered import Origin, rendered
from hub.plugin_host.vendor_exchanges.replaced_values import ReplacedValues
from hub.plugin_host.vendor_exchanges.wire_tap import Exchange

AT = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
HOSTS = ("api.acme-ads.example.com", "*.acme-crm.com")
SETTINGS = {"sk_live_9f8e7d6c5b4a": "access_token", "acct-88213345": "account_id"}
CONSONANTS = "bcdfghjkmnpqrtvwxz"


def values(key: bytes = b"k" * 32) -> ReplacedValues:
    return ReplacedValues(Fiction(key), AllowedWords(), SETTINGS, HOSTS)


def exchange(**changes: Any) -> Exchange:
    plain: dict[str, Any] = {
        "method": "POST",
        "target": "/v1/contacts",
        "headers": (("host", "api.acme-ads.example.com"), ("content-type", "application/json")),
        "body": b"{}",
        "status": 200,
        "reply_headers": (("content-type", "application/json"),),
        "reply_body": b"{}",
    }
    return Exchange(**(plain | changes))


def text_of(*exchanges: Exchange) -> str:
    return rendered(Origin("acme", "upload_conversions", AT), exchanges, values())


def replied(body: object, status: int = 400) -> Any:
    """A reply's body as it is written."""
    text = text_of(exchange(status=status, reply_body=json.dumps(body).encode()))
    return json.loads(text.rpartition("\n\n")[2])


# canaries: each with the parts of it that must not be seen

letters = st.text(CONSONANTS, min_size=6, max_size=12)
name = letters.map(str.title)
digits = st.text("123456789", min_size=8, max_size=18)
phone = st.builds(
    lambda area, rest, form: (form.format(area, *rest), f"{area}{''.join(rest)}"),
    st.integers(201, 989).map(str),
    st.tuples(st.integers(600, 999).map(str), st.integers(2000, 9999).map(str)),
    st.sampled_from(["+1{}{}{}", "({}) {}-{}", "1-{}-{}-{}", "{}{}{}", "+1 {} {} {}"]),
)
canary = st.one_of(
    name.map(lambda each: (each, each)),
    letters.map(lambda each: (f"{each}@gmail.com", each)),
    digits.map(lambda each: (each, each)),
    phone,
    st.text(CONSONANTS + "0123456789", min_size=18, max_size=40).map(lambda each: (each, each)),
    letters.map(lambda each: (hashlib.sha256(each.encode()).hexdigest(),) * 2),
    letters.map(lambda each: (f"12 {each} Street", each)),
    letters.map(lambda each: (f"call me, {each}", each)),
    letters.map(lambda each: (f"https://{each}.com/{each}?{each}={each}", each)),
    letters.map(lambda each: (f"{each}-2-{each}", each)),
    st.integers(1, 254).map(lambda each: (f"10.77.{each}.199", f"10.77.{each}.199")),
)
field = st.one_of(
    letters,
    st.sampled_from(
        [
            "id",
            "name",
            "first_name",
            "lastname",
            "email",
            "phone",
            "to",
            "from",
            "body",
            "message",
            "text",
            "error",
            "detail",
            "status",
            "code",
            "type",
            "value",
            "amount",
            "note",
            "address",
            "zip",
            "city",
            "url",
            "data",
            "customer",
            "reference",
            "created_at",
            "account",
            "token",
            "query",
            "subject",
            "firstname",
            "value_text",
        ]
    ),
)


def tree(leaf: str) -> st.SearchStrategy[Any]:
    """JSON with a leaf, or with a field named like it, somewhere."""
    return st.recursive(
        st.just(leaf) | st.just(json.dumps({"inner": leaf})) | st.just(f"Could not find '{leaf}' for {leaf}: invalid."),
        lambda inner: (
            st.dictionaries(field | st.just(leaf), inner, min_size=1, max_size=3)
            | st.lists(inner, min_size=1, max_size=2)
        ),
        max_leaves=4,
    )


def assert_unseen(parts: tuple[str, str], text: str) -> None:
    shown = text.lower()
    seen = f"{shown}\n{unquote(shown)}\n{re.sub(r'[ ().+-]', '', shown)}"
    assert parts[1].lower() not in seen
    assert quote(parts[0]).lower() not in shown or parts[0] == parts[0].lower() == ""


@given(st.data(), canary, st.sampled_from([200, 400, 422, 500]))
def test_no_value_of_a_body_is_seen(data: st.DataObject, parts: tuple[str, str], status: int) -> None:
    body = json.dumps(data.draw(tree(parts[0]))).encode()
    assert_unseen(parts, text_of(exchange(body=body)))
    assert_unseen(parts, text_of(exchange(body=b"{}", status=status, reply_body=body)))
    assert_unseen(parts, text_of(exchange(body=body, status=status, reply_body=body)))
    packed = (("content-type", "application/json"), ("content-encoding", "gzip"))
    assert_unseen(parts, text_of(exchange(status=status, reply_headers=packed, reply_body=gzip.compress(body))))


@given(canary, field, st.sampled_from([200, 400]))
def test_no_value_of_a_form_or_xml_or_text_is_seen(parts: tuple[str, str], key: str, status: int) -> None:
    leaf = parts[0]
    form = urlencode({key: leaf, leaf: "1", "Body": f"hello {leaf}"}).encode()
    escaped = leaf.replace("&", "&amp;")
    said = f'<Say {key}="x">{escaped}</Say>{escaped}<Error><Message>bad {escaped}</Message></Error>'
    xml = f'<Response kind="{escaped}">{said}</Response>'
    for kind, body in (
        ("application/x-www-form-urlencoded", form),
        ("application/xml", xml.encode()),
        ("text/xml", b"<!DOCTYPE x [<!ENTITY a '" + escaped.encode() + b"'>]><x>&a;</x>"),
        ("text/plain", f"error: {leaf} was not found".encode()),
        ("text/csv", f"name,phone\n{leaf},1".encode()),
        ("application/json", f"not json {leaf}".encode()),
        (f"application/{key}", leaf.encode()),
        ("multipart/form-data; boundary=b", f"--b\r\n\r\n{leaf}\r\n--b--".encode()),
    ):
        headers = (("content-type", kind),)
        sent = exchange(headers=headers, body=body, status=status, reply_headers=headers, reply_body=body)
        assert_unseen(parts, text_of(sent))


@given(canary, field)
def test_no_value_of_an_address_or_a_header_is_seen(parts: tuple[str, str], key: str) -> None:
    leaf = quote(parts[0], safe="")
    headers = (
        ("host", f"{parts[1]}.acme-crm.com"),
        ("authorization", f"Bearer {leaf}"),
        ("x-account", leaf),
        ("cookie", f"session={leaf}"),
        ("user-agent", leaf),
        (f"x-{key}".lower().replace("_", "-"), leaf),
    )
    target = f"/v1/contacts/{leaf}/customers:{leaf}?{key}={leaf}&{leaf}=1&next=https%3A%2F%2Fcrm.acme.dev%2F{leaf}"
    sent = exchange(
        target=target, headers=headers, reply_headers=(("location", f"https://x.dev/{leaf}"), ("x-request-id", leaf))
    )
    assert_unseen(parts, text_of(sent))


@given(phone)
def test_one_number_is_the_same_however_it_is_written(parts: tuple[str, str]) -> None:
    number = parts[1]
    made = values()
    forms = [f"+1{number}", f"1{number}", number, f"({number[:3]}) {number[3:6]}-{number[6:]}"]
    fictional = {re.sub(r"\D", "", made.text(each, "phone"))[-10:] for each in forms}
    assert len(fictional) == 1
    assert re.fullmatch(r"\d{3}55501\d\d", fictional.pop())
    assert values(b"another key" * 3).fiction.shift != made.fiction.shift


# what stays


@pytest.mark.parametrize(
    "body",
    [
        {"code": 21211, "message": "The 'To' number is not a valid phone number.", "status": 400},
        {"error": {"message": "Invalid parameter", "type": "OAuthException", "code": 100, "error_subcode": 2804003}},
        {"errors": [{"code": "10015", "title": "Bad Request", "detail": "The request is not well formed."}]},
        {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "The caller does not have permission"}},
        {"status": "error", "category": "VALIDATION_ERROR", "message": "Property values were not valid"},
        {"code": 40002, "message": "Invalid value for event_source.", "data": {}},
        {"errorCode": {"conversionUploadError": "CONVERSION_PRECEDES_EVENT"}, "errors": []},
        {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
        [{"errorCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing", "fields": ["Status"]}],
    ],
)
def test_the_vendors_own_codes_and_messages_stay(body: object) -> None:
    assert replied(body) == body


def test_in_a_vendors_message_only_what_is_somebodys_is_replaced() -> None:
    text = replied(
        {"error": {"message": "The phone number +13128675309 of 'Zbigniew Qrtz' is not valid for acct-88213345x."}}
    )
    message = text["error"]["message"]
    assert re.match(r"The phone number \+1\d{3}55501\d\d of 'Fictional \w{8}' is not valid for ", message)


@pytest.mark.parametrize(
    "real", ["06 12 86 75 30", "312 867 5309", "(312) 867-5309", "+44 20 8946 0958", "4539 1488 0343 6467"]
)
def test_a_number_of_several_words_in_a_message_is_replaced_as_one(real: str) -> None:
    message = replied({"error": {"message": f"The phone {real} is not valid."}})["error"]["message"]
    assert message.startswith("The phone ") and message.endswith(" is not valid.")
    assert not set(re.findall(r"\d{2,}", message)) & {each for each in re.findall(r"\d{2,}", real) if each != "44"}


def test_the_file_does_not_say_by_how_much_its_times_are_moved() -> None:
    lines = dict(
        line[2:].split(": ", 1) for line in text_of(exchange()).splitlines() if re.match("# (read|now): ", line)
    )
    assert lines["read"] == "2026-11-01"
    assert datetime.fromisoformat(lines["now"]) == AT + values().fiction.shift


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_small_reply_that_becomes_a_large_one_is_read_in_part(encoding: str) -> None:
    packed = {"gzip": gzip.compress, "deflate": zlib.compress}[encoding](b"[" + b" " * 40_000_000)
    headers = (("content-type", "application/json"), ("content-encoding", encoding))
    tracemalloc.start()
    try:
        assert len(text_of(exchange(reply_headers=headers, reply_body=packed))) < 2_000
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_what_a_message_repeats_of_the_request_is_replaced_alike() -> None:
    body = json.dumps({"name": "open order", "status": "new"}).encode()
    reply = json.dumps({"errors": [{"detail": "The name open order is in use."}]}).encode()
    text = text_of(exchange(body=body, status=409, reply_body=reply))
    made = re.search(r'"name": "(Fictional \w{8})"', text)
    assert made is not None
    assert f"The name {made[1]} is in use." in text


def test_settings_become_placeholders_so_that_a_stand_in_can_be_asked_again() -> None:
    headers = (
        ("host", "eu.acme-crm.com"),
        ("authorization", "Bearer sk_live_9f8e7d6c5b4a"),
        ("content-type", "application/json"),
    )
    sent = exchange(
        target="/v1/accounts/acct-88213345/contacts", headers=headers, body=b'{"account": "urn:acct-88213345"}'
    )
    text = text_of(sent)
    assert "POST https://example.acme-crm.com/v1/accounts/{{account_id}}/contacts HTTP/1.1" in text
    assert "authorization: Bearer {{access_token}}" in text
    assert "acct-88213345" not in text
    assert "sk_live" not in text


def test_times_are_moved_by_one_span_and_stay_apart_as_they_were() -> None:
    body = {
        "created_at": "2026-11-30T15:00:00Z",
        "event_time": int(AT.timestamp()) + 60,
        "date_sent": "Mon, 30 Nov 2026 15:02:00 +0000",
    }
    moved = replied(body, 200)
    first = datetime.fromisoformat(moved["created_at"])
    assert moved["event_time"] - first.timestamp() == 60
    assert (parsedate_to_datetime(moved["date_sent"]) - first).total_seconds() == 120
    assert (AT - first).days > 50
    assert f"# now: {first.isoformat()}" in text_of(exchange())


def test_the_words_that_may_stay_hold_no_first_name_and_no_city() -> None:
    names = [
        "james",
        "mary",
        "robert",
        "patricia",
        "john",
        "jennifer",
        "michael",
        "linda",
        "david",
        "smith",
        "johnson",
        "williams",
        "garcia",
        "chicago",
        "boston",
    ]
    assert not ordinary_words() & set(names)


def test_a_word_that_is_also_a_name_is_replaced_where_it_may_be_one() -> None:
    for each in ("May", "Will", "Page", "North"):
        assert f'"{each}"' not in text_of(exchange(body=json.dumps({"shown": each, "by": each}).encode()))
    assert replied({"error": {"message": "The page may be long."}}) == {"error": {"message": "The page may be long."}}


def test_a_placeholder_that_a_vendor_sends_is_none_of_ours() -> None:
    assert "{{" not in text_of(exchange(body=b'{"text": "{{access_token}}", "id": "{{x9z}}", "{{y}}": 1}'))
