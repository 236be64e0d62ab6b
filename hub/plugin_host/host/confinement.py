"""Confines a plugin's process: which files hold its code, and the audit hook."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hub
from hub.plugin_host.host.audit_hook import Policy
from hub.plugin_host.host.messages import Origin


def confine(origin: Origin, hosts: Sequence[str], folder: str, tell: Callable[..., Any]) -> None:
    """Install the audit hook."""
    preload()
    interpreter = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix)]
    Policy(
        hosts,
        [*interpreter, *_own_code(), *_plugin_code(origin)],
        Path(folder),
        lambda kind, name: tell("refused", kind, name),
        native=origin.built_in,
    ).install()


def preload() -> None:
    """Import what the audit hook would refuse, and what every plugin imports."""
    import ctypes  # noqa: F401
    import encodings.idna  # noqa: F401
    import ssl  # noqa: F401

    importlib.import_module("hub.api")


def _own_code() -> list[Path]:
    """The hub's packages and the libraries; not the folder around them, which may hold config.yaml."""
    around = Path(hub.__file__).parents[1]
    libraries = [Path(each) for each in sys.path if "-packages" in each or each.endswith(".zip")]
    return [around / "hub", around / "plugins", *libraries]


def _plugin_code(origin: Origin) -> list[Path]:
    if origin.file is not None:
        return [origin.file, Path(importlib.util.cache_from_source(str(origin.file)))]
    spec = importlib.util.find_spec(origin.module.partition(".")[0])
    return [Path(each) for each in (spec.submodule_search_locations or ())] if spec else []
