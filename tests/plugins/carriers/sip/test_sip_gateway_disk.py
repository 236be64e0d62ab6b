"""A full disk at the gateway: no recording stays in the clear, and what is lost is counted and told."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from event_loops import in_a_thread
from gateway_stage import ScriptedHub, staged

from plugins.carriers.sip import _judged
from plugins.carriers.sip.engine.wav import header
from plugins.carriers.sip.gateway.call.recording import FAILED, finish
from plugins.carriers.sip.gateway.journal import insert
from plugins.carriers.sip.gateway.recording_files import RecordingFiles

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
