"""Why a call of the stack closed, read from its text; and what a refusal of an outgoing call means."""

from __future__ import annotations

import re

from plugins.carriers.sip.engine.interface import (
    Busy,
    Declined,
    Ended,
    NoAnswer,
    NotPlaced,
    Reason,
    Side,
    Unreachable,
)

_STATUS = re.compile(r"([3-6]\d\d)\b")
BUSY = {486, 600}
DECLINED = {603, 607, 608}
NO_ANSWER = {408, 480, 487}


def ending(text: str, answered: bool, outgoing: bool) -> Ended:
    """How a call ended that we did not end."""
    found = _STATUS.match(text)
    status = int(found[1]) if found else None
    if "rtp" in text.lower():
        return Ended(Reason.SILENT_RTP, Side.PARTY, status)
    if answered:
        return Ended(Reason.HUNG_UP, Side.PARTY, status)
    if outgoing and status is not None:
        return Ended(Reason.REJECTED, Side.PARTY, status)
    if outgoing:
        return Ended(Reason.FAILED, Side.PARTY, status)
    return Ended(Reason.CANCELLED, Side.PARTY, status or 487)


def not_placed(ended: Ended) -> NotPlaced:
    """The exception for an outgoing call that ended before its answer."""
    status = ended.status
    if status in BUSY:
        return Busy("The phone is busy.", status)
    if status in DECLINED:
        return Declined("The call was declined.", status)
    if status in NO_ANSWER:
        return NoAnswer("Nobody answered.", status)
    return Unreachable("The number cannot be reached.", status)
