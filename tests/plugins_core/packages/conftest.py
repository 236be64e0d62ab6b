"""A folder in which plugins are installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugin_wheels import PluginShop


@pytest.fixture
def shop(tmp_path: Path) -> PluginShop:
    """A hub's folder without plugins of others."""
    return PluginShop(tmp_path)
