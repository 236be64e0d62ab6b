"""Examples of hub.api.privacy for docs/api-reference.md; each function is one, with the imports that it needs."""


def opinions() -> None:
    """A question and an opinion

    `judge` gets a question and decides from it alone. The strictest opinion of all consent plugins counts.
    """
    from datetime import UTC, datetime

    from hub.api import Recipient
    from hub.api.privacy import SIGNALS_NUMBER, ConsentQuestion, ConsentRecord, Duty, LegalRule, Opinion, Place, Signal

    rule = LegalRule(
        id="acme.signal",
        topic="signals",
        places=("US-CA",),
        says="A browser's signal is a refusal of a sale.",
        cite="Cal. Code Regs. tit. 11, § 7025",
    )
    ask: Duty = "announce"

    def judge(question: ConsentQuestion) -> Opinion:
        if question.use == "telephony.recording":
            return Opinion(verdict="allow", rule_id="acme.recording", reason="Say it first.", duties=frozenset({ask}))
        if question.signals:
            evidence = {"signal": question.signals[0].evidence}
            return Opinion(verdict="deny", rule_id=rule.id, reason=rule.says, evidence=evidence)
        if any(record.state == "refused" for record in question.records):
            return Opinion(verdict="deny", rule_id="acme.refused", reason="The person refused it.")
        return Opinion(verdict="allow", rule_id="acme.else", reason="Nothing speaks against it.")

    at = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    refused = ConsentRecord(
        state="refused", use="marketing.advertising", channel="web", at=at, evidence="the banner of the website"
    )

    def asked(*signals: Signal, records: tuple[ConsentRecord, ...] = ()) -> ConsentQuestion:
        return ConsentQuestion(
            use="marketing.advertising.third_party.targeted",
            categories=frozenset({"user.contact.phone_number"}),
            recipient=Recipient(name="Acme", role="independent_controller"),
            recipient_regions=("US",),
            at=at,
            person_places=(Place(country="US", region="CA"),),
            signals=signals,
            records=records,
        )

    assert judge(asked()).verdict == "allow"
    assert judge(asked(Signal(kind="gpc", at=at, evidence=SIGNALS_NUMBER["call"]))).rule_id == "acme.signal"
    assert judge(asked(records=(refused,))).verdict == "deny"


def rules() -> None:
    """Rules of law by topic

    A consent plugin lists its rules, so that the pages show which law spoke; a rule without `read_on` is shown as
    unconfirmed.
    """
    from datetime import date

    from hub.api.privacy import LegalRule, RuleTopic

    topic: RuleTopic = "recording"
    rule = LegalRule(
        id="acme.all_parties",
        topic=topic,
        places=("US-CA",),
        says="All parties must agree to a recording.",
        cite="Cal. Penal Code § 632",
        sources=("https://leginfo.legislature.ca.gov/",),
        read_on=date(2026, 11, 24),
    )
    assert rule.read_on is not None
