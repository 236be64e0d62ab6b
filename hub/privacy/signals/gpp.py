"""GPP, the Global Privacy Platform of the IAB Tech Lab: a header and sections, each of one region's law.

Source: IAB Tech Lab, "GPP consent string specification" and its sections, and the values that its own libraries' tests expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from hub.privacy.signals.bits import Bits, SignalUnreadable
from hub.privacy.signals.tcf import ANSWERS, PURPOSES, Answer, TcfString, read_tcf

Choice = Literal["not applicable", "opted out", "did not opt out"]
CHOICES: Mapping[int, Choice] = {0: "not applicable", 1: "opted out", 2: "did not opt out"}
HEADER = 3
NAMES: Mapping[int, str] = {
    2: "tcfeuv2", 5: "tcfcav1", 6: "uspv1", 7: "usnat", 8: "usca", 9: "usva", 10: "usco", 11: "usut", 12: "usct",
    13: "usfl", 14: "usmt", 15: "usor", 16: "ustx", 17: "usde", 18: "usia", 19: "usne", 20: "usnh", 21: "usnj",
    22: "ustn", 23: "usmn", 24: "usmd", 25: "usin", 26: "usky", 27: "usri",
}  # fmt: skip
SALE, SHARING, ADS = "sale", "sharing", "targeted advertising"
Layout = Mapping[str, int]
PLAIN: Layout = {SALE: 3, ADS: 4}
"""Three notices, then the choices."""
FOUR_NOTICES: Layout = {SALE: 4, ADS: 5}
AGREEMENT_FIRST: Layout = {SALE: 5, ADS: 6}
"""Two fields of the MSPA, three notices, then the choices."""
LAYOUTS: Mapping[str, Layout] = {
    "usnat": {SALE: 6, SHARING: 7, ADS: 8},
    "usca": {SALE: 3, SHARING: 4},
    **dict.fromkeys(
        ("usva", "usco", "usct", "usfl", "usmt", "usor", "ustx", "usde", "usne", "usnh", "usnj", "ustn", "usmn"), PLAIN
    ),
    **dict.fromkeys(("usut", "usia"), FOUR_NOTICES),
    **dict.fromkeys(("usmd", "usin", "usky", "usri"), AGREEMENT_FIRST),
}
"""Where each choice stands among the fields of two bits behind the version. The order in usky and usri is unconfirmed: it is
taken to be that of usmd and usin, which came with the same revision."""
VERSIONS: Mapping[str, tuple[int, ...]] = {"usnat": (1, 2)}


@dataclass(frozen=True)
class CanadianString:
    """A section of TCF Canada: purposes with express and with implied consent."""

    created: datetime
    updated: datetime
    cmp_id: int
    cmp_version: int
    screen: int
    language: str
    vendor_list: int
    policy: int
    express: frozenset[int]
    implied: frozenset[int]
    vendors_express: frozenset[int]
    vendors_implied: frozenset[int]

    def answers(self) -> dict[str, Answer]:
        """Only an express yes is one. Source: PIPEDA, s. 6.1 and the OPC's guidelines on meaningful consent."""
        return {
            name: "granted" if self.express.issuperset(purposes) else "denied" for name, purposes in ANSWERS.items()
        }


@dataclass(frozen=True)
class UsChoices:
    """A section of a US law: what was chosen of each thing that one can opt out of."""

    version: int
    choices: Mapping[str, Choice]
    gpc: bool | None = None
    """Global Privacy Control as the section repeats it; None where it does not."""

    @property
    def objects(self) -> bool:
        """Whether the person opted out of anything: sale, sharing or targeted ads."""
        return self.gpc is True or "opted out" in self.choices.values()


