"""Where a visit came from: exact tables, label boundaries, hostile addresses."""

from __future__ import annotations

import dataclasses
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.contracts.clean_urls import CLICK_IDS
from hub.sources.classify import SourceMatch, classify_tracker, classify_visit, visit_parameters
from hub.sources.tables import tables

PAGE = "https://www.example.com/drains"
CLICK = "Cj0KCQiA_test-click.id~1"


def came(landing_page: str | None = PAGE, referrer: str | None = None) -> tuple[str, str, str]:
    match = classify_visit(landing_page, referrer)
    return match.source, match.medium, match.rule


def page(**parameters: str) -> str:
    return f"{PAGE}?{urlencode(parameters)}"


# Click ids


@pytest.mark.parametrize(
    ("name", "source", "medium"),
    [
        ("gclid", "google", "cpc"),
        ("gbraid", "google", "cpc"),
        ("wbraid", "google", "cpc"),
        ("dclid", "google", "display"),
        ("msclkid", "bing", "cpc"),
        ("fbclid", "facebook", "social"),
        ("ttclid", "tiktok", "paid_social"),
        ("li_fat_id", "linkedin", "paid_social"),
        ("twclid", "twitter", "paid_social"),
    ],
)
def test_a_click_id_says_which_network_was_paid(name: str, source: str, medium: str) -> None:
    match = classify_visit(page(**{name: CLICK}), "https://unrelated.example.org/")
    assert (match.source, match.medium, match.rule, match.confidence) == (source, medium, f"click_id.{name}", 1.0)
    assert match.value == name and CLICK not in str(match)


def test_every_click_id_has_a_row_and_every_row_a_click_id() -> None:
    assert set(tables().click_ids) == set(CLICK_IDS) and len(CLICK_IDS) == 9


def test_a_click_id_outranks_the_tags_but_says_that_they_disagree() -> None:
    agreed = classify_visit(page(gclid=CLICK, utm_source="adwords", utm_medium="email", utm_campaign="Drains"), None)
    assert (agreed.source, agreed.medium, agreed.campaign, agreed.confidence) == ("google", "cpc", "Drains", 1.0)
    disputed = classify_visit(page(gclid=CLICK, utm_source="newsletter"), None)
    assert disputed.source == "google" and disputed.confidence < 1
    assert classify_visit(page(gclid=CLICK, msclkid=CLICK), None).confidence < 1


def test_facebook_is_paid_only_where_the_tags_say_so() -> None:
    assert came(page(fbclid=CLICK)) == ("facebook", "social", "click_id.fbclid")
    assert came(page(fbclid=CLICK, utm_source="fb", utm_medium="paid-social"))[:2] == ("facebook", "paid_social")
    assert came(page(fbclid=CLICK, utm_source="ig"))[:2] == ("instagram", "social")


def test_ad_parameters_speak_where_the_click_id_was_stripped() -> None:
    match = classify_visit(page(gad_source="1", gad_campaignid="21234567890"), "https://www.google.com/")
    assert (match.source, match.medium, match.campaign) == ("google", "cpc", "21234567890")
    assert match.rule == "ad_parameter.gad_campaignid"
    assert came(page(gad_source="<script>"), "https://www.google.com/")[1] == "organic"


# Tags


@pytest.mark.parametrize(
    ("tags", "source", "medium", "rule"),
    [
        ({"utm_source": "Google", "utm_medium": "PPC"}, "google", "cpc", "utm.table"),
        ({"utm_source": "LinkedIn", "utm_medium": "Social-Media"}, "linkedin", "social", "utm.table"),
        ({"utm_source": "not-linkedin"}, "not-linkedin", "unknown", "utm.as_given"),
        ({"utm_source": "linkedin-newsletter", "utm_medium": "email"}, "linkedin-newsletter", "email", "utm.as_given"),
        ({"utm_source": "chatgpt.com"}, "chatgpt", "ai", "utm.table"),
        ({"utm_source": "gmb", "utm_medium": "organic"}, "google_business", "organic", "utm.table"),
        ({"utm_source": "Spring Flyer", "utm_medium": "Billboard"}, "spring flyer", "billboard", "utm.as_given"),
    ],
)
def test_tags_are_read_by_an_exact_table(tags: dict[str, str], source: str, medium: str, rule: str) -> None:
    assert came(page(**tags)) == (source, medium, rule)


def test_campaign_and_keyword_are_kept_as_written() -> None:
    match = classify_visit(
        page(utm_source="google", utm_campaign=" Drain  Cleaning ", utm_term="Plumber near me"), None
    )
    assert (match.campaign, match.keyword) == ("Drain Cleaning", "Plumber near me")


def test_a_broken_tag_counts_as_none() -> None:
    for rest in ("(not set)", "undefined", "NULL", "", " "):
        assert came(page(utm_source=rest))[2] == "direct"


def test_a_tagged_medium_without_a_source_still_counts() -> None:
    assert came(page(utm_medium="email"), "https://mail.example.org/") == (
        "mail.example.org",
        "email",
        "referrer.other",
    )


