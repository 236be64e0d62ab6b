"""The audio files that a step may play: those in the folder of config.yaml, and those that the company plays already."""

from __future__ import annotations

from hub.callflow.checks import AUDIO
from hub.config.models import CompanySection
from hub.web.pages.request import PageRequest

MAX_FILES = 200


def audio_files(page: PageRequest, section: CompanySection) -> list[tuple[str, str]]:
    """Path and name of each file."""
    used = {file for flow in section.flows for file in flow.audio_files}
    return [
        (file, file.replace("\\", "/").rpartition("/")[2])
        for file in sorted(used)
        if file.lower().endswith(tuple(AUDIO))
    ]
