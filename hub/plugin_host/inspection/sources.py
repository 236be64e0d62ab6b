"""Slips that the source of a plugin shows: imports of the hub's own modules, and network use that the manifest denies."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from hub.contracts.addresses import names_a_server
from hub.contracts.connector import Connector
from hub.plugin_host.inspection.findings import Finding, place

NETWORK_LIBRARIES = frozenset(
    {"aiohttp", "http.client", "httpx", "httpx2", "requests", "socket", "urllib.request", "urllib3"}
)
NETWORK_SERVICES = frozenset({"http", "json", "send", "access_tokens"})
"""What `services` offers to reach a provider."""
OF_STAND_INS = ("sandbox", "test", "conftest")
"""How names of files or folders begin that may import `hub.testing`."""


def sources_of(connector_class: type[Connector]) -> list[Path]:
    """The source files of a plugin: those of its package, or its only one."""
    module = sys.modules[connector_class.__module__]
    file = Path(inspect.getfile(module))
    return sorted(file.parent.rglob("*.py")) if hasattr(module, "__path__") else [file]


def source_findings(connector_class: type[Connector]) -> Iterator[Finding]:
    """The slips in the source files of a plugin."""
    files = sources_of(connector_class)
    stays = connector_class.manifest.recipient.role == "none" and not names_a_server(connector_class.Settings)
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        parts = (file.stem, *(each.name for each in file.parents if each.is_relative_to(files[0].parent)))
        is_stand_in = len(files) == 1 or any(each.startswith(OF_STAND_INS) for each in parts)
        for line, name in imports_in(tree):
            if is_of_hub(name) and not may_import(name, is_stand_in=is_stand_in):
                also = "" if is_stand_in else ", and hub.testing in its stand-in and tests"
                words = f"imports {name}; a plugin imports hub.api and what is in it{also}"
                yield Finding(place(file, line), words)
        if stays and not is_test(file):
            yield from _network_use(file, tree)


def is_test(file: Path) -> bool:
    """Whether a file holds a plugin's tests or its stand-in, not the plugin."""
    return any(part.startswith(OF_STAND_INS) for part in (file.stem, file.parent.name))


def is_of_hub(name: str) -> bool:
    """Whether a module is one of the hub's."""
    return name == "hub" or name.startswith("hub.")


def may_import(name: str, *, is_stand_in: bool) -> bool:
    """Whether a plugin may import a module of the hub."""
    doors = ("hub.api", "hub.testing") if is_stand_in else ("hub.api",)
    return any(name == door or name.startswith(f"{door}.") for door in doors)


def imports_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of each imported module; of `from hub import x` it is `hub.x`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"hub.{alias.name}" for alias in node.names] if node.module == "hub" else [node.module]
            yield from ((node.lineno, name) for name in names)


def _network_use(file: Path, tree: ast.Module) -> Iterator[Finding]:
    lines = [line for line, name in imports_in(tree) if name in NETWORK_LIBRARIES]
    lines += [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in NETWORK_SERVICES and _is_services(node.value)
    ]
    for line in sorted(lines)[:1]:
        words = (
            "uses the network, but the manifest's recipient has role 'none', which means that nothing leaves the customer's "
            "own network, and no setting must name a server there; name the recipient, its role and its hosts. Until then the "
            "hub refuses every host that is not in that network"
        )
        yield Finding(place(file, line), words)


def _is_services(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "services") or (
        isinstance(node, ast.Name) and node.id == "services"
    )
