"""Examples of hub.api.speech for docs/api-reference.md; each function is one, with the imports that it needs."""


def weights() -> None:
    """Whisper on this machine

    The model of the extra transcription, or a folder in CTranslate2's format; nothing is downloaded. `load_weights` needs a
    second or two, and the model stays in memory.
    """
    from hub.api.speech import find_weights, has_weights, load_weights

    if has_weights(None):
        folder, name = find_weights(None)
        assert load_weights(folder, threads=1) and name == "whisper tiny.en"
