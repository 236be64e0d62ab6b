"""The sound of one call of the stack, as the sound clock wants it: nothing is raised, nothing waits."""

from __future__ import annotations

from baresip import AudioNotActive, AudioRestarted
from baresip.audio import CallAudio


class CallPipe:
    """Reads and writes one call's PCM. A re-INVITE replaces the stack's buffers; then the next tick finds the new ones."""

    def __init__(self, audio: CallAudio) -> None:
        """`audio` may be inactive yet."""
        self._audio = audio

    def read(self, most: int) -> bytes:
        """What came since the last time."""
        try:
            said: bytes = self._audio.read(most)
        except (AudioNotActive, AudioRestarted):
            return b""
        return said

    def write(self, pcm: bytes) -> None:
        """Queue sound; what does not fit is left out."""
        try:
            self._audio.write(pcm)
        except (AudioNotActive, AudioRestarted):
            return

    def buffered(self) -> int:
        """Bytes not sent yet; -1 before sound can be sent."""
        try:
            info = self._audio.info()
        except AudioNotActive:
            return -1
        return int(info.tx_buffered) if info.tx_ready else -1

    def flush(self) -> None:
        """Forget what is not sent yet."""
        try:
            self._audio.flush_tx()
        except (AudioNotActive, AudioRestarted):
            return
