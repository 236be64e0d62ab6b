"""`/plugins` shows the installed plugins, whose they are, and the updates that wait; it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from page_client import signed_in
from plugin_wheels import PluginShop, source, wheel
from testbed import TestHub

from hub.web.pages.connectors import plugins_page


@pytest.fixture
def shop(tmp_path: Path) -> PluginShop:
    return PluginShop(tmp_path)


@pytest.fixture
def page(lite_hub: Callable[..., TestHub], shop: PluginShop, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """The text of the page of a hub that has the shop's plugins."""
    monkeypatch.setattr(plugins_page, "plugin_places", lambda config: (shop.plugins,))
    return lambda: signed_in(lite_hub()).text("/plugins")


def test_the_page_names_the_built_in_plugins_and_how_to_add_one(page: Callable[[], str]) -> None:
    text = page()
    assert "0 are from others" in text and "hub plugins add" in text and "Google Ads" in text and "Decide" not in text


def test_the_page_shows_whose_a_plugin_is_how_it_runs_and_what_it_may_reach(
    page: Callable[[], str], shop: PluginShop
) -> None:
    shop.ok("plugins", "add", wheel(shop.folder))
    text = page()
    assert "1 is from others" in text
    assert "Acme Developers" in text and "ringfence-acme, version 1.0" in text and "api.acme.example" in text
    assert "click ids" in text and "own process" in text


def test_an_update_that_asks_for_more_is_shown_with_the_commands_to_type(
    page: Callable[[], str], shop: PluginShop
) -> None:
    shop.ok("plugins", "add", wheel(shop.folder))
    more = source(version="1.1", hosts=("api.acme.example", "uploads.acme.example"))
    shop.run("plugins", "update", "acme", wheel(shop.folder, version="1.1", code=more))
    text = page()
    assert "One update asks for more than today." in text and "uploads.acme.example" in text
    assert "hub plugins update acme --accept" in text and "hub plugins update acme --decline" in text
