"""Documents that a business must have, generated from the data map: processors, record of processing, privacy notice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from hub.config.models import CompanySection, Config, ConnectorEntry
from hub.config.retention import kinds, spell_life
from hub.privacy.datamap.chart import DataMap, readable
from hub.privacy.datamap.flows import Flow, by_recipient, said
from hub.privacy.datamap.recipients import recipients_of

SUBJECTS = "people who call, text or write to the company, and visitors of its website"
SECURITY = (
    "Webhooks are accepted only with a valid signature of the carrier.",
    "Recordings, transcripts, texts and pictures are encrypted under a key per person; erasing a person destroys the key.",
    "A plugin is given only the fields that its manifest declares, and can call only the hosts that it declares.",
    "Hashes for advertising networks are made when they are sent and never stored.",
    "Data is deleted automatically when its retention period ends; hub privacy retention shows anything left past it.",
)
"""Measures of the hub itself, whatever the configuration. The business's own measures are not known here."""
SIGNAL_NAMES: Mapping[Literal["gpc", "dnt"], str] = {"gpc": "Global Privacy Control", "dnt": "Do Not Track"}


@dataclass(frozen=True)
class Processor:
    """One recipient as the list of processors shows it."""

    recipient: str
    role: str
    regions: tuple[str, ...]
    connectors: tuple[str, ...]
    categories: tuple[str, ...]
    uses: tuple[str, ...]
    kept: str
    erases: bool
    """Whether the hub can request erasure of a person there."""
    deletion: tuple[str, ...]
    """What is deleted there, or what stays and why, in the manifest's words."""
    since: str | None
    """The day (UTC) since which this version of the recipient is in use."""


def processors(chart: DataMap, entries: Mapping[str, ConnectorEntry], since: Mapping[str, str]) -> Iterator[Processor]:
    """Every recipient of data; `since` is the day of each recipient's present version."""
    for recipient, flows in by_recipient(chart.flows).items():
        connectors = said(flows, "connector")
        manifests = [entries[name].connector_class.manifest for name in connectors]
        yield Processor(
            recipient=recipient,
            role=flows[0].role,
            regions=said(flows, "regions"),
            connectors=connectors,
            categories=said(flows, "category"),
            uses=said(flows, "use"),
            kept="; ".join(said(flows, "kept")),
            erases=all(each.deletion.supported and each.flow("erase_person") is not None for each in manifests),
            deletion=tuple(dict.fromkeys(each.deletion.note for each in manifests)),
            since=since.get(recipient),
        )


def record_of_processing(chart: DataMap, config: Config) -> Iterator[str]:
    """The record of processing of GDPR Art. 30(1), in Markdown."""
    yield "# Record of processing activities (GDPR Art. 30)"
    yield f"Made on {chart.at:%Y-%m-%d} from what is configured and what was sent. Contact details of the controller, its "
    yield "representative and its data protection officer are not known to the hub: add them."
    for account in config.accounts:
        names = ", ".join(company.title for company in account.companies)
        yield f"\n## Controllers\n\n{account.title}, for: {names}"
    yield f"\n## Categories of people\n\n{SUBJECTS[0].upper()}{SUBJECTS[1:]}."
    yield "\n## Purposes, with categories of data and recipients\n"
    for use in sorted({flow.use for flow in chart.flows}):
        flows = [flow for flow in chart.flows if flow.use == use]
        categories = ", ".join(sorted({readable(flow.category) for flow in flows}))
        to = ", ".join(sorted({flow.recipient for flow in flows if flow.leaves})) or "nobody outside this machine"
        yield f"- {readable(use)} (`{use}`): {categories}; to {to}"
    yield "- to answer calls and to determine which ads led to them: "
    yield f"  {', '.join(sorted({readable(each.category) for each in chart.storage}))}; to nobody outside this machine"
    yield "\n## Transfers to third countries\n"
    for recipient, theirs in by_recipient(chart.flows).items():
        where = ", ".join(said(theirs, "regions")) or "not stated by the provider"
        yield f"- {recipient} ({theirs[0].role.replace('_', ' ')}): {where}"
    yield "\n## Time limits for erasure\n"
    for kind, what in kinds().items():
        reason = config.retention.reason(kind)
        longer = f" Longer than by default: {reason}." if reason else ""
        yield f"- {what} {spell_life(config.retention.life(kind))}.{longer}"
    for recipient, theirs in by_recipient(chart.flows).items():
        yield f"- At {recipient}: {'; '.join(said(theirs, 'kept'))}."
    yield "\n## Security (GDPR Art. 32)\n"
    yield from (f"- {measure}" for measure in SECURITY)


def notice_blocks(chart: DataMap, config: Config, company: CompanySection, heeded: Collection[str]) -> Iterator[str]:
    """Text blocks for one company's privacy statement, in Markdown; only connectors that serve the company are included.

    The last argument: names of the browser signals that its consent plugins obey.
    """
    serving = {name for name, entry in recipients_of(config).items() if entry.serves(company.name)}
    flows = [flow for flow in chart.flows if flow.connector in serving]
    yield f"# {company.title}: text blocks for the privacy statement\n"
    yield "## What we collect\n"
    for category in sorted({each.category for each in chart.storage}):
        yield f"- {readable(category)}"
    yield "\n## Why, and who we give it to\n"
    for recipient, theirs in by_recipient(flows).items():
        standing = (
            "on our behalf" if theirs[0].role == "processor" else "a third party that decides on its own how to use it"
        )
        what = ", ".join(sorted({readable(flow.category) for flow in theirs}))
        why = ", ".join(sorted({readable(flow.use) for flow in theirs}))
        where = ", ".join(said(theirs, "regions")) or "an undisclosed place"
        hashed = " Numbers and addresses are hashed before." if all(_hidden(flow) for flow in theirs) else ""
        yield f"- **{recipient}** gets {what}, for {why}, in {where}, {standing}.{hashed}"
        if theirs[0].role == "independent_controller":
            kept = "; ".join(said(theirs, "kept"))
            yield f"  It may keep what it already received, but we stop sending it more. It keeps it {kept}."
    if not by_recipient(flows):
        yield "Nobody outside our own machines."
    yield "\n## How long we keep it\n"
    for kind, what in kinds().items():
        yield f"- {what} {spell_life(config.retention.life(kind))}."
    yield "\n## Your choices\n"
    if heeded:
        yield f"- If your browser sends {' or '.join(heeded)}, nothing about your visit goes to advertisers."
    for name in SIGNAL_NAMES.values():
        if name not in heeded:
            yield f"- If your browser sends {name}, that changes nothing."
    yield "- Answer STOP to a text and we send you no more."
    yield "- You may ask what data we have about you, have it corrected or erased, object, or receive a copy."


def _hidden(flow: Flow) -> bool:
    return flow.transform != "plain" or flow.category == "user.advertising.click_id"
