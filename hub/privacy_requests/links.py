"""The signed address of a request's own page: the request's id with a signature, so that it cannot be guessed."""

from __future__ import annotations

from hub.model import Company
from hub.runtime import Hub

PURPOSE = "privacy-ticket"


def ticket_of(hub: Hub, request_id: str) -> str:
    """The part of the address that identifies the request."""
    return f"{request_id}.{hub.keyring.sign(PURPOSE, request_id.encode())}"


def request_of(hub: Hub, ticket: str) -> str | None:
    """The request's id. None if the signature is not ours."""
    request_id, _, signature = ticket.partition(".")
    fits = hub.keyring.signed(PURPOSE, request_id.encode(), signature)
    return request_id if fits else None


def address_of(hub: Hub, company: Company, request_id: str) -> str:
    """The full public address of a request's page."""
    base = str(hub.config.hub.public_url).rstrip("/")
    return f"{base}/privacy/{company.name}/requests/{ticket_of(hub, request_id)}"
