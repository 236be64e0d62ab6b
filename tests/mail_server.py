"""A mail server of tests on loopback."""

from __future__ import annotations

import email
from contextlib import ExitStack
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller

from hub.platform.loopback import free_port


@dataclass
class MailServer:
    """A mail server that keeps what comes, or refuses it."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    refusal: str | None = None
    refused: set[str] = field(default_factory=set)
    """Addresses that it does not know."""

    @classmethod
    def start(cls, stack: ExitStack) -> Self:
        """A running server, stopped with the stack."""
        server = cls(free_port())
        controller = Controller(server, hostname="127.0.0.1", port=server.port)
        controller.start()
        stack.callback(controller.stop)
        return server

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusal:
            return self.refusal
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        return [str(letter["Subject"]) for letter in self.letters]
