"""A full disk at the gateway: no recording stays in the clear, and what is lost is counted and told."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from event_loops import in_a_thread
from gateway_stage import ScriptedHub, staged
from structlog.testing import capture_logs

from plugins.carriers.sip import _judged
from plugins.carriers.sip.engine.repeating import again
from plugins.carriers.sip.engine.wav import header
from plugins.carriers.sip.gateway.call.recording import FAILED, finish
from plugins.carriers.sip.gateway.journal import insert
from plugins.carriers.sip.gateway.prompts import KeptPrompts
from plugins.carriers.sip.gateway.recording_files import RecordingFiles
from plugins.carriers.sip.gateway.recovery import note_alive

SOUND = bytes(range(256)) * 10_000
AT = "2026-11-30T12:00:00.000Z"
ROW = {
    "call_sid": "CA1",
    "source": "DialVerb",
    "channels": 2,
    "status": "in-progress",
    "start_time": AT,
    "date_updated": AT,
}


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Every write beyond this size fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_recording_that_has_no_room_for_a_copy_is_encrypted_in_its_own_place(tmp_path: Path) -> None:
    files = RecordingFiles(tmp_path, ["s" * 32])
    whole = header(2, len(SOUND)) + SOUND
    files.clear_path("RE1").write_bytes(whole)
    (tmp_path / "recordings" / "RE1.part").symlink_to(tmp_path / "missing" / "x")
    assert files.seal("RE1")
    assert [each.name for each in (tmp_path / "recordings").iterdir()] == ["RE1.sealed"]
    assert SOUND[:1000] not in (tmp_path / "recordings" / "RE1.sealed").read_bytes()
    assert b"".join(files.read("RE1") or ()) == whole
    assert not (tmp_path / "reserve").exists(), "the reserve made room"
    files.keep_reserve()
    assert (tmp_path / "reserve").stat().st_size >= 1 << 20


def test_a_recording_that_cannot_be_encrypted_is_deleted_counted_and_told(tmp_path: Path) -> None:
    async def play() -> dict[str, int]:
        async with staged(tmp_path, ScriptedHub()) as stage:
            parts = stage.parts
            await parts.journal.write(insert("recording", {"sid": "RE1", "callback": "", **ROW}))
            parts.files.clear_path("RE1").write_bytes(header(2, len(SOUND)) + SOUND)
            with no_file_beyond(len(SOUND)):
                told = await finish(parts, "RE1", "CA1", "Dial", "https://calls.example.com/webhooks/sip/recording")
            assert told == {} and not list((tmp_path / "recordings").iterdir())
            assert not await parts.journal.read("select * from recording")
            return dict(parts.counts)

    counts = in_a_thread(play())
    assert counts == {FAILED: 1}
    ok, sentence = _judged({"status": "up", "trunk": True, "disk_full": True, "counts": counts})
    assert not ok and "1 so far" in sentence and "make space" in sentence


def test_a_step_beside_the_calls_that_fails_is_taken_again() -> None:
    async def play() -> list[str]:
        taken, again_taken = list[str](), asyncio.Event()

        async def step() -> None:
            taken.append("step")
            if len(taken) == 1:
                raise sqlite3.OperationalError("database or disk is full")
            again_taken.set()

        running = asyncio.ensure_future(again("sign of life", 0.0, step))
        async with asyncio.timeout(10):
            await again_taken.wait()
        running.cancel()
        return taken

    with capture_logs() as told:
        assert len(in_a_thread(play())) >= 2
    assert [(each["part"], each["error"]) for each in told] == [("sign of life", "OperationalError")]


def test_a_full_disk_ends_neither_the_gateway_nor_the_calls_in_it(tmp_path: Path) -> None:
    async def play() -> None:
        async with staged(tmp_path, ScriptedHub()) as stage:
            with no_file_beyond(0):
                alive = asyncio.ensure_future(note_alive(stage.parts))
                await asyncio.wait({alive}, timeout=0.2)
                assert not alive.done()
            alive.cancel()

    in_a_thread(play())


def test_prompts_in_memory_are_bounded_by_their_bytes(tmp_path: Path) -> None:
    asked: list[str] = []

    class Hub:
        async def audio(self, url: str) -> bytes:
            asked.append(url)
            return header(1, 16_000) + bytes(16_000)

    async def play() -> None:
        prompts = KeptPrompts(tmp_path, Hub(), "", most_bytes=40_000)  # type: ignore[arg-type]
        for number in (0, 1, 2, 3, 3, 0):
            assert len(await prompts.played(f"https://calls.example.com/audio/{number}")) == 16_000
            for kept in (tmp_path / "prompts").iterdir():
                kept.unlink()

    in_a_thread(play())
    assert [each[-1] for each in asked] == ["0", "1", "2", "3", "0"], "the oldest was forgotten, the newest was not"
