"""What holds for every page, walked from the table of pages: roles, other companies' rows, other sites, hostile values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_client import PageClient, signed_in
from page_samples import HOSTILE, address, fill, name
from testbed import NORTH_SHARED, TestHub

from hub.access.permissions import ROLES, WHOLE_ACCOUNT
from hub.web.pages.guard import Page
from hub.web.pages.routes import PAGES

DAILY = {"owner", "admin", "marketer", "receptionist", "agent"}
OFFICE = {"owner", "admin", "marketer"}
DESK = {"owner", "admin", "receptionist"}
SET_UP = {"owner", "admin"}
OFFICER = {"owner", "privacy_officer"}
CONSENT = {"owner", "admin", "privacy_officer"}
END = "/companies/{company}/end"
MAIL = "{report}/emails/{subscription}"
OFFICERS_FORMS = ("holds", "authorities", "certificates")
ALLOWED = {
    **{f"{each} /oauth/authorize": set(ROLES) for each in ("GET", "POST")},
    **{each: set(ROLES) for each in ("GET /assistants", "POST /assistants/{grant_id}/end")},
    "POST /assistants/switch": {"owner"},
    **dict.fromkeys(("GET /", "GET /queues", "POST /queues"), DAILY),
    "GET /connectors": OFFICE,
    "GET /connectors/new/{plugin}": {"owner", "admin"},
    "POST /connectors/new/{plugin}": {"owner", "admin"},
    "GET /connectors/connecting/{attempt}": {"owner", "admin"},
    "POST /connectors/connecting/{attempt}": {"owner", "admin"},
    "GET /connectors/connecting/{attempt}/go": {"owner", "admin"},
    **dict.fromkeys(("POST /connectors/connecting/{attempt}/stop", "GET /connectors/oauth/callback"), SET_UP),
    "GET /connectors/{connector}/sign-in": {"owner", "admin"},
    "GET /connectors/{connector}/sign-in/go": {"owner", "admin"},
    **{f"POST /connectors/{key}": SET_UP for key in ("test", "ignore")},
    "GET /plugins": {"owner", "admin"},
    "GET /connectors/{connector}": OFFICE,
    **{f"POST /connectors/{{connector}}/{do}": SET_UP for do in ("test", "pause", "resume")},
    "GET /deliveries": OFFICE,
    "GET /deliveries.csv": OFFICE,
    "GET /deliveries/bulk": OFFICE,
    "POST /deliveries/bulk": OFFICE,
    "GET /deliveries/{delivery_id}": OFFICE,
    "POST /deliveries/{delivery_id}": OFFICE,
    "GET /calls": DAILY,
    "POST /calls": DAILY,
    "GET /calls.csv": DAILY,
    "POST /calls/mark": DAILY,
    "POST /calls/views": DAILY,
    "POST /calls/views/{view}/delete": DAILY,
    "GET /calls/{contact_id}": DAILY,
    "POST /calls/{contact_id}/lead": DAILY,
    "POST /calls/{contact_id}/lead/count": DAILY,
    "POST /calls/{contact_id}/lead/rule": SET_UP,
    "POST /calls/{contact_id}/notes": DAILY,
    "POST /calls/{contact_id}/notes/{note_id}/delete": DAILY,
    "POST /calls/{contact_id}/spam": DAILY,
    **dict.fromkeys(("POST /calls/{contact_id}/recording/end", "GET /phone", "POST /phone/token"), DESK | {"agent"}),
    "POST /calls/{contact_id}/deliveries/{delivery_id}/replay": OFFICE,
    "GET /calls/{contact_id}/call-back": DESK,
    **dict.fromkeys((f"POST /calls/{{contact_id}}/{done}" for done in ("call-back", "called-back")), DESK),
    "POST /do-not-contact/{subject_id}": DESK,
    "GET /calls/{contact_id}/recordings/{recording_id}/audio": {"owner", "admin", "agent"},
    "GET /config": {"owner", "admin"},
    "POST /config": {"owner", "admin"},
    "GET /config/draft.diff": {"owner", "admin"},
    "POST /config/check": {"owner", "admin"},
    "GET /config/schema.json": {"owner", "admin"},
    "GET /config/versions/{version_id}": {"owner", "admin"},
    "POST /config/versions/{version_id}": {"owner", "admin"},
    "GET /status": {"owner", "admin"},
    "GET /status/test-call": {"owner", "admin"},
    "POST /status/test-call": {"owner", "admin"},
    "POST /status/test-call/play": {"owner", "admin"},
    "GET /texts": DESK,
    "GET /texts/new": DESK,
    "POST /texts/new": DESK,
    "GET /texts/media/{media}": DESK,
    "GET /texts/{thread}": DESK,
    "POST /texts/{thread}": DESK,
    "POST /texts/{thread}/release": DESK,
    "POST /texts/{thread}/doubt": DESK,
    "GET /flows": OFFICE,
    "POST /flows/{company}/{flow}/change": SET_UP,
    "GET /flows/new": SET_UP,
    "POST /flows/new": SET_UP,
    **{f"GET /flows/greetings{each}": OFFICE for each in ("", "/{greeting}.sound")},
    **{"POST /flows/greetings": SET_UP, "GET /flows/voicemails": OFFICE, "POST /flows/voicemails": SET_UP},
    "GET /flows/{company}/{flow}": OFFICE,
    "POST /flows/{company}/{flow}": SET_UP,
    "GET /flows/{company}/{flow}/publish": SET_UP,
    "POST /flows/{company}/{flow}/publish": SET_UP,
    "GET /flows/{company}/{flow}/delete": SET_UP,
    "POST /flows/{company}/{flow}/delete": SET_UP,
    "GET /search": DAILY,
    "POST /search": DAILY,
    "GET /people": (DAILY | {"privacy_officer"}) - {"agent"},
    "POST /people": (DAILY | {"privacy_officer"}) - {"agent"},
    "GET /people/{person_id}": (DAILY | {"privacy_officer"}) - {"agent"},
    "POST /people/{person_id}/merge": DAILY,
    "POST /people/{person_id}/split": DAILY,
    "GET /alerts": DAILY,
    "POST /alerts/read": DAILY,
    "GET /alerts/settings": DAILY,
    "POST /alerts/settings": DAILY,
    "POST /alerts/test": DAILY,
    "POST /alerts/phone": DAILY,
    "POST /alerts/phone/confirm": DAILY,
    "POST /alerts/phone/forget": DAILY,
    "POST /alerts/webhook": DAILY,
    "POST /alerts/webhook/remove": DAILY,
    **{f"POST /alerts/{chat}{way}": DAILY for chat in ("slack", "teams") for way in ("", "/remove")},
    "POST /alerts/push": DAILY,
    "POST /alerts/push/{subscription_id}/remove": DAILY,
    "GET /brand": {"owner", "admin"},
    "GET /companies": OFFICE,
    "GET /companies/{company}": OFFICE,
    **dict.fromkeys(("GET /companies/new", "POST /companies/new", "POST /companies/{company}"), SET_UP),
    **{key: {"owner"} for key in (f"GET {END}", f"GET {END}/certificate", f"POST {END}", f"POST {END}/cancel")},
    **{key: {"owner"} for key in (f"POST {END}/confirm", f"POST {END}/export")},
    "GET /spam": OFFICE,
    "POST /spam/callers": OFFICE,
    "POST /spam/callers/{rule_id}/remove": OFFICE,
    "POST /spam/{company}": {"owner", "admin"},
    "POST /calls/{contact_id}/block": DAILY,
    "POST /brand": {"owner", "admin"},
    "GET /webhooks-out": OFFICE,
    "GET /webhooks-out/new": SET_UP,
    "POST /webhooks-out/new": SET_UP,
    "GET /webhooks-out/{company}/{webhook}": OFFICE,
    "GET /webhooks-out/{company}/{webhook}/edit": SET_UP,
    "POST /webhooks-out/{company}/{webhook}/edit": SET_UP,
    "POST /webhooks-out/{company}/{webhook}/remove": SET_UP,
    "POST /webhooks-out/{company}/{webhook}/test": SET_UP,
    "POST /webhooks-out/{company}/{webhook}/replay": OFFICE,
    "POST /webhooks-out/{company}/{webhook}/replay-range": OFFICE,
    "POST /webhooks-out/{company}/{webhook}/secret": SET_UP,
    "POST /webhooks-out/{company}/{webhook}/rotate": SET_UP,
    "POST /webhooks-out/{company}/{webhook}/rotate/end": SET_UP,
    "POST /webhooks-out/{company}/{webhook}/resume": SET_UP,
    **{f"GET /reports{each}": OFFICE for each in ("", "/saved", "/{report}", "/{report}/csv")},
    "POST /reports/{report}/import": SET_UP,
    **{f"POST /reports/{{report}}/{each}": OFFICE for each in ("save", "links", "links/{link}/revoke")},
    **{f"POST /reports/{each}": OFFICE for each in ("{report}/emails", f"{MAIL}/stop", f"{MAIL}/send")},
    **{f"POST /reports/saved/{{view}}/{each}": OFFICE for each in ("rename", "delete", "send")},
    "GET /numbers": OFFICE,
    "GET /numbers/health": OFFICE,
    "POST /numbers/health/look": SET_UP,
    "POST /numbers/health/point": SET_UP,
    "POST /numbers/health/{finding_id}/point": SET_UP,
    "POST /numbers/health/{finding_id}/assign": SET_UP,
    "POST /numbers/health/{finding_id}/release": SET_UP,
    "GET /numbers/cap": SET_UP,
    "POST /numbers/cap": SET_UP,
    "GET /conversions": OFFICE,
    "GET /conversions/dry-run": OFFICE,
    "GET /conversions/dry-run.csv": OFFICE,
    "GET /privacy-desk": CONSENT,
    "POST /privacy-desk/conflicts/{person_id}": CONSENT,
    "POST /privacy-desk/merges/{merge_id}/split": CONSENT,
    "POST /privacy-desk/doubts/{doubt_id}": CONSENT,
    "GET /privacy-desk/journal": CONSENT,
    "POST /privacy-desk/journal": CONSENT,
    "POST /privacy-desk/journal/verify": CONSENT,
    "GET /privacy-desk/opt-outs": CONSENT,
    "POST /privacy-desk/opt-outs/{opt_out_id}": CONSENT,
    "GET /privacy-desk/law": CONSENT,
    "POST /privacy-desk/law": CONSENT,
    "GET /privacy-desk/data-map": CONSENT,
    "GET /privacy-desk/data-map/{paper}": CONSENT,
    "GET /privacy-desk/retention": CONSENT,
    "GET /privacy-desk/policies": CONSENT,
    "POST /privacy-desk/policies": OFFICER,
    "GET /privacy-desk/policies/{version_id}": CONSENT,
    "POST /privacy-desk/policies/{version_id}/announce": OFFICER,
    "POST /privacy-desk/policies/{version_id}/publish": OFFICER,
    "POST /privacy-desk/policies/{version_id}/accept": OFFICER,
    "GET /privacy-desk/requests": OFFICER,
    "GET /privacy-desk/requests/new": OFFICER,
    "POST /privacy-desk/requests/new": OFFICER,
    "GET /privacy-desk/requests/{request_id}": OFFICER,
    "POST /privacy-desk/requests/{request_id}/reveal": OFFICER,
    "GET /privacy-desk/requests/{request_id}/plan": OFFICER,
    "POST /privacy-desk/requests/{request_id}/proof": OFFICER,
    "POST /privacy-desk/requests/{request_id}/run": OFFICER,
    "POST /privacy-desk/requests/{request_id}/without": OFFICER,
    "POST /privacy-desk/requests/{request_id}/extend": OFFICER,
    "POST /privacy-desk/requests/{request_id}/refuse": OFFICER,
    "POST /privacy-desk/requests/{request_id}/unrestrict": OFFICER,
    "GET /privacy-desk/requests/{request_id}/file": OFFICER,
    **{f"{method} /privacy-desk/{part}": OFFICER for method in ("GET", "POST") for part in OFFICERS_FORMS},
    "POST /privacy-desk/holds/{hold_id}/lift": OFFICER,
    "GET /privacy-desk/certificates/{request_id}": OFFICER,
    "GET /privacy-desk/certificates/{request_id}/file": OFFICER,
    "GET /numbers/buy": SET_UP,
    "POST /numbers/buy": SET_UP,
    "POST /numbers/orders/{order_id}/look": SET_UP,
    "POST /numbers/compare": SET_UP,
    "GET /numbers/trackers/new": SET_UP,
    "POST /numbers/trackers/new": SET_UP,
    "GET /numbers/trackers/{company_name}/{tracker_name}": OFFICE,
    "POST /numbers/trackers/{company_name}/{tracker_name}": SET_UP,
    "POST /numbers/trackers/{company_name}/{tracker_name}/remove": SET_UP,
    "POST /numbers/trackers/{company_name}/{tracker_name}/retire": SET_UP,
    "GET /numbers/website": OFFICE,
    "POST /numbers/website/settings": SET_UP,
    "POST /numbers/website": OFFICE,
    "GET /numbers/ports/new": SET_UP,
    "POST /numbers/ports/new": SET_UP,
    "POST /numbers/ports/look": SET_UP,
    "POST /numbers/ports/{order_id}/cancel": SET_UP,
    "POST /numbers/ports/{order_id}/move": SET_UP,
    "POST /numbers/ports/{order_id}/forget": SET_UP,
    "POST /numbers/ports/{order_id}/use": SET_UP,
    "GET /numbers/{number_id}": OFFICE,
    "POST /numbers/{number_id}/rest": SET_UP,
    "POST /numbers/{number_id}/use": SET_UP,
    "POST /numbers/{number_id}/end-rest": SET_UP,
    "POST /numbers/{number_id}/point": SET_UP,
    "POST /numbers/{number_id}/release": SET_UP,
    "GET /conversions/rule": OFFICE,
    "POST /conversions/rule": SET_UP,
    "GET /conversions/stages": OFFICE,
    **{f"{method} /{path}": {"owner"} for method in ("GET", "POST") for path in ("users", "users/{user_id}", "mail")},
    "POST /users/keys/{key_id}/revoke": {"owner"},
    **{each: {"owner", "auditor"} for each in ("GET /audit", "GET /audit.csv", "POST /audit/verify")},
    "POST /conversions/stages": SET_UP,
}
"""Written by hand and not read from the product: a page that is not here fails, and so does a role too many. Pages of one's
own account and the style page are for everybody who is signed in."""
OWN = ("/me", "/sign-out", "/style")


class _Tags(HTMLParser):
    """Collects what a browser would run or style outside of files."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attributes}
        bad = [key for key in values if key.startswith("on") or key == "style"]
        bad += [
            key for key in ("href", "src", "action") if values.get(key, "").strip().lower().startswith("javascript:")
        ]
        if tag == "style" or (tag == "script" and not values.get("nonce")) or values.get("src") == "x":
            bad.append(tag)
        self.found += [f"<{tag} {key}>" for key in bad]


