"""What conversations were about, by the phrases that people say: local, exact, and shown with its lines."""

from __future__ import annotations

from hub.api import ConnectionReport, Connector, Conversation, Insight, Manifest, Recipient, Share, hookimpl
from plugins.insight.phrases.settings import PhrasesSettings
from plugins.insight.phrases.translate import claims_of


class Phrases(Connector):
    """Reads by rules alone: the same conversation always says the same."""

    Settings = PhrasesSettings
    settings: PhrasesSettings
    manifest = Manifest(
        name="phrases",
        kind="insight",
        version="0.1.0",
        title="Phrases, on this machine",
        summary="How calls ended and what was said in them, by phrases that you choose; nothing leaves the machine.",
        recipient=Recipient(name="this machine", role="none"),
        shares=(Share(field="lines"),),
    )

    @hookimpl
    def read_conversation(self, conversation: Conversation) -> Insight:
        """The surest outcome, of equals the one that was said last, and each signal; the summary is the lines of proof."""
        claims = list(claims_of(conversation, self.settings.all_rules))
        outcomes = [each for each in claims if each.name in conversation.outcomes]
        outcome = max(outcomes, key=lambda each: (each.confidence, each.lines[-1]), default=None)
        signals = tuple(each for each in claims if each.name in conversation.signals)
        proof = sorted({line for claim in (outcome, *signals) if claim for line in claim.lines})
        summary = " ".join(conversation.lines[line - 1].text or "" for line in proof)
        return Insight(model="phrases", summary=summary, outcome=outcome, signals=signals)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """How many rules there are."""
        return ConnectionReport(ok=True, detail=f"{len(self.settings.all_rules)} rules; nothing leaves this machine.")
