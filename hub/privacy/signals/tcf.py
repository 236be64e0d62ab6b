"""TCF, the Transparency and Consent Framework of IAB Europe: a TC string of version 2 (2.0 to 2.3), core and other segments.

Source: IAB Tech Lab, "Consent string and vendor list formats v2". That the segment of disclosed vendors is mandatory since
2026-02-28 (TCF 2.3) is unconfirmed; a string without it that was made later is told as not complete.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from hub.privacy.signals.bits import Bits, SignalUnreadable

Answer = Literal["granted", "denied"]
PURPOSES = 24
LIFE = timedelta(days=396)
"""A consent is asked again after 13 months. Source: TCF policies, and the CNIL's guidance (unconfirmed)."""
DISCLOSED_SINCE = datetime(2026, 2, 28, tzinfo=UTC)
ANSWERS: Mapping[str, tuple[int, ...]] = {"analytics": (1, 7, 8), "ads": (1, 7), "ad_user_data": (1, 4, 7)}
"""The purposes that must all be allowed for what a page's consent calls so; the same as in the page's script."""
USES: Mapping[int, str] = {
    1: "web.tracking",
    2: "marketing.advertising",
    3: "marketing.advertising",
    4: "marketing.advertising.third_party.targeted",
    5: "personalize",
    6: "personalize",
    7: "analytics.reporting.ad_performance",
    8: "analytics.reporting",
    9: "analytics",
    10: "functional.service.improve",
    11: "personalize",
}
"""Each purpose as one of the hub's data uses, or the parent of some."""
WITHOUT_INTEREST = frozenset({1, 3, 4, 5, 6})
"""Purposes for which a legitimate interest is never a basis. Source: TCF policies since 2.2."""


@dataclass(frozen=True)
class Restriction:
    """What the publisher forbids vendors for one purpose: `kind` 0 not at all, 1 only by consent, 2 only by interest."""

    purpose: int
    kind: int
    vendors: frozenset[int]


@dataclass(frozen=True)
class TcfString:
    """What a TC string says."""

    version: int
    created: datetime
    updated: datetime
    cmp_id: int
    cmp_version: int
    screen: int
    language: str
    vendor_list: int
    policy: int
    service_specific: bool
    non_standard_texts: bool
    special_features: frozenset[int]
    consents: frozenset[int]
    """Purposes that the person agreed to."""
    interests: frozenset[int]
    """Purposes of which the person was told a legitimate interest, and did not object."""
    one_treatment: bool
    publisher_country: str
    vendor_consents: frozenset[int]
    vendor_interests: frozenset[int]
    restrictions: tuple[Restriction, ...]
    disclosed: frozenset[int] | None = None
    """Vendors that were shown to the person; None where the string does not tell."""
    allowed: frozenset[int] | None = None
    publisher_consents: frozenset[int] | None = None
    publisher_interests: frozenset[int] | None = None

    def is_too_old(self, at: datetime) -> bool:
        """Whether it must not be relied on any more, or comes from a clock that is wrong."""
        return not timedelta(0) <= at - self.updated + timedelta(days=1) <= LIFE + timedelta(days=1)

    @property
    def is_complete(self) -> bool:
        """Whether it has what its age demands: since TCF 2.3 the disclosed vendors."""
        return self.disclosed is not None or self.updated < DISCLOSED_SINCE

    def allows(self, purpose: int, vendor: int | None = None) -> bool:
        """Whether the person agreed to a purpose, and for that vendor where one is named."""
        if purpose not in self.consents:
            return False
        if vendor is None:
            return True
        shown = self.disclosed is None or vendor in self.disclosed
        return shown and vendor in self.vendor_consents and not self._forbidden(purpose, vendor, 0, 2)

    def tolerates(self, purpose: int, vendor: int | None = None) -> bool:
        """Whether a legitimate interest in a purpose stands: the person was told, and did not object."""
        if purpose in WITHOUT_INTEREST or purpose not in self.interests:
            return False
        if vendor is None:
            return True
        shown = self.disclosed is None or vendor in self.disclosed
        return shown and vendor in self.vendor_interests and not self._forbidden(purpose, vendor, 0, 1)

    def answers(self, at: datetime) -> dict[str, Answer]:
        """What it says on each thing that a page's consent names; a string that is too old or not complete says no."""
        usable = self.is_complete and not self.is_too_old(at)
        return {
            name: "granted" if usable and all(map(self.allows, purposes)) else "denied"
            for name, purposes in ANSWERS.items()
        }

    def _forbidden(self, purpose: int, vendor: int, *kinds: int) -> bool:
        return any(
            each.purpose == purpose and each.kind in kinds and vendor in each.vendors for each in self.restrictions
        )


def read_tcf(text: str) -> TcfString:
    """The TC string; SignalUnreadable where it is none of version 2."""
    core, *others = text.strip().split(".")
    bits = Bits(core)
    version = bits.number(6)
    if version != 2:
        raise SignalUnreadable("It is not a TC string of version 2.")
    return TcfString(
        version=version,
        created=bits.time(),
        updated=bits.time(),
        cmp_id=bits.number(12),
        cmp_version=bits.number(12),
        screen=bits.number(6),
        language=bits.letters(2),
        vendor_list=bits.number(12),
        policy=bits.number(6),
        service_specific=bits.flag(),
        non_standard_texts=bits.flag(),
        special_features=bits.ids(12),
        consents=bits.ids(PURPOSES),
        interests=bits.ids(PURPOSES),
        one_treatment=bits.flag(),
        publisher_country=bits.letters(2),
        vendor_consents=bits.vendors(),
        vendor_interests=bits.vendors(),
        restrictions=_restrictions(bits),
        **_segments(others),
    )


def _restrictions(bits: Bits) -> tuple[Restriction, ...]:
    return tuple(Restriction(bits.number(6), bits.number(2), bits.ranges()) for _ in range(bits.number(12)))


def _segments(texts: Collection[str]) -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    seen: set[int] = set()
    for text in texts:
        bits = Bits(text)
        kind = bits.number(3)
        if kind in seen:
            raise SignalUnreadable("The TC string has a segment twice.")
        seen.add(kind)
        if kind == 1:
            found["disclosed"] = bits.vendors()
        elif kind == 2:
            found["allowed"] = bits.vendors()
        elif kind == 3:
            found |= {"publisher_consents": bits.ids(PURPOSES), "publisher_interests": bits.ids(PURPOSES)}
        else:
            raise SignalUnreadable("The TC string has a segment of an unknown kind.")
    return found
