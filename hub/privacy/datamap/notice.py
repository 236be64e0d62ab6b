"""Text blocks for a company's privacy statement, generated from the data map. The words are plain; a person reads them before
they are published.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal

from hub.config.models import CompanySection, Config
from hub.config.retention import kinds, spell_life
from hub.contracts.third_parties import INDUSTRY_OPT_OUTS, is_sale_or_sharing, is_third_party
from hub.contracts.titles import readable
from hub.privacy.datamap.chart import DataMap
from hub.privacy.datamap.flows import Flow, Party, by_party, said
from hub.privacy.datamap.papers import categories, mechanisms
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy.opt_outs import limits_apply
from hub.privacy.restriction import outside_transcriber

SIGNAL_NAMES: Mapping[Literal["gpc", "dnt"], str] = {"gpc": "Global Privacy Control", "dnt": "Do Not Track"}
ROLE_SENTENCES = {
    "processor": "works on our behalf",
    "independent_controller": "is a third party that decides on its own how to use what it gets",
}


def notice_blocks(chart: DataMap, config: Config, company: CompanySection, heeded: Collection[str]) -> Iterator[str]:
    """Text blocks for one company's privacy statement, in Markdown; only connectors that serve the company are included.

    The last argument: names of the browser signals that its consent plugins obey.
    """
    serving = {name for name, entry in recipients_of(config).items() if entry.serves(company.name)}
    flows = [flow for flow in chart.flows if flow.connector in serving]
    parties = by_party(flows)
    page = f"{str(config.hub.public_url).rstrip('/')}/privacy/{company.name}"
    yield f"# {company.title}: text blocks for the privacy statement\n"
    yield "## What we collect\n"
    for category in sorted({each.category for each in chart.storage}):
        yield f"- {readable(category)}"
    if company.sensitive == "health":
        yield (
            "\nThat you call us may itself say something about your health. Without your own yes we give nothing about you "
            "to advertising networks, to analytics or to anyone who decides on their own how to use it."
        )
    yield "\n## Why, and who we give it to\n"
    for party, theirs in parties.items():
        yield from _recipient(party, theirs)
    if not parties:
        yield "Nobody outside our own machines."
    yield from _sale_or_sharing(parties, page, heeded)
    yield from _transfers(parties)
    yield "\n## Transcription\n"
    yield _transcription(config, company)
    yield "\n## How long we keep it\n"
    for kind, what in kinds().items():
        yield f"- {what} {spell_life(config.retention.life(kind))}."
    yield "\n## Your choices\n"
    yield from _choices(company, flows, page, heeded)


def _recipient(party: Party, flows: Sequence[Flow]) -> Iterator[str]:
    """One recipient in one role, with the categories that it gets for each use."""
    recipient, role = party
    where = ", ".join(said(flows, "regions")) or "a place that it does not state"
    yield f"- **{recipient}** {ROLE_SENTENCES[role]}, in {where}."
    for use in said(flows, "use"):
        mine = [flow for flow in flows if flow.use == use]
        hashed = "; numbers and addresses are hashed before" if all(map(_is_hidden, mine)) else ""
        sold = " This is a sale or sharing." if is_third_party(role, use) else ""
        yield f"  - For {readable(use)}: {categories(mine)}{hashed}.{sold}"
    kept = "; ".join(said(flows, "kept"))
    stop = " It may keep what it already received, but we stop sending it more." if role != "processor" else ""
    yield f"  - Kept there: {kept}.{stop}"


def _sale_or_sharing(parties: Mapping[Party, Sequence[Flow]], page: str, heeded: Collection[str]) -> Iterator[str]:
    """Source: Cal. Civ. Code 1798.130(a)(5), 1798.135(a), (b); 11 CCR 7011(e)."""
    yield "\n## Sale and sharing\n"
    stopped = {
        party: mine
        for party, flows in parties.items()
        if (mine := [flow for flow in flows if is_sale_or_sharing(party[1], flow.use)])
    }
    third = {party: flows for party, flows in stopped.items() if party[1] == "independent_controller"}
    if third:
        yield "We sell or share personal information, as California law uses these words, by giving it to:\n"
        yield from (f"- {party[0]}: {categories(flows)}; for {_uses(flows)}" for party, flows in third.items())
    else:
        yield "We do not sell or share personal information, as California law uses these words."
    own = {party: flows for party, flows in stopped.items() if party not in third}
    if own:
        named = "; ".join(f"{party[0]} ({categories(flows)}; for {_uses(flows)})" for party, flows in own.items())
        yield f"\nFor advertising on our behalf, which an opt-out stops too: {named}."
    if not stopped:
        return
    signals = f" A browser that sends {' or '.join(heeded)} is opted out without a word." if heeded else ""
    yield f"\nYou may opt out of all of it without proving who you are: {page}#opt-out.{signals}"
    links = [
        f"{party[0]}, {url}"
        for party, flows in stopped.items()
        for url in said([flow for flow in flows if flow.opt_out_url], "opt_out_url")
    ]
    links += [f"{name}, {url}" for name, url in INDUSTRY_OPT_OUTS]
    yield "\nAdvertising networks let you choose yourself which ads they show you:\n"
    yield from (f"- {link}" for link in dict.fromkeys(links))


def _uses(flows: Sequence[Flow]) -> str:
    return ", ".join(sorted({readable(flow.use) for flow in flows}))


def _transfers(parties: Mapping[Party, Sequence[Flow]]) -> Iterator[str]:
    """Source: GDPR Art. 13(1)(f); Quebec, P-39.1, s. 8."""
    yield "\n## In which countries it is\n"
    for (recipient, role), flows in parties.items():
        where = ", ".join(said(flows, "regions")) or "a place that it does not state"
        kind = "on our behalf" if role == "processor" else "a third party"
        yield f"- {recipient}, {kind}: {where}. For a transfer to there from another country: {mechanisms(flows)}."
    yield "\nAuthorities of a country in which data is stored may demand access to it by its laws."


def _transcription(config: Config, company: CompanySection) -> str:
    outside = outside_transcriber(config, company.name)
    if outside is not None:
        return f"{outside.name} transcribes our recordings of calls and voicemail, so it hears them."
    entry = config.connectors.get(config.recordings.transcribe or "")
    if entry is not None and entry.serves(company.name):
        return "Our own machine transcribes recordings of calls and voicemail; nobody else hears them for that."
    return "Recordings are not transcribed."


def _choices(company: CompanySection, flows: Sequence[Flow], page: str, heeded: Collection[str]) -> Iterator[str]:
    if heeded:
        yield f"- If your browser sends {' or '.join(heeded)}, nothing about your visit goes to advertisers."
    for name in SIGNAL_NAMES.values():
        if name not in heeded:
            yield f"- If your browser sends {name}, that changes nothing."
    yield "- Answer STOP to a text and we send you no more."
    if limits_apply((flow.role, flow.use, {flow.category}) for flow in flows):
        yield f"- You may limit the use of what you say and write to what serves you: {page}#opt-out."
    yield f"- You may ask what data we have about you, have it corrected or erased, object, or receive a copy: {page}."
    contact = company.contact
    ways = [
        " ".join((contact.postal_address or "").splitlines()),
        contact.email or "",
        str(contact.phone or ""),
    ] if contact else []  # fmt: skip
    to = "; or write or call: " + "; ".join(filter(None, ways)) if ways else ""
    yield (
        "- If you live in California, you may ask once a year which third parties got your data for their own marketing "
        f"(Civil Code 1798.83): {page}{to}."
    )


def _is_hidden(flow: Flow) -> bool:
    return flow.transform != "plain" or flow.category == "user.advertising.click_id"
