"""Sends the hub's own emails over SMTP."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr

from hub.config.mail import MailSection
from hub.config.models import Config
from hub.contracts.addresses import may_have_address
from hub.errors import Rejected, RetryLater

SMTP_TIMEOUT_SECONDS = 20.0
REFUSED_FROM, REFUSED_TO = 550, 559
LOOPBACK = ("localhost", "127.0.0.1", "::1")
NO_SERVER = "The hub has no mail server; an owner sets one up under Settings, Mail."


@dataclass(frozen=True)
class Attachment:
    """A file of an email."""

    name: str
    media_type: str
    content: bytes


class RefusedAddressError(Rejected):
    """The mail server refuses the address for good (RFC 5321, 4.2.1: a reply of 550 to 559), so no other try helps."""


class PrivateServerError(OSError):
    """The mail server has an address in a private network, and `hub.private_hosts` does not name it."""


def make_mail(
    mail: MailSection,
    to: str,
    subject: str,
    text: str,
    *,
    html: str | None = None,
    headers: Mapping[str, str] | None = None,
    sender: str | None = None,
    files: Sequence[Attachment] = (),
) -> EmailMessage:
    """An email from the hub to one address, or to several separated by commas; `sender` is the name beside its own address."""
    letter = EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = (
        " ".join(subject.split()),
        formataddr((sender or "", mail.sender)),
        to,
    )
    letter["Auto-Submitted"] = "auto-generated"
    for name, value in (headers or {}).items():
        letter[name] = value
    letter.set_content(text)
    if html is not None:
        letter.add_alternative(html, subtype="html")
    for file in files:
        main, _, sub = file.media_type.partition("/")
        letter.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return letter


def send_mail(config: Config, letter: EmailMessage, begin: Callable[[], None] = lambda: None) -> None:
    """Send an email over TLS; unencrypted only to a server on this machine. RetryLater if it is not accepted.

    `begin` is called when the server is ready for the email: until then nothing was sent for sure.
    """
    if config.mail is None:
        raise Rejected(NO_SERVER)
    try:
        with connect_to_server(config.mail, config.hub.private_hosts) as server:
            begin_tls(server, config.mail)
            sign_in_to_server(server, config.mail)
            begin()
            server.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if codes and all(REFUSED_FROM <= code <= REFUSED_TO for code in codes):
            raise RefusedAddressError("The mail server refused the address.") from None
        raise RetryLater("The mail server does not take the address now.") from None
    except PrivateServerError as error:
        raise RetryLater(f"{error}") from None
    except (OSError, smtplib.SMTPException) as error:
        # Leave out the server's reply and the email: both may contain the address.
        raise RetryLater(
            f"The mail server did not accept an email ({type(error).__name__}); send a test under Settings, Mail."
        ) from None


def connect_to_server(mail: MailSection, private: Sequence[str], timeout: float = SMTP_TIMEOUT_SECONDS) -> smtplib.SMTP:
    """The mail server, connected; of `smtps://` with TLS. PrivateServerError if it has an address that it may not have."""
    scheme, host, port, _, _ = mail.server
    server = _Server(host, port, private, timeout, ssl.create_default_context() if scheme == "smtps" else None)
    with suppress(smtplib.SMTPException):  # what does not answer EHLO fails at the next command
        server.ehlo_or_helo_if_needed()
    return server


def begin_tls(server: smtplib.SMTP, mail: MailSection) -> bool:
    """Switch to TLS; False if the connection stays unencrypted, which only one to this machine may."""
    scheme, host, _, _, _ = mail.server
    if scheme == "smtps":
        return True
    if host in LOOPBACK and not server.has_extn("starttls"):
        return False
    server.starttls(context=ssl.create_default_context())
    return True


def sign_in_to_server(server: smtplib.SMTP, mail: MailSection) -> bool:
    """Sign in, if a user is set; whether there is one."""
    _, _, _, user, password = mail.server
    if user:
        server.login(user, password or "")
    server.ehlo_or_helo_if_needed()  # again after TLS has begun
    return bool(user)


class _Server(smtplib.SMTP):
    """Connects only to addresses that are checked, because a name may have another one at each look-up. With a `context` TLS
    begins at once."""

    def __init__(
        self, host: str, port: int, private: Sequence[str], timeout: float, context: ssl.SSLContext | None
    ) -> None:
        self._private, self._context = tuple(private), context
        super().__init__(host, port, timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = _checked_socket(host, port, timeout, self._private)
        try:
            return self._context.wrap_socket(made, server_hostname=host) if self._context else made
        except OSError:
            made.close()
            raise


def _checked_socket(host: str, port: int, timeout: float, private: Sequence[str]) -> socket.socket:
    addresses = [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not all(may_have_address(host, address, private) for address in addresses):
        raise PrivateServerError(
            f"The mail server {host} has an address in a private network; the operator allows it in hub.private_hosts."
        )
    for address in addresses[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, port), timeout)
    return socket.create_connection((addresses[-1], port), timeout)
