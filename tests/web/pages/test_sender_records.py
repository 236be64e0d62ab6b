"""The records of a sender's domain are looked up in DNS, from what a DNS server on this machine answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from hub.config.mail import MailSection
from hub.connecting import sender_records
from hub.connecting.sender_records import DnsFinding, Lookup, dns_records, look_up, txt_records

message, rcode, resolver, rrset = (
    pytest.importorskip(f"dns.{each}") for each in ("message", "rcode", "resolver", "rrset")
)
SPF, DKIM, DMARC = "example.com.", "google._domainkey.example.com.", "_dmarc.example.com."


@dataclass
class DnsServer:
    """Answers questions for TXT records over UDP. A name that it does not have does not exist, unless one below it does."""

    records: dict[str, Sequence[str]] = field(default_factory=dict)
    questions: set[str] = field(default_factory=set)
    silent: bool = False

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def lookup(self, seconds: float = 5.0) -> Lookup:
        """Asks this server."""
        machine = resolver.Resolver(configure=False)
        machine.nameservers, machine.port = ["127.0.0.1"], self.socket.getsockname()[1]
        machine.lifetime = seconds
        return lambda name: txt_records(machine, name)

    def _serve(self) -> None:
        while True:
            try:
                data, sender = self.socket.recvfrom(4_096)
            except OSError:
                return
            if not self.silent:
                self.socket.sendto(self._answer(data), sender)

    def _answer(self, data: bytes) -> bytes:
        query = message.from_wire(data)
        name = str(query.question[0].name)
        self.questions.add(name)
        answer = message.make_response(query)
        if texts := self.records.get(name):
            answer.answer.append(rrset.from_text(name, 60, "IN", "TXT", *(f'"{each}"' for each in texts)))
        elif not any(each.endswith(f".{name}") for each in self.records):
            answer.set_rcode(rcode.NXDOMAIN)
        wire: bytes = answer.to_wire()
        return wire


@pytest.fixture
def server() -> Iterator[DnsServer]:
    made = DnsServer()
    yield made
    made.socket.close()


def mail(host: str = "smtp-relay.gmail.com", sender: str = "calls@example.com") -> MailSection:
    """Mail of a company that leaves through Google's relay."""
    return MailSection.model_validate({"smtp": f"smtps://{host}", "from": sender})


def found(server: DnsServer, records: Mapping[str, Any], **more: str) -> dict[str, DnsFinding]:
    """What is said of the three records."""
    server.records = {name: [texts] if isinstance(texts, str) else texts for name, texts in records.items()}
    findings = look_up(mail(**more), server.lookup())
    assert findings is not None
    return {each.kind: each for each in findings}


def test_records_that_are_right_are_found_as_they_stand_there(server: DnsServer) -> None:
    """Also among other TXT records of the domain."""
    said = found(
        server,
        {
            SPF: ["site-verification=x", "v=spf1 +include:_spf.google.com ~all"],
            DKIM: "v=DKIM1; k=rsa; p=MIIB",
            DMARC: "v=DMARC1; p=quarantine",
        },
    )
    assert {kind: each.state for kind, each in said.items()} == dict.fromkeys(("SPF", "DKIM", "DMARC"), "good")
    assert said["SPF"].found == "v=spf1 +include:_spf.google.com ~all" and "google" in said["DKIM"].words
    assert said["DMARC"].found == "v=DMARC1; p=quarantine"
    assert {SPF, DKIM, DMARC, "_domainkey.example.com."} <= server.questions


def test_a_domain_that_says_nothing_misses_all_three(server: DnsServer) -> None:
    """Each has a record to write beside it."""
    said = found(server, {"www.example.com.": "x"})
    assert {kind: each.state for kind, each in said.items()} == dict.fromkeys(("SPF", "DKIM", "DMARC"), "bad")
    assert [each.value for each in dns_records(mail())][::2] == [
        "v=spf1 include:_spf.google.com ~all",
        "v=DMARC1; p=none",
    ]


@pytest.mark.parametrize(
    ("records", "host", "state", "words"),
    [
        ("v=spf1 include:other.example.net -all", "mail.example.com", "warn", "add a:mail.example.com before"),
        ("v=spf1 A:Mail.Example.com -all", "mail.example.com", "good", "names this mail server"),
        ("v=spf1 include:spf.protection.outlook.com -all", "smtp.office365.com", "good", "names this mail server"),
        (["v=spf1 -all", "v=spf1 mx -all"], "mail.example.com", "bad", "several SPF records"),
    ],
)
def test_an_spf_record_is_held_against_the_mail_server(
    server: DnsServer, records: Any, host: str, state: str, words: str
) -> None:
    """Two records count as none (RFC 7208, 4.5)."""
    spf = found(server, {SPF: records}, host=host)["SPF"]
    assert spf.state == state and words in spf.words


def test_a_key_under_an_unusual_name_is_not_called_missing(server: DnsServer) -> None:
    """A name below `_domainkey` is there, and which one only the provider knows; a key that was taken back is none."""
    assert found(server, {"x7._domainkey.example.com.": "p=MIIB"})["DKIM"].state == "warn"
    assert found(server, {DKIM: "v=DKIM1; p="})["DKIM"].state == "warn"


def test_a_policy_of_the_domain_above_holds(server: DnsServer) -> None:
    """A sender below it needs none of its own."""
    dmarc = found(server, {DMARC: "v=DMARC1; p=none"}, sender="calls@mail.example.com")["DMARC"]
    assert dmarc.state == "good" and "for example.com" in dmarc.words
    assert found(server, {DMARC: ["v=DMARC1; p=none"] * 2})["DMARC"].state == "good", (
        "the same record sent twice is one"
    )
    assert found(server, {DMARC: ["v=DMARC1; p=none", "v=DMARC1; p=reject"]})["DMARC"].state == "bad"


def test_a_server_that_says_nothing_ends_the_look_up(server: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one time for all names, and none is called missing."""
    monkeypatch.setattr(sender_records, "WAIT_SECONDS", 0.2)
    server.silent = True
    assert look_up(mail(), server.lookup(600)) is None, "and what still waits is left alone"
