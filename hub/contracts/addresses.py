"""Web addresses: which of them would send a caller's data unencrypted, and which IP addresses are public."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

EMBEDDING = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""IPv6 addresses that a gateway turns into the IPv4 address written inside them. Source: RFC 6052, RFC 8215."""


def is_public(address: str) -> bool:
    """Whether an IP address is reachable from everywhere and hides no other address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        hides = ip.ipv4_mapped or ip.sixtofour or ip.teredo or any(ip in network for network in EMBEDDING)
        if hides or ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast


def is_connectable(address: str) -> bool:
    """Whether an IP address may be connected to if private ones are allowed: never the link's own, where clouds answer with
    their machine's credentials, nor one that stands for several machines or for none."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    plain = ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip
    return not (plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain.is_reserved)


MAX_URL_CHARACTERS = 1_000
WEBHOOK_PORTS = (443, 8443)


def why_no_webhook(text: str, *, private: bool = False) -> str | None:
    """What is wrong with an address that the hub shall send to, in one sentence; None if nothing is. A `private` one may
    use http:// and any port: which IP addresses it has is checked when it is connected to."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port or 443
    except ValueError:
        return "This is not an address; write it like https://hooks.example.com/calls."
    if not parts.hostname or parts.scheme not in (("https", "http") if private else ("https",)):
        return "The address must begin with https://, so that nobody on the way reads it."
    if parts.username or parts.password:
        return "Leave the user and password out of the address; the signature shows who sends."
    plain = text.strip().isascii() and text.strip().isprintable() and "\\" not in text and " " not in text.strip()
    if not plain or len(text) > MAX_URL_CHARACTERS or (port not in WEBHOOK_PORTS and not private):
        return f"The address must use port {' or '.join(map(str, WEBHOOK_PORTS))} and be written in plain characters."
    return None


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def may_have_address(host: str, address: str, private: Sequence[str]) -> bool:
    """Whether a host may have an address: a public one, or any that is not a cloud's own if `private` names the host."""
    if is_public(address):
        return True
    listed = any(fnmatch(host.lower(), pattern) for pattern in private)
    return listed and (is_connectable(address) or is_loopback(address) or address == host)


def web_addresses(settings: BaseModel | Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """The settings (a model, or the raw mapping) that are web addresses, or lists of them: name and address."""
    for name, value in (settings.model_dump() if isinstance(settings, BaseModel) else settings or {}).items():
        for each in value if isinstance(value, list | tuple) else (value,):
            if str(each).startswith(("https://", "http://")):
                yield name, str(each)


def on_this_machine(
    model: type[BaseModel], settings: BaseModel | Mapping[str, Any] | None
) -> Iterator[tuple[str, str]]:
    """The settings whose web address is this machine itself although the plugin's own default is not that: name and host. It
    may be a stand-in, or whatever else listens here."""
    defaults = {name: field.get_default(call_default_factory=True) for name, field in model.model_fields.items()}
    known = {address.rstrip("/") for _, address in web_addresses(defaults)}
    for name, address in web_addresses(settings):
        host = urlsplit(address).hostname
        if host and is_loopback(host) and address.rstrip("/") not in known:
            yield name, host


def leads_elsewhere_here(settings: BaseModel, given: Mapping[str, Any]) -> bool:
    """Whether settings have an address of this machine that is not among those that a stand-in gave."""
    own = {urlsplit(address)[:2] for _, address in web_addresses(given)}
    places = {urlsplit(address) for _, address in web_addresses(settings)}
    return any(is_loopback(each.hostname) and each[:2] not in own for each in places)


def in_clear(address: str) -> bool:
    """Whether what is sent to an address travels without TLS over a network."""
    parts = urlsplit(address)
    return parts.scheme != "https" and not is_loopback(parts.hostname)
