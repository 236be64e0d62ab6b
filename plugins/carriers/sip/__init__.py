"""A line of your own: a SIP trunk, answered by a gateway of ours that does every step of a call flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from hub.api import (
    ApiVersion,
    Auth,
    BadSignature,
    ConnectionReport,
    DataFlow,
    Deletion,
    Manifest,
    Recipient,
    Rejected,
    RetryLater,
    Share,
    WebhookRequest,
    Webhooks,
    hookimpl,
)
from hub.api import Services as Services
from hub.api.carriers import CallLimits, CompanionProcess, NumberSetup, OwnedNumber
from plugins.carriers.sip.calls import Calls
from plugins.carriers.sip.companion import companion
from plugins.carriers.sip.control import caps_reached, items
from plugins.carriers.sip.figures import counts_of, fallen, figures_of
from plugins.carriers.sip.recordings import Recordings
from plugins.carriers.sip.settings import SipSettings
from plugins.carriers.sip.signature import HEADER, is_signed
from plugins.carriers.sip.translate import SipTwiml, SipWebhook

REGISTERED = "registered"
"""What the gateway's health says of a line that is signed in at its trunk."""


EMERGENCY = {
    "announce": "your phones cannot place emergency calls, and say so to who tries: keep another telephone for them",
    "trunk": "emergency calls of your phones go through the trunk, whose operator must know the address of each phone",
}
"""What each check of the line says of emergency calls."""


class Sip(Calls, Recordings):
    """One SIP trunk with its gateways as a carrier."""

    manifest = Manifest(
        name="sip",
        kind="carrier",
        version="0.1.0",
        title="SIP trunk",
        summary="A SIP trunk of your own, answered by a gateway on your machine: calls, recordings, call-backs.",
        recipient=Recipient(name="the operator of your SIP trunk", role="independent_controller"),
        network_library="the gateway's SIP engine",
        retention="at the gateway: calls 30 days, their signalling 7 days, recordings until they are deleted, at most "
        "keep_recordings_days; at the trunk's operator: what its contract and the law say",
        webhooks=Webhooks(signature_header=HEADER),
        flows=(
            DataFlow(
                hook="place_call",
                use="essential.service.call_back",
                shares=(Share(field="user_number"), Share(field="person_number")),
            ),
            DataFlow(hook="export_person", use="essential.legal_obligation", shares=(Share(field="phone_numbers"),)),
            DataFlow(hook="erase_person", use="essential.legal_obligation", shares=(Share(field="phone_numbers"),)),
        ),
        deletion=Deletion(
            supported=True,
            note="The gateway deletes its calls and recordings at once. The trunk's operator keeps records of calls for its "
            "bills and by law; ask it.",
        ),
        auth=Auth(kind="api_key"),
        # The gateway speaks no more of a text (engine/speech.py). The languages are those of the voices on its machine.
        call_limits=CallLimits(text_bytes=3_000),
        understands_here=True,
        abilities=(
            "accept",
            "accept_several",
            "call_back",
            "converse",
            "dial",
            "dial_several",
            "end_recording",
            "gather",
            "gather_hash",
            "message",
            "phone",
            "play",
            "record",
            "say",
            "time_limit",
            "whisper",
        ),
        versions=(ApiVersion(name="2.0", api="SIP"),),
    )
    Settings = SipSettings
    language = SipTwiml
    webhook = SipWebhook

    def check_signature(self, request: WebhookRequest) -> bytes:
        """The address and the body, if a gateway signed them."""
        given = request.headers.get(HEADER, "")
        if not is_signed(self.settings.secrets, request.received_at, request.method, request.url, request.body, given):
            raise BadSignature(
                "the webhook is not signed by a gateway of this connector; check secret, public_url and both clocks."
            )
        return request.url.encode("utf-8", "surrogatepass") + request.body

    def account(self) -> str:
        """The connector's name."""
        return self.name

    def origins(self) -> Sequence[str]:
        """The gateways, which serve their recordings."""
        return self._control.gateways

    @hookimpl
    def companion_process(self, number: int) -> CompanionProcess | None:
        """The gateway with this number."""
        return companion(self.name, self.settings, self.services.webhook_url, number)

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """The numbers for which the gateway takes calls."""
        shown = items(self._control.first(lambda gateway: self._control.json(gateway, "GET", "/numbers")), "numbers")
        return [self._owned(str(each.get("number"))) for each in shown]

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Nothing to set: the gateway asks the hub about every call on the numbers of config.yaml."""
        if setup.number not in self.settings.numbers:
            raise Rejected(f"{setup.number} is not among the numbers of connector {self.name!r}; add it to `numbers`.")
        return self._owned(setup.number)

    def _owned(self, number: str) -> OwnedNumber:
        below = self.services.webhook_url
        return OwnedNumber(
            number=number,
            provider_id=number,
            voice_url=f"{below}/voice",
            fallback_url=f"{below}/fallback",
            status_url=f"{below}/status",
        )

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Ask every gateway. One that does not answer, or whose trunk does not, is reported with what to do."""
        found, counted = [], Counter[str]()
        for gateway in self._control.gateways:
            try:
                health = self._control.json(gateway, "GET", "/health")
                found.append(_judged(health))
                counted.update(counts_of(health))
            except RetryLater:
                where = urlsplit(gateway).netloc
                found.append(
                    (False, f"the gateway at {where} does not answer; `hub run` starts it, or `hub sip gateway`")
                )
        found += [(False, sentence) for sentence in [fallen(counted)] if sentence]
        wrong = [sentence for ok, sentence in found if not ok]
        sentences = list(dict.fromkeys(wrong or [sentence for _, sentence in found]))
        said = "; ".join(sentences + ([EMERGENCY[self.settings.phones.emergency]] if self.settings.phones else []))
        return ConnectionReport(ok=not wrong, detail=f"{said[:1].upper()}{said[1:]}.", figures=figures_of(counted))


def _judged(health: Mapping[str, Any]) -> tuple[bool, str]:
    if health.get("status") != "up":
        return False, "the gateway takes no new calls, because it is drained; it ends after its last call"
    if health.get("trunk") is False:
        return False, (
            "the SIP trunk does not answer OPTIONS; check its host, port and credentials, and whether its operator allows "
            "this machine's address"
        )
    if (registration := health.get("registration")) not in (None, "", REGISTERED):
        return False, (
            f"the SIP trunk does not take the line's registration ({registration}); check username, password and host "
            "of the trunk"
        )
    counts = health.get("counts")
    lost = counts.get("recording failed", 0) if isinstance(counts, dict) else 0
    if health.get("disk_full"):
        return False, (
            "the disk of the gateway's folder is nearly full, so that recordings are cut off or lost "
            f"({lost} so far); make space there"
        )
    if why := health.get("deaf"):
        return False, f"no assistant understands callers, and their calls go on at `otherwise` ({str(why).rstrip('.')})"
    if health.get("refused"):
        return False, "the hub refuses the gateway's reports; check that both have the same secret and the same time"
    if caps := caps_reached(health.get("caps")):
        return False, caps
    calls, waiting = health.get("calls"), health.get("waiting")
    trunk = "and its trunk answer" if health.get("trunk") else "answers; its trunk has not been asked yet"
    if not isinstance(calls, int) or not isinstance(waiting, int):
        raise RetryLater("The gateway's health cannot be read.")
    phones = health.get("phones") or {}
    signed_in = f", {sum(map(bool, phones.values()))} of {len(phones)} phones are signed in" if phones else ""
    return True, f"the gateway {trunk}, {calls} calls are under way, {waiting} reports wait{signed_in}"