def inline_code(html: str) -> list[str]:
    """Inline scripts, handlers and styles of a page as a browser parses it."""
    tags = _Tags()
    tags.feed(html)
    return tags.found


@pytest.fixture
def stage(lite_hub: Any) -> TestHub:
    """On SQLite: who may see a page does not depend on the database. That all pages open on both has a test of its own."""
    hub: TestHub = lite_hub()
    return hub


@pytest.fixture
def mine(stage: TestHub) -> dict[str, str]:
    return fill(stage, "+13125550120", caller_name=HOSTILE)


@pytest.fixture
def theirs(stage: TestHub) -> dict[str, str]:
    return fill(stage, NORTH_SHARED)


@pytest.mark.soak
def test_each_role_may_see_and_do_exactly_what_the_matrix_says(stage: TestHub, mine: dict[str, str]) -> None:
    browsers = {role: signed_in(stage, role) for role in ROLES}
    found: dict[str, set[str]] = {}
    for page in PAGES:
        if page.path.startswith(OWN):
            continue
        found[name(page)] = {role for role in ROLES if _admitted(browsers[role], page, mine)}
    assert found == ALLOWED


def _admitted(browser: PageClient, page: Page, ids: dict[str, str]) -> bool:
    answer = browser.get(address(page, ids)) if page.method == "GET" else browser.post(address(page, ids))
    assert answer.status_code < 500, (name(page), answer.text[:500])
    sent_away = page.path == "/" and answer.headers.get("location") in ("/me", "/people", "/audit")
    return answer.status_code != 403 and not sent_away


