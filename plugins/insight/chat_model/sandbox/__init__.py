"""A stand-in of a chat model that reads conversations."""

from hub.api.chat import ReadingSandbox


class Sandbox(ReadingSandbox):
    """One server."""
