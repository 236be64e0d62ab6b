"""The HTTP client that the hub lends to a connector: time-outs set, undeclared hosts refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hub.contracts.manifest import Manifest
from hub.errors import Rejected
from hub.lean import without_modules

if TYPE_CHECKING:
    import httpx


def allowed_hosts(manifest: Manifest, settings: Any) -> frozenset[str]:
    """The hosts of the manifest, and those of the base URLs that the customer wrote into the settings."""
    values = settings.model_dump().values() if settings is not None else ()
    urls = [value for value in map(str, values) if value.startswith(("https://", "http://"))]
    return frozenset(manifest.hosts) | {host for host in (urlsplit(url).hostname for url in urls) if host}


def lazy_client(name: str, hosts: Iterable[str], timeout: float = 20.0) -> Callable[[], httpx.Client]:
    """A function that gives the connector's one client, made when it is first asked for."""
    patterns = tuple(hosts)
    made: list[httpx.Client] = []

    def client() -> httpx.Client:
        if not made:
            with without_modules("rich", "pygments"):
                # httpx would load them for a command line of its own.
                import httpx

            def refuse_undeclared(request: httpx.Request) -> None:
                if not any(fnmatch(request.url.host, pattern) for pattern in patterns):
                    raise Rejected(
                        f"connector {name!r} called {request.url.host}, which its manifest does not declare; "
                        "declare the host or set the base URL in config.yaml."
                    )

            made.append(httpx.Client(timeout=timeout, trust_env=False, event_hooks={"request": [refuse_undeclared]}))
        return made[0]

    return client
