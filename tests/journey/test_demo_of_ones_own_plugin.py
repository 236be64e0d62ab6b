"""The demo plays what a plugin of one's own declares."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hub.proof.demo.scenario import weeks
from hub.startup.reading import read_config
from hub.testing.scaffold import write_plugin


def test_the_click_ids_of_a_plugin_of_ones_own_are_played_too(tmp_path: Path) -> None:
    network = tmp_path / "acme_ads"
    write_plugin("ads", "acme_ads", network, package=False)
    config = read_config(network / "config.yaml", sandbox=True)
    pages = [story.landing_page or "" for story in weeks(config, 60, 3, datetime(2026, 11, 30, tzinfo=UTC))]
    (click,) = config.connectors["acme_ads"].connector_class.manifest.read_click_ids
    assert any(f"&{click}=" in page for page in pages)
    assert any("&gclid=" in page for page in pages)
