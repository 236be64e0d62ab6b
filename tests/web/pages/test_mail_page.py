"""Owners set up the mail server in the browser, try it step by step, and its password goes to no other server."""

from __future__ import annotations

import datetime
import ipaddress
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from config_on_disk import CONFIG, open_config_stage
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from page_client import seen, signed_in
from testbed import TestHub

from hub.connecting import sender_records
from hub.errors import RetryLater
from hub.mail import make_mail, send_mail
from hub.model import AuditEntry
from hub.platform.loopback import free_port
from hub.testing import FrozenClock

PASSWORD = "p@ss/w:rd%"


@dataclass
class StrictServer:
    """A mail server that wants TLS and a sign-in, and knows one sender and one domain of recipients."""

    letters: list[Any] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address != "calls@example.org":
            return "553 5.7.1 Sender address rejected: not owned by user"
        envelope.mail_from = address
        return "250 2.1.0 Sender OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if not address.endswith("@example.com"):
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(envelope)
        return "250 2.0.0 Queued as 4F2"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        self.passwords.append(data.password.decode())
        return AuthResult(
            success=(data.login, data.password) == (b"calls@example.org", PASSWORD.encode()), handled=False
        )


def certificate(folder: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    file.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictServer]:
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    strict = StrictServer(port=free_port())
    controller = Controller(
        strict, "127.0.0.1", strict.port, tls_context=context, require_starttls=True, auth_required=True,
        authenticator=strict.authenticate,
    )  # fmt: skip
    controller.start()
    yield strict
    controller.stop()


@pytest.fixture
def stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    """A hub whose operator lets it reach a mail server on this machine."""
    text = CONFIG.replace("hub:\n", "hub:\n  private_hosts: ['127.0.0.1']\n", 1)
    with open_config_stage(sqlite_url, clock, tmp_path, text) as opened:
        yield opened


def form(server: StrictServer, **more: str) -> dict[str, str]:
    return {
        "deed": "save", "host": "127.0.0.1", "port": str(server.port), "encryption": "starttls", "user": "calls@example.org",
        "password": PASSWORD, "sender": "calls@example.org", "to": "pat@example.com", **more,
    }  # fmt: skip


def text_of(stage: TestHub) -> str:
    assert stage.config_file is not None
    return stage.config_file.read().text


def steps_of(answer: Any) -> list[tuple[str, str]]:
    """The state and the words of each step of a test."""
    listed = answer.text.partition('class="panel test-steps">')[2].partition("</ol>")[0]
    return [
        (state, seen(words).strip())
        for state, words in re.findall(r'<li><span class="state ?(\w*)">(.*?)</li>', listed)
    ]


def test_a_test_message_says_each_step_in_the_servers_own_words(stage: TestHub, server: StrictServer) -> None:
    browser = signed_in(stage)
    assert "has no mail server yet" in browser.text("/mail")
    answer = browser.post("/mail", form(server))
    assert answer.status_code == 200, answer.text
    states, words = zip(*steps_of(answer), strict=True)
    assert states == ("good",) * 6
    assert [each.split()[0] for each in words] == ["Reached", "Encrypted", "Signed", "Sender", "Recipient", "Message"]
    assert "250 2.0.0 Queued as 4F2" in words[5] and "TLSv1" in words[1] and f"port {server.port}" in words[0]
    (letter,) = server.letters
    assert letter.rcpt_tos == ["pat@example.com"] and server.passwords == [PASSWORD]
    assert "v=spf1" in answer.text and "_dmarc.example.org" in answer.text
    written = text_of(stage)
    assert f"smtp://calls%40example.org:${{secret:smtp-password}}@127.0.0.1:{server.port}" in written
    assert PASSWORD not in written + answer.text + browser.get("/mail").text


@pytest.mark.parametrize(
    ("change", "failed", "words", "worked"),
    [
        ({"port": "1"}, "Not reached", "refused", 0),
        ({"encryption": "tls"}, "Not encrypted", "", 1),
        ({"password": "wrong"}, "Not signed in", "535", 2),
        ({"sender": "other@example.org"}, "Sender refused", "553 5.7.1 Sender address rejected", 3),
        ({"to": "pat@elsewhere.example.net"}, "Recipient refused", "550 5.1.1 No such user here", 4),
    ],
)
def test_a_test_that_fails_shows_the_step_and_why(
    stage: TestHub, server: StrictServer, change: dict[str, str], failed: str, words: str, worked: int
) -> None:
    steps = steps_of(signed_in(stage).post("/mail", form(server, **change)))
    assert [state for state, _ in steps] == ["good"] * worked + ["bad"] + [""] * (5 - worked)
    assert steps[worked][1].startswith(failed) and words in steps[worked][1], steps
    assert server.letters == []


