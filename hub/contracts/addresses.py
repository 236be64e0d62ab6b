"""Web addresses in settings: which of them would send a caller's data unencrypted."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def web_addresses(settings: BaseModel | Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """The settings (a model, or the raw mapping) that are web addresses: name and address."""
    for name, value in (settings.model_dump() if isinstance(settings, BaseModel) else settings or {}).items():
        if str(value).startswith(("https://", "http://")):
            yield name, str(value)


def in_clear(address: str) -> bool:
    """Whether what is sent to an address travels without TLS over a network."""
    parts = urlsplit(address)
    return parts.scheme != "https" and not is_loopback(parts.hostname)
