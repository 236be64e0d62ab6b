"""For plugins that turn speech into text on this machine: the weights of Whisper."""

from hub.protocols.whisper_weights import find_weights, has_weights, load_weights

__all__ = ["find_weights", "has_weights", "load_weights"]
