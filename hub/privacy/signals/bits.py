"""Read the bits of a consent string: six a character, in the web-safe base64 alphabet, the most significant first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

ALPHABET = {
    character: value
    for value, character in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}
LONGEST = 20_000
"""Characters of a string that are read: a vendor list of thousands takes less."""
MOST_IDS = 65_535
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SignalUnreadable(ValueError):
    """A consent string that is not of its form; the sentence repeats nothing of it."""


class Bits:
    """The bits of one segment, read from the left."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise SignalUnreadable("The consent string is too long.")
        text = text.rstrip("=")
        try:
            self._bits = "".join(f"{ALPHABET[character]:06b}" for character in text)
        except KeyError:
            raise SignalUnreadable("The consent string has a character that is not web-safe base64.") from None
        self._at = 0

    @property
    def left(self) -> int:
        """Bits that are not read yet."""
        return len(self._bits) - self._at

    def number(self, size: int) -> int:
        """An unsigned number of `size` bits."""
        if self.left < size:
            raise SignalUnreadable("The consent string ends too early.")
        self._at += size
        return int(self._bits[self._at - size : self._at], 2) if size else 0

    def flag(self) -> bool:
        """One bit."""
        return self.number(1) == 1

    def ids(self, size: int) -> frozenset[int]:
        """The positions, from 1, of the set bits among `size`."""
        if self.left < size:
            raise SignalUnreadable("The consent string ends too early.")
        self._at += size
        return frozenset(at for at, bit in enumerate(self._bits[self._at - size : self._at], 1) if bit == "1")

    def letters(self, count: int) -> str:
        """Letters of six bits, `A` being 0."""
        return "".join(chr(65 + self.number(6)) for _ in range(count))

    def time(self) -> datetime:
        """A time in tenths of a second, aware UTC."""
        return EPOCH + timedelta(milliseconds=self.number(36) * 100)

    def ranges(self) -> frozenset[int]:
        """Ids by ranges: a count of 12 bits, then each one or from-to, of 16 bits."""
        found: set[int] = set()
        for _ in range(self.number(12)):
            group = self.flag()
            first = self.number(16)
            last = self.number(16) if group else first
            if last < first:
                raise SignalUnreadable("The consent string has a range that ends before it begins.")
            found.update(range(first, last + 1))
        return frozenset(found)

    def vendors(self) -> frozenset[int]:
        """Ids up to the largest one (16 bits), by ranges or bit by bit, as the flag behind it says."""
        largest = self.number(16)
        return self.ranges() if self.flag() else self.ids(largest)

    def fibonacci(self) -> int:
        """A number by Fibonacci coding: the first two set bits in a row end it."""
        total, this, next_, before = 0, 1, 2, False
        while True:
            bit = self.flag()
            if bit and before:
                return total
            total += this if bit else 0
            if total > MOST_IDS:
                raise SignalUnreadable("The consent string has a number that is too large.")
            this, next_, before = next_, this + next_, bit

    def fibonacci_ranges(self) -> list[int]:
        """Ids by ranges of which each number is the distance from the one before, in Fibonacci coding."""
        found: list[int] = []
        last = 0
        for _ in range(self.number(12)):
            group = self.flag()
            first = last + self.fibonacci()
            last = first + self.fibonacci() if group else first
            if last > MOST_IDS:
                raise SignalUnreadable("The consent string has a number that is too large.")
            found += range(first, last + 1)
        return found
