"""What was sent, in words: each delivery with its state, its reason, and whether it can be replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.contracts.connector import Connector
from hub.contracts.conversions import UNVERIFIABLE
from hub.model.states import FINAL_DELIVERY_STATES, REPLAYABLE_DELIVERY_STATES, AttemptResult, DeliveryState
from hub.platform.formats import money
from hub.queries.contact.sent import Sent
from hub.web.pages.call.why import Answer

STATES: Mapping[str, tuple[str, str]] = {
    DeliveryState.READY: ("", "Waiting"),
    DeliveryState.LEASED: ("", "Sending"),
    DeliveryState.ACCEPTED: ("", "Accepted"),
    DeliveryState.DELIVERED: ("good", "Delivered"),
    UNVERIFIABLE: ("", "Accepted (unverifiable)"),
    DeliveryState.UNMATCHED: ("", "Not matched"),
    DeliveryState.REJECTED: ("bad", "Rejected"),
    DeliveryState.HELD: ("held", "Held"),
    DeliveryState.DEAD: ("bad", "Given up"),
    DeliveryState.QUARANTINED: ("bad", "In quarantine"),
}
RESULTS: Mapping[str, str] = {
    AttemptResult.UNKNOWN: "no answer is known",
    AttemptResult.UNTRIED: "given back before anything was sent",
    AttemptResult.LOOKED_AT: "looked at by a person",
    DeliveryState.READY: "to be tried again",
    **{state: word.lower() for state, (_, word) in STATES.items() if state != DeliveryState.READY},
}
TAKEN = ("Delivered", "Accepted", "Accepted (unverifiable)")


@dataclass(frozen=True)
class SentLine:
    """One delivery as the page shows it."""

    sent: Sent
    to: str
    """The connector's recipient, or its name if config.yaml no longer has it."""
    what: str
    state: str
    word: str
    may_repeat: bool
    """Whether the same may be sent again."""
    may_rebuild: bool
    """Whether it may be built from what is known now; whether that would count twice is checked when it is asked for."""


def sent_lines(sent: Sequence[Sent], connectors: Mapping[str, Connector]) -> list[SentLine]:
    """The deliveries in words."""
    return [_line(each, connectors) for each in sent]


def sent_answer(lines: Sequence[SentLine]) -> Answer:
    """What was sent?"""
    if not lines:
        return Answer("Nothing.", "No rule of config.yaml makes something of this contact.", word="Nothing")
    counts = Counter(line.word for line in lines)
    taken = next((word for word in TAKEN if counts[word]), "Not matched")
    good = sum(counts[word] for word in TAKEN)
    short = (
        f"All {len(lines)} went out." if good == len(lines) > 1 else
        "It went out." if good == len(lines) else
        f"{good} of {len(lines)} went out." if good else
        "The network cannot tie it to an ad." if counts["Not matched"] == len(lines) else "Nothing went out."
    )  # fmt: skip
    reason = "; ".join(f"{line.to}: {line.word.lower()}" for line in lines[:4]) + ("; …" if len(lines) > 4 else ".")
    for state, word in (("bad", "Rejected"), ("bad", "Given up"), ("held", "Held"), ("", "Waiting"), ("", "Sending")):
        if counts[word]:
            return Answer(short, reason, state, f"{counts[word]} {word.lower()}", is_open=state in ("bad", "held"))
    return Answer(short, reason, "good" if good else "", taken)


def _line(each: Sent, connectors: Mapping[str, Connector]) -> SentLine:
    row = each.delivery
    state, word = STATES.get(row.shown_state, ("", row.state))
    connector = connectors.get(row.connector)
    to = connector.manifest.recipient.name if connector else row.connector
    over = row.state in FINAL_DELIVERY_STATES and row.state != DeliveryState.UNMATCHED
    rebuilt = over and row.hook == "upload_conversions" and row.kind != "retract"
    return SentLine(each, to, _what(each), state, word, row.state in REPLAYABLE_DELIVERY_STATES, rebuilt)


def _what(each: Sent) -> str:
    row = each.delivery
    if row.hook == "log_calls":
        return "The call's log entry"
    name = f"“{each.conversion.rule}”" if each.conversion else "A conversion"
    worth = f", {money(row.amount, row.currency)}" if row.amount is not None else ""
    kinds = {"restate": f"The changed value of {name}", "retract": f"The retraction of {name}"}
    return kinds.get(row.kind, name) + worth
