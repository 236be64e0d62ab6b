"""How like a refusal words are: the second opinion beside the patterns, learned from our own phrases.

A linear model of words, of pairs of words side by side and of pairs of near word beginnings, which have a weight each in
`likeness.txt`. `python -m benchmarks.learning` writes that file. It contains no word of anybody: the weights lie
at places that are computed from the words.
"""

from __future__ import annotations

import base64
import math
import re
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("likeness.txt")
PLACES = 1 << 16
"""Weights of the model. Two words that share a place share its weight."""
MAX_WORDS = 60
"""Words that are compared; what follows is not."""
BEGINNING, NEAR = 4, 5
"""Letters of a word's beginning, and how many words apart two of them count as a pair."""
DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Weights:
    """What was learned. `learned_from` names the phrases by their hash; a likeness is `bias` plus the mean weight, scaled."""

    learned_from: str
    bias: float
    unit: float
    values: Sequence[int]

    def write(self, file: Path = FILE) -> None:
        """Write the weights to the file that `likeness` reads."""
        packed = base64.b85encode(zlib.compress(array("b", self.values).tobytes(), 9)).decode()
        file.write_text(f"{self.learned_from}\n{self.bias:.6f} {self.unit:.6f}\n{packed}\n", "ascii")


@cache
def weights() -> Weights:
    """The weights of this release."""
    learned_from, numbers, packed = FILE.read_text("ascii").split("\n")[:3]
    bias, unit = map(float, numbers.split())
    return Weights(learned_from, bias, unit, array("b", zlib.decompress(base64.b85decode(packed))))


def likeness(said: str) -> float:
    """How like a refusal `said` is, in plain form: the logarithm of the odds that it is one. 0 is as likely as not."""
    places = places_of(said)
    if not places:
        return -math.inf
    learned = weights()
    return learned.bias + learned.unit * sum(learned.values[place] for place in places) / math.sqrt(len(places))


def places_of(said: str) -> Sequence[int]:
    """Where the weights of `said` lie, each one time."""
    return sorted({zlib.crc32(feature.encode()) % PLACES for feature in _features(said)})


def _features(said: str) -> Iterator[str]:
    words = DIGITS.sub("0", said).split()[:MAX_WORDS]
    beginnings = [word[:BEGINNING] for word in words]
    yield from words
    yield from (f"{beginning}*" for beginning in beginnings)
    yield from (f"{first} {second}" for first, second in zip(["^", *words], [*words, "$"], strict=True))
    for position, first in enumerate(beginnings):
        yield from (f"{first}* {second}*" for second in beginnings[position + 1 : position + 1 + NEAR])
