"""What the person and their browser have said: explicit answers, Global Privacy Control, Do Not Track."""

from __future__ import annotations

from hub.api import ConnectionReport, Connector, Manifest, Recipient, hookimpl
from hub.api.privacy import ConsentQuestion, Opinion
from plugins.consent.signals.settings import SignalSettings
from plugins.consent.signals.translate import opinion


class Signals(Connector):
    """Denies if the person or their browser has objected; otherwise allows. Uses no network and stores nothing."""

    Settings = SignalSettings
    settings: SignalSettings
    manifest = Manifest(
        name="signals",
        kind="consent",
        version="0.1.0",
        title="Browser signals and the person's word",
        summary="Honors a person's refusals and consents, Global Privacy Control and Do Not Track.",
        recipient=Recipient(name="this machine", role="none"),
    )

    @hookimpl
    def judge(self, question: ConsentQuestion) -> Opinion:
        """`deny` for a refusal or a privacy signal; everything else is `allow`, which means no objection."""
        return opinion(
            question,
            honor_dnt=self.settings.honor_dnt,
            later_consent_overrides_signal=self.settings.later_consent_overrides_signal,
        )

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Always healthy: there is nothing to connect to."""
        dnt = "Do Not Track too" if self.settings.honor_dnt else "but not Do Not Track"
        return ConnectionReport(ok=True, detail=f"Global Privacy Control is honored everywhere, {dnt}.")
