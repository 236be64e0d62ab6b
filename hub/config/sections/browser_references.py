"""`hub: browser_references:`: what users of the web interface may name in config.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from hub.config.references import REFERENCE

OWN_SECTIONS = ("hub", "mail", "recordings")
"""Sections whose secrets are the hub's own: its keys, its database, its sign-in, its mail server, its storage."""
BrowserReference = Annotated[str, Field(pattern=r"^(env|file|secret):[^\s{}]+$", max_length=500)]


def reserved_references(tree: Mapping[str, Any]) -> set[str]:
    """The references that the hub's own sections use, like env:HUB_KEY; no user names these in a connector."""
    return {name for section in OWN_SECTIONS for name in _names(tree.get(section))}


def _names(value: object) -> set[str]:
    if isinstance(value, dict):
        return {name for item in value.values() for name in _names(item)}
    if isinstance(value, list):
        return {name for item in value for name in _names(item)}
    if not isinstance(value, str):
        return set()
    return {f"{found[1]}:{found[2].strip()}" for found in REFERENCE.finditer(value)}
