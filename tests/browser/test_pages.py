"""The pages in a real Chromium: each role, both widths, light and dark, with and without JavaScript, checked by axe-core."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from page_client import signed_in
from page_samples import address, name
from pages_in_browser import PagesInBrowser
from served import serving
from testbed import CALLER, SHARED, TestHub, company

from hub.access.permissions import ROLES, reach
from hub.access.sign_in.sessions import end_sessions
from hub.api.carriers import MessageEvent
from hub.model import TextMessage, TrackingNumber
from hub.startup.opening import Opened
from hub.web.pages.guard import Page
from hub.web.pages.reports.kinds import KINDS
from hub.web.pages.routes import PAGES

pytestmark = pytest.mark.soak

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
WHOLE = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLORED = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""What else a color scheme can break: a scheme changes colors alone, which tests/web/pages/test_static_files.py holds."""
NOTHING = {"type": "rule", "values": []}
VIEWS = (
    (360, "light", WHOLE),
    (360, "dark", COLORED),
    (1280, "light", NOTHING),
    (1440, "dark", WHOLE),
    (1440, "light", COLORED),
)
"""Each width in each color scheme, and the rules of axe that a page is held to there. The page is loaded once."""
PARTS = 8
"""The pages are looked at in this many tests, so that several processes share them."""
LOOKED_AT = [
    page
    for page in PAGES
    if page.method == "GET" and not page.path.endswith((".csv", "/csv", "/audio", ".diff", ".json"))
]
RUN = """rules => axe.run(document, {resultTypes: ['violations'], runOnly: rules}).then(found => found.violations
  .map(each => `${each.id}: ${each.nodes.map(node => node.target.join(" ")).slice(0, 4).join(", ")}`))"""
CUT = """() => [...document.querySelectorAll('.table-wrap')]
  .filter(each => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1)
  .map(each => `a table is cut: ${each.innerText.slice(0, 60)}`)"""
CROWDED = """() => {
  const crowded = [];
  for (const cell of document.querySelectorAll('.table td, .table th')) {
    if (!cell.checkVisibility() || getComputedStyle(cell).display !== 'table-cell') continue;
    const edge = cell.getBoundingClientRect().right + 1;
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      if (!text.parentElement.checkVisibility() || text.parentElement.closest('.vh, .menu-list, .wrap-any')) continue;
      const range = document.createRange();
      for (const word of text.data.matchAll(/[−+]?[$€£]?[\\p{L}\\p{N}.,:]+/gu)) {
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        const lines = [...range.getClientRects()].filter(each => each.width);
        const ellipsis = getComputedStyle(text.parentElement).textOverflow === 'ellipsis';
        const leaves = !ellipsis && lines.some(each => each.right > edge);
        const breaks = word[0].length < 16 && new Set(lines.map(each => Math.round(each.top))).size > 1;
        if (leaves || breaks)
          crowded.push(`"${word[0]}" ${leaves ? 'leaves its cell' : 'is broken'}: ${cell.innerText.slice(0, 60)}`);
      }
    }
  }
  return crowded.slice(0, 5) }"""
"""Words that have no place in the cell of their table."""
CHECK = f"() => ({RUN})({json.dumps(WHOLE)})"


def look(pages: PagesInBrowser, context: Any, looked_at: Sequence[Page] = LOOKED_AT, *, axe: bool = True) -> list[str]:
    """Visit pages of the table; returns what is wrong."""
    wrong: list[str] = []
    tab = context.new_page()
    tab.on("pageerror", lambda error: wrong.append(f"{tab.url}: {error}"))
    tab.on("console", lambda line: wrong.append(f"{tab.url}: {line.text}") if _is_trouble(line) else None)
    for page in looked_at:
        answer = tab.goto(pages.address + address(page, pages.ids))
        if answer.status in (403, 404) or "/sign-in" in tab.url:
            continue
        if answer.status >= 500 or "text/html" not in answer.headers.get("content-type", ""):
            wrong.append(f"{name(page)}: {answer.status} {answer.headers.get('content-type')}")
            continue
        if axe:
            tab.evaluate(AXE)
            wrong += [f"{name(page)}: {each}" for view in VIEWS for each in _faults(tab, *view)]
    return wrong


