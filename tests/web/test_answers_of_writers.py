"""Requests that wait for a writer: one that ends early is in nobody's way."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Future

from hub.web.public_requests import result_of


def test_a_request_that_waits_no_more_leaves_the_writer_its_answer() -> None:
    async def ended_early(answer: Future[int]) -> None:
        waiting = asyncio.create_task(result_of(answer))
        await asyncio.sleep(0)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting

    answer: Future[int] = Future()
    asyncio.run(ended_early(answer))
    answer.set_result(7)  # raises if it was cancelled, and then the rest of the batch had no answer
    assert answer.result() == 7
