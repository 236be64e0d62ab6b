"""The HTTP client that the hub gives to a connector: with time-outs, refuses undeclared hosts and addresses inside private
networks, callers' data over TLS only."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hub import __version__
from hub.contracts.addresses import in_clear
from hub.errors import Rejected
from hub.plugin_host.network.reachable_hosts import PORTS, ReachableHosts
from hub.plugin_host.thread_pool import is_abandoned

if TYPE_CHECKING:
    import httpx2


CLIENT = {"user-agent": f"Ringfence/{__version__}"}
"""The user agent of each request; some providers throttle the default ones of HTTP libraries."""


def no_authorities() -> str | None:
    """A sentence if this machine has no certificates of authorities, so that the hub trusts no provider; else None."""
    found = ssl.get_default_verify_paths()
    if found.cafile or (found.capath and any(Path(found.capath).iterdir())):
        return None
    return (
        "This machine has no certificates of authorities, so no provider can be called over TLS; install them: on Debian and "
        "Ubuntu, sudo apt-get install ca-certificates."
    )


def lazy_client(
    name: str, hosts: ReachableHosts | None, timeout: float = 20.0, *, tls_only: bool = False
) -> Callable[[], httpx2.Client]:
    """A function that returns the connector's only client, made at the first call.

    With `tls_only` nothing leaves this machine unencrypted, not even after a redirect. Without `hosts` the hub checks them
    when it opens the connection: this process is a plugin host.
    """
    made: list[httpx2.Client] = []

    def client() -> httpx2.Client:
        if not made:
            import httpx2

            from hub.plugin_host.checked_connections import BrokeredConnections, CheckedConnections, connecting_by

            def refuse(request: httpx2.Request) -> None:
                # httpx2 calls this before every request, including each redirect.
                if is_abandoned():
                    raise Rejected(
                        f"connector {name!r} continued after its deadline; its further requests were not sent."
                    )
                if hosts is not None:
                    hosts.check(request.url.host, request.url.port or PORTS.get(request.url.scheme, 0))
                if tls_only and in_clear(str(request.url)):
                    raise Rejected(
                        f"connector {name!r} was redirected to an address without TLS; data about callers is fetched "
                        "over https:// only."
                    )

            connections = CheckedConnections(hosts.check_addresses) if hosts is not None else BrokeredConnections()
            transport, hooks = connecting_by(connections), {"request": [refuse]}
            made.append(
                httpx2.Client(headers=CLIENT, timeout=timeout, trust_env=False, transport=transport, event_hooks=hooks)
            )
        return made[0]

    return client
