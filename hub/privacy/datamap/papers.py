"""Documents that a business must have, generated from the data map: list of processors, record of processing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.config.models import Config, ConnectorEntry
from hub.config.retention import kinds, spell_life
from hub.contracts.third_parties import is_sale_or_sharing
from hub.contracts.titles import readable
from hub.contracts.transfers import transfer_label
from hub.platform.id_words import words_of
from hub.privacy.datamap.chart import DataMap
from hub.privacy.datamap.flows import Flow, Party, by_party, said

SUBJECTS = "people who call, text or write to the company, and visitors of its website"
SECURITY = (
    "Webhooks are accepted only with a valid signature of the carrier.",
    "Recordings, transcripts, texts and pictures are encrypted under a key per person; erasing a person destroys the key.",
    "A plugin is given only the fields that its manifest declares, and can call only the hosts that it declares.",
    "Hashes for advertising networks are made when they are sent and never stored.",
    "Data is deleted automatically when its retention period ends; hub privacy retention shows anything left past it.",
)
"""Measures of the hub itself, whatever the configuration. The business's own measures are not known here."""


@dataclass(frozen=True)
class Processor:
    """One recipient in one role as the list of processors shows it."""

    recipient: str
    role: str
    regions: tuple[str, ...]
    connectors: tuple[str, ...]
    categories: tuple[str, ...]
    uses: tuple[str, ...]
    sale_or_sharing: tuple[str, ...]
    """Those of the uses that an opt-out of sale, sharing and advertising stops."""
    transfer: str
    """By which mechanism data may go to its country, in words."""
    kept: str
    erases: bool
    """Whether the hub can request erasure of a person there."""
    deletion: tuple[str, ...]
    """What is deleted there, or what stays and why, in the manifest's words."""
    since: str | None
    """The day (UTC) since which this version of the recipient is in use."""


def processors(
    chart: DataMap, entries: Mapping[str, ConnectorEntry], since: Mapping[Party, str]
) -> Iterator[Processor]:
    """Every recipient of data, one time for each of its roles; `since` is the day of each one's present version."""
    for (recipient, role), flows in by_party(chart.flows).items():
        connectors = said(flows, "connector")
        manifests = [entries[name].connector_class.manifest for name in connectors]
        yield Processor(
            recipient=recipient,
            role=role,
            regions=said(flows, "regions"),
            connectors=connectors,
            categories=said(flows, "category"),
            uses=said(flows, "use"),
            sale_or_sharing=tuple(use for use in said(flows, "use") if is_sale_or_sharing(role, use)),
            transfer=mechanisms(flows),
            kept="; ".join(said(flows, "kept")),
            erases=all(each.deletion.supported and each.flow("erase_person") is not None for each in manifests),
            deletion=tuple(dict.fromkeys(each.deletion.note for each in manifests)),
            since=since.get((recipient, role)),
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
        yield f"- {readable(use)} (`{use}`):"
        flows = [flow for flow in chart.flows if flow.use == use]
        yield from (f"  - to {named(*party)}: {categories(theirs)}" for party, theirs in by_party(flows).items())
        if inside := [flow for flow in flows if not flow.leaves]:
            yield f"  - to nobody outside this machine: {categories(inside)}"
    yield "- to answer calls and to determine which ads led to them: "
    yield f"  {', '.join(sorted({readable(each.category) for each in chart.storage}))}; to nobody outside this machine"
    yield "\n## Transfers to third countries\n"
    for party, theirs in by_party(chart.flows).items():
        where = ", ".join(said(theirs, "regions")) or "not stated by the provider"
        yield f"- {named(*party)}: {where}; {mechanisms(theirs)}"
    yield "\n## Time limits for erasure\n"
    for kind, what in kinds().items():
        reason = config.retention.reason(kind)
        longer = f" Longer than by default: {reason}." if reason else ""
        yield f"- {what} {spell_life(config.retention.life(kind))}.{longer}"
    for party, theirs in by_party(chart.flows).items():
        yield f"- At {named(*party)}: {'; '.join(said(theirs, 'kept'))}."
    yield "\n## Security (GDPR Art. 32)\n"
    yield from (f"- {measure}" for measure in SECURITY)


def named(recipient: str, role: str) -> str:
    """A recipient with its role."""
    return f"{recipient} ({words_of(role)})"


def categories(flows: Sequence[Flow]) -> str:
    """The categories of some flows, for people."""
    return ", ".join(sorted({readable(flow.category) for flow in flows}))


def mechanisms(flows: Sequence[Flow]) -> str:
    """By which mechanisms data may go to a recipient's country, or that none is stated."""
    return "; ".join(sorted({transfer_label(flow.transfer) for flow in flows}))
