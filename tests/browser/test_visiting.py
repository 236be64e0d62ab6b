"""A visit goes on over pages, tabs and sites, ends when the visitor leaves, and never stands in the page's way."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from stage_hub import DEFAULT, FACEBOOK, HASTY, POOL, BrowserHub
from visitor import HOST, Visitor

from hub.contracts.clean_urls import CLICK_IDS

pytestmark = pytest.mark.soak

PHONE = "<p>312-555-0190</p>"


def shown(visitor: Visitor, page: Any = None) -> str:
    """The last four digits that the page shows."""
    return visitor.text("p", page)[-4:]


def paths(visitor: Visitor) -> list[str]:
    """Where the pages posted to, without the ids."""
    return [each["path"].replace("lakeside/", "").split("/")[-1] for each in visitor.asked]


def test_a_person_is_lent_a_number_at_the_first_sign_or_after_two_seconds(visitor: Visitor) -> None:
    visitor.stop_clock()
    page = visitor.open(PHONE, act=False)
    visitor.sees("window.ringfence")
    page.evaluate("document.dispatchEvent(new Event('pointermove', { bubbles: true }))")
    page.wait_for_timeout(50)
    assert visitor.asked == [], "a script is no person"
    page.clock.run_for(2_100)
    assert visitor.swapped() in POOL
    assert visitor.asked[0]["body"]["human"] is True


def test_the_next_page_shows_the_same_number_at_once_and_is_the_same_visit(visitor: Visitor) -> None:
    visitor.open(f"{PHONE}<a href='/next'>Next</a>", path="/?gclid=Cj0KCQjw123456789")
    number = visitor.swapped()
    visitor.site.page(HOST, "/next", visitor.html(PHONE))
    visitor.context.route("**/track/**", lambda route: None)
    visitor.page.click("a")
    visitor.page.wait_for_url("**/next")
    assert visitor.swapped() == number, "before the hub has answered"
    visitor.context.unroute_all()
    visitor.hub.clock.advance(seconds=3)
    visitor.page.reload()
    visitor.swapped()
    visitor.until(lambda: len(visitor.hub.rows("SELECT id FROM page_view")), 2)
    (visit,) = visitor.hub.visits()
    assert visit["click_ids"] == {"gclid": "Cj0KCQjw123456789"}
    visitor.until(visitor.hub.leases, 1)


def test_a_click_on_an_ad_begins_a_new_visit_and_a_reload_of_its_page_does_not(visitor: Visitor) -> None:
    visitor.open(PHONE)
    visitor.swapped()
    for _ in range(2):
        visitor.open(PHONE, path="/?gclid=Cj0KCQjw123456789")
        visitor.swapped()
    visits = visitor.hub.visits()
    assert [bool(each["click_ids"]) for each in visits] == [False, True]
    assert visits[0]["visitor_id"] == visits[1]["visitor_id"]


def test_a_click_of_every_network_begins_a_new_visit(visitor: Visitor) -> None:
    names = [*CLICK_IDS, "rdt_cid", "ScCid", "gad_source", "gad_campaignid", "utm_source"]
    for number, name in enumerate(names):
        visitor.open(PHONE, path=f"/?{name}={number}1234")
        visitor.sees("ringfence.visit()")
    queries = [urlsplit(each["landing_page"]).query for each in visitor.hub.visits()]
    clicks = [next(iter(each["click_ids"]), "") for each in visitor.hub.visits()]
    assert [name or query.partition("=")[0] for name, query in zip(clicks, queries, strict=True)] == names
    assert not any(name and query for name, query in zip(clicks, queries, strict=True)), "a click id has its own column"
    visitor.open(PHONE, path="/?ref=gclid&x=1")
    visitor.sees("ringfence.visit()")
    assert len(visitor.hub.visits()) == len(names)


def test_a_page_that_changes_its_address_tells_of_each_page_view(visitor: Visitor) -> None:
    page = visitor.open("<main>312-555-0190</main>")
    number = visitor.swapped()
    page.evaluate(
        """history.pushState({}, "", "/services"); document.querySelector("main").textContent = "Ring 312-555-0190" """
    )
    page.evaluate("history.replaceState({ scroll: 7 }, '')")
    visitor.until(lambda: len(visitor.asked), 2)
    page.evaluate("history.back()")
    visitor.until(lambda: len(visitor.asked), 3)
    visitor.until(lambda: len(visitor.hub.rows("SELECT id FROM page_view")), 3)
    views = [urlsplit(each["body"]["landing_page"]).path for each in visitor.asked]
    assert views == ["/", "/services", "/"]
    assert urlsplit(visitor.asked[1]["body"]["referrer"]).path == "/"
    assert visitor.text("main") == f"Ring 312-555-{number[-4:]}"
    assert len(visitor.hub.visits()) == 1


def test_a_visitor_of_a_source_with_its_own_number_keeps_that_number(visitor: Visitor) -> None:
    visitor.open(PHONE, path="/?utm_source=facebook&utm_medium=cpc")
    assert visitor.swapped() == FACEBOOK
    visitor.open(PHONE, path="/next")
    assert visitor.swapped() == FACEBOOK
    assert visitor.hub.leases() == 0
    visitor.context.route("**/track/**", lambda route: route.abort())
    visitor.open(PHONE, path="/third")
    assert visitor.swapped() == FACEBOOK, "the hub is away, and the number still says where the visitor came from"


def test_tabs_share_the_visit_and_it_ends_with_the_last_one(visitor: Visitor) -> None:
    visitor.open(PHONE)
    number = visitor.swapped()
    other = visitor.context.new_page()
    other.goto(visitor.page.url)
    visitor.act(other)
    assert visitor.swapped(other) == number and shown(visitor, other) == number[-4:]
    assert len(visitor.hub.visits()) == 1 and visitor.hub.leases() == 1
    visitor.page.close(run_before_unload=True)
    other.wait_for_timeout(200)
    assert visitor.hub.leases() == 1 and "end" not in paths(visitor)
    other.goto("about:blank")
    visitor.until(visitor.hub.leases, 0)


def test_leaving_the_site_ends_the_lease_and_moving_within_it_does_not(visitor: Visitor) -> None:
    away = visitor.site.page("elsewhere.example.com", "/", "Elsewhere")
    visitor.site.page(HOST, "/next", visitor.html(f"{PHONE}<a id=away href='{away}'>Away</a>"))
    visitor.open(f"{PHONE}<a id=next href='/next'>Next</a>")
    number = visitor.swapped()
    visitor.page.click("#next")
    visitor.page.wait_for_url("**/next")
    assert visitor.swapped() == number and paths(visitor).count("end") == 0
    visitor.page.evaluate("location.reload()")
    visitor.until(lambda: paths(visitor).count("visit"), 3)
    assert visitor.swapped() == number and paths(visitor).count("end") == 0
    visitor.page.evaluate("Date.now = ((now) => () => now() + 20000)(Date.now)")
    visitor.page.click("#away")
    visitor.until(visitor.hub.leases, 0)


def test_a_page_that_comes_back_from_the_back_forward_cache_has_a_number_again(
    chromium: Any, site: Any, hub: BrowserHub
) -> None:
    with Visitor.arriving(chromium, site, hub) as visitor:
        away = visitor.site.page("elsewhere.example.com", "/", "<p>Elsewhere</p>")
        page = visitor.open(PHONE)
        number = visitor.swapped()
        page.evaluate("window.kept = true")
        page.goto(away)
        visitor.until(visitor.hub.leases, 0)
        page.evaluate("history.back()")
        page.wait_for_function("window.kept === true && window.ringfence", polling=10)
        visitor.until(visitor.hub.leases, 1)
        assert visitor.swapped()[-4:] == shown(visitor)
        assert len(visitor.hub.visits()) == 1 and number in POOL


HIDE = """Object.defineProperty(document, 'hidden', { value: '%s' === 'hidden', configurable: true });
document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))"""


def test_a_page_that_stays_open_keeps_its_number_and_one_that_is_hidden_lets_it_go(visitor: Visitor) -> None:
    page = visitor.open(PHONE, host="www.hasty.example.com", company="hasty")
    assert visitor.swapped() == HASTY
    visitor.until(lambda: len(visitor.asked) >= 4)
    visitor.sees(f"ringfence.numbers()['+13125550190'] === '{HASTY}'")
    signs = [each["body"] for each in visitor.asked[1:]]
    assert all("landing_page" not in each and each["visit_id"] for each in signs)
    page.evaluate(HIDE % "hidden")
    visitor.sees("ringfence.numbers()['+13125550190'] === null")
    assert shown(visitor) == "0190", "the number may be another visitor's next"
    asked = len(visitor.asked)
    page.wait_for_timeout(400)
    assert len(visitor.asked) == asked
    page.evaluate(HIDE % "visible")
    assert visitor.swapped() == HASTY


def test_a_number_is_never_remembered_longer_than_its_lease(visitor: Visitor) -> None:
    page = visitor.open(PHONE, host="www.hasty.example.com", company="hasty")
    visitor.swapped()
    visitor.context.route("**/track/**", lambda route: route.abort())
    visitor.sees("ringfence.numbers()['+13125550190'] === null")
    assert shown(visitor) == "0190"
    stored = page.evaluate("JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])")
    assert HASTY[2:] not in stored and "cookie" not in stored
    page.reload()
    visitor.act()
    page.wait_for_timeout(100)
    assert shown(visitor) == "0190"


def test_the_cookie_lives_as_long_as_the_company_says_and_holds_no_number(visitor: Visitor) -> None:
    visitor.open(PHONE)
    visitor.swapped()
    (cookie,) = visitor.context.cookies()
    assert cookie["name"] == "ringfence" and cookie["domain"] == ".lakeside.example.com" and cookie["sameSite"] == "Lax"
    assert cookie["expires"] - time.time() == pytest.approx(90 * 86_400, abs=60)
    assert "3125550" not in cookie["value"]
    visitor.open(PHONE, host="shop.lakeside.example.com")
    visitor.swapped()
    assert len(visitor.hub.visits()) == 1, "the company's subdomains know the visit"


def test_a_visitor_who_comes_back_the_next_day_is_known_and_begins_a_new_visit(visitor: Visitor) -> None:
    visitor.open(PHONE)
    visitor.swapped()
    who = visitor.page.evaluate("ringfence.visit().visitor")
    visitor.page.close()
    visitor.page = visitor.context.new_page()
    visitor.page.add_init_script("Date.now = ((now) => () => now() + 86400000)(Date.now)")
    visitor.open(PHONE)
    visitor.swapped()
    first, second = visitor.hub.visits()
    assert first["visitor_id"] == second["visitor_id"] == who


BLOCKED = """for (const name of ["sessionStorage", "localStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError") } });
const refuse = () => { throw new DOMException("no", "SecurityError") };
Object.defineProperty(document, "cookie", { get: refuse, set: refuse });
delete window.BroadcastChannel; delete window.navigation;"""


def test_a_browser_that_blocks_storage_still_shows_a_number(visitor: Visitor) -> None:
    visitor.page.add_init_script(BLOCKED)
    visitor.open(PHONE)
    assert visitor.swapped() in POOL
    assert shown(visitor) != "0190"


@pytest.mark.parametrize("failure", ["down", "refuses", "speaks nonsense", "gives no number"])
def test_the_page_keeps_its_own_number_when_the_hub_fails(visitor: Visitor, failure: str) -> None:
    answers: dict[str, Any] = {
        "down": lambda route: route.abort(),
        "refuses": lambda route: route.fulfill(status=503, json={"detail": "Try again"}),
        "speaks nonsense": lambda route: route.fulfill(body="<html>"),
        "gives no number": lambda route: route.fulfill(
            headers={"Access-Control-Allow-Origin": "*"},
            json={"number": None, "visit_id": None, "tracker": None, "lease_seconds": None, "honoured": []},
        ),
    }
    errors: list[str] = []
    visitor.page.on("pageerror", lambda error: errors.append(str(error)))
    visitor.context.route("**/track/**", answers[failure])
    page = visitor.open(f"{PHONE}<a href='tel:+13125550190'>Call</a>")
    visitor.until(lambda: len(visitor.asked) >= 1)
    page.wait_for_timeout(100)
    assert shown(visitor) == "0190" and page.get_attribute("a", "href") == "tel:+13125550190"
    assert page.evaluate("ringfence.numbers()['+13125550190']") is None and errors == []


def test_a_hub_that_takes_longer_than_two_seconds_is_not_waited_for(visitor: Visitor) -> None:
    visitor.stop_clock()
    visitor.page.add_init_script("window.impatient = true")
    held: list[Any] = []
    visitor.context.route("**/track/**", lambda route: held.append(route))
    page = visitor.open(PHONE)
    visitor.until(lambda: len(held), 1)
    page.clock.run_for(2_100)
    held[0].continue_()
    page.wait_for_timeout(200)
    assert shown(visitor) == "0190" and page.evaluate("ringfence.visit()") is None
    visitor.context.unroute_all()
    page.evaluate("history.pushState({}, '', '/next')")
    page.clock.run_for(10)
    assert visitor.swapped() in POOL, "the next page asks again"


def test_a_hidden_or_prerendered_page_asks_for_nothing(visitor: Visitor) -> None:
    visitor.page.add_init_script("Object.defineProperty(document, 'prerendering', { value: true, configurable: true })")
    page = visitor.open(PHONE)
    visitor.sees("window.ringfence")
    page.wait_for_timeout(100)
    assert visitor.asked == []
    page.evaluate("delete document.prerendering; Object.defineProperty(document, 'prerendering', { value: false })")
    page.evaluate("document.dispatchEvent(new Event('prerenderingchange'))")
    visitor.act()
    assert visitor.swapped() in POOL


def test_links_to_the_companys_other_site_carry_the_visit(visitor: Visitor) -> None:
    other = visitor.site.page("www.drains.example.com", "/", visitor.html(PHONE))
    strange = visitor.site.page("stranger.example.com", "/", "Hello")
    visitor.open(f"{PHONE}<a id=own href='{other}?a=1#here'>Drains</a><a id=not href='{strange}'>Stranger</a>")
    number = visitor.swapped()
    visitor.page.click("#own")
    visitor.page.wait_for_url("**/www.drains.example.com:*/**")
    assert visitor.swapped() == number and shown(visitor) == number[-4:]
    assert visitor.page.url == f"{other}?a=1#here", "the address is clean again"
    visitor.until(lambda: len(visitor.hub.rows("SELECT id FROM page_view")), 2)
    (visit,) = visitor.hub.visits()
    assert visitor.hub.leases() == 1
    assert visitor.page.evaluate("ringfence.visit().visitor") == visit["visitor_id"]
    assert "_ringfence" not in json.dumps(visitor.hub.rows("SELECT url FROM page_view"))


def test_a_search_form_to_the_companys_other_site_carries_the_visit(visitor: Visitor) -> None:
    other = visitor.site.page("www.drains.example.com", "/find", visitor.html(PHONE))
    strange = visitor.site.page("stranger.example.com", "/find", "Hello")
    form = "<form id={} action='{}'><input name=q value=leak><button>Find</button></form>"
    visitor.open(PHONE + form.format("own", other) + form.format("not", strange))
    number = visitor.swapped()
    visitor.page.click("#own button")
    visitor.page.wait_for_url("**/www.drains.example.com:*/**")
    assert visitor.swapped() == number and visitor.page.url == f"{other}?q=leak", "the address is clean again"
    assert len(visitor.hub.visits()) == visitor.hub.leases() == 1
    visitor.page.go_back(wait_until="commit")
    visitor.sees("document.querySelectorAll('[name=_ringfence]').length === 0")
    visitor.page.click("#not button")
    visitor.page.wait_for_url("**/stranger.example.com:*/**")
    assert visitor.page.url == f"{strange}?q=leak"


def test_a_link_that_is_old_or_made_up_carries_nothing(visitor: Visitor) -> None:
    now = int(time.time() * 1000)
    for text in (
        f"a.b.{_base36(now - 130_000)}",
        "a.b",
        "",
        "a.b.c.d",
        "%00.%00.1",
        "__proto__.x." + _base36(now - 10**9),
    ):
        page = visitor.open(PHONE, host="www.drains.example.com", path=f"/?x=1&_ringfence={text}&y=2", act=False)
        assert page.url.endswith("/?x=1&y=2"), text
    visitor.act()
    visitor.swapped()
    (visit,) = visitor.hub.visits()
    assert len(visit["visitor_id"]) > 20


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def test_a_hostile_address_harms_neither_page_nor_hub(visitor: Visitor) -> None:
    for path in (
        "/?__proto__[x]=1&constructor=2",
        "/?gclid=" + "A" * 10_240,
        "/?q=" + "x" * 60_000,
        "/?utm_source=%ed%a0%80%00",
    ):
        visitor.open(PHONE, path=path)
        assert visitor.swapped() in (*POOL, DEFAULT)
    assert visitor.page.evaluate("({}).x") is None


def test_a_robot_sees_the_number_for_everybody(headless: Any, site: Any, hub: BrowserHub) -> None:
    context = headless.new_context(
        user_agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    )
    robot = Visitor(context, site, hub, context.new_page())
    robot.open(PHONE)
    assert robot.swapped() == DEFAULT
    context.close()
    assert hub.visits() == [] and hub.leases() == 0
