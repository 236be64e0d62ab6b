"""The audio files that a step may play: those in the folder of config.yaml, and those that the company plays already."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hub.config.callflow.checks import AUDIO
from hub.config.models import CompanySection
from hub.web.pages.request import PageRequest

MAX_FILES = 200


def audio_files(page: PageRequest, section: CompanySection) -> list[tuple[str, str]]:
    """Path and name of each file. In a hub of several accounts, only what the company plays already: the folder is
    everybody's."""
    used = {file for flow in section.flows for file in flow.audio_files}
    own = page.config_file is not None and len(page.hub.config.accounts) == 1
    folder = page.config_file.path.resolve().parent if own and page.config_file else None
    files = sorted({*used, *(_in(folder) if folder else ())})[:MAX_FILES]
    return [(file, os.path.relpath(file, folder) if folder else Path(file).name) for file in files]


def _in(folder: Path) -> Iterator[str]:
    """The WAV and MP3 files in a folder and in the folders directly below it."""
    for pattern in ("*", "*/*"):
        yield from (str(file) for file in folder.glob(pattern) if file.suffix.lower() in AUDIO and file.is_file())
