"""The own line (`sip`) with many bridged and recorded calls at once: gaps in recordings, post-dial delay, CPU a call.

Both the line and its trunk run on this machine. A gap is 60 ms or more of silence in a party's channel, which holds one
tone without a break. The limit is the last of LEVELS without one. Needs the extra `sip`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.figures import Figure, at_most, print_figures

CALLS = 20
LEVELS = (30, 40, 60, 80)
SECONDS = 12.0
GAP_MS = 60.0
DELAY_MS = 300.0
WARM_S = 0.6
"""What the first moments of a recording and its last may hold before both parties are heard."""
QUIET = 200


@dataclass(frozen=True)
class Round:
    """What one level measured."""

    calls: int
    recordings: int
    gap_ms: float
    late_ms: float
    delays_ms: list[float]
    cpu_share: float
    """Of one core, for each call."""
    tick_ms: float

    @property
    def holds(self) -> bool:
        """Whether nothing is missing."""
        return self.recordings == self.calls and self.gap_ms < GAP_MS


def measure() -> list[Figure]:
    """The figures of the line, and how many calls it holds."""
    first = load(CALLS)
    held = CALLS if first.holds else 0
    for calls in LEVELS:
        if not held or not load(calls).holds:
            break
        held = calls
    detail = (
        f"{first.recordings} recordings; clocks late by {first.late_ms:.0f} ms (trunk), {first.tick_ms:.0f} ms (line)"
    )
    return [
        at_most(f"sip: longest gap in {CALLS} recorded bridges", first.gap_ms, GAP_MS, "ms", detail, row=16),
        at_most("sip: post-dial delay of the line, p95", quantiles(first.delays_ms, n=20)[-1], DELAY_MS, "ms",
                f"median {median(first.delays_ms):.0f} ms", row=16),
        at_most("sip: CPU of a bridged and recorded call, of one core", 100 * first.cpu_share, 4.0, "%", row=16),
        Figure(what="sip: calls without a gap", measured=f"{held} (tried {', '.join(map(str, (CALLS, *LEVELS)))})",
               value=float(held), less_is_better=False),
    ]  # fmt: skip


def load(calls: int, seconds: float = SECONDS) -> Round:
    """One level, with an engine and a trunk of its own."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        line, trunk = 15160, 15162
        engine = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sip_line", str(line), str(trunk), text],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert engine.stdout and engine.stdin
        assert engine.stdout.readline() == "ready\n"
        peers = subprocess.run(
            [sys.executable, "-m", "benchmarks.sip_peers", str(trunk), str(line), str(calls), str(seconds)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        engine.stdin.write("done\n")
        engine.stdin.flush()
        said = json.loads(engine.stdout.readline())
        engine.wait(20)
        heard = json.loads(peers.stdout)
        files = sorted(folder.glob("*.wav"))
        gaps = [gap for file in files for gap in gaps_ms(file)]
        delays = [1e3 * each for each in said["delays"]] or [1e9, 1e9]
        share = said["cpu"] / max(1.0, sum(file.stat().st_size for file in files) / 32_000)
        return Round(calls, len(files), max(gaps, default=1e9), 1e3 * heard["late"], delays, share, 1e3 * said["tick"])


def gaps_ms(file: Path) -> tuple[float, float]:
    """The longest silence in each channel of a recording, in ms, without its first and last moments."""
    with wave.open(str(file)) as opened:
        both = array("h", opened.readframes(opened.getnframes()))
    edge = int(WARM_S * 8000)
    return _longest(both[0::2][edge:-edge]), _longest(both[1::2][edge:-edge])


def _longest(channel: array[int]) -> float:
    longest = run = 0
    for at in range(0, len(channel), 40):
        quiet = max(map(abs, channel[at : at + 40]), default=0) < QUIET
        run = run + 1 if quiet else 0
        longest = max(longest, run)
    return longest * 5.0


if __name__ == "__main__":
    print_figures(measure())
