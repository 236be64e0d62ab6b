"""Whether the domain of a mail sender says what receivers ask for: SPF, DKIM and DMARC, looked up in DNS.

Sources: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC), RFC 8020 (a name that does not exist has nothing below it).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from typing import Any

from hub.config.mail import MailSection
from hub.plugin_host.thread_pool import DaemonThreadPool, Task

LIBRARY = "dns.resolver"
LOOKUP_SECONDS = 2.5
"""How long one question may take; all go out at once."""
WAIT_SECONDS = 2.8
MAX_FOUND = 500
"""Characters of a record that are shown."""
SELECTORS = ("google", "selector1", "selector2", "default", "dkim", "mail", "k1", "s1")
"""Names under which usual providers publish DKIM keys."""
SPF = {
    "gmail.com": "include:_spf.google.com",
    "office365.com": "include:spf.protection.outlook.com",
    "amazonaws.com": "include:amazonses.com",
}
"""Domain of a mail server → what its provider asks for in the sender's SPF record. Sources: support.google.com/a/answer/33786,
learn.microsoft.com/defender-office-365/email-authentication-spf-configure, docs.aws.amazon.com/ses "custom MAIL FROM"."""
UNREACHED = "No DNS server answered in time, so the records were not looked up."
Answer = tuple[str, ...] | None
"""The TXT records of a name; None if the name does not exist."""
Answers = Mapping[str, Answer]
Lookup = Callable[[str], Answer]


@dataclass(frozen=True)
class DnsRecord:
    """What the sender's domain should say, so that the receivers trust its mail."""

    kind: str
    name: str
    value: str
    why: str


@dataclass(frozen=True)
class DnsFinding:
    """What DNS says of one record. `state` is `good`, `warn` (somebody should look) or `bad` (receivers miss it)."""

    kind: str
    state: str
    words: str
    found: str = ""
    """The record as it is there."""


def dns_records(mail: MailSection) -> list[DnsRecord]:
    """What to add to the DNS of the sender's domain."""
    domain = _domain(mail)
    return [
        DnsRecord("SPF", domain, f"v=spf1 {_own_part(mail)} ~all", "Names this server as one that may send for the domain."
                  " If there is a record already, add only the middle part to it."),
        DnsRecord("DKIM", f"<selector>._domainkey.{domain}", "from the provider of the mail server",
                  "A signature that receivers check. Switch it on at the provider, which shows the record."),
        DnsRecord("DMARC", f"_dmarc.{domain}", "v=DMARC1; p=none", "What receivers do with mail that fails both checks."),
    ]  # fmt: skip


def look_up(mail: MailSection, lookup: Lookup | None = None) -> list[DnsFinding] | None:
    """Ask DNS for the three records, for at most `WAIT_SECONDS`; None if no DNS server answered."""
    domain = _domain(mail)
    keys = [f"{each}._domainkey.{domain}" for each in SELECTORS]
    policies = [f"_dmarc.{each}" for each in _with_parents(domain)]
    answers = _ask([domain, f"_domainkey.{domain}", *keys, *policies], lookup or system_lookup())
    if domain not in answers:
        return None
    return [_spf(mail, domain, answers), _dkim(domain, keys, answers), _dmarc(policies, answers)]


def system_lookup() -> Lookup:
    """Asks the DNS servers that the machine is set to. OSError if a question is not answered."""
    resolver: Any = importlib.import_module(LIBRARY)
    try:
        machine = resolver.Resolver()
    except resolver.NoResolverConfiguration:
        return _unanswered
    machine.lifetime = LOOKUP_SECONDS
    return partial(txt_records, machine)


def txt_records(machine: Any, name: str) -> Answer:
    """The TXT records of a name by a resolver of dnspython; OSError if no server answers."""
    resolver: Any = importlib.import_module(LIBRARY)
    try:
        answer = machine.resolve(name, "TXT", raise_on_no_answer=False)
    except resolver.NXDOMAIN:
        return None
    except resolver.DNSException as error:
        raise OSError(type(error).__name__) from error
    return tuple(b"".join(each.strings).decode("utf-8", "replace") for each in answer.rrset or ())


