"""The page of a call in a real Chromium: on screens of three widths, and on paper."""

from __future__ import annotations

from typing import Any

import pytest
from pages_in_browser import PagesInBrowser

pytestmark = pytest.mark.soak


def test_a_print_of_a_call_begins_with_its_source_and_has_no_form_to_fill_in(pages: PagesInBrowser) -> None:
    context = pages.context(viewport={"width": 703, "height": 1000})
    tab = context.new_page()
    tab.goto(f"{pages.address}/calls/{pages.ids['call_id']}")
    tab.emulate_media(media="print")
    why, heard, lead = (tab.locator(f".area-{part}").bounding_box() for part in "wps")
    assert why["y"] < heard["y"] < lead["y"]
    assert not any(each.is_visible() for each in tab.locator("main :is(form, button, audio)").all())
    assert tab.get_by_text("Not marked.").is_visible() and tab.locator(".evidence").first.is_visible()
    context.close()


SHIFTS = """window.parsed = new Promise(done => document.addEventListener('readystatechange', done, {once: true}));
window.seen = [];
window.observer = new PerformanceObserver(list => seen.push(...list.getEntries()));
observer.observe({type: 'layout-shift', buffered: true});
window.shiftsSince = time => [...seen, ...observer.takeRecords()].filter(each => each.startTime > time).map(
  ({value, sources}) => `${value}: ${sources.map(({node, previousRect, currentRect}) =>
    `${node?.outerHTML?.slice(0, 120) ?? node?.data}, ${JSON.stringify([previousRect, currentRect])}`).join("; ")}`);"""
"""Keeps what moves, and from where to where; `parsed` is over when all elements of the page are there."""
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
"""Is over when what is there now was drawn."""

ICONS_WITH_AND_WITHOUT_WORDS = """() => {
  const tabs = [...document.querySelectorAll('.tabbar > a, .tabbar summary')];
  const where = () => tabs.map(each => each.querySelector('svg').getBoundingClientRect().y);
  const before = where();
  for (const each of tabs) each.lastChild.remove();
  return [before, where()];
}"""


def moved_by_scripts(tab: Any, url: str) -> list[str]:
    """What moves on a page whose scripts come after all of it was drawn, as they may for a visitor."""
    scripts: list[Any] = []
    tab.add_init_script(SHIFTS)
    tab.route("**/*.js", lambda route: scripts.append(route))
    tab.goto(url, wait_until="commit")
    drawn = tab.evaluate(f"parsed.then(() => {DRAWN}).then(() => performance.now())")
    for each in scripts:
        each.continue_()
    tab.unroute("**/*.js")
    tab.wait_for_load_state("networkidle")
    moved: list[str] = tab.evaluate(f"time => {DRAWN}.then(() => shiftsSince(time))", drawn)
    return moved


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_a_call_has_recording_why_lead_and_past_in_this_order_and_nothing_moves(
    pages: PagesInBrowser, width: int
) -> None:
    context = pages.context(viewport={"width": width, "height": 800}, color_scheme="light")
    tab = context.new_page()
    assert moved_by_scripts(tab, f"{pages.address}/calls/{pages.ids['call_id']}") == []
    tops = [tab.locator(f".area-{part}").bounding_box() for part in "pwsb"]
    left = [tops[0]["y"], tops[1]["y"], tops[3]["y"]]
    assert left == sorted(left) and (tops[2]["x"] > tops[0]["x"]) == (width > 700)
    assert [each["y"] for each in tops] == sorted(each["y"] for each in tops) or width > 700
    before, after = tab.evaluate(ICONS_WITH_AND_WITHOUT_WORDS)
    assert before == after, "an icon does not move when the page is drawn before its word comes"
    bar = tab.locator(".deedbar .btn").first.bounding_box()
    assert (bar["y"] > 600 and bar["height"] >= 44) or width > 900, "under the thumb"
    context.close()
