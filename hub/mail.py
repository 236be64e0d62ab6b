"""Sends the hub's own e-mails over SMTP."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage

from hub.config.mail import MailSection
from hub.errors import RetryLater

SMTP_TIMEOUT_SECONDS = 20.0
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def make_mail(
    mail: MailSection,
    to: str,
    subject: str,
    text: str,
    *,
    html: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """An e-mail from the hub to one address, or to several separated by commas."""
    letter = EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = " ".join(subject.split()), mail.sender, to
    letter["Auto-Submitted"] = "auto-generated"
    for name, value in (headers or {}).items():
        letter[name] = value
    letter.set_content(text)
    if html is not None:
        letter.add_alternative(html, subtype="html")
    return letter


def send_mail(mail: MailSection, letter: EmailMessage, begin: Callable[[], None] = lambda: None) -> None:
    """Send an e-mail over TLS; unencrypted only to a server on this machine. RetryLater if it is not accepted.

    `begin` is called when the server is ready for the e-mail: until then nothing was sent for sure.
    """
    try:
        with _server(mail) as server:
            begin()
            server.send_message(letter)
    except (OSError, smtplib.SMTPException) as error:
        # Leave out the server's reply and the e-mail: both may contain the address.
        raise RetryLater(
            f"The mail server did not accept an e-mail ({type(error).__name__}); look at mail.smtp."
        ) from None


@contextmanager
def _server(mail: MailSection) -> Iterator[smtplib.SMTP]:
    """The mail server, connected and signed in."""
    scheme, host, port, user, password = mail.server
    context = ssl.create_default_context()
    if scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SMTP_TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=SMTP_TIMEOUT_SECONDS)
    with server:
        server.ehlo_or_helo_if_needed()
        if scheme == "smtp" and (host not in LOOPBACK or server.has_extn("starttls")):
            server.starttls(context=context)
        if user:
            server.login(user, password or "")
        server.ehlo_or_helo_if_needed()  # again after TLS has begun
        yield server