def _unanswered(name: str) -> Answer:
    raise OSError(f"no DNS server for {name}")


def _ask(names: Sequence[str], lookup: Lookup) -> Answers:
    """The answers that come in time; each question has a thread of its own."""
    pool = DaemonThreadPool("dns", len(names))
    tasks: dict[str, Future[Answer]] = {}
    for name in names:
        tasks[name] = Task()
        pool.submit(tasks[name], partial(lookup, name))
    wait(tasks.values(), WAIT_SECONDS)
    pool.close()
    return {name: task.result() for name, task in tasks.items() if task.done() and task.exception() is None}


def _spf(mail: MailSection, domain: str, answers: Answers) -> DnsFinding:
    records = _beginning(answers.get(domain), "v=spf1")
    if not records:
        return DnsFinding("SPF", "bad", "There is no SPF record. Add the one below.")
    if len(records) > 1:
        return DnsFinding(
            "SPF", "bad", "There are several SPF records, so receivers ignore all. Join them to one.", records[0]
        )
    if _own_part(mail) in records[0].lower().replace("+", "").split():
        return DnsFinding("SPF", "good", "It names this mail server.", records[0])
    return DnsFinding(
        "SPF", "warn",
        f"It does not name this mail server. Unless another part covers it, add {_own_part(mail)} before the last word.",
        records[0],
    )  # fmt: skip


def _dkim(domain: str, keys: Sequence[str], answers: Answers) -> DnsFinding:
    for name, selector in zip(keys, SELECTORS, strict=True):
        if found := [each[:MAX_FOUND] for each in answers.get(name) or () if _is_key(each)]:
            return DnsFinding(
                "DKIM", "good", f"There is a key, {selector}; the provider says whether it signs.", found[0]
            )
    above = f"_domainkey.{domain}"
    if above in answers and answers[above] is None:
        return DnsFinding("DKIM", "bad", "There is no key. Switch signing on at the provider, which shows the record.")
    words = "No key has a usual name, so it cannot be looked up; the provider shows whether its own is there."
    return DnsFinding("DKIM", "warn", words)


def _is_key(record: str) -> bool:
    """Whether it holds a key; an empty one was taken back."""
    return any(len(tag.strip()) > 2 and tag.strip().startswith("p=") for tag in record.split(";"))


def _dmarc(policies: Sequence[str], answers: Answers) -> DnsFinding:
    for name in policies:
        records = _beginning(answers.get(name), "v=dmarc1")
        if len(records) > 1:
            words = "There are several DMARC records, so receivers ignore all. Keep one."
            return DnsFinding("DMARC", "bad", words, records[0])
        if records:
            where = "It is there." if name == policies[0] else f"It is there for {name.removeprefix('_dmarc.')}."
            return DnsFinding("DMARC", "good", where, records[0])
    if policies[0] not in answers:
        return DnsFinding("DMARC", "warn", "DNS gave no answer in time. Look again later.")
    return DnsFinding("DMARC", "bad", "There is no DMARC record. Add the one below.")


def _beginning(answer: Answer, version: str) -> list[str]:
    """The records of one kind, as long as they are shown."""
    kind = version.casefold()
    return [each[:MAX_FOUND] for each in answer or () if each.casefold().replace(" ", "").startswith(kind)]


def _domain(mail: MailSection) -> str:
    return mail.sender.rpartition("@")[2].lower()


def _with_parents(domain: str) -> list[str]:
    """The domain and those above it, down to two labels: a policy of a domain holds for those below."""
    labels = domain.split(".")
    return [".".join(labels[each:]) for each in range(max(1, len(labels) - 1))]


def _own_part(mail: MailSection) -> str:
    """What an SPF record must have for the mail server."""
    host = mail.server[1]
    return next((each for end, each in SPF.items() if host == end or host.endswith(f".{end}")), f"a:{host}")
