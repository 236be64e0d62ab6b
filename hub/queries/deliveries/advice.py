"""Why a delivery is in its state, in words, and what somebody can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hub.contracts.conversions import NOT_SUPPORTED, UNVERIFIABLE
from hub.model import ConsentDecision, Delivery
from hub.model.conversions import BEFORE_CUT_OVER, TAKEN_BACK
from hub.model.states import DeliveryState
from hub.platform.fields import from_fields
from hub.privacy.opt_outs import OPT_OUT_RULE
from hub.privacy.policies.gate import NOT_ACCEPTED, NOT_IN_FORCE
from hub.privacy.restriction import RESTRICTION_RULE
from hub.queries.deliveries.delivery_list import DeliveryReason

ActionName = str
"""`same`, `fresh`, `aside` or `back`."""


class Advice(NamedTuple):
    """Why deliveries ended without success, and what to do: the answer, the explanation, the next step and its deed."""

    answer: str
    because: str
    next_step: str
    action: ActionName


def advice_on(reason: DeliveryReason, to: str) -> Advice:
    """What a person should know about a reason; `to` is the recipient's name."""
    said = reason.reason or ""
    known = {
        "too_old": Advice(
            "Too old.", f"{to} takes a conversion for a limited time; these came later.",
            "Nothing can mend it; set them aside.", "aside",
        ),
        NOT_SUPPORTED: Advice(f"{to} cannot do it.", said, "Nothing can mend it; set them aside.", "aside"),
        BEFORE_CUT_OVER: Advice(
            "The service before this hub has sent it.", said,
            "Nothing has to be done; if the day is wrong, correct conversions_from and send it again.", "aside",
        ),
        TAKEN_BACK: Advice("It does not count any more.", said, "If it counts again, it is sent.", "aside"),
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


def is_held_by(row: Delivery, decision: ConsentDecision) -> bool:
    """Whether consent holds a delivery: others are held because they would count twice, or no longer."""
    return row.state == DeliveryState.HELD and row.code == decision.rule_id


def release_of(decision: ConsentDecision) -> str:
    """What would release a delivery that consent holds."""
    evidence: list[Mapping[str, object]] = [each.get("evidence") or {} for each in decision.opinions]
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


def story_of(row: Delivery, decision: ConsentDecision | None, to: str) -> tuple[str, str]:
    """Why a delivery is in its state, and what happens or may be done next; `to` is the recipient's name.

    What a provider said is not in it: `row.reason` has it.
    """
    match row.shown_state:
        case DeliveryState.READY | DeliveryState.LEASED:
            tried = f" It was tried {row.attempts} times." if row.attempts else ""
            return f"It waits to be sent to {to}.{tried}", f"It is due at {row.due_at:%Y-%m-%d %H:%M} UTC."
        case DeliveryState.HELD if decision is not None and is_held_by(row, decision):
            return f"Consent holds it back from {to}: {decision.reason}", release_of(decision)
        case DeliveryState.ACCEPTED:
            return f"{to} took it; what became of it is asked later.", "Nothing has to be done."
        case DeliveryState.DELIVERED:
            return f"{to} took it and counts it.", "Nothing has to be done."
        case state if state == UNVERIFIABLE:
            return f"{to} took it, and confirms nothing.", "Nothing has to be done."
        case DeliveryState.UNMATCHED:
            return f"{to} took it, and cannot tie the person to an ad.", "Nothing has to be done."
        case DeliveryState.QUARANTINED:
            return (
                "Processes of the hub ended while they handled it, so it is set apart.",
                "Update or disable the plugin, then `hub quarantine replay`.",
            )
    reason = from_fields(DeliveryReason, row, reason=None, count=1)
    advice = advice_on(reason, to)
    return " ".join(filter(None, (advice.answer, advice.because))), advice.next_step
