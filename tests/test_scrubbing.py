"""Nothing personal and no secret passes the last net of the logs, in any form; ids, hashes and times do."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.access.keys import SECRET_BYTES
from hub.platform.scrubbing import MAX_CHARACTERS, scrub, scrubbed

NORTH_AMERICAN = st.tuples(st.integers(200, 999), st.integers(200, 999), st.integers(0, 9999).map("{:04}".format))
FORMS = (
    "+1{}{}{}", "1{}{}{}", "{}{}{}", "({}) {}-{}", "({}){}-{}", "{}-{}-{}", "{}.{}.{}", "{} {} {}", "+1 ({}) {}-{}",
    "1-{}-{}-{}", "+1-{}-{}-{}", "+1.{}.{}.{}", "tel:+1{}{}{}", "+1 {} {} {}", "{}\u00a0{}\u2011{}", "({}) {}.{}", "{}/{}-{}",
)  # fmt: skip
ABROAD = ("+442079460018", "+44 20 7946 0018", "+44 (0)20 7946 0018", "020 7946 0018", "02079460018", "0044 20 7946 0018",
          "06 12 34 56 78", "+33 6 12 34 56 78", "+49 (0)30/1234567", "030-1234567-8", "0061 2 5550 1234")  # fmt: skip
AROUND = (
    "{}",
    "call from {} ended",
    "'{}'",
    "x{}",
    "From={}&To=",
    '{{"from": "{}"}}',
    "[{}, 3]",
    "<{}>",
    "numbers/{}/edit",
    "a_{}_b",
)
TOKENS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=43, max_size=43)
SECRET = "s3cr3t-Value.of/some+kind~x"
NAMED = (
    "password={}", "Password: {}", "passwd = {}", 'password="{} and more"', "{{'password': '{}'}}", '{{"client_secret": "{}"}}',
    '{{\\"refresh_token\\": \\"{}\\"}}', "access_token={}&x=1", "?api_key={}", "apikey: {}", "API-Key: {}", "token={}",
    "private_key={}", "auth_token='{}'", "Authorization: Bearer {}", "authorization: Basic {}", "Authorization={}",
    "{{'Authorization': 'Basic {}'}}", 'Authorization: Digest username="a", response="{}"', "Cookie: hub_session={}; other={}",
    "Set-Cookie: a={}", "bearer {}", "postgresql://hub:{}@localhost/ringfence", "password%3D{}", "pin: {}", "passphrase={}",
    "TWILIO_AUTH_TOKEN={}",
)  # fmt: skip


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("call from +13125550142 ended", "call from …42 ended"),
        ("callers 3125550142 and (773) 555-0143", "callers …42 and …43"),
        ("mail ada@example.com twice", "mail ***@*** twice"),
        ("Authorization: Bearer ya29.abcdefgh", "Authorization: Bearer ***"),
        ("GET /token?access_token=abcdefghijk", "GET /token?access_token=***"),
        ("12 deliveries in 3 s", "12 deliveries in 3 s"),
        ("http://127.0.0.1:8080/setup/" + "aB3-_" * 8 + "xyz was opened", "http://127.0.0.1:8080/setup/*** was opened"),
        ("retries 3, token expired, 10.0.0.1:8080, v3.11.7, 0.3122345678 s", None),
        ("pages of 2026-11-27 09:10:11,123 and 01-02-2026 10:20", None),
    ],
)
def test_what_is_masked_still_reads(text: str, kept: str | None) -> None:
    kept = text if kept is None else kept
    assert scrubbed(text) == kept
    assert scrub(None, "info", {"event": text, "count": 3}) == {"event": kept, "count": 3}


@given(
    NORTH_AMERICAN,
    st.sampled_from(FORMS),
    st.sampled_from(AROUND),
    st.sampled_from([str, quote, quote_plus, json.dumps]),
)
def test_no_phone_number_survives_in_any_form(
    parts: tuple[int, int, str], form: str, around: str, encode: object
) -> None:
    shown = scrubbed(around.format(encode(form.format(*parts))))  # type: ignore[operator]
    assert f"{parts[1]}{parts[2]}" not in digits(shown)
    assert parts[2] not in digits(shown).removeprefix("1")


@pytest.mark.parametrize("number", ABROAD)
def test_numbers_of_other_countries_do_not_survive_either(number: str) -> None:
    for around in AROUND:
        for encode in (str, quote, quote_plus):
            assert len(digits(scrubbed(around.format(encode(number))))) <= 4


@given(st.integers(10**7, 10**15 - 1), st.sampled_from(AROUND))
def test_no_international_number_survives(number: int, around: str) -> None:
    assert str(number) not in scrubbed(around.format(f"+{number}"))


@given(
    st.from_regex(r"[A-Za-z0-9._%+-]{1,20}", fullmatch=True),
    st.sampled_from(["example.com", "mail.example.co.uk", "bücher.example", "EXAMPLE.ORG"]),
    st.sampled_from(["@", "%40", "%2540"]),
    st.sampled_from(["{}", "<{}>", "to={}&x=1", '"{}"', "mailto:{}", "'{}',"]),
)
def test_no_e_mail_address_survives(local: str, domain: str, at: str, around: str) -> None:
    assert domain not in scrubbed(around.format(f"{local}{at}{domain}"))


@pytest.mark.parametrize("form", NAMED)
def test_no_secret_that_has_a_name_survives(form: str) -> None:
    shown = scrubbed(f"request failed: {form.format(SECRET, SECRET)}")
    assert SECRET not in shown and "***" in shown and shown.startswith("request failed: ")


@given(TOKENS)
def test_no_key_survives_that_shows_by_its_prefix_what_it_is(token: str) -> None:
    assert SECRET_BYTES == 32
    for key in (f"ctk_0123456789abcdef_{token}", f"whsec_{token}", f"ya29.{token}", f"pat-na1-{token}", f"EAA{token}",
                f"KEY{'0123456789ABCDEF' * 2}_{token}", f"eyJhbGciOiJFUzI1NiJ9.{token}.{token}",
                f"https://hub.example/setup/{token}"):  # fmt: skip
        assert token[-30:] not in scrubbed(f"got {key} from it")
    assert token not in scrubbed(f"-----BEGIN PRIVATE KEY-----\n{token}\n-----END PRIVATE KEY-----")


@given(st.uuids(), st.binary(min_size=16, max_size=32), st.integers(1_500_000_000, 1_999_999_999))
def test_ids_hashes_and_times_stay_as_they_are(uuid: object, raw: bytes, epoch: int) -> None:
    moment = datetime.fromtimestamp(epoch, UTC)
    for kept in (str(uuid), raw.hex(), f"CA{raw.hex()}", str(epoch), f"{epoch}123", f"{epoch}.5", moment.isoformat(),
                 str(moment), f"{moment:%Y/%m/%d}", f"{epoch / 7e9}"):  # fmt: skip
        assert scrubbed(f"id={kept} done") == f"id={kept} done"


def test_every_value_of_a_log_line_is_masked_however_deep_it_is() -> None:
    line = {
        "event": "x", "password": "hunter2", "number": 3125550142, "reason": ValueError("no +13125550142"),
        "raw": b"a@example.com", "nested": {"to": ["+13125550143", {"token": "abc"}], "+13125550144": 1}, "at": 1764237413123,
        "fine": True, "seconds": 0.5,
    }  # fmt: skip
    shown = json.dumps(scrub(None, "info", line))
    for hidden in ("hunter2", "3125550", "abc", "example.com"):
        assert hidden not in shown
    assert line["at"] == 1764237413123 and line["fine"] is True and line["seconds"] == 0.5


def test_a_value_as_long_as_a_reply_is_cut() -> None:
    assert len(scrubbed("x " * 500_000)) == MAX_CHARACTERS + 1
