"""Which connectors use a version of their provider's API that ends soon or has ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hub.config.models import ConnectorEntry
from hub.contracts.values import ApiVersion

NOTICE_DAYS = (0, 30, 90)
"""Days before the end at which the hub says it again."""


@dataclass(frozen=True, kw_only=True)
class VersionEnd:
    """One version that ends within 90 days, or has ended."""

    connector: str
    version: str
    notice: int
    """90, 30, or 0 after the end; each is said, and can be ignored, separately."""
    title: str
    """Follows the connector's name, as in `meta: its API version v26.0 ends about July 29, 2027`."""
    newer: str | None
    """The newest version that the plugin can speak; None if it speaks no other."""
    setting: str

    @property
    def remedy(self) -> str:
        """What a person does, as a sentence."""
        update = "Update Ringfence before that." if self.notice else "Update Ringfence."
        return f"Set {self.setting}: {self.newer} in config.yaml." if self.newer else update

    @property
    def sentence(self) -> str:
        """Both, for a list of warnings."""
        return f"{self.connector}: {self.title}. {self.remedy}"


def version_ends(entries: Iterable[ConnectorEntry], now: datetime) -> list[VersionEnd]:
    """The versions that the connectors use and that end within 90 days, the next end first. Stand-ins retire nothing."""
    found = []
    for entry in entries:
        if entry.in_sandbox:
            continue
        declared = entry.connector_class.manifest.versions
        for used in versions_in_use(declared, entry.settings):
            days = None if used.ends is None else (used.ends - now.date()).days
            notice = None if days is None else next((each for each in NOTICE_DAYS if days <= each), None)
            if used.ends is None or notice is None:
                continue
            newest = next((each.name for each in reversed(declared) if are_alternatives(each, used)), used.name)
            when = f"{'on' if used.is_published else 'about'} {used.ends:%B} {used.ends.day}, {used.ends.year}"
            end = VersionEnd(
                connector=entry.name,
                version=used.name,
                notice=notice,
                title=f"its {used.label} {'ended' if notice == 0 else 'ends'} {when}",
                newer=newest if newest != used.name else None,
                setting=used.setting,
            )
            found.append((used.ends, end))
    return [end for _, end in sorted(found, key=lambda each: (each[0], each[1].connector))]


def are_alternatives(one: ApiVersion, other: ApiVersion) -> bool:
    """Whether both are versions of the same API, of which a connector uses one."""
    return bool(one.setting) and (one.api, one.setting) == (other.api, other.setting)


def versions_in_use(declared: Iterable[ApiVersion], settings: object) -> tuple[ApiVersion, ...]:
    """The declared versions that a connector with these settings uses. One that nobody declared has no known end."""
    return tuple(each for each in declared if not each.setting or str(getattr(settings, each.setting, "")) == each.name)
