"""How a text is counted: characters, encoding and segments."""

from __future__ import annotations

import pytest

from hub.texts.segments import size_of


@pytest.mark.parametrize(
    ("body", "encoding", "segments"),
    [
        ("", "GSM-7", 0),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("ж" * 70, "UCS-2", 1),
        ("ж" * 71, "UCS-2", 2),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
        ("à la carte\n", "GSM-7", 1),
        ("a’s", "UCS-2", 1),
    ],
)
def test_a_text_is_counted_as_a_carrier_counts_it(body: str, encoding: str, segments: int) -> None:
    size = size_of(body)
    assert (size.encoding, size.segments, size.characters) == (encoding, segments, len(body))


def test_a_character_of_two_units_is_not_cut_at_the_end_of_a_segment() -> None:
    assert size_of("a" * 152 + "€" + "a" * 151).segments == 2
    assert size_of("a" * 152 + "€" + "a" * 152).segments == 3
