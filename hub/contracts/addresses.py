"""Web addresses: which of them would send a caller's data unencrypted, and which IP addresses are public."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

EMBEDDING = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""IPv6 addresses that a gateway turns into the IPv4 address written inside them. Source: RFC 6052, RFC 8215."""
PROTOCOLS_ONLY = ipaddress.ip_network("192.0.0.0/24")
"""No server is there, though `is_global` is true of some, such as 192.0.0.8. Source: RFC 6890, RFC 7600."""


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
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and ip not in PROTOCOLS_ONLY


def is_connectable(address: str) -> bool:
    """Whether an IP address may be connected to if private ones are allowed: never the link's own, where clouds answer with
    their machine's credentials, nor one that stands for several machines or for none."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    plain = ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip
    if plain.is_loopback:
        return True
    return not (plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain.is_reserved)


MAX_URL_CHARACTERS = 1_000
WEBHOOK_PORTS = (443, 8443)
NOT_PUBLIC = "The address leads into a private network; the hub sends to public addresses only."
NOT_PRIVATE = "A webhook inside your own network cannot have this address."
HOST_NAME = re.compile(r"(?!.{254})[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
INSIDE = ("localhost", "local", "internal", "home.arpa", "lan", "invalid")
"""Ends of names that no public name server knows. Source: RFC 6761, RFC 6762, RFC 8375, ICANN on `internal`."""


def may_send_to(url: str, address: str, *, private: bool = False) -> bool:
    """Whether the hub may send what is for `url` to an IP address of its host. A `private` webhook may be in the hub's own
    network; without TLS it must be."""
    if not private:
        return is_public(address)
    return is_connectable(address) and not (urlsplit(url).scheme == "http" and is_public(address))


def why_no_webhook(text: str, *, private: bool = False) -> str | None:
    """What is wrong with an address that the hub shall send to, in one sentence; None if nothing is. A `private` one may
    use http:// and any port. An IP address is judged here, in each form in which one is written; which ones a name has is
    checked when it is connected to."""
    url = text.strip()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 443
    except ValueError:
        return "This is not an address; write it like https://hooks.example.com/calls."
    if not host or parts.scheme not in (("https", "http") if private else ("https",)):
        return "The address must begin with https://, so that nobody on the way reads it."
    if "@" in parts.netloc:
        return "Leave the user and password out of the address; the signature shows who sends."
    if "#" in url:
        return "Leave out the # and what follows it; it is never sent."
    plain = url.isascii() and url.isprintable() and "\\" not in text and " " not in url
    if not plain or len(text) > MAX_URL_CHARACTERS or (port not in WEBHOOK_PORTS and not private):
        return f"The address must use port {' or '.join(map(str, WEBHOOK_PORTS))} and be written in plain characters."
    return _why_no_host(url, host, private)


def _why_no_host(url: str, host: str, private: bool) -> str | None:
    literal = ip_literal(host)
    if literal is not None:
        if may_send_to(url, literal, private=private):
            return None
        return NOT_PRIVATE if private else NOT_PUBLIC
    if not HOST_NAME.fullmatch(host) or re.fullmatch(r"0x[0-9a-f]*|[0-9]+", host.rstrip(".").rpartition(".")[2]):
        return "This is not an address; write it like https://hooks.example.com/calls."
    name = host.rstrip(".")
    return NOT_PUBLIC if not private and _is_inside(name) else None


def _is_inside(name: str) -> bool:
    """Whether no public name server knows a name."""
    return "." not in name or any(f".{name}".endswith(f".{end}") for end in INSIDE)


def ip_literal(host: str) -> str | None:
    """The IP address that the host of an address is, in any form that a connection takes: `127.1`, `0x7f.1`, `2130706433`,
    `0177.0.0.1`, IPv6 with a zone. None if it is a name."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    numbers = host.rstrip(".")
    if not re.fullmatch(r"[0-9a-fx.]+", numbers):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(numbers))
    except OSError:
        return None


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_in_own_network(host: str | None) -> bool:
    """Whether a host can only be this machine or one of the customer's own network: by its address, or by a name that no
    registry sells (RFC 6761, 6762, 8375)."""
    name = (host or "").lower().rstrip(".")
    literal = ip_literal(name)
    if literal is not None:
        return is_connectable(literal) and not is_public(literal)
    return bool(name) and _is_inside(name)


def names_a_server(model: type[BaseModel]) -> bool:
    """Whether the customer must write the web address of a server into the settings, because the plugin has no default."""
    return any(
        field.is_required() and str(getattr(rule, "pattern", "")).startswith("^https?")
        for field in model.model_fields.values()
        for rule in field.metadata
    )


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
