"""A page reports its visit and shows the number that it is told."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from web_edge import DEFAULT, FACEBOOK, POOL, Edge


def test_a_visitor_who_leaves_gives_the_number_back_and_it_cools_down(edge: Edge) -> None:
    first = edge.visit().json()
    ended = edge.client.post(f"/track/lakeside/visit/{first['visit_id']}/end")
    assert (ended.status_code, ended.content) == (204, b"")
    assert edge.one("SELECT count(*) FROM lease WHERE expires_at > granted_at") == 0
    second = edge.visit().json()
    assert second["number"] != first["number"], "the number that was idle longest goes first"
    assert edge.visit().json()["number"] == first["number"], "a pool that is all taken lends it again"


def test_a_farewell_that_comes_after_the_next_pages_greeting_ends_nothing(edge: Edge) -> None:
    first = edge.visit().json()
    edge.clock.advance(seconds=3)
    second = edge.visit(visit_id=first["visit_id"]).json()

    def live_after_farewell(until: str) -> bool:
        ended = edge.client.post(f"/track/lakeside/visit/{first['visit_id']}/end", params={"until": until})
        assert ended.status_code == 204
        now = edge.clock().strftime("%Y-%m-%d %H:%M:%S.%f")
        return edge.one(f"SELECT count(*) FROM lease WHERE expires_at > '{now}'") == 1

    assert second["number"] == first["number"] and second["lease_until"] > first["lease_until"]
    assert live_after_farewell(first["lease_until"])
    assert not live_after_farewell(second["lease_until"])


@pytest.mark.parametrize("until", ["", "soon", "null", "2026-11-24", "9999-12-31T23:59:59-12:00", "%00"])
def test_a_farewell_with_an_unreadable_time_ends_the_visits_lease(edge: Edge, until: str) -> None:
    visit = edge.visit().json()["visit_id"]
    assert edge.client.post(f"/track/lakeside/visit/{visit}/end?until={until}").status_code == 204


def test_a_visit_that_ended_twice_or_never_was_is_no_error(edge: Edge) -> None:
    visit = edge.visit().json()["visit_id"]
    for each in (visit, visit, "unknown", "%00", "..%2f..", "x" * 5000, "%ed%a0%80"):
        assert edge.client.post(f"/track/lakeside/visit/{each}/end").status_code in (204, 404), each


def test_only_the_visits_own_company_ends_it(edge: Edge) -> None:
    visit = edge.visit().json()["visit_id"]
    assert edge.client.post(f"/track/northgate/visit/{visit}/end").status_code == 204
    assert edge.client.post(f"/track/nobody/visit/{visit}/end").status_code == 404
    assert edge.one("SELECT count(*) FROM lease WHERE expires_at > granted_at") == 1


def test_an_end_comes_as_a_beacon_from_the_own_pages(edge: Edge) -> None:
    visit = edge.visit().json()["visit_id"]
    beacon = {"origin": "https://lakeside.example.com", "content-type": "text/plain"}
    ended = edge.client.post(f"/track/lakeside/visit/{visit}/end", content=b"", headers=beacon)
    assert ended.headers["access-control-allow-origin"] == "https://lakeside.example.com"
    assert ended.headers["cache-control"] == "no-store"


def test_a_visitor_who_comes_back_after_leaving_gets_a_number_again(edge: Edge) -> None:
    visit = edge.visit().json()
    edge.client.post(f"/track/lakeside/visit/{visit['visit_id']}/end")
    again = edge.visit(visit_id=visit["visit_id"]).json()
    assert (again["visit_id"], again["lease_seconds"]) == (visit["visit_id"], 1800)


def test_visitors_see_numbers_of_their_own_until_the_pool_is_empty(edge: Edge) -> None:
    replies = [edge.visit().json() for _ in range(4)]
    assert {each["number"] for each in replies[:2]} == set(POOL)
    assert [each["number"] for each in replies[2:]] == [DEFAULT, DEFAULT]
    assert [each["lease_seconds"] for each in replies] == [1800, 1800, None, None]
    assert [each["tracker"] for each in replies] == ["website", "website", "default", "default"]
    edge.clock.advance(minutes=31)
    assert edge.visit().json()["number"] in POOL


def test_of_a_consent_tools_string_only_the_hash_is_taken(edge: Edge) -> None:
    hashed = f"sha256:{'a' * 64}"
    visit = edge.visit(consent={"ads": "granted", "analytics": "granted", "gpp": hashed}).json()
    consent = {"ads": "granted", "analytics": "granted", "gpp": hashed}
    assert visit["visit_id"] and json.loads(edge.one("SELECT consent FROM visit")) == consent
    # A string itself might hold a no that nobody reads, so it is refused and nothing is recorded.
    refused = edge.visit(consent={"ads": "granted", "gpp": "DBABIw~BVWSSRpFYA.YA"})
    assert refused.status_code == 422 and "consent.gpp" in refused.text and "BVWSSRpF" not in refused.text
    assert edge.one("SELECT count(*) FROM visit") == 1


def test_what_a_page_assumes_before_the_visitor_has_chosen_is_kept_apart_and_never_a_yes(edge: Edge) -> None:
    default = {"analytics": "granted", "ads": "granted", "ad_user_data": "denied"}
    visit = edge.visit(consent={"ads": "denied", "default": default}).json()["visit_id"]
    form = {"submission_key": "submission-1", "visit_id": visit, "consent": {"default": default}}
    assert edge.client.post("/track/lakeside/form", json=form).status_code == 204
    assert json.loads(edge.one("SELECT consent FROM visit")) == {"ads": "denied", "default_ad_user_data": "denied"}
    assert json.loads(edge.one("SELECT consent FROM form_submission")) == {"default_ad_user_data": "denied"}
    shown = edge.visit(consent={"default": {"analytics": "denied"}}).json()
    assert (shown["visit_id"], shown["number"]) == (None, DEFAULT)
    assert edge.visit(consent={"default": {"analytics": "denied"}, "analytics": "granted"}).json()["visit_id"]
    assert edge.visit(consent={"default": {"all": "granted"}}).status_code == 422


def test_a_visitor_of_a_fixed_source_sees_its_number(edge: Edge) -> None:
    page = "https://lakeside.example.com/?utm_source=facebook&utm_medium=cpc&utm_campaign=spring"
    shown = edge.visit(landing_page=page).json()
    assert (shown["number"], shown["tracker"], shown["lease_seconds"]) == (FACEBOOK, "social", None)
    assert edge.one("SELECT count(*) FROM lease") == 0


def test_a_visitor_of_a_fixed_source_keeps_its_number_at_the_first_human_sign_and_on_the_next_page(edge: Edge) -> None:
    page = "https://lakeside.example.com/?utm_source=facebook&utm_medium=cpc&utm_campaign=spring"
    visit_id = edge.visit(landing_page=page, human=False).json()["visit_id"]
    for body in ({"landing_page": "https://lakeside.example.com/prices"}, {"landing_page": None}):
        later = edge.visit(visit_id=visit_id, human=True, **body).json()
        assert (later["number"], later["tracker"], later["lease_seconds"]) == (FACEBOOK, "social", None)


def test_a_visitor_who_stays_keeps_the_number(edge: Edge) -> None:
    first = edge.visit().json()
    for _ in range(3):
        edge.clock.advance(minutes=20)
        again = edge.visit(visit_id=first["visit_id"]).json()
        assert (again["visit_id"], again["number"], again["lease_seconds"]) == (
            first["visit_id"],
            first["number"],
            1800,
        )
    assert edge.one("SELECT count(*) FROM visit") == 1


def test_a_visit_of_another_company_is_not_taken_over(edge: Edge) -> None:
    first = edge.visit().json()
    other = edge.visit("northgate", visit_id=first["visit_id"]).json()
    assert other["visit_id"] != first["visit_id"]


@pytest.mark.parametrize(
    ("headers", "honoured"),
    [
        ([], []),
        ([("sec-gpc", "1")], ["gpc"]),
        ([("sec-gpc", "0")], []),
        ([("sec-gpc", "true")], []),
        ([("sec-gpc", "1, 1")], []),
        ([("sec-gpc", "")], []),
        ([("sec-gpc", "0"), ("sec-gpc", "1")], ["gpc"]),
        ([("dnt", "1")], ["dnt"]),
        ([("dnt", "0")], []),
        ([("sec-gpc", "1"), ("dnt", "1")], ["gpc", "dnt"]),
    ],
)
def test_privacy_signals_are_honoured_when_they_are_exactly_one(
    edge: Edge, headers: list[tuple[str, str]], honoured: list[str]
) -> None:
    shown = edge.visit(headers=headers, consent={"all": "granted"}).json()
    assert shown["honoured"] == honoured
    recorded = edge.one("SELECT (SELECT count(*) FROM visit) + (SELECT count(*) FROM lease)")
    assert (shown["number"], shown["lease_seconds"], recorded) == (
        (DEFAULT, None, 0) if honoured else (POOL[0], 1800, 2)
    )


@pytest.mark.parametrize(("header", "name"), [("sec-gpc", "gpc"), ("dnt", "dnt")])
def test_a_privacy_signal_that_is_turned_on_later_ends_the_lease_and_stays_with_the_visit(
    edge: Edge, header: str, name: str
) -> None:
    first = edge.visit(consent={"ads": "granted"}).json()
    later = edge.visit(visit_id=first["visit_id"], headers={header: "1"}).json()
    assert (later["number"], later["visit_id"], later["honoured"]) == (DEFAULT, None, [name])
    assert edge.one("SELECT count(*) FROM lease WHERE expires_at > granted_at") == 0
    edge.visit(visit_id=first["visit_id"])
    (visit,) = edge.rows("SELECT gpc, dnt FROM visit")
    assert (bool(visit["gpc"]), bool(visit["dnt"])) == (name == "gpc", name == "dnt")


def test_what_the_visitor_allows_is_kept_as_it_was_said(edge: Edge) -> None:
    consent = {"analytics": "granted", "ads": "denied", "ad_user_data": "denied"}
    edge.visit(consent=consent, country="DE")
    assert json.loads(edge.one("SELECT consent FROM visit")) == consent | {"country": "DE"}


@pytest.mark.parametrize("denial", [{"analytics": "denied"}, {"all": "denied"}])
def test_a_visitor_who_denies_analytics_leaves_no_trace_and_sees_the_shared_number(
    edge: Edge, denial: dict[str, str]
) -> None:
    shown = edge.visit(
        consent=denial, visitor_id="v", landing_page="https://lakeside.example.com/?gclid=Cj0Kabcdef"
    ).json()
    assert (shown["number"], shown["visit_id"]) == (DEFAULT, None)
    assert edge.one("SELECT (SELECT count(*) FROM visit) + (SELECT count(*) FROM lease)") == 0


def test_a_visitor_who_denies_analytics_later_gives_the_number_back(edge: Edge) -> None:
    first = edge.visit().json()
    later = edge.visit(visit_id=first["visit_id"], consent={"analytics": "denied"}).json()
    assert (later["number"], later["visit_id"]) == (DEFAULT, None)
    assert edge.one("SELECT count(*) FROM lease WHERE expires_at > granted_at") == 0
    assert json.loads(edge.one("SELECT consent FROM visit")) == {"analytics": "denied"}


def test_what_a_visitor_says_later_counts(edge: Edge) -> None:
    first = edge.visit(consent={"ads": "granted"}).json()
    edge.visit(visit_id=first["visit_id"], consent={"ads": "denied", "ad_user_data": "denied"})
    assert json.loads(edge.one("SELECT consent FROM visit")) == {"ads": "denied", "ad_user_data": "denied"}


PAGE = "https://lakeside.example.com/"
HOSTILE_PAGES = {
    "64 KB": PAGE + "?q=" + "x" * 65_500,
    "100 KB behind a click id": PAGE + "?gclid=Cj0KCQabcdefgh&q=" + "x" * 100_000,
    "a click id of 10 KB": PAGE + "?gclid=" + "A" * 10_240,
    "a click id cut by the cap": PAGE + "?q=" + "x" * 16_300 + "&gclid=" + "A" * 400,
    "__proto__": PAGE + "?__proto__[x]=1&constructor.prototype=2&gclid[$ne]=1",
    "NUL": PAGE + "?utm_source=a%00b\x00&gclid=Cj0K%00",
    "half a surrogate pair": PAGE + "?utm_source=\ud800&utm_medium=%ed%a0%80",
    "a script": PAGE + "?utm_source=<script>alert(1)</script>&utm_term=javascript:alert(1)",
    "no address": "[[[",
    "a broken host": "http://[::1/?gclid=x",
    "userinfo": "https://good@bad.example.com/?utm_source=x",
    "blank": "",
    "a thousand parameters": PAGE + "?" + "&".join(f"a{number}=1" for number in range(1_000)),
    "emoji": PAGE + "?utm_campaign=📞&utm_content=‮",
}


@pytest.mark.parametrize("page", HOSTILE_PAGES.values(), ids=HOSTILE_PAGES.keys())
def test_a_hostile_page_address_is_a_visit_like_any_other(edge: Edge, page: str) -> None:
    body = json.dumps({"landing_page": page, "referrer": page})
    shown = edge.client.post("/track/lakeside/visit", content=body, headers={"content-type": "application/json"})
    assert shown.status_code == 200
    assert shown.json()["number"] in (*POOL, DEFAULT)
    (visit,) = edge.rows("SELECT * FROM visit")
    assert all(len(each) <= 512 for each in json.loads(visit["click_ids"]).values())
    assert len(visit["landing_page"] or "") <= 4_096
    assert "\x00" not in json.dumps(visit) and "\\u0000" not in json.dumps(visit)


def test_a_click_id_that_was_cut_off_is_none(edge: Edge) -> None:
    edge.visit(landing_page=HOSTILE_PAGES["a click id cut by the cap"])
    edge.visit(landing_page=PAGE + "?q=" + "x" * 4_050 + "&gclid=" + "A" * 300)
    kept = [json.loads(row["click_ids"]) for row in edge.rows("SELECT click_ids FROM visit ORDER BY id")]
    assert kept == [{}, {"gclid": "A" * 300}]


WRONG_BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "1e400": b'{"landing_page": 1e400}',
    "no UTF-8": b'{"landing_page": "\xff"}',
    "__proto__": b'{"__proto__": {"admin": true}}',
    "mass assignment": b'{"company_id": "x", "gpc": false}',
    "a wrong answer": b'{"consent": {"analytics": "maybe-secret"}}',
    "a wrong country": b'{"country": "Germany"}',
    "a long visitor": b'{"visitor_id": "' + b"v" * 65 + b'"}',
    "a NUL in a visitor": b'{"visitor_id": "a\\u0000b"}',
    "half a pair in a visitor": b'{"visitor_id": "\\ud800"}',
    "half a pair in a visit": b'{"visit_id": "\\ud800"}',
    "half a pair in a key": b'{"\\ud800": 1}',
    "a number": b'{"visit_id": 7}',
}


@pytest.mark.parametrize("body", WRONG_BODIES.values(), ids=WRONG_BODIES.keys())
def test_a_body_of_the_wrong_form_is_refused_and_not_repeated(edge: Edge, body: bytes) -> None:
    refused = edge.client.post("/track/lakeside/visit", content=body, headers={"content-type": "application/json"})
    assert refused.status_code in (400, 422)
    assert "Traceback" not in refused.text
    assert len(refused.content) < 300
    assert "secret" not in refused.text and "admin" not in refused.text
    assert edge.one("SELECT count(*) FROM visit") == 0


def test_only_the_companys_own_sites_may_read_the_reply(edge: Edge) -> None:
    own = ("https://lakeside.example.com", "https://www.lakeside.example.com")
    strange = (
        "https://evil.example.com",
        "http://lakeside.example.com",
        "https://lakeside.example.com:8443",
        "https://lakeside.example.com.evil.example",
        "https://evil-lakeside.example.com",
        "https://northgate.example.com",
        "null",
        "http://[",
        "https://lakeside.example.com@evil.example",
        "",
        "é",
    )
    for origin in own:
        reply = edge.visit(headers={"origin": origin})
        assert reply.headers["access-control-allow-origin"] == origin
    for origin in strange:
        reply = edge.visit(headers={"origin": origin.encode("latin-1")})
        assert reply.status_code == 200
        assert "access-control-allow-origin" not in reply.headers, origin
        assert reply.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", ["visit", "visit/x/end"])
def test_a_browser_asks_before_it_posts_from_the_own_site(edge: Edge, path: str) -> None:
    asked = {"origin": "https://lakeside.example.com", "access-control-request-method": "POST"}
    may = edge.client.options(f"/track/lakeside/{path}", headers=asked)
    assert (may.status_code, may.headers["access-control-allow-methods"]) == (204, "POST")
    may_not = edge.client.options(f"/track/lakeside/{path}", headers=asked | {"origin": "https://evil.example.com"})
    assert "access-control-allow-methods" not in may_not.headers
    assert edge.client.options(f"/track/nobody/{path}", headers=asked).status_code == 404


def test_no_reply_may_be_kept_by_a_cache(edge: Edge) -> None:
    assert edge.visit().headers["cache-control"] == "no-store"
    assert edge.client.post("/track/lakeside/visit", content=b"{").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("company", ["nobody", "%00", "..%2fwebhooks", "LAKESIDE", "lakeside%20", "é"])
def test_an_unknown_company_is_not_found(edge: Edge, company: str) -> None:
    assert edge.visit(company).status_code == 404


def test_a_crowd_of_visitors_shares_the_pool_without_a_number_twice(edge: Edge) -> None:
    with ThreadPoolExecutor(8) as visitors:
        replies = [each.json() for each in visitors.map(lambda _: edge.visit(), range(40))]
    own = [each["number"] for each in replies if each["lease_seconds"] is not None]
    assert sorted(own) == sorted(POOL)
    assert {each["number"] for each in replies} == {*POOL, DEFAULT}
