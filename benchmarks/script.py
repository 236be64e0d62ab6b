"""The page script: its size as it is sent, and what it takes of the main thread in Chromium on a page of 2,000 nodes."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure, at_most, print_figures, spread
from hub.web.tracking.script import Website

RUNS = 5
HUB, PAGE = "https://calls.example.com", "https://www.example.com/"
OURS = "+13125550142"
LAKESIDE = Website(
    company="lakeside",
    country="US",
    domains=("example.com",),
    has_pool=False,
    swap=("+13125550190", "+18004442277", "+442079460958"),
    linked_domains=("example.org",),
)
REPLY = {
    "number": OURS,
    "national": "(312) 555-0142",
    "international": "+1 312-555-0142",
    "visit_id": "visit",
    "tracker": "website",
    "lease_until": "2026-11-24T15:30:00Z",
    "lease_seconds": 1800,
    "honored": [],
}
ROW = '<li><b>Item</b> <span>Ring us</span> <a href="tel:+13125550190">312-555-0190</a></li>'
OTHER_ROW = "<li><b>Item</b> <span>Some text of 24 words 7 days</span> <a href='/x'>A link</a></li>"
WORK = {
    "EvaluateScript",
    "v8.compile",
    "FunctionCall",
    "RunMicrotasks",
    "TimerFire",
    "EventDispatch",
    "v8.evaluateModule",
}


def measure() -> list[Figure]:
    """All figures; without Chromium only the sizes."""
    script, forms = LAKESIDE.script(HUB), LAKESIDE.script(HUB, "ringfence-forms")
    figures = [
        at_most("page script, compressed", len(script.compressed) / 1000, 6, "kB", f"{len(script.body):,} bytes plain"),
        Figure(what="form script, compressed", measured=f"{len(forms.compressed) / 1000:.2f} kB"),
    ]
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return [*figures, Figure(what="main thread", measured="not measured: sudo apt-get install chromium")]
    runs = _runs(chromium)
    busy = [run["busy"] for run in runs]
    return [
        *figures,
        at_most("main thread on a page of 2,000 nodes", median(busy), 20, "ms", spread(busy, "ms")),
        Figure(what="its longest piece", measured=spread([run["longest"] for run in runs], "ms")),
        Figure(what="numbers and links swapped", measured=f"{runs[0]['swapped']:.0f} of {runs[0]['nodes']:.0f} nodes"),
    ]


def _runs(chromium: str) -> list[dict[str, float]]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        runs = [_run(browser, Path(folder) / f"{run}.json") for run in range(RUNS)]
        browser.close()
    return runs


def _run(browser: Any, trace: Path) -> dict[str, float]:
    rows = "".join(ROW if row % 10 == 0 else OTHER_ROW for row in range(222))
    page_text = f"<!doctype html>{LAKESIDE.tag(HUB)}<body><ul>{rows}</ul></body>"
    context = browser.new_context()
    everybody = {"Access-Control-Allow-Origin": "*"}
    context.route(PAGE, lambda route: route.fulfill(body=page_text, content_type="text/html"))
    context.route(
        f"{HUB}/t/**",
        lambda route: route.fulfill(body=LAKESIDE.script(HUB).body, content_type="text/javascript", headers=everybody),
    )
    context.route(f"{HUB}/track/**", lambda route: route.fulfill(json=REPLY, headers=everybody))
    page = context.new_page()
    browser.start_tracing(page=page, path=trace, categories=["devtools.timeline", "v8", "v8.execute"])
    with page.expect_response(f"{HUB}/track/**"):
        page.goto(PAGE)
    page.wait_for_timeout(200)
    browser.stop_tracing()
    counted = page.evaluate(f"""[document.body.querySelectorAll("*").length,
        document.querySelectorAll("a[href='tel:{OURS}']").length]""")
    texts = page.evaluate("""(() => { const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        let count = 0; while (walker.nextNode()) count++; return count })()""")
    context.close()
    busy, longest = _busy(json.loads(trace.read_text())["traceEvents"])
    return {"busy": busy, "longest": longest, "swapped": 2 * counted[1], "nodes": counted[0] + texts}


def _busy(events: list[dict[str, Any]]) -> tuple[float, float]:
    """Milliseconds of processor time that our script's thread ran script, in all and in one piece.

    The page has no other script. The thread's own time counts, so that other programs on the machine do not.
    """
    ours = {
        (each["pid"], each["tid"])
        for each in events
        if each.get("name") == "EvaluateScript" and "/t/lakeside/" in json.dumps(each.get("args", {}))
    }
    pieces = [
        each
        for each in events
        if each.get("name") in WORK and each.get("ph") == "X" and (each["pid"], each["tid"]) in ours
    ]
    outer: list[float] = []
    end = 0.0
    for each in sorted(pieces, key=lambda each: (each["ts"], -each["dur"])):
        if each["ts"] >= end:
            outer.append(each.get("tdur", each["dur"]) / 1000)
            end = each["ts"] + each["dur"]
    return sum(outer), max(outer)


if __name__ == "__main__":
    print_figures(measure())
