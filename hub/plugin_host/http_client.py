"""The HTTP client that the hub gives to a connector: with time-outs, refuses undeclared hosts and addresses inside private
networks, callers' data over TLS only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hub.contracts.addresses import in_clear, is_loopback, is_public, web_addresses
from hub.contracts.manifest import Manifest
from hub.errors import Rejected
from hub.plugin_host.thread_pool import is_abandoned

if TYPE_CHECKING:
    import httpx


def allowed_hosts(manifest: Manifest, settings: Any) -> frozenset[str]:
    """The hosts of the manifest, and those of the base URLs that the customer wrote into the settings."""
    hosts = (urlsplit(address).hostname for _, address in web_addresses(settings))
    return frozenset(manifest.hosts) | {host for host in hosts if host}


def lazy_client(
    name: str,
    hosts: Iterable[str],
    timeout: float = 20.0,
    *,
    tls_only: bool = False,
    private_hosts: Iterable[str] = (),
    refused: Callable[[str], None] = lambda host: None,
) -> Callable[[], httpx.Client]:
    """A function that returns the connector's only client, made at the first call.

    `refused` is called with each host that the connector called and does not declare. With `tls_only` nothing leaves this
    machine unencrypted, not even after a redirect. Only `private_hosts`, and this machine if it is named as such, may have
    an address that is not public.
    """
    patterns, inside = tuple(hosts), tuple(private_hosts)
    made: list[httpx.Client] = []

    def client() -> httpx.Client:
        if not made:
            import httpx

            from hub.plugin_host.checked_connections import CheckedConnections

            def refuse_private(host: str, addresses: Sequence[str]) -> None:
                if is_loopback(host) or any(fnmatch(host, pattern) for pattern in inside):
                    return
                if not all(map(is_public, addresses)):
                    refused(host)
                    raise Rejected(
                        f"connector {name!r} called {host}, whose address is in a private network; if it should, add the "
                        "host to hub.private_hosts."
                    )

            def refuse(request: httpx.Request) -> None:
                # httpx calls this before every request, including each redirect.
                if is_abandoned():
                    raise Rejected(
                        f"connector {name!r} continued after its deadline; its further requests were not sent."
                    )
                if not any(fnmatch(request.url.host, pattern) for pattern in patterns):
                    refused(request.url.host)
                    raise Rejected(
                        f"connector {name!r} called {request.url.host}, which its manifest does not declare; "
                        "declare the host or set the base URL in config.yaml."
                    )
                if tls_only and in_clear(str(request.url)):
                    raise Rejected(
                        f"connector {name!r} was redirected to an address without TLS; data about callers is fetched "
                        "over https:// only."
                    )

            transport = httpx.HTTPTransport(trust_env=False)
            # httpx has no parameter for it; tests/plugins_core/test_http_client.py notices if this ends to work.
            transport._pool._network_backend = CheckedConnections(refuse_private)
            hooks = {"request": [refuse]}
            made.append(httpx.Client(timeout=timeout, trust_env=False, transport=transport, event_hooks=hooks))
        return made[0]

    return client
