"""The kinds of findings about numbers: their words, and whether they are wrong or only worth knowing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FindingKind:
    """One kind: its key, its title, what it means for callers or for money, and what mends it."""

    key: str
    label: str
    means: str
    repair: str
    is_wrong: bool = True
    """Whether callers or money are lost; otherwise it is only said."""
    of_carriers: bool = False
    """Whether it is known only from a carrier's list; without that list an earlier finding stays."""


ELSEWHERE, ABSENT, RINGS, UNASSIGNED, DUPLICATE = "elsewhere", "absent", "rings", "unassigned", "duplicate"
UNUSED, REST_OVER, OVER_CAP, WAITS = "unused", "rest_over", "over_cap", "waits"
KINDS: tuple[FindingKind, ...] = (
    FindingKind(ELSEWHERE, "Points elsewhere", "Its calls and texts do not come here, so nobody counts them.",
                "Point it here: hub numbers configure NUMBER."),
    FindingKind(ABSENT, "Not at the carrier", "A tracker has it, but the carrier does not list it: who calls it reaches a "
                "stranger or nobody.", "Take it out of its tracker, or buy it again."),
    FindingKind(RINGS, "Rings without a tracker", "Calls came on it, and nothing says whose they are.",
                "Give it a tracker."),
    FindingKind(UNASSIGNED, "Paid for, without a tracker", "It is in your account at the carrier, and no tracker has it.",
                "Give it a tracker, or give it back: hub numbers release NUMBER --connector NAME.", of_carriers=True),
    FindingKind(DUPLICATE, "In two accounts", "Two of your carriers list it: its calls may come by the one that is not set up.",
                "Keep it in one of them.", of_carriers=True),
    FindingKind(UNUSED, "Paid for, not used", "No call, no text and no visitor for a long time.",
                "Take it out of use: hub numbers rest NUMBER, or out of config.yaml."),
    FindingKind(REST_OVER, "Its rest is over", "It may be given back, and costs until then.",
                "Give it back: hub numbers release NUMBER."),
    FindingKind(OVER_CAP, "More than the cap", "The numbers cost more a month than you allow, so no more are bought.",
                "Give numbers back, or change the cap: hub numbers cap."),
    FindingKind(WAITS, "Waits for its rest", "config.yaml names it for a tracker, which gets it when its rest is over.",
                "Wait, or end the rest: hub numbers rest NUMBER --end.", is_wrong=False),
)  # fmt: skip
"""In the order in which pages list them: lost callers first, then money."""
BY_KEY: Mapping[str, FindingKind] = {kind.key: kind for kind in KINDS}
