"""The law of the places where the person may be and where the business is: the strictest of them decides."""

from __future__ import annotations

from hub.api import ConnectionReport, Connector, ConsentQuestion, Manifest, Opinion, Recipient, hookimpl
from plugins.consent.jurisdictions.quiet_hours import hours_table
from plugins.consent.jurisdictions.recording import USE, may_record, recording_table
from plugins.consent.jurisdictions.rules import rule_set
from plugins.consent.jurisdictions.settings import JurisdictionSettings
from plugins.consent.jurisdictions.texts import USES as TEXT_USES
from plugins.consent.jurisdictions.texts import may_text
from plugins.consent.jurisdictions.translate import opinion


class Jurisdictions(Connector):
    """Reads rules.yaml for each candidate place. Asks nobody, keeps nothing."""

    Settings = JurisdictionSettings
    settings: JurisdictionSettings
    manifest = Manifest(
        name="jurisdictions",
        kind="consent",
        version="0.1.0",
        summary="Applies the privacy law of every place where the person may be; the strictest decides.",
        recipient=Recipient(name="this machine", role="none"),
    )

    @hookimpl
    def judge(self, question: ConsentQuestion) -> Opinion:
        """`allow`, `needs` or `deny` with the row that decided; only the person's own yes turns `needs` into `allow`.

        Whether a call may be recorded has a table of its own, and an answer with duties; so have the hours
        of texts, and an answer with the time at which to ask again.
        """
        if question.use == USE:
            return may_record(question, self.settings.trades_in, rule_set().ruleset.isoformat())
        if question.use in TEXT_USES:
            return may_text(question, self.settings.trades_in, self.settings.marketing_hours or hours_table().marketing)
        return opinion(question, self.settings.trades_in)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Always well; names the rows that a person should have looked at again by today."""
        table = rule_set()
        today, recording = self.services.clock().date(), recording_table()
        overdue = [rule.id for rule in table.overdue(today)]
        overdue += [f"recording.{rule.id}" for rule in recording.overdue(today)]
        overdue += [f"quiet_hours.{rule.id}" for rule in hours_table().overdue(today)]
        detail = f"Rule set {table.ruleset.isoformat()} with {len(table.rules)} rules, and {len(recording.rules)} on recording."
        if overdue:
            detail += f" Verify these again, they are past their date: {', '.join(overdue)}."
        return ConnectionReport(ok=True, detail=detail)
