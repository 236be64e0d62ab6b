"""One Chromium and one hub for all browser tests; each test has a fresh profile and an empty database."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from site_pages import Site, serve_site
from stage_hub import BrowserHub, open_browser_hub
from visitor import FLAGS, Visitor


def find_chromium() -> str | None:
    """Where Chromium is on this machine."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running Chromium. Without one the tests are skipped, with the reason; on CI they fail."""
    path = find_chromium()
    if path is None:
        reason = "There is no Chromium on this machine; install it with: sudo apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=FLAGS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_site() -> Iterator[Site]:
    """One web server for all tests."""
    with serve_site() as site:
        yield site


@pytest.fixture
def site(shared_site: Site) -> Site:
    """A website without pages."""
    shared_site.clear()
    return shared_site


@pytest.fixture(scope="session")
def shared_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserHub]:
    """One hub for all tests."""
    with open_browser_hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest.fixture
def hub(shared_hub: BrowserHub) -> BrowserHub:
    """A hub that nobody has visited."""
    shared_hub.forget()
    return shared_hub


@pytest.fixture
def visitor(chromium: Any, site: Site, hub: BrowserHub) -> Iterator[Visitor]:
    """A visitor with a browser profile of their own."""
    with Visitor.arriving(chromium, site, hub) as visitor:
        yield visitor