def test_nothing_opens_without_a_session(stage: TestHub, mine: dict[str, str]) -> None:
    stranger = PageClient(stage, None)
    for page in PAGES:
        path = address(page, mine)
        answer = stranger.get(path) if page.method == "GET" else stranger.post(path)
        assert answer.status_code in (303, 401), name(page)
        assert answer.headers.get("location", "/sign-in").startswith("/sign-in"), name(page)


def test_rows_of_another_company_do_not_exist_for_a_limited_user(
    stage: TestHub, mine: dict[str, str], theirs: dict[str, str]
) -> None:
    browser = signed_in(stage, "owner", "lakeside")
    for page in PAGES:
        if "{" not in page.path or page.path.startswith(OWN):
            continue
        path = address(page, {**theirs, "report": "none"})  # a report of a limited user shows their own companies
        answer = browser.get(path) if page.method == "GET" else browser.post(path)
        wanted = 403 if page.action in WHOLE_ACCOUNT else 404
        assert answer.status_code == wanted, (name(page), answer.status_code)


def test_a_post_from_another_site_is_refused_on_every_page(stage: TestHub, mine: dict[str, str]) -> None:
    browser = signed_in(stage)
    foreign: list[dict[str, str]] = [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "https://evil.calls.example.com"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ]
    for page in PAGES:
        if page.method == "POST":
            for headers in foreign:
                answer = browser.client.post(address(page, mine), headers=headers)
                assert answer.status_code == 403, (name(page), headers)


