"""A party that falls silent, on a line of its own: at two seconds, a busy machine would end calls of people who talk."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("baresip", reason="no wheel of baresip-python for this platform")

import asyncio

from engine_line import Line

from plugins.carriers.sip.engine.interface import LegEnded, Reason, Side

pytestmark = pytest.mark.soak


def test_a_party_that_vanishes_without_a_bye_ends_the_call_with_that_reason(tmp_path: Path) -> None:
    line = Line(tmp_path, silent_seconds=2)
    line.open()

    async def walk() -> None:
        leg, theirs = await line.called()
        theirs.ended = True
        ended = await asyncio.shield(leg.ended)
        assert (ended.reason, ended.side) == (Reason.SILENT_RTP, Side.PARTY)
        with pytest.raises(LegEnded):
            await leg.play(b"\0\0")

    try:
        line.run(walk())
    finally:
        line.close()
