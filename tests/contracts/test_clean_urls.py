"""Clean URLs: no email address, phone number or unknown parameter gets through, however it is written."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.contracts.clean_urls import CLICK_IDS, MARKETING, clean_text, clean_url, is_personal_name, without_click_ids

PAGE = "https://www.example.com/drains"
EMAILS = st.from_regex(r"\A[a-z][a-z.+]{0,12}@[a-z]{1,10}\.example\Z")
PHONES = st.sampled_from(
    (
        "+13125550142",
        "+1 312 555 0142",
        "(312) 555-0142",
        "312.555.0142",
        "312-555-0142",
        "+442079460958",
        "020 7946 0958",
    )
)
PERSONAL = EMAILS | PHONES
NAMES = st.sampled_from(
    (*sorted(MARKETING), "email", "phone", "name", "first_name", "q", "ref", "order", "UTM_TERM", "amp;gclid")
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


def encoded(text: str, times: int) -> str:
    for _ in range(times):
        text = quote(text, safe="")
    return text


def shown(url: str) -> str:
    """A URL as a person would read it."""
    for _ in range(8):
        url = unquote(url)
    return unicodedata.normalize("NFKC", url)


@pytest.mark.parametrize(
    ("address", "clean"),
    [
        (f"{PAGE}?email=a%40b.example&gclid=Zq-Click_1&utm_source=x#top", f"{PAGE}?gclid=Zq-Click_1&utm_source=x"),
        (f"{PAGE}?utm_term=a%40b.example&utm_content=%2B13125550142&utm_campaign=spring", f"{PAGE}?utm_campaign=spring"),
        (f"{PAGE}?name=Ada+Example&first_name=Ada&phone=5550142", PAGE),
        (f"{PAGE}?utm_campaign=20123456789&utm_term=kwd-298301234567&gad_campaignid=21234567890",) * 2,
        (f"{PAGE}?utm_term=3125550142&utm_source=13125550142", PAGE),
        (f"{PAGE}?utm_content=312-555-0142&utm_id=(312)+555-0142&utm_campaign=+13125550142", PAGE),
        ("https://ada:secret@www.example.com:8443/x", "https://www.example.com:8443/x"),
        ("https://www.example.com/thanks/a%2540b.example/x", "https://www.example.com/thanks/redacted/x"),
        ("https://www.example.com/call-312-555-0142", "https://www.example.com/call-redacted"),
        ("https://www.example.com/u/%2B13125550142/orders", "https://www.example.com/u/redacted/orders"),
        ("https://www.example.com/a;email=x/name=Ada", "https://www.example.com/a/name%3Dredacted"),
        ("https://www.example.com/2026-11-24/20261124/item-12345678", "https://www.example.com/2026-11-24/20261124/item-12345678"),
        ("https://www.example.com/ﬁx/%EF%BC%A0ada", "https://www.example.com/ﬁx/redacted"),
        ("https://www.example.com/save-100%-now/%ff", "https://www.example.com/save-100%-now/redacted"),
        ("android-app://com.google.android.gm/", "android-app://com.google.android.gm/"),
        ("/drains?utm_source=x&email=y", "/drains?utm_source=x"),
        ("mailto:ada@example.com", None),
        ("tel:+13125550142", None),
        ("file:///home/ada/index.html", None),
        ("https://[", None),
        ("", None),
    ],
)  # fmt: skip
def test_of_an_address_its_path_and_the_parameters_of_marketing_stay(address: str, clean: str | None) -> None:
    assert clean_url(address) == clean


def test_the_companys_own_parameters_stay_unless_their_name_or_value_is_a_persons() -> None:
    address = f"{PAGE}?ref=flyer&partner=a%40b.example&email=x&room=3125550142"
    assert clean_url(address, {"ref", "partner", "email", "room"}) == f"{PAGE}?ref=flyer"
    assert [is_personal_name(name) for name in ("ref", "first_name", "E-Mail", "tel", "hotel")] == [
        False, True, True, True, False,
    ]  # fmt: skip


@given(personal=PERSONAL, name=NAMES, times=st.integers(1, 7), around=TEXTS)
def test_no_address_or_number_gets_through_a_parameter(personal: str, name: str, times: int, around: str) -> None:
    clean = clean_url(f"{PAGE}?{name}={encoded(f'{around} {personal}', times)}&utm_medium=cpc") or ""
    digits = "".join(filter(str.isdigit, personal))
    assert "@" not in shown(clean)
    if name not in ("gclid", "amp;gclid") and name not in CLICK_IDS:
        assert not digits or digits not in "".join(c for c in shown(clean) if c.isdigit())


@given(personal=PERSONAL, times=st.integers(1, 7), before=st.sampled_from(("", "to-", "x=", "~", "user:")))
def test_no_address_or_number_gets_through_the_path(personal: str, times: int, before: str) -> None:
    clean = clean_url(f"https://www.example.com/thanks/{encoded(before + personal, times)}/page") or ""
    assert "@" not in shown(clean) and personal not in shown(clean) and "redacted" in clean
    assert clean.startswith("https://www.example.com/thanks/") and clean.endswith("/page")


@given(before=TEXTS, personal=PERSONAL, after=TEXTS)
def test_no_address_or_number_gets_through_a_text(before: str, personal: str, after: str) -> None:
    clean = clean_text(f"{before} {personal} {after}")
    assert personal not in clean and "@" not in unicodedata.normalize("NFKC", clean)
    assert clean_text(clean) == clean


@example(" #")
@example("\x08\xa0\x1b")
@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error_and_a_clean_url_stays_as_it_is(text: str) -> None:
    for address in (text, f"https://www.example.com/{text}", f"{PAGE}?{text}", f"https://{text}"):
        clean = clean_url(address, {"ref"})
        assert clean is None or clean_url(clean, {"ref"}) == clean


@given(
    st.lists(
        st.tuples(st.sampled_from(("gclid", "utm_source", "fbclid", "ref")), st.sampled_from(("Zq-1abc", "x"))),
        max_size=6,
    )
)
def test_an_address_that_is_stored_has_no_click_ids(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    kept = "&".join(f"{name}={value}" for name, value in pairs if name not in CLICK_IDS)
    stored = without_click_ids(clean_url(f"{PAGE}?{query}", {"ref"}) or "")
    assert urlsplit(stored).query == kept and stored.startswith(PAGE)


def test_a_long_address_is_read_in_little_time() -> None:
    for long in ("a" * 16_000 + "@", "%25" * 5_000, "1 " * 8_000, "(" * 16_000, "+" * 16_000):
        assert clean_url(f"https://www.example.com/{long}?utm_term={long}") is not None
        assert clean_text(long)