def test_tags_are_found_in_any_case_and_behind_a_stray_amp() -> None:
    found = visit_parameters(f"{PAGE}?a=1&amp;UTM_Source=x&amp;GCLID={CLICK}", CLICK_IDS)
    assert found.utm == {"utm_source": "x"} and found.click_ids == {"gclid": CLICK}


# Referrers


@pytest.mark.parametrize(
    ("referrer", "source", "medium"),
    [
        ("https://www.google.co.uk/", "google", "organic"),
        ("https://google.com", "google", "organic"),
        ("http://WWW.GOOGLE.DE:80/search", "google", "organic"),
        ("https://www.google.com./", "google", "organic"),
        ("android-app://com.google.android.googlequicksearchbox/", "google", "organic"),
        ("https://cn.bing.com/search?q=x", "bing", "organic"),
        ("https://uk.search.yahoo.com/", "yahoo", "organic"),
        ("https://duckduckgo.com/", "duckduckgo", "organic"),
        ("https://l.facebook.com/l.php?u=x", "facebook", "social"),
        ("https://t.co/abc", "twitter", "social"),
        ("https://lnkd.in/abc", "linkedin", "social"),
        ("https://mail.google.com/", "gmail", "email"),
        ("https://gemini.google.com/app", "gemini", "ai"),
        ("https://chatgpt.com/", "chatgpt", "ai"),
        ("https://www.perplexity.ai/search/x", "perplexity", "ai"),
        ("https://m.yelp.com/biz/x", "yelp", "local"),
    ],
)
def test_known_sites_are_recognised(referrer: str, source: str, medium: str) -> None:
    assert came(referrer=referrer) == (source, medium, "referrer.table")


@pytest.mark.parametrize(
    "host",
    [
        "not-google.com",
        "google.com.evil.example",
        "accounts.google.com",
        "google.evil.example",
        "notlinkedin.com",
        "not-linkedin.com",
        "linkedin.com.example.org",
        "xt.co",
        "bing.community",
        "facebook.example",
    ],
)
def test_a_site_that_only_looks_like_a_known_one_is_a_referral(host: str) -> None:
    assert came(referrer=f"https://{host}/google.com?linkedin.com") == (host, "referral", "referrer.other")


def test_a_user_part_before_the_host_deceives_nobody() -> None:
    assert came(referrer="https://www.google.com@evil.example/") == ("evil.example", "referral", "referrer.other")
    assert came(referrer="https://www.google.com:x@evil.example/")[0] == "evil.example"


def test_search_words_are_kept_where_the_engine_sends_them() -> None:
    assert classify_visit(PAGE, "https://www.bing.com/search?q=drain+cleaning%20now").keyword == "drain cleaning now"


@pytest.mark.parametrize(
    ("landing", "referrer"),
    [
        ("https://www.example.com/", "https://example.com/contact"),
        ("https://www.example.com/", "https://blog.example.com/"),
        ("https://shop.example.co.uk/", "https://www.example.co.uk/"),
    ],
)
def test_the_site_itself_is_no_source(landing: str, referrer: str) -> None:
    assert came(landing, referrer) == ("direct", "none", "referrer.internal")


def test_the_companys_other_sites_are_no_sources_and_their_neighbours_are() -> None:
    sites = ("drains.example.org",)
    for host, rule in (
        ("drains.example.org", "internal"),
        ("www.drains.example.org", "internal"),
        ("shop.drains.example.org", "internal"),
        ("notdrains.example.org", "other"),
        ("example.org", "other"),
    ):
        assert classify_visit("https://www.example.com/", f"https://{host}/", sites=sites).rule == f"referrer.{rule}"


@pytest.mark.parametrize(
    ("landing", "referrer"),
    [
        ("https://www.example.co.uk/", "https://www.other.co.uk/"),
        ("https://one.myshopify.com/", "https://two.myshopify.com/"),
        ("http://192.0.2.1/", "http://198.51.2.1/"),
        ("https://example.com/", "https://not-example.com/"),
    ],
)
def test_neighbours_under_one_suffix_are_not_one_site(landing: str, referrer: str) -> None:
    assert came(landing, referrer)[2] == "referrer.other"


@pytest.mark.parametrize(
    "referrer", [None, "", " ", "about:blank", "javascript:alert(1)", "file:///c:/x", "https://", "?"]
)
def test_without_a_usable_referrer_a_visit_is_direct(referrer: str | None) -> None:
    assert came(referrer=referrer) == ("direct", "none", "direct")


def test_a_source_trackers_number_needs_no_visit() -> None:
    match = classify_tracker("Yellow Pages", "print", "2026")
    assert (match.source, match.medium, match.campaign) == ("Yellow Pages", "print", "2026")
    assert (match.rule, match.confidence) == ("tracker.source", 1.0)


def test_the_trace_tells_what_was_seen_and_what_decided() -> None:
    match = classify_visit(page(gclid="?", utm_source="fb", utm_medium="x"), None)
    assert match.trace == (
        "gclid does not look like a click id",
        "utm_source is fb",
        "utm_medium is x",
        "utm.table decides",
    )


