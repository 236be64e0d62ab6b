"""The child that understands speech with Whisper: for each turn of a caller a line of JSON and its sound on stdin, a line of
JSON with the words on stdout. Nothing is kept and nothing is written anywhere else."""

from __future__ import annotations

import json
import sys
import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

from hub.api import RingfenceError
from hub.api.speech import find_weights, load_weights

WINDOW, MORE, MOST = 1000, 500, 3000
"""Frames of 10 ms that the model reads: ten seconds, or five more than the turn has. Thirty, as it was trained, take three
times as long; with fewer it repeats itself."""
NO_SPEECH, LEAST_SURE, MAX_COMPRESSION = 0.6, -1.0, 2.4
"""Whisper's own thresholds: above, below and above these it invented the words."""
MAX_TOKENS = 120


class Ears:
    """The model in memory."""

    def __init__(self, model: Path | None) -> None:
        """Load it and let it hear a second of silence, so that the first caller waits no longer than others."""
        folder, self.name = find_weights(model)
        self._whisper: Any = load_weights(folder, 1)
        self._numpy, self._tokenizer = import_module("numpy"), import_module("faster_whisper.tokenizer").Tokenizer
        self._stored = import_module("ctranslate2").StorageView.from_array
        self.words(bytes(16_000), "en")

    def words(self, pcm: bytes, language: str) -> str:
        """What was said in PCM of 8,000 samples a second; blank if it was no speech. Raises ValueError for a language that the
        model does not know."""
        whisper, numpy = self._whisper, self._numpy
        code = language.partition("-")[0].lower()
        if code not in whisper.supported_languages:
            raise ValueError(f"The model {self.name} does not understand the language {code[:8]}.")
        narrow = numpy.frombuffer(pcm, "<i2").astype("float32") / 32768
        wide = numpy.interp(numpy.arange(0, len(narrow), 0.5), numpy.arange(len(narrow)), narrow).astype("float32")
        heard = whisper.feature_extractor(wide)[:, :MOST]
        window = min(MOST, max(WINDOW, heard.shape[1] + MORE))
        features = numpy.full((heard.shape[0], window), heard.min(), "float32")
        features[:, : heard.shape[1]] = heard
        tokenizer = self._tokenizer(
            whisper.hf_tokenizer, whisper.model.is_multilingual, task="transcribe", language=code
        )
        found = whisper.model.generate(
            whisper.model.encode(self._stored(features[None])),
            [whisper.get_prompt(tokenizer, [], without_timestamps=True)],
            beam_size=1, max_length=MAX_TOKENS, return_scores=True, return_no_speech_prob=True,
        )[0]  # fmt: skip
        text: str = tokenizer.decode(found.sequences_ids[0]).strip()
        raw = text.encode()
        invented = found.no_speech_prob > NO_SPEECH or found.scores[0] < LEAST_SURE
        return "" if invented or len(raw) > MAX_COMPRESSION * len(zlib.compress(raw)) else text


def main(model: str) -> None:
    """Serve until stdin ends."""
    try:
        ears = Ears(Path(model) if model else None)
    except RingfenceError as error:
        _say({"why": str(error)})
        return
    _say({"ready": ears.name})
    while line := sys.stdin.buffer.readline():
        turn = json.loads(line)
        pcm = sys.stdin.buffer.read(turn["bytes"])
        try:
            _say({"words": ears.words(pcm, turn["language"])})
        except ValueError as error:
            _say({"why": str(error)})


def _say(message: dict[str, str]) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
