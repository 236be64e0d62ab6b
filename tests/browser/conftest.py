"""One browser of each kind and one hub for all browser tests; each test has a fresh profile and an empty database."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pages_in_browser import pages as pages
from site_pages import Site, serve_site
from stage_hub import BrowserHub, open_browser_hub
from visitor import FLAGS, Visitor

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
HEADLESS_SHELL = "chromium-headless-shell"
"""Chromium without its window; it draws a page in a third less time."""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    """What drives both browsers."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@contextmanager
def running(playwright: Any, *names: str) -> Iterator[Any]:
    """The first of the browsers that is on this machine, running. Without one the tests are skipped; on CI they fail."""
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        reason = "There is no Chromium on this machine; install it with: sudo apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    browser = playwright.chromium.launch(
        executable_path=path, args=FLAGS, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield browser
    browser.close()


@pytest.fixture
def chromium(playwright: Any) -> Iterator[Any]:
    """The whole browser, for what the headless shell lacks; it takes more than twice the time."""
    with running(playwright, *CHROMIUM) as browser:
        yield browser


@pytest.fixture(scope="session")
def headless(playwright: Any) -> Iterator[Any]:
    """What pages are looked at with: the headless shell, or the whole browser where it is missing."""
    with running(playwright, HEADLESS_SHELL, *CHROMIUM) as browser:
        yield browser


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
def visitor(headless: Any, site: Site, hub: BrowserHub) -> Iterator[Visitor]:
    """A visitor with a browser profile of their own."""
    with Visitor.arriving(headless, site, hub) as visitor:
        yield visitor
