"""The ledger of a chaos run: of what was played under each fault, how much is there once, lost, doubled and was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.model import Call
from hub.model.conversions import conversion_key
from hub.model.states import CallStatus
from hub.proof.chaos.environment import CONVERSION_RULE, Environment
from hub.proof.chaos.load import Callers, Kind, PlayedCall

WRITTEN: tuple[Kind, ...] = ("text", "form")


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """One kind of thing under one fault. `refused` counts attempts that were not acknowledged; each was repeated."""

    fault: str
    kind: str
    played: int
    once: int
    lost: int
    doubled: int
    refused: int = 0


def write_ledger(
    stage: Environment,
    callers: Callers,
    calls: Mapping[str, Call],
    kept: Mapping[Kind, Mapping[str | None, int]],
    excused: Collection[str],
) -> Iterator[LedgerRow]:
    """All rows. `calls` are the hub's calls by the carrier's id; `kept` counts its texts and forms by their keys;
    `excused` are the conversions that the network ties to no ad, or that are held because a visitor refused."""
    at_network = stage.network.conversions()
    clicks = Counter(map(click_of, at_network.values()))
    logged = Counter(activity["key"] for activity in stage.crm.activities())
    for fault in dict.fromkeys(each.fault for each in callers.calls):
        recorded, unrecorded = callers.visits[fault, True], callers.visits[fault, False]
        yield LedgerRow(
            fault=fault,
            kind="visit",
            played=recorded + unrecorded,
            once=recorded,
            lost=unrecorded,
            doubled=0,
            refused=callers.refused[fault, "visit"],
        )
        made = [each for each in callers.calls if each.fault == fault]
        ended = [
            found
            for each in made
            if (found := calls.get(each.carrier_call_id)) is not None and found.status == CallStatus.COMPLETED
        ]
        yield _row(fault, "call", len(made), [logged[call.id] for call in ended], callers.refused[fault, "call"])
        for kind in WRITTEN:
            keys = [each.key for each in callers.items if (each.kind, each.fault) == (kind, fault)]
            counts = [kept[kind].get(key, 0) for key in keys]
            yield _row(fault, kind, len(keys), counts, callers.refused[fault, kind])
        due = [each for each in made if each.converts and (each.alone or _key(each, calls) not in excused)]
        yield _row(fault, "conversion", len(due), [_counted(each, calls, at_network, clicks) for each in due])


def click_of(state: Any) -> str | None:
    """The click that the ad network knows for a conversion."""
    clicks: dict[str, str] = state["click_ids"]
    return clicks.get("gclid")


def _counted(
    call: PlayedCall, calls: Mapping[str, Call], at_network: Mapping[str, object], clicks: Mapping[str | None, int]
) -> int:
    """How many times the ad network counts a call."""
    if _key(call, calls) not in at_network:
        return 0
    return max(1, clicks[call.click_id]) if call.alone else 1


def _key(call: PlayedCall, calls: Mapping[str, Call]) -> str:
    """The key of a call's conversion; empty if the hub has no such call."""
    known = calls.get(call.carrier_call_id)
    return conversion_key(CONVERSION_RULE, known.id) if known is not None else ""


def _row(fault: str, kind: str, played: int, found: Sequence[int], refused: int = 0) -> LedgerRow:
    once = sum(count == 1 for count in found)
    doubled = sum(count > 1 for count in found)
    return LedgerRow(
        fault=fault, kind=kind, played=played, once=once, lost=played - once - doubled, doubled=doubled, refused=refused
    )
