"""The address on which a process listens, as config.yaml writes it."""

from __future__ import annotations

from hub.errors import ConfigError


def listen_address(listen: str, named: str = "hub.listen") -> tuple[str, int]:
    """An address as host and port; ConfigError says how to write it. `named` is the setting that it comes from."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) < 65536:
        raise ConfigError(f"{named} is {listen!r}; write a host and a port, like 127.0.0.1:8080.")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - the customer wrote :8080
