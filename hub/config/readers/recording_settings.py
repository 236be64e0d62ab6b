"""`recordings:` of config.yaml: an absolute folder or a storage's address, and options without secrets in clear."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hub.config.document import Path
from hub.config.error_messages import IN_CLEAR
from hub.config.reading import Reading
from hub.config.references import refers
from hub.config.sections.recordings import RecordingsSection

OPTIONS: Path = ("recordings", "options")
SECRET = re.compile("secret|token|password|key", re.IGNORECASE)
"""Names of options that are credentials of the storage; their values are never written in clear."""


def read_recordings(reading: Reading, value: object) -> RecordingsSection | None:
    """The section `recordings:`, with defaults if it is missing. None if it is invalid; problems are reported."""
    if reading.sandbox:
        value = _without_missing(reading, value)
    section = reading.section(RecordingsSection, value, ("recordings",))
    if section is None:
        return None
    for path in _in_clear(reading, section.options, OPTIONS):
        reading.tell(path, f"{IN_CLEAR}; write ${{env:…}} or ${{file:/run/secrets/…}} instead")
    if "://" in section.storage:
        return section
    return section.model_copy(update={"storage": str(reading.absolute(section.storage))})


def _without_missing(reading: Reading, value: object) -> object:
    """A hub with sandboxes needs no secrets: options whose reference cannot be resolved are left out."""
    bad = {path for path in reading.references.missing if path[:2] == OPTIONS and len(path) > 2}
    if not bad or not isinstance(value, dict) or not isinstance(value.get("options"), dict):
        return value
    reading.forgiven |= bad
    names = {path[2] for path in bad}
    return {**value, "options": {name: each for name, each in value["options"].items() if name not in names}}


def _in_clear(reading: Reading, options: Mapping[str, object], path: Path) -> Iterator[Path]:
    for name, value in options.items():
        place = (*path, name)
        if isinstance(value, Mapping):
            yield from _in_clear(reading, value, place)
        elif isinstance(value, str) and SECRET.search(str(name)):
            written = reading.document.at(place)
            if not (isinstance(written, str) and refers(written)):
                reading.references.found.setdefault(place, []).append(value)
                yield place
