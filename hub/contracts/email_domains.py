"""The domain of an email address, if it is that of an organization and says nothing else about a person."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


def organization_domain(email: str | None) -> str | None:
    """The domain of an address in lower case; None for a domain at which anybody can have an address (freemail.txt, and its
    sub-domains), and for what is not an address."""
    local, at, domain = (email or "").strip().lower().rpartition("@")
    labels = domain.split(".")
    if not local or not at or len(labels) < 2 or not all(labels):
        return None
    wider = {".".join(labels[start:]) for start in range(len(labels) - 1)}
    return None if wider & freemail_domains() else domain


@cache
def freemail_domains() -> frozenset[str]:
    """The domains at which anybody can have an address."""
    lines = files(__package__).joinpath("freemail.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
