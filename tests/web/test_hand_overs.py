"""The hand-overs between threads: results come back in one wake-up, and the list in `hub.flow` is true."""

from __future__ import annotations

import asyncio
import re
import threading
from concurrent.futures import Future
from importlib import import_module

import pytest
from event_loops import in_a_thread
from no_threads import no_new_threads
from web_edge import Edge

import hub.flow
from hub.store.outage import Outage
from hub.store.writers.group_commit import GroupCommitter, WithoutDatabase
from hub.web.event_loop import CompletionQueue, EventLoopBatcher

HAND_OVER = re.compile(r"^\d\. `(?P<module>[\w.]+)` (?P<kind>[\w ]+): [^;]+; (?P<thread>[^;]+); (?P<metric>.+)$", re.M)
METRICS = {
    "items": "ringfence_batch_items_count",
    "hook": "ringfence_hook_seconds_count",
    "size": "ringfence_queue_size",
}
KINDS = ("EventLoopBatcher", "CompletionQueue", "GroupCommitter")


def test_each_hand_over_that_hub_flow_lists_has_its_class_its_thread_and_its_metric(edge: Edge) -> None:
    for request in edge.call():
        edge.send(request)
    listed = list(HAND_OVER.finditer(hub.flow.__doc__ or ""))
    assert len(listed) == 9
    threads = {thread.name for thread in threading.enumerate()}
    figures = edge.operation.get("/metrics").text
    for each in listed:
        module = import_module(each["module"])
        assert each["kind"] not in KINDS or hasattr(module, each["kind"]), each[0]
        thread = each["thread"].replace("{connector}", "twilio")
        assert thread in ("event loop", "flow") or thread in threads, f"no thread {thread} among {sorted(threads)}"
        name, _, label = each["metric"].partition("{")
        lines = [line for line in figures.splitlines() if line.startswith(METRICS[name]) and label.rstrip("}") in line]
        assert lines and sum(float(line.rpartition(" ")[2]) for line in lines) > 0, each[0]


def test_items_of_one_round_of_the_event_loop_are_handed_on_together() -> None:
    batches: list[list[int]] = []

    async def rounds() -> None:
        batcher = EventLoopBatcher[int]("webhooks", batches.append)
        for item in (1, 2, 3):
            batcher.add(item)
        await asyncio.sleep(0)
        batcher.add(4)
        await asyncio.sleep(0)

    in_a_thread(rounds())
    assert batches == [[1, 2, 3], [4]]


def test_results_from_another_thread_reach_their_futures_and_leave_alone_those_that_are_done() -> None:
    async def wait() -> list[object]:
        loop, completions = asyncio.get_running_loop(), CompletionQueue()
        good, bad, late, done = (loop.create_future() for _ in range(4))
        done.set_result("given up")

        def work() -> None:
            completions.put(done, "too late")
            completions.put(good, "stored")
            completions.put(bad, ValueError("wrong"))
            completions.put(late, "stored as well")

        await asyncio.gather(asyncio.to_thread(work), good, late)
        return [done.result(), good.result(), str(bad.exception()), late.result()]

    assert in_a_thread(wait()) == ["given up", "stored", "wrong", "stored as well"]


def test_a_job_whose_answer_nobody_can_take_ends_no_group_commit() -> None:
    def answer(jobs: list[Future[str]], written: None) -> None:
        for job in jobs:
            job.set_result("written")

    committer = GroupCommitter[Future[str], None]("visits", 1, lambda jobs: None, answer, lambda jobs, error: None)
    cancelled, next_job = Future[str](), Future[str]()
    cancelled.cancel()
    committer.submit(cancelled)
    committer.submit(next_job)
    assert next_job.result(timeout=10) == "written"
    committer.close()


def test_a_write_that_hangs_is_given_up_after_the_patience_of_whoever_waits_for_it() -> None:
    writing, hanging = threading.Event(), threading.Event()
    aside: list[str] = []

    def write(jobs: list[str]) -> None:
        writing.set()
        hanging.wait(10)

    for patience, given_up in ((1e9, False), (0.0, True)):
        without = WithoutDatabase[str](Outage(), aside.extend, patience)
        committer = GroupCommitter[str, None](
            "visits", 1, write, lambda jobs, done: None, lambda jobs, why: None, without=without
        )
        writing.clear()
        committer.submit("job")
        assert writing.wait(10) and committer.give_up_after(1.0) == given_up
        hanging.set()
        committer.close()
        hanging.clear()
    assert aside == ["job"]


def test_a_write_that_hangs_is_given_up_later_if_the_system_gives_no_thread_for_it_now() -> None:
    writing, hanging, answered = threading.Event(), threading.Event(), threading.Event()
    aside: list[str] = []

    def set_aside(jobs: list[str]) -> None:
        aside.extend(jobs)
        answered.set()

    def write(jobs: list[str]) -> None:
        writing.set()
        hanging.wait(10)

    committer = GroupCommitter[str, None](
        "visits", 1, write, lambda jobs, done: None, lambda jobs, why: None,
        without=WithoutDatabase[str](Outage(), set_aside, 0.0),
    )  # fmt: skip
    committer.submit("job")
    assert writing.wait(10)
    with no_new_threads(), pytest.raises(RuntimeError):
        committer.give_up_after(1.0)
    assert committer.give_up_after(1.0) and answered.wait(10)
    hanging.set()
    committer.close()
    assert aside == ["job"]
