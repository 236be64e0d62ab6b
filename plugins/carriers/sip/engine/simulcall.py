"""Several phones ring at once; the first that takes the call wins."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from plugins.carriers.sip.engine.interface import Busy, Declined, Dial, Engine, Leg, NoAnswer, NotPlaced, Unreachable

Accept = Callable[[Leg, Dial], Awaitable[bool]]
"""Whether the person who answered takes the call: a whisper with a key. False lets the others ring on."""


async def first_to_answer(
    engine: Engine,
    dials: Sequence[Dial],
    *,
    accept: Accept | None = None,
    on_ringing: Callable[[Dial], None] | None = None,
    on_failed: Callable[[Dial, NotPlaced], None] | None = None,
    heard_by: Leg | None = None,
) -> tuple[Leg, Dial]:
    """Ring all of `dials` at once; return the first leg that was answered and accepted, and cancel the others.

    `on_failed` hears of each phone that fails. `heard_by` hears the ringback. If nobody takes the call the most
    telling of the failures is raised: declined, busy, no answer, then unreachable. A leg that did not accept is hung up
    and counts as `NoAnswer`. Cancelling cancels every phone.
    """
    if not dials:
        raise Unreachable("There is no number to call.")
    tasks = {asyncio.create_task(_one(engine, dial, accept, on_ringing, heard_by)): dial for dial in dials}
    failures: list[NotPlaced] = []
    won: tuple[Leg, Dial] | None = None
    try:
        pending = set(tasks)
        while pending and won is None:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(done, key=lambda each: dials.index(tasks[each])):
                error = task.exception()
                if isinstance(error, NotPlaced):
                    failures.append(error)
                    if on_failed:
                        on_failed(tasks[task], error)
                elif error:
                    raise error
                elif won is None:
                    won = task.result(), tasks[task]
    finally:
        await _stop(tasks, won)
    if won is None:
        raise _most_telling(failures)
    return won


async def _one(
    engine: Engine,
    dial: Dial,
    accept: Accept | None,
    on_ringing: Callable[[Dial], None] | None,
    heard_by: Leg | None,
) -> Leg:
    return await engine.place(
        dial,
        on_ringing=(lambda: on_ringing(dial)) if on_ringing else None,
        heard_by=heard_by,
        accept=(lambda leg: accept(leg, dial)) if accept else None,
    )


async def _stop(tasks: dict[asyncio.Task[Leg], Dial], won: tuple[Leg, Dial] | None) -> None:
    """Cancel what still rings, and hang up what was answered in the same moment as the winner."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(outcome, BaseException) and (won is None or outcome is not won[0]):
            await outcome.hang_up()


def _most_telling(failures: Sequence[NotPlaced]) -> NotPlaced:
    for kind in (Declined, Busy, NoAnswer):
        for failure in failures:
            if isinstance(failure, kind):
                return failure
    return failures[0]
