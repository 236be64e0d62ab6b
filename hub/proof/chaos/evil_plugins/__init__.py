"""Plugins that do what a plugin must not: the tests, `hub chaos` and a benchmark run a hub with them beside good ones."""

from hub.proof.chaos.evil_plugins.catalog import EVIL_PLUGINS, SECRET, VARIABLE, EvilPlugin, add_to, write_plugins

__all__ = ["EVIL_PLUGINS", "SECRET", "VARIABLE", "EvilPlugin", "add_to", "write_plugins"]
