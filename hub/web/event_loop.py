"""How work leaves the event loop in batches, and how its results return from other threads."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from hub.platform import metrics

Item = TypeVar("Item")
Result = TypeVar("Result")


class EventLoopBatcher(Generic[Item]):
    """Collects the items of one round of the event loop and passes them on together. Not thread-safe: event loop only."""

    def __init__(self, queue: str, hand_on: Callable[[list[Item]], None]) -> None:
        self._hand_on = hand_on
        self._items: list[Item] = []
        self._sizes = metrics.BATCH_ITEMS.labels(queue)

    def add(self, item: Item) -> None:
        """Pass an item on at the end of this round."""
        if not self._items:
            asyncio.get_running_loop().call_soon(self._flush)
        self._items.append(item)

    def _flush(self) -> None:
        items, self._items = self._items, []
        self._sizes.observe(len(items))
        self._hand_on(items)


class CompletionQueue:
    """Results from other threads for futures of one event loop. All results that are ready wake the loop one time.
    Thread-safe."""

    def __init__(self) -> None:
        self._results: deque[tuple[asyncio.Future[Any], Any]] = deque()
        self._is_waking = False
        self._sizes = metrics.BATCH_ITEMS.labels("completions")

    def put(self, future: asyncio.Future[Result], result: Result | BaseException) -> None:
        """Set a future's result or exception on its event loop. A future that is already done stays as it is."""
        self._results.append((future, result))
        if not self._is_waking:
            self._is_waking = True
            with contextlib.suppress(RuntimeError):  # the loop has ended: the hub is stopping
                future.get_loop().call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._is_waking = False  # first: a result that is put from now on wakes the loop again
        count = 0
        while self._results:
            future, result = self._results.popleft()
            count += 1
            if future.done():
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
        if count:
            self._sizes.observe(count)
