"""One consent question, the opinions on it, and the decision. Every regime is asked, the strictest wins, silence means no."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from hub.contracts.manifest import Recipient
from hub.contracts.third_parties import is_sale_or_sharing, is_third_party

Verdict = Literal["allow", "needs", "deny"]
State = Literal["given", "refused", "withdrawn", "objected", "expired"]
"""`objected`: GDPR Art. 21(2), to direct marketing; `expired`: an earlier yes has ended, and nothing replaces it."""
Duty = Literal["announce", "announce_transcription", "offer_refusal", "ask_yes"]
"""What must be done before the first recorded second; the duties of several opinions add up.

`announce`: say that the call is recorded. `announce_transcription`: say also that an outside service transcribes it; given only
if `ConsentQuestion.transcribed_by` names one. `offer_refusal`: also say which key leads to a line that is not recorded; a
caller who presses no key stays on the line and is recorded. `ask_yes`: record only callers who press the key for yes in this
call; it fulfills `offer_refusal` too, because a caller who presses nothing is not recorded. The verdict beside a duty is
`allow`: the call asks for the yes, so no earlier record is needed. `deny` means no recording, whatever the caller presses."""
STRICTNESS: Mapping[Verdict, int] = {"allow": 0, "needs": 1, "deny": 2}
PAGE_CHANNELS = frozenset({"web", "tcf", "gpp"})
"""Channels of a page: anybody who uses the browser, or the page's own default, may have set the record."""
NOT_DELIBERATE = PAGE_CHANNELS | {"form", "contact"}
"""Channels whose yes is not certainly the person's own deliberate act: pages, forms (anybody can type somebody else's number),
and the mere fact that the person called or wrote. All other channels are deliberate: the privacy page after proof (`request`),
a text from the number (`sms`, `carrier`), a key or words in a call, and what an officer or agent records with evidence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a person or a business may be: an ISO 3166 country and, if known, its region (`CA` of `US`).

    `basis` says how it is known: `caller_number`, `declared`, `crm`, `web_session`, `business`.
    """

    country: str | None
    region: str | None = None
    basis: str = "caller_number"
    time_zones: tuple[str, ...] = ()
    """IANA names of the place's time zones in which the person may be; empty if unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """A browser signal on behalf of the person: `gpc` or `dnt`, seen at `at`, on a web visit of that person."""

    kind: Literal["gpc", "dnt"]
    at: datetime
    evidence: str
    """Our id of what shows it, such as `visit ID`; or one of `SIGNALS_NUMBER`."""


SIGNALS_NUMBER = {
    "call": "called the number shown to browsers that send a signal",
    "text": "wrote to the number shown to browsers that send a signal",
}
"""The evidence of a signal that is known without a visit: the number of a tracker with `signals: true`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentRecord:
    """The person's own decision: given or refused, for one data use (or its parents), through which channel, and when."""

    state: State
    use: str
    channel: str
    at: datetime
    evidence: str
    expires_at: datetime | None = None
    basis: str = "consent"
    recipients: frozenset[str] = frozenset()
    """The names of the recipients that it is limited to; empty: all."""
    categories: frozenset[str] = frozenset()
    """The data categories that it is limited to; empty: all."""

    def covers(self, use: str) -> bool:
        """Whether this record applies to `use`: the same use or one below it."""
        return within(use, self.use)

    @property
    def lasts(self) -> bool:
        """Whether it is a no that only the person's own deliberate act lifts; a page's record ends with the page's next one."""
        return self.state == "objected" or (
            self.state in ("refused", "withdrawn") and self.channel not in PAGE_CHANNELS
        )

    def lifts(self, no: ConsentRecord, question: ConsentQuestion) -> bool:
        """Whether this record is a later yes that takes `no` back for the question.

        An objection to direct marketing is taken back only by a yes to exactly the use that is asked about, or to all uses
        that were objected to (GDPR Art. 21(3)). An opt-in after an opt-out of sale or sharing needs two steps (11 CCR
        7028): the hub writes a yes with the channel `request` only after the second one.
        """
        if self.state != "given" or self.at <= no.at or not self._reaches(question):
            return False
        if not no.lasts:
            return True
        if self.channel in NOT_DELIBERATE or self.basis != "consent":
            return False
        return no.state != "objected" or self.use in (question.use, no.use)

    def _reaches(self, question: ConsentQuestion) -> bool:
        """Whether a yes has not lapsed and its limits allow everything that is asked for."""
        lapsed = self.expires_at is not None and self.expires_at <= question.at
        elsewhere = self.recipients and question.recipient.name not in self.recipients
        return not lapsed and not elsewhere and (not self.categories or question.categories <= self.categories)

    def speaks_on(self, question: ConsentQuestion) -> bool:
        """Whether this record answers the question: a yes must cover all that is asked for, a no any part of it."""
        if not self.covers(question.use) or (self.recipients and question.recipient.name not in self.recipients):
            return False
        if not self.categories:
            return True
        if self.state == "given":
            return question.categories <= self.categories
        return bool(question.categories & self.categories)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentQuestion:
    """May these categories of this person go to this recipient for this use, here and now?

    `person_places` is the set of places at which the person may be; the strictest place decides. An empty set means that
    the place is unknown. `records` are in the order in which they were given.
    """

    use: str
    categories: frozenset[str]
    recipient: Recipient
    recipient_regions: tuple[str, ...]
    at: datetime
    person_places: tuple[Place, ...] = ()
    business_places: tuple[Place, ...] = ()
    signals: tuple[Signal, ...] = ()
    records: tuple[ConsentRecord, ...] = ()
    age: int | None = None
    """The person's age in whole years, if anyone has stated it; None if unknown."""
    transcribed_by: str | None = None
    """On `telephony.recording`: the company, other than the business, that would transcribe the recording; None: nobody."""

    @property
    def is_sale_or_sharing(self) -> bool:
        """Whether an opt-out of sale, sharing and advertising applies to this question: to advertising with any recipient, and
        to every use by a third party.

        Source: Cal. Civ. Code 1798.120, 1798.135; 11 CCR 7025(c)(1), 7026.
        """
        return is_sale_or_sharing(self.recipient.role, self.use)

    @property
    def to_third_party(self) -> bool:
        """Whether the recipient decides for itself what it does with the data, and no exception covers the use."""
        return is_third_party(self.recipient.role, self.use)

    def latest_record(self) -> ConsentRecord | None:
        """The person's latest record on this question, at equal times the refusal; None if there is none or it has lapsed.

        A yes counts only if it lifts every lasting no before it (`ConsentRecord.lifts`). If a lapsed yes had replaced an
        earlier refusal, the refusal applies again; a lapsed refusal does not restore a yes. An objection never lapses.
        """
        spoken = sorted((r for r in self.records if r.speaks_on(self)), key=lambda r: (r.at, r.state != "given"))
        noes = [r for r in spoken if r.lasts]
        spoken = [r for r in spoken if r.state != "given" or not any(self._holds_against(no, r) for no in noes)]
        while spoken:
            last = spoken.pop()
            ended = last.state == "expired" or (last.expires_at is not None and last.expires_at <= self.at)
            if last.state == "objected" or not ended:
                return last
            if last.state not in ("given", "expired"):
                return None
            spoken = [earlier for earlier in spoken if earlier.state != "given"]
        return None

    def _holds_against(self, no: ConsentRecord, yes: ConsentRecord) -> bool:
        lapsed = no.state != "objected" and no.expires_at is not None and no.expires_at <= yes.at
        return no.at <= yes.at and not lapsed and not yes.lifts(no, self)