@pytest.mark.soak
def test_every_page_opens_with_the_strict_headers_and_what_callers_sent_is_never_code(hub: Any) -> None:
    stage: TestHub = hub()
    mine = fill(stage, "+13125550120", caller_name=HOSTILE)
    browser = signed_in(stage)
    for page in _gets():
        answer = browser.get(address(page, mine))
        assert answer.status_code < 500, name(page)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        assert inline_code(answer.text) == [], name(page)
        if answer.status_code >= 300:
            continue
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"


def test_post_pages_answer_nothing_to_a_get(stage: TestHub, mine: dict[str, str]) -> None:
    browser = signed_in(stage)
    gets = {page.path for page in _gets()}
    for page in PAGES:
        if page.method == "POST" and page.path not in gets and not _fits_a_get(page, gets):
            assert browser.get(address(page, mine)).status_code in (404, 405), name(page)


def _fits_a_get(page: Page, gets: set[str]) -> bool:
    return any(re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", get), page.path) for get in gets)


def _gets() -> Iterator[Page]:
    return (page for page in PAGES if page.method == "GET")


NAMES = """
company period first last after before q kind outcome source medium campaign keyword landing_page tracker agent min max
lead tag value recording consent state reason connector columns view sort model compare weekday hour hours missed list
template subject code rule format page report
""".split()  # noqa: SIM905
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["0", "-1", "9" * 30, "1e309", "nan", "2026-02-30", "0001-01-01", "9999-12-31", "\0", "%", "'", HOSTILE]
    ),
)


@pytest.fixture
def every_address(stage: TestHub) -> Callable[[Page, list[tuple[str, str]]], int]:
    """Opens a page, about rows that there are, with a query; returns the status."""
    ids = fill(stage, "+13125550120")
    browser = signed_in(stage)
    return lambda page, query: browser.get(address(page, ids), params=query).status_code


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(query=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=5), page=st.sampled_from(list(_gets())))
def test_no_query_string_makes_a_page_fail(
    every_address: Callable[[Page, list[tuple[str, str]]], int], query: list[tuple[str, str]], page: Page
) -> None:
    assert every_address(page, query) < 500, (name(page), query)
