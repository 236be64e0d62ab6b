"""The panel "Why": question, answer and certainty for the source, the recording, and the ad networks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from hub.contracts.consent import within
from hub.contracts.titles import came_from, campaign_title, readable
from hub.model import Attribution, ConsentDecision, RecordingNotice
from hub.platform.formats import waiting
from hub.privacy.recording_refusal import BY_AGENT, BY_KEY
from hub.queries.contact.consent import ConsentEvidence
from hub.queries.contact.source import SourceEvidence
from hub.queries.contact.view import ContactView

CERTAIN, LIKELY = 95, 70
"""From so many percent on, a source is called certain, or likely."""
METER_STEPS = 5
UNKNOWN_RULES = ("tracker.unknown", "form.unknown")
RULES: Mapping[str, str] = {
    "form.visit": "The form was sent on this visit.",
    "form.unknown": "The form came without a visit.",
    "number.source": "This number stands for one source only.",
    "lease.live": "The number was held by this visit when the contact came.",
    "number.shared": "The visit saw the shared number within the hour before.",
    "person.remembered": "An earlier visit of the same caller held the number.",
    "lease.cooling": "Nobody held the number any more; the visit that held it last is the likeliest.",
    "person.earlier": "No visit held the number, but the caller is known from an earlier visit.",
    "imported": "{service} reported this source before the contact was imported.",
    "tracker.unknown": "No visit matches, so the source of the tracking number itself stands.",
}
VERDICTS: Mapping[str, tuple[str, str]] = {
    "allow": ("good", "Allowed"),
    "needs": ("held", "Needs a yes"),
    "deny": ("bad", "Not allowed"),
}
CHOICES: Mapping[str, tuple[str, str]] = {
    "announced": ("Yes, after the notice.", "The caller heard that the call is recorded."),
    "offered": ("Yes, after the notice.", "The caller heard the notice and how to refuse, and stayed on the line."),
    "not_refused": ("Yes, after the notice.", "The caller heard the notice and how to refuse, and did not."),
    "agreed": ("Yes.", "The caller was asked and agreed."),
    "asked": ("Not without a yes.", "The caller was asked and had not answered."),
    "refused": ("No.", "The caller heard the notice and refused."),
}


@dataclass(frozen=True)
class Answer:
    """One row of the panel: the answer in short, the reason, and a state."""

    short: str
    reason: str
    state: str = ""
    word: str = ""
    steps: int | None = None
    """Steps of the meter, for a certainty."""
    is_open: bool = False


def source_answer(evidence: SourceEvidence | None, contact: ContactView) -> Answer:
    """Why this source?"""
    if evidence is None:
        return Answer("Not decided yet.", "The source is decided when the contact is processed.", word="Waiting")
    cause = evidence.cause
    name = came_from(cause.source, cause.medium)
    if cause.campaign:
        name += f", campaign {campaign_title(cause.campaign)}"
    reason = RULES.get(cause.rule, "").format(service=contact.imported_from)
    if cause.clicked_at and cause.clicked_at <= contact.at:
        reason = f"The ad was clicked {waiting(contact.at - cause.clicked_at)} before. {reason}"
    steps, word = certainty(cause)
    return Answer(f"{name}.", reason, word=word, steps=steps)


def certainty(cause: Attribution) -> tuple[int, str]:
    """The steps of the meter, and the certainty in words."""
    percent = round(100 * cause.confidence)
    if cause.rule in UNKNOWN_RULES:
        return 0, "Unknown"
    word = "Certain" if percent >= CERTAIN else "Likely" if percent >= LIKELY else "A guess"
    return max(1, round(METER_STEPS * cause.confidence)), f"{word}, {percent}%"


def recording_answer(evidence: ConsentEvidence, has_voicemail: bool, is_imported: bool = False) -> Answer:
    """May we record?"""
    decision = evidence.recording
    notice = last_notice(evidence.notices)
    if decision is not None and decision.verdict != "allow":
        return Answer("No.", decision.reason, *VERDICTS[decision.verdict])
    if notice is not None and notice.point in (BY_KEY, BY_AGENT):
        return Answer("No.", "The caller ended the recording after the notice.", "held", "Not recorded")
    if notice is not None:
        short, reason = CHOICES.get(notice.choice or "", ("Not known any more.", "The caller's choice was erased."))
        allowed = short.startswith("Yes")
        return Answer(short, reason, "good" if allowed else "held", "Allowed" if allowed else "Not recorded")
    if has_voicemail:
        return Answer(
            "Yes, the message.", "A caller who leaves a message knows that it is recorded.", "good", "Allowed"
        )
    if decision is not None:
        return Answer("Yes.", decision.reason, "good", "Allowed")
    if is_imported:
        return Answer("Not asked.", "The call came in before this hub answered the number.", word="Not asked")
    return Answer("Not asked.", "The call flow of this number did not record the call.", word="Not asked")


def last_notice(notices: Sequence[RecordingNotice]) -> RecordingNotice | None:
    """The notice that counts: a refusal, if there was one, or else the last one."""
    counting = [each for each in notices if each.choice == "refused"] or list(notices)
    return counting[-1] if counting else None


def ads_answer(evidence: ConsentEvidence, ad_connectors: Collection[str]) -> Answer:
    """May ad networks know?"""
    ads = [each for each in evidence.decisions if is_for_ads(each, ad_connectors)]
    if not ads:
        return Answer("Not asked.", "Nothing of this contact was meant for an ad network.", word="Not asked")
    refused = [each for each in ads if each.verdict != "allow"]
    if not refused:
        return Answer("Yes.", ads[0].reason, "good", "Allowed")
    if len(refused) < len(ads):
        names = ", ".join(sorted({readable(each.use) for each in refused}))
        return Answer("In part.", f"{refused[0].reason} Not allowed: {names}.", "held", "In part")
    needs = all(each.verdict == "needs" for each in refused)
    return Answer("Not without a yes." if needs else "No.", refused[0].reason, *VERDICTS["needs" if needs else "deny"])


def is_for_ads(decision: ConsentDecision, ad_connectors: Collection[str]) -> bool:
    """Whether an ad network was to get something."""
    return decision.connector in ad_connectors or within(decision.use, "marketing.advertising")
