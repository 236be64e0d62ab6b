"""What a look at a page finds: the script, its version, policies that block it, the numbers that it swaps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.visits.page_check.content import blocks_requests, blocks_script
from hub.visits.page_check.fetch import FetchedPage
from hub.visits.page_check.findings import Expected, findings

HUB = "https://calls.example.com"
EXPECTED = Expected(
    HUB, "lakeside", "ringfence.0123456789abcdef.js", "sha384-abc", ("+13125550190",), frozenset({"+13125550100"})
)
TAG = f'<script async src="{HUB}/t/lakeside/ringfence.0123456789abcdef.js" integrity="sha384-abc" crossorigin></script>'
FOOTER = f'<a href="{HUB}/privacy/lakeside#opt-out">Do Not Sell or Share</a>'


def look(html: str, *policies: str, status: int = 200, content_type: str = "text/html") -> list[tuple[str, str]]:
    page = FetchedPage("https://shop.example.com/contact", status, content_type, policies, html)
    return [(each.kind, each.what) for each in findings(page, EXPECTED)]


def test_a_page_as_it_should_be() -> None:
    html = (
        f'<html><head>{TAG}</head><body>Call (312) 555-0190 or <a href="tel:+13125550190">us</a> {FOOTER}</body></html>'
    )
    assert look(html) == [
        ("good", "The script is on the page, pinned to the present version."),
        ("good", "+13125550190 stands 2 times on the page and is swapped."),
    ]


@pytest.mark.parametrize(
    ("tag", "kind", "said"),
    [
        ("", "bad", "not in the page's HTML"),
        (f"<!-- {TAG} -->", "bad", "not in the page's HTML"),
        (f"<noscript>{TAG}</noscript>", "bad", "not in the page's HTML"),
        (TAG.replace("0123456789abcdef", "fedcba9876543210"), "bad", "no longer served"),
        (TAG.replace("sha384-abc", "sha384-xyz"), "bad", "fingerprint of the script is wrong"),
        (TAG.replace(" crossorigin", ""), "bad", "no crossorigin"),
        (TAG.replace("lakeside", "northgate"), "bad", "another hub or company"),
        (f'<script src="{HUB}/t/lakeside/ringfence.js"></script>', "good", "follows updates"),
        (
            f'<script src="{HUB}/t/lakeside/ringfence.js" integrity="sha384-abc"></script>',
            "bad",
            "pinned by its fingerprint",
        ),
    ],
)
def test_the_script_is_missing_old_broken_or_right(tag: str, kind: str, said: str) -> None:
    found = look(tag + FOOTER)[0]
    assert (found[0], said in found[1]) == (kind, True), found


@pytest.mark.parametrize(
    "policy",
    [
        "", "img-src 'self'", f"script-src {HUB}; connect-src {HUB}", "default-src https:", "script-src *; connect-src *",
        "default-src *.example.com", f"script-src 'sha384-abc'; connect-src {HUB}/track/", "default-src calls.example.com:443",
    ],
)  # fmt: skip
def test_policies_that_let_the_script_run(policy: str) -> None:
    assert not [each for each in look(TAG + FOOTER, policy) if each[0] == "bad"]


@pytest.mark.parametrize(
    ("policy", "script", "requests"),
    [
        ("default-src 'self'", True, True),
        ("script-src 'self'", True, False),
        (f"script-src {HUB}; default-src 'none'", False, True),
        (f"script-src {HUB}; connect-src 'self'", False, True),
        ("script-src 'nonce-abc' 'strict-dynamic'", True, False),
        ("script-src https://calls.example.com.evil.example", True, False),
        ("script-src https://calls.example.com/other/", True, False),
        ("script-src calls.example.com:8443", True, False),
    ],
)
def test_policies_that_block_it(policy: str, script: bool, requests: bool) -> None:
    said = " ".join(what for kind, what in look(TAG + FOOTER, policy) if kind == "bad")
    assert ("blocks the script" in said, "blocks its requests" in said) == (script, requests)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    assert look(meta + TAG + FOOTER)[1:] == look(TAG + FOOTER, policy)[1:]


def test_a_nonce_lets_the_script_run_and_each_of_several_policies_must() -> None:
    script = f"{HUB}/t/lakeside/ringfence.js"
    assert not blocks_script(["script-src 'nonce-abc'"], "https://shop.example.com/", script, "abc", "")
    assert blocks_script(["script-src *", "script-src 'self'"], "https://shop.example.com/", script, "", "")
    assert not blocks_requests([], "https://shop.example.com/", script)


def test_numbers_are_found_in_any_notation_and_pool_numbers_are_warned_of() -> None:
    texts = ("312.555.0190", "+1 312-555-0190", "1 (312) 555 0190", "3125550190")
    for text in texts:
        assert ("good", "+13125550190 stands 1 time on the page and is swapped.") in look(f"{TAG}<p>{text}</p>"), text
    assert any("None of the numbers" in what for _, what in look(f"{TAG}<p>93125550190 and 312-555-01901</p>"))
    assert any("is a number of a pool" in what for _, what in look(f"{TAG}(312) 555-0100"))
    assert any("1 other phone number can" in what for _, what in look(f'{TAG}<a href="tel:+1-313-555-0142">x</a>'))
    page = FetchedPage("https://shop.example.com/", 200, "text/html", (), TAG)
    assert any("No number is named" in each.what for each in findings(page, replace(EXPECTED, swap=())))


def test_what_is_no_page_and_broken_html_are_said_in_words() -> None:
    assert look("", status=404)[0][1] == "The page answers with status 404."
    assert look("{}", content_type="application/json")[0][1] == "The address is not a page of HTML."
    assert look("<p <<< <script src='&#0;" + "<div>" * 5_000)[0][0] == "bad"