def _faults(tab: Any, width: int, scheme: str, rules: dict[str, Any]) -> list[str]:
    """What is wrong with the page that is open, at one width and in one color scheme."""
    tab.set_viewport_size({"width": width, "height": 900})
    tab.emulate_media(color_scheme=scheme)
    sideways = ["it scrolls sideways"] if tab.evaluate("document.documentElement.scrollWidth > innerWidth") else []
    tables = [*tab.evaluate(CUT), *tab.evaluate(CROWDED)] if width >= 1280 else []
    found = tab.evaluate(RUN, rules) if rules["values"] else []
    return [f"{width}, {scheme}: {each}" for each in (*sideways, *tables, *found)]


def _is_trouble(line: Any) -> bool:
    """Errors of scripts and of the content security policy; not the browser's line on an answer 403 or 422."""
    return line.type == "error" and "the server responded with a status of 4" not in line.text


@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_has_a_fault_in_any_width_and_scheme(pages: PagesInBrowser, part: int) -> None:
    pages.stage.call_in(caller_name="Noah Kerr")
    context = pages.context()
    assert look(pages, context, LOOKED_AT[part::PARTS]) == []
    context.close()


def test_no_report_has_a_fault_in_any_width_and_scheme(pages: PagesInBrowser) -> None:
    context = pages.context()
    tab, wrong = context.new_page(), []
    for report in sorted(set(KINDS) - {"companies"}):
        assert tab.goto(f"{pages.address}/reports/{report}?period=30d").status == 200, report
        tab.evaluate(AXE)
        wrong += [f"{report}: {each}" for view in VIEWS for each in _faults(tab, *view)]
    assert wrong == []
    context.close()


def test_do_not_contact_has_no_fault_when_it_is_open_on_each_of_its_pages(pages: PagesInBrowser) -> None:
    text: dict[str, Any] = {"message_id": "SM1", "at": pages.stage.clock(), "tracking_number": SHARED}
    pages.stage.tell(MessageEvent(sender_number=CALLER, body="Hello", **text))
    context = pages.context()
    tab = context.new_page()
    paths = [f"/calls/{pages.ids['call_id']}", f"/people/{pages.ids['person_id']}"]
    for path in (*paths, f"/texts/{pages.stage.one(TextMessage).id}"):
        tab.goto(pages.address + path)
        tab.locator("details.no-contact summary").click()
        tab.evaluate(AXE)
        assert [each for view in VIEWS for each in _faults(tab, *view)] == [], path
    context.close()


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("owner", "/nowhere", 404),
        ("owner", "/calls/01a0", 404),
        ("receptionist", "/users", 403),
        ("receptionist", "/", 200),
        ("owner", "/search?q=0142", 200),
        ("owner", "/search?q=nobody+has+this", 200),
        ("owner", "/calls?q=nobody+has+this", 200),
        ("owner", "/numbers/trackers/new?where=website", 200),
        (None, "/sign-in", 200),
        (None, "/nowhere", 404),
    ],
)
def test_an_answer_that_no_row_of_the_table_gives_has_no_fault(
    pages: PagesInBrowser, role: str | None, path: str, status: int
) -> None:
    pages.stage.call_in(answered=False, caller="+13125550151")
    context = pages.context(role) if role else pages.headless.new_context()
    tab = context.new_page()
    answer = tab.goto(pages.address + path)
    tab.evaluate(AXE)
    found = [each for view in VIEWS for each in _faults(tab, *view)]
    assert (answer.status, found) == (status, [])
    context.close()


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"owner"}))
def test_no_page_of_a_role_fails_in_the_browser(pages: PagesInBrowser, role: str) -> None:
    context = pages.context(role, viewport={"width": 1440, "height": 900})
    seen = [page for page in LOOKED_AT if page.action is None or reach(role, page.action)]
    assert look(pages, context, seen, axe=False) == []
    context.close()


def test_pages_work_without_javascript(pages: PagesInBrowser) -> None:
    context = pages.context(viewport={"width": 360, "height": 900}, java_script_enabled=False)
    tab = context.new_page()
    for page in LOOKED_AT:
        answer = tab.goto(pages.address + address(page, pages.ids))
        assert answer.status < 500, name(page)
    tab.goto(pages.address)
    tab.locator(".tabbar a", has_text="Calls").click()
    tab.wait_for_url("**/calls")
    tab.locator(".main-link").first.click()
    tab.wait_for_url("**/calls/*")
    context.close()


def test_a_session_that_ends_leads_to_the_sign_in_page_and_back(pages: PagesInBrowser) -> None:
    context = pages.context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(pages.address + "/calls?period=7d")
    user = signed_in(pages.stage).user
    assert user is not None
    with pages.stage.hub.store.writing() as session:
        end_sessions(session, user.id, pages.stage.clock())
    tab.goto(pages.address + "/people")
    assert "/sign-in?next=%2Fpeople" in tab.url
    context.close()


