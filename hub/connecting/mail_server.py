"""The mail server as an owner sets it up in the browser, and a test message whose steps stand one by one."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, urlsplit

from hub.access.users import Editor
from hub.config.edit import REMOVED, Change, tree_of
from hub.config.mail import DEFAULT_PORTS, MailSection
from hub.config.models import Config
from hub.errors import CannotDo
from hub.mail import begin_tls, connect_to_server, make_mail, sign_in_to_server
from hub.reload import ConfigFile, Proposal
from hub.runtime import Hub
from hub.store.secrets import free_name

STORED_AS = "smtp-password"
"""How the names of stored passwords begin. A connector's secrets have a dot in their names, so none is the same."""
SUBJECT = "A test message from Ringfence"
TEXT = "This hub can send email: invitations, reports and alerts come from this address.\n"
MAX_WORDS = 300
TEST_SECONDS = 10.0
"""How long the test waits for each answer of the server."""
STEPS = {
    "Reached": "Not reached",
    "Encrypted": "Not encrypted",
    "Signed in": "Not signed in",
    "Sender accepted": "Sender refused",
    "Recipient accepted": "Recipient refused",
    "Message accepted": "Message refused",
}
"""Each step as it is shown if it worked → if it failed."""


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """What the form says. An empty `password` keeps the stored one; of what config.yaml has, it is the reference."""

    host: str
    port: int
    encryption: str
    """`starttls` or `tls`."""
    user: str = ""
    password: str = ""
    sender: str

    @property
    def section(self) -> MailSection:
        """The same without its credentials."""
        return MailSection.model_validate({"smtp": self.address(""), "from": self.sender})

    def at(self, reference: str) -> MailServer:
        """The same with a reference in place of the password."""
        return replace(self, password=reference)

    def address(self, password: str) -> str:
        """The value of `mail.smtp`; `password` is a reference."""
        scheme = "smtps" if self.encryption == "tls" else "smtp"
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = f"{quote(self.user, safe='')}:{password}@" if self.user and password else ""
        return f"{scheme}://{user}{host}:{self.port}"


@dataclass(frozen=True)
class MailStep:
    """One step of a test: what was tried, whether it worked (None: it was not reached, or there was nothing to do), and the
    server's own words."""

    name: str
    ok: bool | None
    words: str = "not tried"

    @property
    def title(self) -> str:
        """What happened, in two or three words."""
        return STEPS[self.name] if self.ok is False else self.name


def written_server(file: ConfigFile) -> MailServer | None:
    """The mail server as config.yaml has it, its password as the reference; None if there is none."""
    section = tree_of(file.read().text).get("mail")
    found = section if isinstance(section, dict) else {}
    scheme, _, rest = str(found.get("smtp") or "").partition("://")
    credentials, _, address = rest.rpartition("@")
    user, _, reference = credentials.partition(":")
    split = urlsplit(f"//{address}")
    if not split.hostname:
        return None
    return MailServer(
        host=split.hostname,
        port=split.port or DEFAULT_PORTS[scheme],
        encryption="tls" if scheme == "smtps" else "starttls",
        user=unquote(user),
        password=reference,
        sender=str(found.get("from") or ""),
    )


def save_mail(hub: Hub, file: ConfigFile, server: MailServer | None, editor: Editor) -> Proposal:
    """Write the mail server into config.yaml, or remove it, and store a typed password. Nothing is stored if the proposal has
    problems; if the file is read-only, its diff is to be applied where it comes from. CannotDo if the password has to be typed
    again, because it would go to another server or over another connection."""
    if server is None:
        return file.apply_edit([Change(("mail",), REMOVED)], editor)
    old = written_server(file)
    reference = old.password if old and server.user else ""
    if server.password:
        with hub.store.reading() as session:
            name = free_name(session, STORED_AS)
        reference = "".join(("${secret:", name, "}"))
        editor = replace(editor, secrets={name: quote(server.password, safe="")})
    if old is not None and server.at(reference) == replace(old, sender=server.sender):
        return file.apply_edit([Change(("mail", "from"), server.sender)], editor)
    if reference and not server.password:
        raise CannotDo("Type the password again: it would go to another server, user or kind of connection.")
    values = {"smtp": server.address(reference), "from": server.sender}
    if old is not None:
        return file.apply_edit([Change(("mail", name), value) for name, value in values.items()], editor)
    return file.apply_edit([Change(("mail",), values)], editor)


def try_mail(config: Config, to: str, timeout: float = TEST_SECONDS) -> list[MailStep]:
    """Send a test message to one address. Each step has the server's own words; nothing is raised."""
    steps: list[MailStep] = []
    waiting = iter(STEPS)
    try:
        for words in _tried(config, to, timeout):
            steps.append(MailStep(next(waiting), True, words))
    except (OSError, smtplib.SMTPException) as error:
        if isinstance(error, ssl.SSLError) and not steps:  # with TLS from the start, it was reached
            steps.append(MailStep(next(waiting), True, _place(config)))
        steps.append(MailStep(next(waiting), False, _words_of(error)))
    return [*steps, *(MailStep(name, None) for name in waiting)]


def _tried(config: Config, to: str, timeout: float) -> Iterator[str]:
    """The words of each step that worked."""
    mail = config.mail
    assert mail is not None
    with connect_to_server(mail, config.hub.private_hosts, timeout) as server:
        yield _place(config)
        if begin_tls(server, mail) and isinstance(server.sock, ssl.SSLSocket):
            until = (server.sock.getpeercert() or {}).get("notAfter", "")
            yield f"{server.sock.version()}, the certificate is valid until {until}"
        else:
            yield "not needed: the server is on this machine"
        yield f"as {mail.server[3]}" if sign_in_to_server(server, mail) else "not needed: no user is set"
        yield _accepted(server.mail(mail.sender))
        yield _accepted(server.rcpt(to))
        letter = make_mail(mail, to, SUBJECT, TEXT)
        yield _accepted(server.data(letter.as_bytes()))


def _accepted(reply: tuple[int, bytes]) -> str:
    """The server's own words; SMTPResponseException if they say no."""
    code, words = reply
    if code >= 400:
        raise smtplib.SMTPResponseException(code, words)
    return f"the server said: {code} {_text(words)}"


def _words_of(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the server said: {error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid for this name: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time; is the port right, and open in the firewall of this machine?"
    return _text((isinstance(error, OSError) and error.strerror) or str(error)) or type(error).__name__


def _text(words: bytes | str) -> str:
    plain = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join("".join(each if each.isprintable() else " " for each in plain).split())[:MAX_WORDS]


def _place(config: Config) -> str:
    assert config.mail is not None
    _, host, port, _, _ = config.mail.server
    return f"{host}, port {port}"
