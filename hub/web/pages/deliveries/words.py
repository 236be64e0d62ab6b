"""How pages say the state of a delivery, why it is so, and what somebody can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.contracts.connector import Connector
from hub.contracts.conversions import UNVERIFIABLE
from hub.delivery.changes import NOT_SUPPORTED
from hub.model import ConsentDecision
from hub.model.states import DeliveryState
from hub.privacy.opt_outs import OPT_OUT_RULE
from hub.privacy.policies.gate import NOT_ACCEPTED, NOT_IN_FORCE
from hub.privacy.restriction import RESTRICTION_RULE
from hub.queries.deliveries.choice import DRIFT, NEEDS_YOU, SET_ASIDE
from hub.queries.deliveries.listing import DeliveryReason

STATES: Mapping[str, tuple[str, str]] = {
    DeliveryState.READY: ("", "Ready"),
    DeliveryState.LEASED: ("", "Being sent"),
    DeliveryState.ACCEPTED: ("", "Accepted"),
    DeliveryState.DELIVERED: ("good", "Delivered"),
    UNVERIFIABLE: ("", "Accepted (unverifiable)"),
    DeliveryState.UNMATCHED: ("", "Not matched"),
    DeliveryState.HELD: ("held", "Held"),
    DeliveryState.REJECTED: ("bad", "Rejected"),
    DeliveryState.DEAD: ("bad", "Gave up"),
    DeliveryState.QUARANTINED: ("bad", "In quarantine"),
}
"""State → the kind of mark, and its word."""
RESULTS: Mapping[str, tuple[str, str]] = {
    "unknown": ("warn", "Sent, and no answer is known"),
    "untried": ("", "Given back before anything was sent"),
    "ready": ("", "Not taken yet; it is sent again"),
    "accepted": ("", "Taken; the result comes later"),
    "delivered": ("good", "Delivered"),
    UNVERIFIABLE: ("", "Taken; the network confirms nothing"),
    "unmatched": ("", "Taken, and not tied to an ad"),
    "rejected": ("bad", "Refused"),
    "dead": ("bad", "Not taken, and given up"),
}
"""Result of a try → the kind of mark, and its words."""
TABS = (
    (NEEDS_YOU, "Needs you"),
    (None, "All"),
    *(
        (state, STATES[state][1])
        for state in ("ready", "accepted", "delivered", UNVERIFIABLE, "unmatched", "held", "rejected", "dead")
    ),
    (SET_ASIDE, "Set aside"),
    (DRIFT, "Counted differently"),
)
KINDS = {"new": "", "restate": "changed value", "retract": "taken back"}
Deed = str
"""`same`, `fresh`, `aside` or `back`."""


class Advice(NamedTuple):
    """Why deliveries ended without success, and what to do: the answer, the explanation, the next step and its deed."""

    answer: str
    because: str
    next_step: str
    deed: Deed


def advice_on(reason: DeliveryReason, to: str) -> Advice:
    """What a person should know about a reason; `to` is the recipient's name."""
    said = reason.reason or ""
    known = {
        "too_old": Advice(
            "Too old.", f"{to} takes a conversion for a limited time; these came later.",
            "Nothing can mend it; set them aside.", "aside",
        ),
        NOT_SUPPORTED: Advice(f"{to} cannot do it.", said, "Nothing can mend it; set them aside.", "aside"),
        "orphaned": Advice("What it belongs to is gone.", said, "Nothing can mend it; set them aside.", "aside"),
        "original_not_delivered": Advice(
            "The conversion itself never arrived.", f"So there is nothing to change at {to}.",
            "Send the conversion first, then this again.", "same",
        ),
        "no_diagnostics": Advice(
            f"{to} accepted it and reported nothing since.", "It may count there.",
            "Sending it again does not count twice.", "same",
        ),
        "hub.no-answer": Advice(
            "A consent plugin did not answer.", "No answer means no.", "When it works again, ask again.", "same"
        ),
        "hub.silence": Advice(
            "No consent plugin is configured.", "Without one there is no consent.",
            "Add one to connectors in config.yaml, then ask again.", "same",
        ),
        NOT_ACCEPTED: Advice(
            "A policy is not accepted.", said, "Accept it (hub policy), then ask again.", "same"
        ),
        NOT_IN_FORCE: Advice("A policy is not in force.", said, "Publish it (hub policy), then ask again.", "same"),
    }  # fmt: skip
    if reason.code in known:
        return known[reason.code or ""]
    if reason.state == DeliveryState.DEAD:
        return Advice(f"{to} did not take it in time.", said, "When it works again, send it again.", "same")
    return Advice(f"{to} refused it.", said, "Mend what it names, then build it again and send.", "fresh")


def release_of(decision: ConsentDecision) -> str:
    """What would release a delivery that consent holds."""
    evidence: list[Mapping[str, Any]] = [each.get("evidence") or {} for each in decision.opinions]
    if decision.rule_id == OPT_OUT_RULE or any(
        each.get("person") in ("refused", "objected", "withdrawn") or each.get("record") for each in evidence
    ):
        return (
            "Only the person can release it, by a later yes of their own. It is then sent when somebody sends it again."
        )
    if decision.rule_id == RESTRICTION_RULE:
        return "The restriction that the person asked for must end first."
    if decision.rule_id.startswith(("hub.", "policy.")):
        return "When the cause is mended, send it again; consent is asked again then."
    if decision.verdict == "needs":
        return "The person's own yes to this use releases it, after which somebody sends it again."
    return "Another answer of the policy that decides releases it; consent is asked again whenever it is sent again."


def recipient_of(name: str, connectors: Mapping[str, Connector]) -> str:
    """A connector as people know it: its plugin's name, with its own if several connectors have that plugin."""
    if name not in connectors:
        return name
    manifest = connectors[name].manifest
    several = sum(each.manifest.name == manifest.name for each in connectors.values()) > 1
    return f"{manifest.label} ({name})" if several else manifest.label
