"""What `hub check` says of the law: rules to read again, unconfirmed rules, and settings that the law asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub.cli.support.output import counted
from hub.config.callflow.transcription_notice import TRANSCRIBED, mentions_transcription
from hub.contracts.third_parties import is_third_party
from hub.errors import RingfenceError
from hub.privacy.datamap.flows import by_party, declared
from hub.privacy.datamap.recipients import PREFIX, recipients_of
from hub.privacy.restriction import outside_transcriber
from hub.queries.numbers.signals_number import companies_without_signals_number
from hub.queries.privacy.legal_rules import law_state, legal_rules
from hub.runtime import Hub

MAX_RULES_NAMED = 5
"""How many rules to read again are listed by name; the others are only counted."""
HEALTH_TRADES = re.compile(
    r"dent(al|ist)|orthodont|clinic|medical|medicine|\bhealth|hospital|pharmac|physician|chiropract|therap(y|ist)|psych|"
    r"dermatolog|optometr|fertility|surge(on|ry)|rehab",
    re.IGNORECASE,
)
"""Names and titles of companies whose calls are most likely about the callers' health."""


def law_warnings(hub: Hub) -> list[str]:
    """One sentence for each thing about the law that a person must look at."""
    found = (_rules, _health, _signals, _transcription, _transfers, _addresses)
    return [warning for warnings in found for warning in warnings(hub)]


def _rules(hub: Hub) -> Iterator[str]:
    try:
        state = law_state((rule for _, rule in legal_rules(hub.plugins)), hub.clock().date())
    except RingfenceError as error:
        yield f"The rules of law cannot be listed: {error}"
        return
    if state.overdue:
        named = ", ".join(state.overdue[:MAX_RULES_NAMED])
        yield (
            f"{len(state.overdue)} of {counted(state.rules, 'rule')} of law must be read again, because the law may have "
            f"changed: {named}{' …' if len(state.overdue) > MAX_RULES_NAMED else ''} (hub privacy rules shows all)."
        )
    if state.unconfirmed:
        yield (
            f"{state.unconfirmed} of {counted(state.rules, 'rule')} of law are unconfirmed: nobody has read a source that "
            "states them in full (hub privacy rules shows them)."
        )


def _health(hub: Hub) -> Iterator[str]:
    for company in hub.config.companies:
        if company.sensitive is None and HEALTH_TRADES.search(f"{company.name} {company.title}"):
            yield (
                f"Calls to {company.title} seem to be about the callers' health. If they are, write sensitive: health for "
                f"the company {company.name}, so that ad networks get nothing about a caller without the caller's own yes."
            )


def _signals(hub: Hub) -> Iterator[str]:
    for company in companies_without_signals_number(hub.config):
        yield (
            f"Visitors of {company.title} who send Global Privacy Control see the number for everybody, so their calls reach "
            "advertisers; give them a number of their own, in a source tracker with signals: true (`hub docs website`)."
        )


def _transcription(hub: Hub) -> Iterator[str]:
    for company in hub.config.companies:
        transcriber = outside_transcriber(hub.config, company.name)
        if transcriber is None:
            continue
        flows = {flow.name: flow for flow in map(company.flow_of, company.trackers)}
        silent = [
            name
            for name, flow in flows.items()
            if flow.records and flow.recording is not None and not mentions_transcription(flow.recording.notice)
        ]
        if silent:
            yield (
                f"{transcriber.name} transcribes the calls of {company.title}, but the recording notice of "
                f"{', '.join(silent)} does not say so. Where all must agree to a recording, the hub adds "
                f"\u201c{TRANSCRIBED['en']}\u201d; better say it in your own words in the notice."
            )


def _transfers(hub: Hub) -> Iterator[str]:
    """Recipients abroad for which no mechanism is stated, of companies outside the USA, whose laws ask for one (GDPR Art. 44,
    13(1)(f); Quebec, P-39.1, s. 17)."""
    for company in hub.config.companies:
        if company.country == "US":
            continue
        serving = {name: entry for name, entry in recipients_of(hub.config).items() if entry.serves(company.name)}
        silent = {
            recipient
            for (recipient, _), flows in by_party(declared(serving)).items()
            if any(not flow.transfer and flow.regions != (company.country,) for flow in flows)
        }
        if silent:
            yield (
                f"{', '.join(sorted(silent))}: what {company.title} gives them may go to another country, and no mechanism is "
                "stated for it. Write transfer: for each connector or webhook, as your contract says."
            )


def _addresses(hub: Hub) -> Iterator[str]:
    """Third parties without an address, which an answer by Cal. Civ. Code 1798.83(a)(2) must name, and companies without one to
    which people can send such a request (1798.83(b)(1))."""
    nowhere: dict[str, set[str]] = {}
    unreachable: list[str] = []
    for company in (each for each in hub.config.companies if each.country == "US"):
        manifests = {
            n: e.connector_class.manifest for n, e in recipients_of(hub.config).items() if e.serves(company.name)
        }
        third = {n: m for n, m in manifests.items() if any(is_third_party(m.recipient.role, f.use) for f in m.flows)}
        for name, each in third.items():
            if not each.recipient.postal_address:
                remedy = (
                    "Write postal_address: below the webhook in config.yaml"
                    if name.startswith(PREFIX)
                    else f"The plugin {each.name} does not state it; ask its author"
                )
                nowhere.setdefault(remedy, set()).add(each.recipient.name)
        if third and (company.contact is None or not (company.contact.postal_address or company.contact.email)):
            unreachable.append(company.title)
    if unreachable:
        yield (
            f"Third parties get data from {', '.join(unreachable)}, so people in California may ask which (Civil Code "
            "1798.83). Write a postal address or an email address for that below contact: of each company."
        )
    for remedy, names in nowhere.items():
        yield (
            f"No postal address is known of {', '.join(sorted(names))}, which an answer to people in California must "
            f"give (Civil Code 1798.83). {remedy}."
        )