def test_the_back_button_leads_back_to_the_filtered_list(pages: PagesInBrowser) -> None:
    context = pages.context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(pages.address + "/calls?period=7d&kind=call")
    tab.locator(".main-link").first.click()
    tab.wait_for_url("**/calls/*")
    tab.go_back(wait_until="commit")
    tab.wait_for_url("**/calls?period=7d&kind=call")
    tab.locator(".main-link").wait_for()
    context.close()


def test_one_of_many_companies_is_found_by_typing_and_neither_their_list_nor_their_report_is_cut(
    headless: Any, lite_hub: Callable[..., TestHub]
) -> None:
    many = [company(f"plumber{each}", (f"+131255502{each:02}",), f"+131255503{each:02}") for each in range(12)]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        public = f"http://127.0.0.1:{listener.getsockname()[1]}"
        stage = lite_hub(public_url=public, accounts=[{"name": "agency", "title": "Agency", "companies": many}])
        with serving(Opened(stage.hub, stage.live, None), listener):  # type: ignore[arg-type]
            context = PagesInBrowser(stage, public, {}, headless).context(viewport={"width": 1440, "height": 900})
            tab = context.new_page()
            tab.goto(public)
            tab.locator(".company summary").click()
            tab.locator("#find-company:focus").wait_for()
            shown = tab.locator(".company .menu-list").bounding_box()
            assert tab.evaluate(
                "([x, y]) => document.elementFromPoint(x, y).closest('.menu-list') !== null",
                [shown["x"] + shown["width"] - 3, shown["y"] + 60],
            )
            tab.keyboard.type("er7")
            assert tab.locator(".company .menu-list a:visible").all_inner_texts() == ["Plumber7"]
            tab.keyboard.press("Enter")
            tab.wait_for_url("**/?company=plumber7")
            for each in range(2):
                stage.call_in(f"+131255502{each:02}")
            tab.goto(f"{public}/reports/companies?period=30d")
            assert tab.locator(".companies tbody tr").count() == 12
            tab.evaluate(AXE)
            assert [each for view in VIEWS for each in _faults(tab, *view)] == []
            context.close()


def test_j_and_k_walk_a_list_and_enter_opens_a_row(pages: PagesInBrowser) -> None:
    pages.stage.call_in(caller="+13125550151")
    context = pages.context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(pages.address + "/calls")
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    tab.keyboard.press("k")
    wanted = tab.locator("tr.here .main-link").get_attribute("href")
    assert tab.evaluate("document.activeElement.className") == "here", (
        "a screen reader reads the row that has the focus"
    )
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"**{wanted}")
    context.close()


def test_a_number_is_copied_by_a_button_and_can_be_selected_without_a_script(pages: PagesInBrowser) -> None:
    path = f"/numbers/{pages.stage.one(TrackingNumber, number=SHARED).id}"
    context = pages.context(permissions=["clipboard-read", "clipboard-write"])
    tab = context.new_page()
    tab.goto(pages.address + path)
    tab.get_by_role("button", name="Copy the number").click()
    tab.get_by_text("Copied", exact=True).wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == SHARED
    context.close()
    context = pages.context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(pages.address + path)
    assert tab.locator("#number").text_content() == SHARED and not tab.locator("[data-copy]").is_visible()
    context.close()


def test_what_a_search_finds_is_walked_by_arrows_over_all_groups_opened_and_left(pages: PagesInBrowser) -> None:
    pages.stage.call_in(caller_name="Noah Kerr")
    pages.stage.call_in(caller="+13125550143", caller_name="Noah Adler")
    context = pages.context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(pages.address)
    tab.keyboard.press("/")
    tab.keyboard.type("noah")
    tab.keyboard.press("Enter")
    tab.locator("h1", has_text="“noah”").wait_for()
    links = tab.locator("[data-walk] .results > li > a")
    where = "document.activeElement.href ?? document.activeElement.tagName"
    walked = []
    for key in ("ArrowDown", "ArrowDown", "j", "ArrowUp", "k"):
        tab.keyboard.press(key)
        walked.append(tab.evaluate(where))
    first, second, third = (links.nth(each).evaluate("link => link.href") for each in range(3))
    assert walked == [first, second, third, second, first] and "/people/" in first and "/calls/" in third
    tab.keyboard.press("Escape")
    assert tab.evaluate(where) == "BODY" and tab.locator("[data-walk] .here").count() == 0
    tab.keyboard.press("/")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    tab.wait_for_url(first)
    context.close()
