"""The child that speaks with piper: a JSON text a line on stdin, four bytes of length and a WAV on stdout."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import wave
from importlib import import_module
from pathlib import Path


def main(model: str, nice: int) -> None:
    """Serve until stdin ends."""
    with contextlib.suppress(OSError):
        os.nice(nice)
    onnxruntime = import_module("onnxruntime")
    piper = import_module("piper")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    config = piper.PiperConfig.from_dict(json.loads(Path(f"{model}.json").read_text(encoding="utf-8")))
    session = onnxruntime.InferenceSession(model, sess_options=options, providers=["CPUExecutionProvider"])
    voice = piper.PiperVoice(session=session, config=config)
    for line in sys.stdin.buffer:
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            voice.synthesize_wav(json.loads(line), file)
        said = sound.getvalue()
        sys.stdout.buffer.write(len(said).to_bytes(4, "big") + said)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
