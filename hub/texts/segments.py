"""How a carrier counts a text: the encoding of its characters, and the segments that it is billed for.

Source: 3GPP TS 23.038, 6.2.1 (the GSM 7-bit alphabet and its extension); 3GPP TS 23.040, 9.2.3.24 (a part of a longer
text loses 7 of its 140 bytes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The characters of one septet."""
EXTENDED = "^{}\\[~]|€\f"
"""The characters of two septets."""
SIZES = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
"""Encoding → units that fit into a text of one segment, and into each segment of a longer one."""


@dataclass(frozen=True)
class Size:
    """The size of a text. `characters` is what a person counts, `units` what the encoding does."""

    characters: int
    units: int
    encoding: Literal["GSM-7", "UCS-2"]
    segments: int


def size_of(body: str) -> Size:
    """How large a text is. One character outside the GSM alphabet makes all of it UCS-2."""
    if all(character in BASIC or character in EXTENDED for character in body):
        widths = [2 if character in EXTENDED else 1 for character in body]
        return Size(len(body), sum(widths), "GSM-7", _segments(widths, *SIZES["GSM-7"]))
    widths = [2 if ord(character) > 0xFFFF else 1 for character in body]
    return Size(len(body), sum(widths), "UCS-2", _segments(widths, *SIZES["UCS-2"]))


def _segments(widths: list[int], single: int, part: int) -> int:
    if sum(widths) <= single:
        return 1 if widths else 0
    segments, used = 1, 0
    for width in widths:
        if used + width > part:  # a character of two units is never cut
            segments, used = segments + 1, 0
        used += width
    return segments