@dataclass(frozen=True)
class GppString:
    """What a GPP string says, section by section, under their names."""

    sections: Mapping[str, TcfString | CanadianString | UsChoices]
    unknown: tuple[int, ...] = field(default=())
    """Ids of sections that this decoder does not know."""

    @property
    def objects(self) -> bool:
        """Whether any US section holds an opt-out."""
        return any(isinstance(each, UsChoices) and each.objects for each in self.sections.values())

    def answers(self, at: datetime) -> dict[str, Answer]:
        """What its sections say on each thing that a page's consent names; a no in one of them counts."""
        said: dict[str, Answer] = {}
        for section in self.sections.values():
            if isinstance(section, UsChoices):
                told: dict[str, Answer] = {"ads": "denied", "ad_user_data": "denied"} if section.objects else {}
            else:
                told = section.answers(at) if isinstance(section, TcfString) else section.answers()
            said |= {
                name: "denied" if "denied" in (answer, said.get(name)) else answer for name, answer in told.items()
            }
        return said


def read_gpp(text: str) -> GppString:
    """The GPP string; SignalUnreadable where any of its known sections cannot be read."""
    header, *sections = text.strip().split("~")
    bits = Bits(header)
    if bits.number(6) != HEADER or bits.number(6) != 1:
        raise SignalUnreadable("It is not a GPP string of version 1.")
    ids = bits.fibonacci_ranges()
    if len(ids) != len(sections) or ids != sorted(set(ids)):
        raise SignalUnreadable("The GPP string has not the sections that its header names.")
    found = {
        NAMES[each]: _section(NAMES[each], part) for each, part in zip(ids, sections, strict=True) if each in NAMES
    }
    return GppString(found, tuple(each for each in ids if each not in NAMES))


def _section(name: str, text: str) -> TcfString | CanadianString | UsChoices:
    if name == "tcfeuv2":
        return read_tcf(text)
    if name == "tcfcav1":
        return _canadian(text)
    if name == "uspv1":
        return _us_privacy(text)
    return _us(name, text)


def _us(name: str, text: str) -> UsChoices:
    core, *others = text.split(".")
    bits = Bits(core)
    version = bits.number(6)
    if version not in VERSIONS.get(name, (1,)):
        raise SignalUnreadable("A section of the GPP string has a version that is not known.")
    layout = LAYOUTS[name]
    fields = [bits.number(2) for _ in range(max(layout.values()) + 1)]
    if any(fields[at] not in CHOICES for at in layout.values()):
        raise SignalUnreadable("A section of the GPP string has a choice that there is not.")
    return UsChoices(version, {what: CHOICES[fields[at]] for what, at in layout.items()}, _gpc(others))


def _gpc(segments: list[str]) -> bool | None:
    """The sub-section of type 1, wherever it stands; other sub-sections are of no concern here."""
    for segment in segments:
        bits = Bits(segment)
        if bits.number(2) == 1 and bits.left < 12:  # what is longer is a section's own list, of the same type in some
            return bits.flag()
    return None


def _us_privacy(text: str) -> UsChoices:
    """The US Privacy string: four characters, of which the third is the choice."""
    if len(text) != 4 or text[0] != "1" or any(each not in "YNyn-" for each in text[1:]):
        raise SignalUnreadable("The US Privacy string is not of its form.")
    chosen: Mapping[str, Choice] = {"Y": "opted out", "N": "did not opt out", "-": "not applicable"}
    return UsChoices(1, {SALE: chosen[text[2].upper()]})


def _canadian(text: str) -> CanadianString:
    bits = Bits(text.split(".")[0])
    if bits.number(6) != 1:
        raise SignalUnreadable("The section of TCF Canada has a version that is not known.")
    created, updated = bits.time(), bits.time()
    cmp_id, cmp_version, screen, language = bits.number(12), bits.number(12), bits.number(6), bits.letters(2)
    vendor_list, policy = bits.number(12), bits.number(6)
    bits.flag()  # whether stacks of the tool's own were shown
    bits.ids(12)  # special features
    return CanadianString(
        created,
        updated,
        cmp_id,
        cmp_version,
        screen,
        language,
        vendor_list,
        policy,
        express=bits.ids(PURPOSES),
        implied=bits.ids(PURPOSES),
        vendors_express=bits.vendors(),
        vendors_implied=bits.vendors(),
    )
