"""`mail:` of config.yaml: the mail server for the few emails that the hub itself sends to people."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from hub.contracts.transfers import Transfer

DEFAULT_PORTS = {"smtp": 587, "smtps": 465}
"""Scheme → port."""


def _server(text: str) -> str:
    try:
        split = urlsplit(text)
        sound = split.scheme in DEFAULT_PORTS and split.hostname and (split.port or 1) and not split.path.strip("/")
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("is not a mail server; write it like smtp://user:${env:SMTP_PASSWORD}@mail.example.com:587")
    return text


def _address(text: str) -> str:
    if not re.fullmatch(r"[^@\s<>\",;]{1,64}@[^@\s<>\",;]{1,185}", text):
        raise ValueError("is not an email address; write it like privacy@example.com")
    return text


Address = Annotated[str, AfterValidator(_address)]
"""An email address."""


class MessagesByMail(BaseModel):
    """`messages:` of `mail:`: who carries the sound and the transcript of a voicemail that a user wants by email. Without it
    an email only links to the message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipient: str = Field(
        min_length=1, max_length=200, description="The legal name of who runs the mailboxes of your users."
    )
    role: Literal["processor", "independent_controller"] = Field(
        default="processor", description="As at a webhook: `processor` works for you under a contract."
    )
    regions: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = Field(
        min_length=1, description="The countries where it stores emails, as two letters, like US."
    )
    transfer: Transfer | None = Field(
        default=None, description="By which mechanism data may go to these countries, as your contract says."
    )


class MailSection(BaseModel):
    """`mail:`: the mail server for the hub's own email, such as verification links for privacy requests,
    reminders to privacy officers, and users' alerts and digests. Without it people can verify themselves only by a text
    to their number."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    smtp: Annotated[str, AfterValidator(_server)] = Field(
        description="smtp://user:${env:SMTP_PASSWORD}@host:587, which switches to TLS before it signs in, or smtps:// for "
        "TLS from the start. A server without TLS is used only on this machine, and then `hub.private_hosts` must name it. "
        "Owners set it in the browser under Settings, Mail."
    )
    sender: Address = Field(alias="from", description="The sender's address.")
    messages: MessagesByMail | None = Field(
        default=None, description="Lets users have the sound and the transcript of a voicemail by email."
    )

    @property
    def server(self) -> tuple[str, str, int, str | None, str | None]:
        """Scheme, host, port, user and password."""
        split = urlsplit(self.smtp)
        port = split.port or DEFAULT_PORTS[split.scheme]
        user, password = (unquote(each) if each else None for each in (split.username, split.password))
        return split.scheme, split.hostname or "", port, user, password