def test_every_referrer_row_is_reachable() -> None:
    for host, origin in {**tables().hosts, **tables().domains}.items():
        assert came(referrer=f"https://{host}/")[:2] == (origin.source, origin.medium), host
        assert host == host.lower() and not host.startswith("www.")
    for written, ours in tables().utm_sources.items():
        assert written == written.casefold() and came(page(utm_source=written))[0] == ours


# Hostile addresses


@pytest.mark.parametrize(
    "value",
    ["", "abc", "x" * 513, "x" * 10_240, "<script>", "a b c d", "%00%00%00%00", "Ω" * 30, "a%2Fb%2Fc", "\ud800abc"],
)
def test_a_click_id_of_the_wrong_shape_is_dropped_and_named(value: str) -> None:
    found = visit_parameters(f"{PAGE}?gclid={value}", CLICK_IDS)
    assert found.click_ids == {} and found.refused == ("gclid",)


def test_of_a_repeated_name_the_last_good_value_wins() -> None:
    found = visit_parameters(
        f"{PAGE}?gclid=first_one&utm_source=a&gclid=second_one&gclid=<bad>&utm_source=b&utm_source=",
        CLICK_IDS,
    )
    assert found.click_ids == {"gclid": "second_one"} and found.refused == ()
    assert found.utm == {"utm_source": "b"}


def test_a_parameter_that_the_cap_cuts_is_dropped_whole() -> None:
    start = f"{PAGE}?pad={'x' * (16_384 - len(PAGE) - 20)}"
    assert visit_parameters(f"{start}&gclid=0123456789abcdef", CLICK_IDS).click_ids == {}
    many = "&".join(f"a{i}=1" for i in range(200))
    cut = visit_parameters(f"{PAGE}?gclid={CLICK}&{many}&wbraid={CLICK}", CLICK_IDS)
    assert cut.click_ids == {"gclid": CLICK}


def test_unknown_names_are_never_taken_over() -> None:
    found = visit_parameters(f"{PAGE}?__proto__=x&constructor=y&utm_evil=z&__proto__[utm_source]=q&utm_source[]=r")
    assert (found.utm, found.click_ids, found.ad_parameters) == ({}, {}, {})


def test_a_tag_is_one_short_printable_line() -> None:
    found = visit_parameters(f"{PAGE}?utm_source=a%00b%0d%0ac%E2%80%AEd%ED%A0%80&utm_campaign={quote('ü' * 1000)}")
    assert found.utm["utm_source"].isprintable() and "\u202e" not in found.utm["utm_source"]
    assert found.utm["utm_campaign"] == "ü" * 200


hostile = st.text() | st.text(alphabet="htps:/?&=#%.@[]0aAgclid_utmsource\x00\ud800é", max_size=300)


@given(hostile, hostile)
@example("https://[", "https://[::1")
@example("https://www.example.com/?" + "a=1&" * 16_000, "https://x.example/" + "%" * 65_536)
@example("//\uff0fevil", "http://a\u2100b.example")
def test_no_text_at_all_breaks_it(landing_page: str, referrer: str) -> None:
    match = classify_visit(landing_page, referrer)
    assert isinstance(match, SourceMatch) and match.source and match.medium and 0 < match.confidence <= 1
    for text in dataclasses.astuple(match)[:4]:
        (text or "").encode()
    "".join(match.trace).encode()
    assert len(match.source) <= 260 and all(len(line) < 300 for line in match.trace)


labels = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)


@given(st.sampled_from(sorted(tables().domains)), labels)
def test_a_domain_matches_below_itself_and_never_inside_a_label(domain: str, label: str) -> None:
    origin = tables().domains[domain]
    below = classify_visit(PAGE, f"https://{label}.{domain}/")
    assert below.rule == "referrer.table"
    if f"{label}.{domain}" not in tables().hosts and f"{label}.{domain}" not in tables().domains:
        assert below.source == origin.source
    beside = classify_visit(PAGE, f"https://x{label}{domain}/")
    if not any(f"x{label}{domain}".endswith("." + known) for known in tables().domains):
        assert beside.rule == "referrer.other"


@given(st.sampled_from(sorted(tables().utm_sources)), labels)
def test_a_tag_that_contains_a_known_word_is_not_that_word(known: str, label: str) -> None:
    written = f"{label}-{known}"
    if written not in tables().utm_sources:
        assert came(page(utm_source=written))[0] == written


@given(
    st.dictionaries(st.sampled_from(CLICK_IDS), st.from_regex(r"\A[A-Za-z0-9._~-]{4,512}\Z"), min_size=1, max_size=4)
)
def test_a_click_id_survives_the_way_through_an_address(click_ids: dict[str, str]) -> None:
    assert visit_parameters(page(**click_ids), CLICK_IDS).click_ids == click_ids
    unread = visit_parameters(page(**click_ids))
    assert unread.click_ids == {} and unread.carried == set(click_ids), "what no connector reads is not kept"
