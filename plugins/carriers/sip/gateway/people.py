"""What the gateway holds about a person of one company, and its deletion."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from plugins.carriers.sip.gateway.parts import Parts

SHOWN = ("from", "to", "status", "direction", "start_time", "end_time", "duration", "caller_name")


async def held(parts: Parts, who: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The person's recordings, then calls: those between their numbers and the company's, and those whose id the hub knows."""
    legs, audio = await _of_person(parts, who)
    return [
        *({"type": "recording", "sid": each["sid"], "fields": {"call_sid": each["call_sid"]}} for each in audio),
        *(
            {"type": "call", "sid": leg["sid"], "fields": {name: str(leg[name]) for name in SHOWN if leg[name]}}
            for leg in legs
        ),
    ]


async def erase(parts: Parts, who: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Delete them: `records` says how many. What is under way stays, and the hub asks again later."""
    legs, audio = await _of_person(parts, who)
    under_way = [leg for leg in legs if leg["end_time"] is None]
    if under_way or any(each["status"] != "completed" for each in audio):
        return {"records": 0, "under_way": True}
    for each in audio:
        await asyncio.to_thread(parts.files.delete, each["sid"])
    await parts.journal.write(
        *(("delete from recording where sid = ?", (each["sid"],)) for each in audio),
        *(("delete from leg where sid = ?", (leg["sid"],)) for leg in legs),
        ("delete from signalling where sid not in (select sid from leg)", ()),
        ("delete from message where sip_call_id not in (select sip_call_id from signalling)", ()),
    )
    return {"records": len(legs) + len(audio), "under_way": False}


async def _of_person(
    parts: Parts, who: Mapping[str, Sequence[str]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    theirs, ours, ids = (_marks(who[name]) for name in ("phone_numbers", "tracking_numbers", "ids"))
    numbers = (*who["phone_numbers"], *who["tracking_numbers"], *who["tracking_numbers"], *who["phone_numbers"])
    first = await parts.journal.read(
        f'select sid from leg where ("from" in ({theirs}) and "to" in ({ours})) '  # noqa: S608 - only question marks
        f'or ("from" in ({ours}) and "to" in ({theirs})) or sid in ({ids})',
        *numbers,
        *who["ids"],
    )
    calls = [row["sid"] for row in first]
    legs = await parts.journal.read(
        f"select * from leg where sid in ({_marks(calls)}) or parent_call_sid in ({_marks(calls)})",  # noqa: S608
        *calls,
        *calls,
    )
    known = [leg["sid"] for leg in legs]
    audio = await parts.journal.read(
        f"select * from recording where call_sid in ({_marks(known)}) or sid in ({ids})",  # noqa: S608
        *known,
        *who["ids"],
    )
    return legs, audio


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
