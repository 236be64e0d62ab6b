"""Learns from our own phrases how like a refusal words are, and writes `hub/texts/languages/likeness.txt`.

It is a logistic regression with adaptive steps; it takes some ten seconds. The phrases of the measuring corpus are not among
those that it reads. The same phrases give the same file.
"""

from __future__ import annotations

import csv
import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from hub.texts.languages.likeness import FILE, PLACES, Weights, places_of
from hub.texts.wording import plain

OWN = [Path(__file__).parents[1] / "tests" / "texts" / name for name in ("corpus.tsv", "doubtful.tsv")]
ROUNDS, STEP, DECAY, BIAS, SEED = 12, 0.3, 1e-3, -1.0, 1
"""How often each phrase is seen, how far one of them moves a weight, how fast a weight that nothing confirms shrinks;
and the likeness of words that no phrase contains."""


def own_phrases() -> Sequence[Mapping[str, str]]:
    """The phrases that rules are written from and weights are learned from."""
    rows: list[Mapping[str, str]] = []
    for file in OWN:
        with file.open(encoding="utf-8", newline="") as lines:
            rows += csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return rows


def hash_of(phrases: Sequence[Mapping[str, str]]) -> str:
    """What names these phrases in the file of weights."""
    lines = "\n".join(f"{each['meaning']}\t{each['phrase']}" for each in phrases)
    return hashlib.sha256(lines.encode()).hexdigest()


def learned(phrases: Sequence[Mapping[str, str]]) -> Weights:
    """The weights by which these phrases are told apart."""
    examples = [(places_of(plain(each["phrase"])), each["meaning"] == "stop") for each in phrases]
    examples = [(places, is_stop) for places, is_stop in examples if places]
    values, moved = [0.0] * PLACES, [0.01] * PLACES
    order = random.Random(SEED)
    for _ in range(ROUNDS):
        order.shuffle(examples)
        for places, is_stop in examples:
            share = 1 / math.sqrt(len(places))
            odds = BIAS + share * sum([values[place] for place in places])
            error = 1 / (1 + math.exp(-odds)) - is_stop
            slope = error * share
            for place in places:
                moved[place] += slope * slope
                values[place] -= DECAY * values[place] + STEP * slope / math.sqrt(moved[place])
    unit = max(map(abs, values)) / 127
    return Weights(hash_of(phrases), BIAS, unit, [round(value / unit) for value in values])


if __name__ == "__main__":
    learned(own_phrases()).write(FILE)
