"""Play the demo, sign in by its link, and store pictures of the pages beside this file: `make screenshots`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
WIDTHS = {"wide": 1440, "phone": 360}
DARK = ("overview", "call")
"""Pages that are also stored in dark colors."""
LISTS = {"call": "/calls?recording=yes", "person": "/people", "thread": "/texts", "delivery": "/deliveries"}
"""Name of a picture of one thing → the list that leads to it."""
SIGNS = ("Answered", "Certain", "Google LLC", "First contact", "Why this source?")
"""What a call's page should show in a picture."""
START_SECONDS = 3_600
HEIGHT = 1_100
PIXELS_PER_PHONE = 740


@contextmanager
def demo() -> Iterator[str]:
    """A played demo in an empty folder; its sign-in link."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "config.yaml", folder)
        command = [sys.executable, "-u", "-m", "hub.cli", "demo"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)  # noqa: S603
        try:
            yield _link(process)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _link(process: subprocess.Popen[str]) -> str:
    """The link that the demo prints, after all its weeks are played."""
    assert process.stdout is not None
    until, link = time.monotonic() + START_SECONDS, ""
    while time.monotonic() < until and (line := process.stdout.readline()):
        if line.startswith("Sign in") and (found := re.search(r"http://\S+", line)):
            link = found[0]
        if link and line.startswith("From now on"):
            return link
    raise SystemExit("The demo printed no sign-in link; run `hub demo` to see why.")


def paths(page: Any) -> dict[str, str]:
    """Name of a picture → path of its page; ids come from the lists. A week is in every picture, at any hour."""
    found = {
        "overview": "/?period=7d",
        "calls": "/calls",
        "texts": "/texts",
        "people": "/people",
        "deliveries": "/deliveries",
    }
    found |= {
        "report": "/reports/source?period=30d",
        "companies": "/reports/companies?period=30d",
        "trend": "/reports/trend",
        "numbers": "/numbers",
        "flow": "/flows/northgate/office",
        "conversions": "/conversions",
        "connectors": "/connectors",
        "privacy": "/privacy-desk",
    }
    for name, listed in LISTS.items():
        page.goto(address(page) + listed)
        link = page.locator(f'main a[href^="{listed.partition("?")[0]}/0"]').first
        if link.count():
            found[name] = str(link.get_attribute("href"))
    found["call"] = telling_call(page) or found["call"]
    return found


def telling_call(page: Any) -> str | None:
    """The path of the recorded call that shows most: answered, a certain source, sent to ad networks; None if none is there."""
    page.goto(address(page) + LISTS["call"])
    links = page.locator('main a[href^="/calls/0"]').evaluate_all("all => all.map(each => each.getAttribute('href'))")
    points: dict[str, int] = {}
    for path in dict.fromkeys(links):
        page.goto(address(page) + path)
        told = page.locator("main").inner_text()
        points[path] = sum(sign in told for sign in SIGNS) - ("Not asked" in told) - ("Held" in told)
    return max(points, key=lambda path: points[path]) if points else None


def address(page: Any) -> str:
    """Scheme, host and port of the page."""
    return "/".join(page.url.split("/")[:3])


def main() -> None:
    """Store every picture; two per page, and a dark one of some."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("There is no Chromium here; install it with: sudo apt-get install chromium")
    with demo() as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context()
        page = context.new_page()
        page.goto(link)
        cookies, pages = context.cookies(), paths(page)
        home = address(page)
        for scheme in ("light", "dark"):
            for kind, width in WIDTHS.items():
                if scheme == "dark" and kind == "phone":
                    continue
                height = HEIGHT if kind == "wide" else PIXELS_PER_PHONE
                looked = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
                looked.add_cookies(cookies)
                tab = looked.new_page()
                for name, path in pages.items():
                    if scheme == "dark" and name not in DARK:
                        continue
                    tab.goto(home + path)
                    tab.wait_for_timeout(500)
                    tab.screenshot(path=FOLDER / f"{name}-{kind}{'-dark' if scheme == 'dark' else ''}.png")
                looked.close()
        browser.close()


if __name__ == "__main__":
    main()