def test_a_certificate_of_another_name_is_refused_before_the_password_is_sent(
    stage: TestHub, server: StrictServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    steps = steps_of(signed_in(stage).post("/mail", form(server)))
    assert steps[1][0] == "bad" and "certificate" in steps[1][1] and server.passwords == []


def test_another_password_leaves_alone_who_carries_voicemail(stage: TestHub, server: StrictServer) -> None:
    browser = signed_in(stage)
    browser.post("/mail", form(server, to=""))
    assert stage.config_file is not None
    file, declared = stage.config_file.path, "  messages: {recipient: Example Mail Inc., regions: [US]}\n"
    file.write_text(file.read_text().replace("  from: calls@example.org\n", f"  from: calls@example.org\n{declared}"))
    assert browser.post("/mail", form(server, password="another one", to="")).status_code == 303
    assert declared in text_of(stage)


def test_the_stored_password_goes_to_no_other_server(stage: TestHub, server: StrictServer) -> None:
    browser = signed_in(stage)
    browser.post("/mail", form(server))
    server.passwords.clear()
    before = text_of(stage)
    for change in ({"host": "evil.example.net"}, {"port": "2526"}, {"encryption": "tls"}, {"user": "other"}):
        answer = browser.post("/mail", form(server, **{"password": "", **change}))
        assert answer.status_code == 422 and "Type the password again" in answer.text, change
    assert text_of(stage) == before and server.passwords == []
    kept = browser.post("/mail", form(server, password="", to="", sender="calls@example.org"))
    assert kept.status_code == 303 and text_of(stage) == before


def test_the_editor_of_the_file_sends_no_stored_password_elsewhere_either(stage: TestHub, server: StrictServer) -> None:
    browser = signed_in(stage)
    browser.post("/mail", form(server))
    old = text_of(stage)
    base = stage.config_file.read().sha  # type: ignore[union-attr]
    for new in (
        old.replace("@127.0.0.1:", "@evil.example.net:"),
        old.replace("${secret:smtp-password}", "${env:HUB_KEY}"),
        old.replace("from: calls@example.org", "from: ${env:HUB_KEY}@example.org"),
    ):
        assert new != old
        answer = browser.post("/config", {"deed": "apply", "text": new, "base": base})
        assert answer.status_code == 422 and text_of(stage) == old
    plain = old.replace("calls%40example.org:${secret:smtp-password}@127.0.0.1", "relay.example.com")
    assert browser.post("/config", {"deed": "apply", "text": plain, "base": base}).status_code == 303
    noted = [each.detail for each in stage.rows(AuditEntry) if each.action == "mail.server"]
    assert noted[-1] == f"127.0.0.1:{server.port} to relay.example.com:{server.port}"


def test_the_senders_records_are_looked_up_beside_what_to_write(
    stage: TestHub, server: StrictServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in(stage)
    browser.post("/mail", form(server, to=""))
    page = browser.get("/mail").text
    assert 'hx-get="/mail?look=dns"' in page and "Look whether they are there" in page, "the page does not wait for DNS"

    def lookup(name: str) -> tuple[str, ...] | None:
        if name.startswith("_dmarc."):
            return ("v=DMARC1; p=none",)
        return ("v=spf1 -all",) if name == "example.org" else None

    monkeypatch.setattr(sender_records, "system_lookup", lambda: lookup)
    part = browser.get("/mail?look=dns", headers={"hx-request": "true"}).text
    assert "<html" not in part and "There is no key" in part and "v=DMARC1; p=none" in part
    whole = browser.text("/mail?look=dns")
    assert "It does not name this mail server" in whole and "What to write:" in whole, "also without a script"
    monkeypatch.setattr(sender_records, "system_lookup", lambda: sender_records._unanswered)
    assert browser.text("/mail?look=dns").count(sender_records.UNREACHED) == 1


def test_only_an_owner_with_a_recent_sign_in_changes_the_mail_server(stage: TestHub, server: StrictServer) -> None:
    assert signed_in(stage, "admin").post("/mail", form(server)).status_code == 403
    admin, base = signed_in(stage, "admin"), stage.config_file.read()  # type: ignore[union-attr]
    text = base.text + "\nmail: {smtp: 'smtp://evil.example.net', from: a@example.com}\n"
    answer = admin.post("/config", {"deed": "apply", "text": text, "base": base.sha})
    assert answer.status_code == 422 and text_of(stage) == base.text
    owner = signed_in(stage)
    stage.clock.advance(hours=1)
    assert owner.post("/mail", form(server)).headers["location"].startswith("/sign-in")
    assert text_of(stage) == base.text and server.letters == []


def test_a_server_in_a_private_network_needs_the_operators_list(config_stage: TestHub, server: StrictServer) -> None:
    browser = signed_in(config_stage)
    answer = browser.post("/mail", form(server))
    assert answer.status_code == 422 and "add it to hub.private_hosts" in answer.text and server.letters == []
    answer = browser.post("/mail", form(server, host="10.0.0.7"))
    assert "private network" in steps_of(answer)[0][1]
    assert config_stage.config_file is not None
    hub = config_stage.config_file.check(text_of(config_stage))
    assert hub.mail is not None
    with pytest.raises(RetryLater, match="private network"):
        send_mail(hub, make_mail(hub.mail, "pat@example.com", "Test", "Test"))


def test_what_is_no_server_is_refused_at_its_field(stage: TestHub, server: StrictServer) -> None:
    before, browser = text_of(stage), signed_in(stage)
    for name, value in (
        ("host", "evil.example.net/@x"),
        ("host", "${env:HUB_KEY}.example.net"),
        ("port", "99999"),
        ("sender", "nobody"),
    ):
        answer = browser.post("/mail", form(server, **{name: value}))
        assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text, (name, value)
        assert text_of(stage) == before, (name, value)


def test_tests_are_limited_and_the_server_is_removed(stage: TestHub, server: StrictServer) -> None:
    browser = signed_in(stage)
    answers = [browser.post("/mail", form(server)).status_code for _ in range(7)]
    assert answers == [200] * 5 + [429] * 2
    assert browser.post("/mail", {"deed": "remove"}).status_code == 303
    assert "mail:" not in text_of(stage)
