"""A stand-in of a chat model on the customer's own network that reads conversations."""

from hub.api.chat import ReadingSandbox


class Sandbox(ReadingSandbox):
    """One server."""
