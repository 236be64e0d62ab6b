"""The sound that a step may play: uploaded greetings, and files of the folder of config.yaml or in use already."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hub.config.callflow.step import AUDIO, GREETING
from hub.config.models import CompanySection
from hub.numbers.greetings import greetings_of
from hub.web.pages.request import PageRequest

MAX_FILES = 200


def audio_files(page: PageRequest, section: CompanySection) -> list[tuple[str, str]]:
    """Path and name of each uploaded greeting of the company, and of each file. In a hub of several accounts, only the files
    that the company plays already: the folder is everybody's."""
    company = next((each.id for each in page.companies if each.name == section.name), "")
    with page.session() as session:
        uploaded = [(each.file, each.name) for each in greetings_of(session, [company])]
    used = {file for flow in section.flows for file in flow.audio_files if not GREETING.fullmatch(file)}
    own = page.config_file is not None and len(page.hub.config.accounts) == 1
    folder = page.config_file.path.resolve().parent if own and page.config_file else None
    files = sorted({*used, *(_in(folder) if folder else ())})[:MAX_FILES]
    return uploaded + [(file, os.path.relpath(file, folder) if folder else Path(file).name) for file in files]


def _in(folder: Path) -> Iterator[str]:
    """The WAV and MP3 files in a folder and in the folders directly below it."""
    for pattern in ("*", "*/*"):
        yield from (str(file) for file in folder.glob(pattern) if file.suffix.lower() in AUDIO and file.is_file())
