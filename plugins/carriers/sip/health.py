"""Whether the gateways and their trunk work, in one sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from hub.api import ConnectionReport, RetryLater
from plugins.carriers.sip.control import Control


def report(control: Control) -> ConnectionReport:
    """Ask every gateway. One that does not answer, or whose trunk does not, is reported with what to do."""
    found = []
    for gateway in control.gateways:
        try:
            found.append(_judged(control.json(gateway, "GET", "/health")))
        except RetryLater:
            where = urlsplit(gateway).netloc
            found.append((False, f"the gateway at {where} does not answer; `hub run` starts it, or `hub sip gateway`"))
    wrong = [sentence for ok, sentence in found if not ok]
    sentences = list(dict.fromkeys(wrong or [sentence for _, sentence in found]))
    said = "; ".join(sentences)
    return ConnectionReport(ok=not wrong, detail=f"{said[:1].upper()}{said[1:]}.")


def _judged(health: Mapping[str, Any]) -> tuple[bool, str]:
    if health.get("status") != "up":
        return False, "the gateway takes no new calls, because it is drained; it ends after its last call"
    if health.get("trunk") is False:
        return False, (
            "the SIP trunk does not answer OPTIONS; check its host, port and credentials, and whether its operator allows "
            "this machine's address"
        )
    if health.get("refused"):
        return False, "the hub refuses the gateway's reports; check that both have the same secret and the same time"
    calls, waiting = health.get("calls"), health.get("waiting")
    trunk = "and its trunk answer" if health.get("trunk") else "answers; its trunk has not been asked yet"
    if not isinstance(calls, int) or not isinstance(waiting, int):
        raise RetryLater("The gateway's health cannot be read.")
    return True, f"the gateway {trunk}, {calls} calls are under way, {waiting} reports wait"
