"""How often the reader of refusals is wrong on phrases that no rule was written from: by language and by channel.

It prints rates and counts and never a phrase, so that nobody writes rules from `tests/texts/measuring_corpus_2.tsv`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, print_figures
from hub.texts.words import Reading, Source, read

MEASURING = Path(__file__).parents[1] / "tests" / "texts" / "measuring_corpus_2.tsv"
MAX_LOST, MAX_FALSE = 0.02, 0.01
SOURCES: Mapping[str, Source] = {"text": "text", "form": "form", "voice": "speech", "note": "note"}
"""The channels of the corpus, as the reader names them."""
PARTS: Mapping[str, str] = {"en": "language", "es": "language", "fr-CA": "language"} | dict.fromkeys(SOURCES, "channel")


@dataclass(frozen=True)
class Rates:
    """Counts of one part of the corpus.

    `lost`: stops that are neither sure nor doubtful, nor refused in the answer to a marketing text. `to_review`: stops that
    only a user or the question settles. `lost_alone`: as lost, if no marketing text came before. `false`: other phrases that
    are a sure stop; `asked`: that are doubtful; `asked_after_marketing`: that are doubtful or a refusal. `channels`: stops
    that are read with the right channels.
    """

    stops: int
    others: int
    lost: int
    lost_alone: int
    to_review: int
    channels: int
    false: int
    asked: int
    asked_after_marketing: int

    @property
    def lost_rate(self) -> float:
        """Lost stops, as a part of all stops."""
        return self.lost / self.stops

    @property
    def false_rate(self) -> float:
        """False stops, as a part of all other phrases."""
        return self.false / self.others

    def __str__(self) -> str:
        return (
            f"{self.stops} stops: lost {self.lost} ({self.lost_rate:.1%}), without marketing before {self.lost_alone}, "
            f"to review {self.to_review}, right channels {self.channels}; {self.others} others: false stops {self.false} "
            f"({self.false_rate:.1%}), doubtful {self.asked}, after marketing {self.asked_after_marketing}"
        )


def rates(readings: Sequence[tuple[Mapping[str, str], Reading]]) -> Rates:
    """What the reader made of these rows of the corpus."""
    stops = [(row, reading) for row, reading in readings if row["meaning"] == "stop"]
    others = [(row, reading) for row, reading in readings if row["meaning"] != "stop"]
    unseen = [(row, reading) for row, reading in stops if not (_is_sure(reading) or reading.how == "doubtful")]
    return Rates(
        stops=len(stops),
        others=len(others),
        lost=sum(not _is_asked(row, reading) for row, reading in unseen),
        lost_alone=len(unseen),
        to_review=sum(reading.how == "doubtful" for _, reading in stops),
        channels=sum(reading.channels == _scope(row["scope"]) for row, reading in stops),
        false=sum(_is_sure(reading) for _, reading in others),
        asked=sum(reading.how == "doubtful" for _, reading in others),
        asked_after_marketing=sum(_is_asked(row, reading) for row, reading in others if not _is_sure(reading)),
    )


def corpus() -> Sequence[Mapping[str, str]]:
    """The phrases of the measuring corpus."""
    with MEASURING.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def rates_by_part() -> Mapping[str, Rates]:
    """The rates of all phrases, of each language and of each channel."""
    readings = [(row, read(row["phrase"], SOURCES[row["channel"]])) for row in corpus()]
    parts = {part: [each for each in readings if each[0][column] == part] for part, column in PARTS.items()}
    return {"all": rates(readings)} | {part: rates(rows) for part, rows in parts.items()}


def measure() -> list[Figure]:
    """One line for each part; only the rates of all phrases have a bound."""
    return [
        Figure(
            what=f"refusals, {part}",
            measured=str(measured),
            wanted=f"lost at most {MAX_LOST:.0%}, false at most {MAX_FALSE:.0%}" if part == "all" else "",
            met=measured.lost_rate <= MAX_LOST and measured.false_rate <= MAX_FALSE if part == "all" else None,
        )
        for part, measured in rates_by_part().items()
    ]


def _is_sure(reading: Reading) -> bool:
    return reading.meaning == "stop"


def _is_asked(row: Mapping[str, str], reading: Reading) -> bool:
    """Whether it is reviewed; a mere refusal only if it answers a marketing text."""
    return reading.how == "doubtful" or (row["channel"] == "text" and reading.how == "refusal")


def _scope(named: str) -> frozenset[str]:
    return frozenset({"texts", "calls"}) if named == "both" else frozenset({named})


if __name__ == "__main__":
    print_figures(measure())
