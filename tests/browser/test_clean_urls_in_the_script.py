"""The page script cleans addresses as the hub does, before anything leaves the browser or is stored there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stage_hub import OWN_CLICK_IDS
from visitor import Visitor

from hub.contracts.clean_urls import MARKETING, clean_text, clean_url

pytestmark = pytest.mark.soak

PERSONAL = ("zqvorn@mail.example", "zqvorn%40mail.example", "zqvorn%2540mail.example", "%2B13125550142", "(312) 555-0142",
            "312-555-0142", "3125550142", "20123456789", "kwd-298301234567", "%EF%BC%A0zqvorn", "%ff", "100%", "spring+sale",
            "020 7946 0958", "a;b=c", "name=Ada", "2026-11-24", "%25252525253B")  # fmt: skip
NAMES = (*sorted(MARKETING), *OWN_CLICK_IDS, "ScCid", "email", "phone", "name", "ref", "UTM_Source", "amp;gclid")
PARTS = st.one_of(
    st.sampled_from(PERSONAL),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x3000, codec="utf-8"), max_size=12),
)
ADDRESSES = st.builds(
    lambda path, query: (
        "https://www.example.com/" + "/".join(path) + "?" + "&".join(f"{name}={value}" for name, value in query)
    ),
    st.lists(PARTS, max_size=4),
    st.lists(st.tuples(st.sampled_from(NAMES), PARTS), max_size=6),
)
TEXTS = st.lists(st.sampled_from(PERSONAL) | PARTS, max_size=5).map(" ".join)
FIXED = [
    "https://ada:secret@www.example.com/x?gclid=Zq1234#top",
    "android-app://com.google.android.gm/",
    "mailto:zqvorn@mail.example",
    "tel:+13125550142",
    "about:blank",
    "nothing",
    "",
]


@pytest.fixture
def script(visitor: Visitor) -> Any:
    """A page with the script."""
    page = visitor.open("<p>312-555-0190</p>", head="<title>x</title>")
    visitor.sees("window.ringfence")
    return page


def test_the_script_and_the_hub_clean_fixed_addresses_alike(script: Any) -> None:
    assert script.evaluate("(all) => all.map((each) => ringfence.clean(each) ?? null)", FIXED) == [
        clean_url(each, (), OWN_CLICK_IDS) if ":" in each else None for each in FIXED
    ]


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(addresses=st.lists(ADDRESSES, max_size=30), texts=st.lists(TEXTS, max_size=30))
def test_the_script_and_the_hub_clean_alike(script: Any, addresses: list[str], texts: list[str]) -> None:
    # The browser writes addresses in its own way first, as it does for every page.
    seen = script.evaluate("(all) => all.map((each) => [new URL(each).href, ringfence.clean(each)])", addresses)
    assert [clean for _, clean in seen] == [clean_url(written, (), OWN_CLICK_IDS) for written, _ in seen]
    titles = script.evaluate("(all) => all.map((each) => ringfence.redact(each))", texts)
    assert titles == [clean_text(each) for each in texts]


def test_what_is_personal_in_an_address_or_a_title_never_leaves_the_browser_and_is_not_stored_there(
    visitor: Visitor,
) -> None:
    visitor.site.page("partner.example.com", "/from", f"<a href='http://www.lakeside.example.com:{visitor.site.port}/u/"
                      "zqvorn@mail.example?email=zqvorn%40mail.example&first_name=Zqvorn&utm_source=x&utm_term=%2B13125550142"
                      "&gclid=Zq-Click-1'>go</a>")  # fmt: skip
    tag = visitor.snippet(name="ringfence-forms")
    body = "<p>312-555-0190</p><form id=quote><input name=room value=Bath></form>"
    html = visitor.html(body, tag + "<title>Order of zqvorn@mail.example</title>").replace(
        "<title>Lakeside</title>", "", 1
    )
    visitor.site.page("www.lakeside.example.com", "/u/zqvorn@mail.example", html)
    visitor.page.goto(f"http://partner.example.com:{visitor.site.port}/from?email=zqvorn%40mail.example")
    visitor.page.click("a")
    visitor.act()
    visitor.swapped()
    visitor.sees("typeof ringfence.form === 'function'")
    visitor.page.evaluate("ringfence.form('#quote')")
    visitor.page.evaluate("history.pushState(null, '', '/zqvorn@mail.example/2')")
    visitor.until(lambda: len(visitor.hub.rows("SELECT id FROM page_view")), 2)
    visitor.until(lambda: len(visitor.hub.rows("SELECT id FROM form_submission")), 1)
    stored: Any = visitor.page.evaluate("JSON.stringify([{ ...sessionStorage }, document.cookie])")
    told = json.dumps(visitor.asked) + stored
    assert "zqvorn" not in told.lower() and "13125550142" not in told
    first = visitor.asked[0]["body"]
    clean = f"http://www.lakeside.example.com:{visitor.site.port}/u/redacted?utm_source=x"
    assert first["landing_page"] == clean + "&gclid=Zq-Click-1" and first["title"] == "Order of redacted"
    (visit,) = visitor.hub.visits()
    assert visit["landing_page"] == clean and visit["click_ids"] == {"gclid": "Zq-Click-1"}
    (form,) = visitor.hub.rows("SELECT page FROM form_submission")
    assert form["page"] == clean
