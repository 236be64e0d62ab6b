"""`recordings:` of config.yaml: an absolute folder or a storage's address, and options without secrets in clear."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub.config.document import Path
from hub.config.models import RecordingsSection
from hub.config.reading import Reading

SECRET = re.compile("secret|token|password|key", re.IGNORECASE)
"""Names of options that open the storage; what they stand for is never written in clear."""


def read_recordings(reading: Reading, value: Any) -> RecordingsSection | None:
    """The section `recordings:`, its defaults where it is left out; None where something is wrong, which is told."""
    section = reading.section(RecordingsSection, value, ("recordings",))
    if section is None:
        return None
    for path in _in_clear(reading, section.options, ("recordings", "options")):
        reading.tell(path, "is a secret in clear; write ${env:…} or ${file:/run/secrets/…} instead")
    if "://" in section.storage:
        return section
    return section.model_copy(update={"storage": str(reading.absolute(section.storage))})


def _in_clear(reading: Reading, options: Mapping[str, Any], path: Path) -> Iterator[Path]:
    for name, value in options.items():
        place = (*path, name)
        if isinstance(value, Mapping):
            yield from _in_clear(reading, value, place)
        elif isinstance(value, str) and SECRET.search(str(name)):
            written = reading.document.at(place)
            if not (isinstance(written, str) and "${" in written):
                reading.references.found.setdefault(place, []).append(value)
                yield place
