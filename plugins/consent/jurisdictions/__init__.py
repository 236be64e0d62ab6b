"""The laws of the places where the person may be and of the business's own place: the strictest law decides."""

from __future__ import annotations

from collections.abc import Sequence

from hub.api import ConnectionReport, Connector, Manifest, Recipient, Services, hookimpl
from hub.api.privacy import ConsentQuestion, LegalRule, Opinion
from plugins.consent.jurisdictions.age import by_age
from plugins.consent.jurisdictions.listing import every_rule
from plugins.consent.jurisdictions.quiet_hours import hours_table
from plugins.consent.jurisdictions.recording import USE, may_record
from plugins.consent.jurisdictions.rules import rule_set
from plugins.consent.jurisdictions.settings import JurisdictionSettings
from plugins.consent.jurisdictions.signals import by_signal
from plugins.consent.jurisdictions.texts import USES as TEXT_USES
from plugins.consent.jurisdictions.texts import may_contact
from plugins.consent.jurisdictions.translate import opinion, strictest_of


class Jurisdictions(Connector):
    """Reads the tables of this folder for each candidate place. Uses no network and stores nothing."""

    Settings = JurisdictionSettings
    settings: JurisdictionSettings
    manifest = Manifest(
        name="jurisdictions",
        kind="consent",
        version="0.2.0",
        title="Law of the caller's place",
        summary="Applies the privacy law of every place where the person may be; the strictest decides.",
        recipient=Recipient(name="this machine", role="none"),
    )

    def __init__(self, name: str, settings: JurisdictionSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        every_rule()  # now, because a caller waits for the first answer

    @hookimpl
    def judge(self, question: ConsentQuestion) -> Opinion:
        """`allow`, `needs` or `deny` with the row that decided. Only the person's own consent turns `needs` into `allow`.

        The recording of calls has its own table; its answer has duties. The hours of texts and calls back have their
        own table too; its answer has the time at which to ask again. If a browser's signal or the person's age is known,
        the rows on these apply as well.
        """
        traded = self.settings.trades_in
        if question.use == USE:
            return may_record(question, traded, rule_set().ruleset.isoformat())
        if question.use in TEXT_USES:
            said = may_contact(question, traded, self.settings.marketing_hours or hours_table().marketing)
        else:
            said = opinion(question, traded)
        return strictest_of(said, by_age(question, traded), by_signal(question, traded))

    @hookimpl
    def list_rules(self) -> Sequence[LegalRule]:
        """Every row of every table, with its source."""
        return list(every_rule())

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Always healthy; names the rule set. The hub counts the rules of all plugins together."""
        return ConnectionReport(ok=True, detail=f"Rule set {rule_set().ruleset.isoformat()}.")