NO_ANSWER = "hub.no-answer"
"""The rule of a denial because a consent plugin did not answer: nobody decided, so the question is asked again."""
DIED = "died"
"""In the evidence of such a denial: the connector whose own process died of the question."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opinion:
    """One regime's answer, with the id of the rule that spoke, a sentence for people, and the evidence it used.

    `needs` means: allowed after the person has said yes; until then the answer is no.
    """

    verdict: Verdict
    rule_id: str
    reason: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    duties: frozenset[Duty] = frozenset()
    """On `telephony.recording`: what must be done so that a recording is lawful there."""
    not_before: datetime | None = None
    """On a temporary `deny` (quiet hours): when to ask again, aware UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """All opinions on one question, and the strictest of them; `ruling` is the opinion that decided."""

    verdict: Verdict
    ruling: Opinion
    opinions: tuple[tuple[str, Opinion], ...]
    """(connector, opinion) in the order of the connectors."""

    @property
    def allowed(self) -> bool:
        """Whether the data may be sent; `needs` is not a yes."""
        return self.verdict == "allow"

    @property
    def duties(self) -> frozenset[Duty]:
        """Everything that any opinion demands."""
        return frozenset().union(*(opinion.duties for _, opinion in self.opinions))

    @property
    def not_before(self) -> datetime | None:
        """When the answer may change: the latest time of all opinions that are against it now; None if one of them is
        against it permanently."""
        times = [opinion.not_before for _, opinion in self.opinions if opinion.verdict != "allow"]
        return None if None in times else max(filter(None, times), default=None)


def strictest(opinions: Iterable[tuple[str, Opinion]]) -> Decision:
    """The decision that all opinions together make; without any opinion the answer is no."""
    heard = tuple(opinions)
    if not heard:
        silence = Opinion(
            verdict="deny", rule_id="hub.silence", reason="No consent plugin is configured, so there is no consent."
        )
        return Decision(verdict="deny", ruling=silence, opinions=())
    _, ruling = max(heard, key=lambda item: STRICTNESS[item[1].verdict])
    return Decision(verdict=ruling.verdict, ruling=ruling, opinions=heard)


def within(use: str, family: str) -> bool:
    """Whether a dotted name is `family` or below it."""
    return use == family or use.startswith(family + ".")
